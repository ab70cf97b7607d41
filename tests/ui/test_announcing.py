"""A screen reader hears an answer by finished sentences, each once, without signs that are not words."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.announcing import Announcer

TEXT = (
    "# Towers\n\nThe **tower** is 3.5 m high [1]. See [the page](https://e.org)! And\n\n- one\n- two\n\n"
    "```py\nx = 1.\n```\n\n"
    "| Year | Height |\n|---|--:|\n| 1889 | 312 m |\n\n高い。The end"
)
HEARD = (
    "Towers The tower is 3.5 m high . See [the page]! And one two Code in Python. Year Height 1889 312 m 高い。 "
    "The end Answered by pi-3"
)


@pytest.mark.parametrize("seed", range(20))
def test_each_sentence_is_told_once_however_the_text_comes(qapp: QApplication, seed: int) -> None:
    chance = random.Random(seed)
    heard: list[str] = []
    parent = QObject()
    announcer = Announcer(parent, heard.append)
    at = 0
    while at < len(TEXT):
        at = min(len(TEXT), at + chance.randrange(1, 30))
        announcer.grew(TEXT[:at])
    announcer.ended(TEXT, "Answered by pi-3")
    assert " ".join(heard) == HEARD
    announcer.ended(TEXT)
    assert " ".join(heard) == HEARD


def test_nothing_is_told_for_each_token(qtbot: QtBot) -> None:
    heard: list[str] = []
    parent = QObject()
    announcer = Announcer(parent, heard.append)
    for at in range(len("One two three. Four five. Six")):
        announcer.grew("One two three. Four five. Six"[: at + 1])
    assert not heard
    qtbot.waitUntil(lambda: heard == ["One two three. Four five."], timeout=60_000)
    announcer.ended("One two three. Four five. Six")
    assert heard[1:] == ["Six"]
