"""The words that were searched for, marked in a message of the conversation, and brought into sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QBrush, QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from app.conversations.snippets import places_of
from app.ui import theme
from app.ui.tokens import SPACE

if TYPE_CHECKING:
    from app.ui.conversation_view import ConversationView
    from app.ui.text_card import TextCard

MOST = 500
"""Places that are marked in one message."""


def mark(card: TextCard, asked: str) -> int:
    """Mark the words of `asked` in a text; return where the first one stands, -1 without any."""
    text = card.toPlainText()
    colours = theme.current()
    look = QTextCharFormat()
    look.setBackground(QBrush(QColor(colours.highlight)))
    look.setForeground(QBrush(QColor(colours.on_highlight)))
    marks = []
    far = sum(sign > "\uffff" for sign in text)
    for start, end in places_of(text, asked)[:MOST]:
        # Qt counts signs beyond the first 65,536 for two.
        before = sum(sign > "\uffff" for sign in text[:start]) if far else 0
        within = sum(sign > "\uffff" for sign in text[start:end]) if far else 0
        one = QTextEdit.ExtraSelection()
        cursor = QTextCursor(card.document())
        cursor.setPosition(start + before)
        cursor.setPosition(end + before + within, QTextCursor.MoveMode.KeepAnchor)
        one.cursor, one.format = cursor, look
        marks.append(one)
    card.setExtraSelections(marks)
    return int(marks[0].cursor.selectionStart()) if marks else -1


class FoundWords:
    """Marks one message of a view, as soon as that has a widget and as long as the conversation is shown."""

    def __init__(self, view: ConversationView) -> None:
        self._view = view
        self.message = 0
        self._asked = ""
        self._marked: QWidget | None = None
        self._shown = True

    def seek(self, message: int, asked: str) -> None:
        """Mark the words of `asked` in the message with that id, and show the first."""
        self.forget()
        self.message, self._asked, self._shown = message, asked, False

    def forget(self) -> None:
        """Mark nothing any more."""
        for widget in self._view.messages():
            if widget is self._marked:
                widget.words.setExtraSelections([])
        self.message, self._asked, self._marked, self._shown = 0, "", None, True

    def arranged(self) -> None:
        """The view has built and placed what is in sight."""
        found = next((one for one in self._view.messages() if one.message == self.message), None)
        if not self.message or found is None or found is self._marked:
            return
        self._marked = found
        first = mark(found.words, self._asked)
        if not self._shown:
            self._shown = True
            if first >= 0:
                cursor = QTextCursor(found.words.document())
                cursor.setPosition(first)
                place = found.words.cursorRect(cursor)
                QTimer.singleShot(0, found, lambda: bring_into_sight(self._view, found.words, place))


def bring_into_sight(view: ConversationView, widget: QWidget, part: QRect | None = None) -> None:
    """Scroll the view as little as it takes to show `part` of a widget in it, None: all of it."""
    place = part or widget.rect()
    top = widget.mapTo(view.viewport(), place.topLeft()).y()
    bottom = top + min(place.height(), view.viewport().height() - 2 * SPACE.XL)
    bar = view.verticalScrollBar()
    if top < SPACE.XL:
        bar.setValue(bar.value() + top - SPACE.XL)
    elif bottom > view.viewport().height() - SPACE.XL:
        bar.setValue(bar.value() + bottom - view.viewport().height() + SPACE.XL)
