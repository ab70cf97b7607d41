"""An answer that grows looks at each moment as if it had been laid out whole, and what is whole is left alone."""

from __future__ import annotations

import random

import pytest
from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QApplication

from app.ui import markdown, tokens
from app.ui.pieces import LONG_LIST, split

PARTS = (
    "# Heading\n", "## Another *one*\n", "Some **bold** words [1] and `code [1]`.\n", "A second line\n", "\n", "\n\n",
    "- one\n", "- two **bold**\n", "  - within\n", "  more of it\n", "    and more\n", "1. first\n", "2. second\n",
    "* star\n", "+ plus\n", "3) third\n", "```python\n", "```\n", "~~~\n", "print('[1]')\n", "    indented code\n",
    "> quoted\n", "> > deeper\n", "---\n", "===\n", "| a | b |\n|---|:-:|\n", "| 1 | [2] |\n", "$$\nx^2\n$$\n",
    "$$ y $$\n", "\\[ z \\]\n", "$$\n", "costs $5 and $10\n", "- [ ] open\n", "- [x] done\n", "  ```\n", "- ```\n",
    "🗼 tower\n", "\r\n", "\x00\x1b", "***", "|", "[a link](https://example.org)", "![picture](x.png)", "```", "$", "_",
    "<b>", "[2", "]", " ", "word ", "*",
)  # fmt: skip


def texts(seed: int, most: int = 40) -> str:
    chance = random.Random(seed)
    return "".join(chance.choice(PARTS) for _ in range(chance.randrange(1, most)))


def look(format: QTextFormat) -> QTextFormat:
    """Return what a format says, without the number of its object in this document."""
    own = QTextFormat(format)
    own.clearProperty(QTextFormat.Property.ObjectIndex.value)
    return own


def seen(document: QTextDocument) -> list[object]:
    """Return everything that can be seen of a document."""
    found: list[object] = []
    block = document.begin()
    lists: dict[int, int] = {}
    while block.isValid():
        words: list[tuple[str, QTextFormat]] = []
        fragments = block.begin()
        while not fragments.atEnd():
            one = fragments.fragment()
            shape = look(one.charFormat())
            if words and words[-1][1] == shape:
                words[-1] = (words[-1][0] + one.text(), shape)
            else:
                words.append((one.text(), shape))
            fragments += 1
        list_ = block.textList()
        number = lists.setdefault(list_.objectIndex(), len(lists)) if list_ else None
        table = QTextCursor(block).currentTable()
        cell = table.cellAt(QTextCursor(block)) if table else None
        found.append((
            look(block.blockFormat()), words, number, look(list_.format()) if list_ else None,
            (look(table.format()), cell.row(), cell.column(), look(cell.format())) if table and cell else None,
        ))  # fmt: skip
        block = block.next()
    return found


def shown(text: str) -> list[object]:
    document = QTextDocument()
    markdown.render(document, text, tokens.LIGHT, (1, 2))
    return seen(document)


@pytest.mark.parametrize("seed", range(150))
def test_what_grew_is_what_is_laid_out_whole(qapp: QApplication, seed: int) -> None:
    text = texts(seed)
    chance = random.Random(seed)
    document = QTextDocument()
    growing = markdown.Growing(document)
    at = 0
    while at < len(text):
        at = min(len(text), at + chance.randrange(1, 12))
        growing.show(text[:at], tokens.LIGHT, (1, 2))
        if chance.random() < 0.2 or at == len(text):
            assert seen(document) == shown(text[:at]), text[:at]
    fresh = markdown.Growing(QTextDocument())
    fresh.show(text, tokens.LIGHT, (1, 2))
    assert [(one.text, one.language, one.position) for one in growing.codes] == [
        (one.text, one.language, one.position) for one in fresh.codes
    ]


@pytest.mark.parametrize("seed", range(300))
def test_a_cut_stays_where_it_is(seed: int) -> None:
    text = texts(seed, 60).replace("\r", "").replace("\x00", "")
    whole = split(text)
    for at in range(0, len(text), 3):
        before = split(text[: text.rfind("\n", 0, at) + 1])[:-1]
        assert [(one.start, one.end, one.kind, one.text) for one in before] == [
            (one.start, one.end, one.kind, one.text) for one in whole[: len(before)]
        ]
    end = 0
    for piece in whole:  # nothing is lost between them
        assert not text[end : piece.start].strip() and piece.start >= end
        end = piece.end
    assert not text[end:].strip()


@pytest.mark.parametrize(
    "text",
    [
        "# One\n\nTwo *three*\n\n- a\n- b\n\n  more\n\n- c\n\nEnd.\n",
        "Text:\n1. one\n2. two\n\n> quote\n\nEnd [a](https://e.org).\n\n---\n\nx\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter.\n\n| c |\n|---|\n| 3 |\n",
        "Before\n```py\na = 1\n\nb = 2\n```\nafter\n",
    ],
    ids=["lists", "numbers", "tables", "code"],
)
def test_pieces_read_as_the_whole_does(qapp: QApplication, text: str) -> None:
    document, whole = QTextDocument(), QTextDocument()
    markdown.render(document, text, tokens.LIGHT)
    whole.setMarkdown(text, markdown.FEATURES)
    assert document.toPlainText() == whole.toPlainText()


def test_what_is_whole_is_left_alone(qapp: QApplication) -> None:
    text = "".join(f"Paragraph {number} of **many**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n" for number in range(40))
    document = QTextDocument()
    document.documentLayout()
    growing = markdown.Growing(document)
    growing.show(text, tokens.LIGHT)
    changed: list[int] = []
    document.contentsChange.connect(lambda at, _removed, _added: changed.append(at))
    before = document.characterCount()
    growing.show(text + "More", tokens.LIGHT)
    assert changed and min(changed) > before - 40
    growing.show(text + "More", tokens.DARK)  # other colours: all of it
    assert min(changed) == 0


def test_code_that_grows_is_only_added_to(qapp: QApplication) -> None:
    text = "Look:\n\n```python\n" + "x = 1\n" * 300
    document = QTextDocument()
    document.documentLayout()
    growing = markdown.Growing(document)
    growing.show(text, tokens.LIGHT)
    changed: list[int] = []
    document.contentsChange.connect(lambda at, removed, _added: changed.append(removed))
    before = document.characterCount()
    growing.show(text + "y = 2\n", tokens.LIGHT)
    assert document.characterCount() == before + len("\ny = 2") and max(changed) <= 2 * len("x = 1\n")


def test_a_long_list_is_cut_between_its_items_and_goes_on_counting(qapp: QApplication) -> None:
    items = [f"{number}. Item with some words about it, number {number}\n" for number in range(1, 121)]
    assert len(split("".join(items))) == len("".join(items)) // LONG_LIST + 1
    document = QTextDocument()
    markdown.render(document, "".join(items), tokens.LIGHT)
    block, number = document.begin(), 0
    while block.isValid():
        number += 1
        assert block.textList().itemText(block).rstrip(".") == str(number)
        block = block.next()
    assert number == 120


def test_formats_are_compared_at_all(qapp: QApplication) -> None:
    one, other = QTextDocument(), QTextDocument()
    for document, weight in ((one, 400), (other, 700)):
        form = QTextCharFormat()
        form.setFontWeight(weight)
        QTextCursor(document).insertText("same", form)
    assert seen(one) != seen(other)
