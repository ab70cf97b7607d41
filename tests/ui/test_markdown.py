"""Model output is untrusted: nothing is loaded, nothing runs, nothing takes seconds; citations become links."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import markdown, tokens
from app.ui.text_card import TextCard


def anchors(document: QTextDocument) -> dict[str, str]:
    found: dict[str, str] = {}
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            if fragment.charFormat().isAnchor():
                href = fragment.charFormat().anchorHref()
                found[href] = found.get(href, "") + fragment.text()
            fragments += 1
        block = block.next()
    return found


def rendered(text: str, citations: tuple[int, ...] = (1, 2)) -> QTextDocument:
    document = QTextDocument()
    markdown.render(document, text, tokens.LIGHT, citations)
    return document


def test_citations_become_links_where_the_passage_exists(qapp: QApplication) -> None:
    document = rendered("High [1], green [1, 2], and [7]. `[2]` and\n\n```\n[2]\n```\n")
    assert anchors(document) == {"tangnet-cite:1": "[1]1", "tangnet-cite:2": "2"}
    assert markdown.citation_of(QUrl("tangnet-cite:2")) == 2
    for address in ("https://example.org/2", "tangnet-cite:abc", "tangnet-cite:99999", "file:///etc/passwd"):
        assert markdown.citation_of(QUrl(address)) is None


def test_html_stays_text(qapp: QApplication) -> None:
    text = rendered("<img src=x> <script>alert(1)</script> <a href='https://e.org'>b</a>").toPlainText()
    assert "<script>" in text and "<img src=x>" in text


@pytest.mark.parametrize("address", ["https://example.org/a.png", "file:///etc/hostname", "data:image/png;base64,AA=="])
def test_pictures_become_words(qtbot: QtBot, address: str) -> None:
    card = TextCard()
    qtbot.addWidget(card)
    markdown.render(card.document(), f"before ![alt]({address}) after", tokens.LIGHT)
    card.show()
    card.fit()
    assert "picture not loaded" in card.toPlainText() and "after" in card.toPlainText()


def test_a_card_loads_nothing(qtbot: QtBot) -> None:
    card = TextCard()
    qtbot.addWidget(card)
    for kind in (1, 2, 3):
        assert card.loadResource(kind, QUrl("file:///etc/hostname")) is None


def test_marks_that_reorder_text_are_dropped() -> None:
    assert markdown.tame("a\u202eb\x00c\x1b[0m\td\n") == "abc[0m\td\n"


@pytest.mark.parametrize(
    "text",
    [
        ">" * 20_000 + " x",
        "".join("  " * depth + "- x\n" for depth in range(400)),
        "[" * 20_000,
        "*a " * 10_000,
        "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "1|" * 2000 + "\n") * 5,
        "`" * 30_000,
        "word " * 30_000,
        "x" * 100_000,
        "# " * 5000,
        "[1]" * 3000,
    ],
    ids=["quotes", "lists", "brackets", "stars", "columns", "ticks", "words", "word", "headings", "citations"],
)
def test_hostile_text_is_laid_out_quickly(qtbot: QtBot, text: str) -> None:
    card = TextCard()
    qtbot.addWidget(card)
    card.resize(700, 100)
    began = time.perf_counter()
    markdown.render(card.document(), text, tokens.LIGHT, (1,))
    card.fit()
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize(
    ("text", "shown", "after"),
    [
        ("One two.\n\nThree four.", "One t", "One two."),
        ("One two.\n\nThree four.", "One two.\n\nThr", "Three four."),
        ("- first\n- second\n- third", "- first\n- sec", "second"),
        ("```\na = 1\nb = 2\n```\n\nThe end.", "```\na =", "b = 2"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nThe end.", "| a | b |\n|---|---|\n| 1 |", "4"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 |", "2"),
        ("Short.", "Short. And more that was taken back.", "Short."),
        ("Whole.", "", "Whole."),
    ],
    ids=["paragraph", "last", "list", "code", "table", "table at the end", "cut", "nothing yet"],
)
def test_a_note_stands_below_the_paragraph_in_which_it_happened(
    qtbot: QtBot, text: str, shown: str, after: str
) -> None:
    document = QTextDocument()
    markdown.render(document, text, tokens.LIGHT, (), [markdown.Note(len(shown), "moved a → b, 0.4 s", "a was lost")])
    lines = [line for line in document.toPlainText().split("\n") if line]
    assert lines[lines.index("moved a → b, 0.4 s") - 1] == after
    plain = QTextDocument()
    markdown.render(plain, text, tokens.LIGHT)
    assert [line for line in plain.toPlainText().split("\n") if line] == [line for line in lines if "moved" not in line]


def test_notes_stand_in_the_order_in_which_they_came(qtbot: QtBot) -> None:
    document = QTextDocument()
    notes = [markdown.Note(2, "first"), markdown.Note(4, "second"), markdown.Note(20, "third")]
    markdown.render(document, "One two.\n\nThree four five.", tokens.LIGHT, (), notes)
    assert document.toPlainText().split("\n") == ["One two.", "first", "second", "Three four five.", "third"]


def test_sentences_that_nothing_supports_are_underlined_with_dots(qapp: QApplication) -> None:
    document = QTextDocument()
    text = "The **tower** is 330 m high [1]. 🗼 It was painted *blue* in 1975.\n\n- One more."
    start = text.index("It was")
    doubts = [text[start : text.index("1975.") + 5], "not there at all"]
    markdown.render(document, text, tokens.LIGHT, {1}, doubts=doubts)
    marked = []
    block = document.begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            if fragment.charFormat().underlineStyle() == QTextCharFormat.UnderlineStyle.DotLine:
                assert fragment.charFormat().toolTip() == "Nothing in the passages that were read says this."
                marked.append(fragment.text())
            fragments += 1
        block = block.next()
    assert "".join(marked) == "It was painted blue in 1975"
