"""Code in an answer: named, copied by a button that Tab reaches, coloured outside the Qt thread, and never for long."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui import code_words, markdown, theme, tokens
from app.ui.code_blocks import CodeBlocks, CodeHead
from app.ui.text_card import TextCard

CODE = 'def high(x: int) -> str:\n    # über 🗼 all\n    return f"""a\n  b""" + "🗼" + str(12)'


def shown(qtbot: QtBot, text: str) -> tuple[TextCard, markdown.Growing, CodeBlocks]:
    card = TextCard()
    qtbot.addWidget(card)
    card.resize(600, 100)
    growing = markdown.Growing(card.document())
    growing.show(text, tokens.LIGHT)
    card.show_codes(growing.codes)
    card.fit()
    card.show()
    assert card.blocks is not None
    return card, growing, card.blocks


def coloured(card: TextCard) -> dict[str, str]:
    """Return the words that have a colour of their own, and which one."""
    found = {}
    block = card.document().begin()
    while block.isValid():
        for one in block.layout().formats():
            units = block.text().encode("utf-16-le")
            word = units[2 * one.start : 2 * (one.start + one.length)].decode("utf-16-le")
            found[word] = one.format.foreground().color().name()
        block = block.next()
    return found


def test_code_has_its_language_and_a_button_that_copies_it(qtbot: QtBot) -> None:
    card, _, blocks = shown(qtbot, f"Look:\n\n```py\n{CODE}\n```\n\nAnd\n\n```\nplain\n```\n")
    assert [head.language.text() for head in blocks.heads] == ["Python", "Code"]
    first, second = blocks.heads
    assert first.copy_button.accessibleName() == "Copy code (Python)"
    assert first.isVisible() and 0 < first.y() < second.y() and second.geometry().bottom() < card.height()
    first.copy_button.setFocus()
    QTest.keyClick(first.copy_button, Qt.Key.Key_Space)
    assert QGuiApplication.clipboard().text() == CODE
    assert first.copy_button.text() == "Copied" == first.copy_button.accessibleDescription()
    qtbot.waitUntil(lambda: first.copy_button.text() == "Copy", timeout=60_000)
    assert first.copy_button.focusPolicy() & Qt.FocusPolicy.TabFocus
    card.setFocus()
    for stop in (first, second):
        before = QApplication.focusWidget()
        assert before is not None
        QTest.keyClick(before, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is stop.copy_button


def test_heads_go_with_their_code(qtbot: QtBot) -> None:
    card, growing, blocks = shown(qtbot, "```py\na\n```\n")
    growing.show("Now\n\n```js\nb\n```\n\n```c\nd\n```\n", tokens.LIGHT)
    card.show_codes(growing.codes)
    card.fit()
    assert [head.language.text() for head in blocks.heads] == ["JavaScript", "C"]
    assert blocks.heads[0].y() > 10
    growing.show("Nothing", tokens.LIGHT)
    card.show_codes(growing.codes)
    card.fit()
    qtbot.waitUntil(lambda: not card.findChildren(CodeHead), timeout=60_000)


def test_words_take_their_colours_in_time(qtbot: QtBot) -> None:
    assert theme.current() is tokens.LIGHT
    card, _, _ = shown(qtbot, f"Look:\n\n```py\n{CODE}\n```\n")
    qtbot.waitUntil(lambda: bool(coloured(card)), timeout=20_000)
    found = coloured(card)
    assert found["def"] == found["return"] == tokens.LIGHT.code_keyword
    assert found["high"] == tokens.LIGHT.code_name
    assert found["# über 🗼 all"] == tokens.LIGHT.code_comment
    assert found['  b"""'] == found['"🗼"'] == tokens.LIGHT.code_string, "a text over two lines, and signs of two units"
    assert found["12"] == tokens.LIGHT.code_number


def test_code_that_grows_is_coloured_to_its_end(qtbot: QtBot) -> None:
    card, growing, _ = shown(qtbot, "```python\nimport os\n")
    text = "```python\nimport os\n"
    for number in range(40):
        text += f"value_{number} = {number}  # note {number}\n"
        growing.show(text, tokens.LIGHT)
        card.show_codes(growing.codes)
        card.fit()
    qtbot.waitUntil(lambda: "# note 39" in coloured(card) and "import" in coloured(card), timeout=20_000)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("", "x = 1"),
        ("nonsense", "x = 1"),
        ("python", "x = 1\n" * code_words.LONGEST),
    ],
    ids=["no language", "another language", "very long"],
)
def test_what_is_not_known_or_very_long_stays_plain(language: str, text: str) -> None:
    assert not code_words.known(language, text) and code_words.spans(language, text) == ()


@pytest.mark.parametrize("language", sorted(code_words._LANGUAGES))
def test_each_language_has_a_lexer_that_keeps_every_character(language: str) -> None:
    text = "def f(x) { return 'a' + \"b\"; } // # 12 🗼\n<b c='d'>\n\t```"
    found = code_words.spans(language, text)
    assert all(at >= 0 and at + long <= len(text) and long > 0 for at, long, _ in found)
    assert [at for at, _, _ in found] == sorted(at for at, _, _ in found)


@pytest.mark.parametrize("text", ["(" * 12_000, '"' * 12_000, "/*" * 6_000, "\\" * 12_000, "a" * 12_000, "<" * 12_000,
                                  "'''" * 4_000, "f'{" * 4_000], ids=range(8))  # fmt: skip
@pytest.mark.parametrize("language", ["python", "javascript", "c++", "html", "bash", "sql", "markdown", "latex"])
def test_hostile_code_is_read_quickly(language: str, text: str) -> None:
    began = time.perf_counter()
    code_words.spans(language, text)
    assert time.perf_counter() - began < 2.0


def test_nothing_is_loaded_before_code_is_shown() -> None:
    script = "import sys, app.ui.answer_card; assert not [m for m in sys.modules if m.startswith('pygments')]"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_code_at_the_end_is_seen_to_its_end(qtbot: QtBot) -> None:
    card, _, _ = shown(qtbot, f"Look:\n\n```py\n{CODE}\n```")
    layout = card.document().documentLayout()
    last = layout.blockBoundingRect(card.document().lastBlock())
    assert card.height() >= last.bottom() + 10  # the ground reaches that far
