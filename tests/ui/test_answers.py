"""What an answer says about itself: sentences that nothing supports, and that files are still being read."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QFrame

from app.events import Retrieved, Sentence, TokenReceived, Warned
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import TOWER, answer

TEXT = "It is 330 metres high [1]. It was painted blue."


def test_unsupported_sentences_are_said_to_everybody(scene: Scene) -> None:
    scene.attach()
    at = TEXT.index("It was")
    sentences = (Sentence(0, at - 1, (1,), True), Sentence(at, len(TEXT), (), False))
    scene.runtime.assistant.script = [
        Retrieved((TOWER,)),
        TokenReceived(TEXT, "local"),
        replace(answer(TEXT), sentences=sentences),
    ]
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    assert card.doubt.isVisible()
    assert card.doubt.text() == "One sentence, underlined with dots, is not said by the passages."
    assert "It was painted blue." in card.body.accessibleDescription()
    cursor = card.body.textCursor()
    cursor.setPosition(card.body.toPlainText().index("painted") + 1)
    assert cursor.charFormat().underlineStyle() == cursor.charFormat().UnderlineStyle.DotLine
    cursor.setPosition(5)
    assert cursor.charFormat().underlineStyle() == cursor.charFormat().UnderlineStyle.NoUnderline


def test_an_answer_without_doubt_says_nothing(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    assert not card.doubt.isVisible() and not card.body.accessibleDescription()


def test_that_files_are_still_being_read_stands_in_the_answer(scene: Scene) -> None:
    scene.attach()
    said = Warned("still_indexing", "3 of 40 files are not indexed yet.", "The answer may change.")
    scene.runtime.assistant.script = [said, Retrieved((TOWER,)), TokenReceived(TEXT, "local"), answer(TEXT)]
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    assert any("3 of 40 files" in frame.accessibleName() for frame in card.findChildren(QFrame))


def test_limits_that_the_search_took_from_the_question_are_shown(scene: Scene) -> None:
    scene.attach()
    found = Retrieved((TOWER,), ("in the folder Tax", "since 1 January 2023"))
    scene.runtime.assistant.script = [found, TokenReceived(TEXT, "local"), answer(TEXT)]
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    scene.until(card.limits.isVisible)
    assert card.limits.text() == "Searched only: in the folder Tax, since 1 January 2023"


def test_what_rests_on_its_sources_in_part_says_sources_since_the_memory_is_one_too(scene: Scene) -> None:
    scene.attach()
    fact = replace(TOWER, path="memory:1", origin="memory", label="2026-05-12", page=None)
    scene.runtime.assistant.script = [Retrieved((fact,)), TokenReceived(TEXT, "local"), answer(TEXT, grounded=False)]
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    scene.until(card.mark.isVisible)
    assert card.mark.text() == "Only partly from its sources" and "none of its sources" in card.mark.toolTip()
