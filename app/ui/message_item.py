"""A message of a conversation as the view knows it: its size, its widget while it has one, where Tab stops in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from app.ui.answer_card import AnswerCard
    from app.ui.question_row import QuestionRow

AROUND = {"user": 28, "assistant": 130}
"""Logical pixels that a message needs besides its text: margins, sources, buttons."""


class Item:
    """A message: what its height is estimated from, and its widget while it has one."""

    __slots__ = ("characters", "id", "lines", "role", "widget")

    def __init__(self, id: int, role: str, characters: int, lines: int) -> None:
        """`id`: that in the store, 0 as long as it is not known."""
        self.id, self.role, self.characters, self.lines = id, role, characters, lines
        self.widget: AnswerCard | QuestionRow | None = None

    def guess(self, letters: float, line: int) -> int:
        """Return about how tall it is in logical pixels, with so many `letters` in a line that is `line` tall."""
        rows = self.lines + 1 + int(self.characters / max(10.0, letters))
        return line * rows + AROUND.get(self.role, 0)


def stops(widget: QWidget) -> list[QWidget]:
    """Return where Tab stops in a message, in the order in which it was built."""
    return [child for child in widget.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus]


def in_use(widget: AnswerCard | QuestionRow | None) -> bool:
    """Tell whether somebody would miss a message: it has the keyboard, is heard, or something in it is selected."""
    if widget is None:
        return False
    focus = QApplication.focusWidget()
    return widget.in_use or (focus is not None and widget.isAncestorOf(focus))
