"""What a citation rests on is seen before it is opened: under the mouse and with the keyboard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.events import NodeChosen, Retrieved
from app.ui.answer_card import AnswerCard
from app.ui.citation_preview import CitationPreview, excerpt, shared
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import TOWER, answer

LONG = "Nothing of it is here. " * 40 + "The tower is 330 metres high since 2022. " + "And more follows. " * 40


def answered(scene: Scene) -> AnswerCard:
    scene.attach()
    passage = replace(TOWER, text=LONG, seconds=None)
    text = "The tower is 330 metres high [1]. More of it."
    scene.runtime.assistant.script = [
        Retrieved((passage,)), NodeChosen("local", "1" * 64, "the only node", "m"), answer(text)
    ]  # fmt: skip
    scene.ask()
    return scene.window.pane.view.answers[-1]


def preview(card: AnswerCard) -> CitationPreview:
    assert isinstance(card.body.preview, CitationPreview)
    return card.body.preview


def test_the_keyboard_shows_it_and_esc_closes_it(scene: Scene) -> None:
    card = answered(scene)
    card.body.setFocus()
    QTest.keyClick(card.body, Qt.Key.Key_Tab)
    shown = preview(card)
    assert shown.isVisible() and shown.title.text() == "tower.pdf" and "page 4" in shown.where.text()
    assert "330 metres high" in shown.text.toPlainText() and shown.text.toPlainText().startswith("…")
    assert shown.accessibleName() == "tower.pdf, page 4" and "330" in shown.accessibleDescription()
    assert scene.window.rect().contains(shown.geometry()) and shown.text.height() > 20
    QTest.keyClick(card.body, Qt.Key.Key_Escape)
    assert not shown.isVisible()
    card.body.highlighted.emit(QUrl("tangnet-cite:1"))
    assert shown.isVisible()
    scene.window.pane.composer.box.setFocus()
    assert not shown.isVisible()


def test_enter_opens_the_passage(scene: Scene) -> None:
    card = answered(scene)
    card.body.setFocus()
    QTest.keyClick(card.body, Qt.Key.Key_Tab)
    opened: list[object] = []
    card.cited.connect(lambda passage, _claims: opened.append(passage))
    QTest.keyClick(card.body, Qt.Key.Key_Return)
    assert len(opened) == 1
    assert not preview(card).isVisible()


def test_the_mouse_shows_it_after_a_moment(scene: Scene) -> None:
    card = answered(scene)
    body = card.body
    at = next(
        QPoint(x, y)
        for y in range(0, body.height(), 4)
        for x in range(0, body.width(), 4)
        if body.anchorAt(QPoint(x, y))
    )
    QTest.mouseMove(body.viewport(), at)
    scene.until(lambda: body.preview is not None and body.preview.isVisible())
    QTest.mouseMove(body.viewport(), QPoint(at.x(), body.height() - 1))
    body.highlighted.emit(QUrl())
    assert not preview(card).isVisible()


def test_a_link_to_outside_and_an_unknown_number_show_nothing(scene: Scene) -> None:
    card = answered(scene)
    card.body.highlighted.emit(QUrl("https://example.org"))
    assert card.body.preview is None
    card.body.highlighted.emit(QUrl("tangnet-cite:9"))
    assert not preview(card).isVisible()


@pytest.mark.parametrize(
    ("text", "claims", "found"),
    [
        ("Short text.", (), "Short text."),
        ("Short text.", ("Short text is it.",), "Short text."),
        ("word " * 200, (), ("word " * 64).strip() + " …"),
        (LONG, ("The tower is 330 metres high",), "… The tower is 330 metres high since 2022."),
        ("", ("a",), ""),
    ],
    ids=["short", "claimed", "long", "further down", "empty"],
)
def test_what_is_quoted(text: str, claims: tuple[str, ...], found: str) -> None:
    quoted = excerpt(text, claims)
    assert quoted.startswith(found) and len(quoted) < 340


def test_words_that_the_answer_shares_are_marked(qapp: QApplication) -> None:
    words = "The Tower is 7 m high; towering."
    assert [words[a:b] for a, b in shared(words, ("A tower of 7 m, high up.",))] == ["Tower", "7", "high"]
