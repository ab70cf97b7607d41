"""The conversation: questions and answers in one column that follows the newest text while the user is at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.ui.answer_card import AnswerCard
from app.ui.controls import button, frame
from app.ui.text_card import TextCard

if TYPE_CHECKING:
    from app.messages import StoredMessage

COLUMN_WIDTH = 800
SHOWN_AT_ONCE = 40
"""Messages laid out when a conversation is opened; earlier ones come on request."""


class ConversationView(QScrollArea):
    """Shows one conversation."""

    cited = Signal(object, object)
    """The passage, and the sentences of the answer that cite it."""
    link = Signal(QUrl)
    retry = Signal(object)
    aloud = Signal(object)
    """The AnswerCard whose question should be asked again."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName("Conversation")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        ground = QWidget()
        ground.setObjectName("conversation")
        across = QHBoxLayout(ground)
        across.setContentsMargins(24, 20, 24, 20)
        across.addStretch(1)
        middle = QWidget()
        middle.setMaximumWidth(COLUMN_WIDTH)
        middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        across.addWidget(middle, 100)
        across.addStretch(1)
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self._column.addStretch(1)
        self.setWidget(ground)
        self.viewport().setAutoFillBackground(False)
        ground.setAutoFillBackground(False)
        self._following = True
        self._earlier: list[StoredMessage] = []
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._stretched)

    @property
    def answers(self) -> list[AnswerCard]:
        """The answers shown, oldest first."""
        items = [self._column.itemAt(at) for at in range(self._column.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, AnswerCard)]

    def clear(self) -> None:
        """Empty the view."""
        while self._column.count() > 1:
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._earlier = []
        self._following = True

    def load(self, messages: Sequence[StoredMessage]) -> None:
        """Show stored messages, the newest SHOWN_AT_ONCE of them."""
        self.clear()
        self._earlier = list(messages[:-SHOWN_AT_ONCE])
        if self._earlier:
            more = button("Show earlier messages", kind="plain", name="Show earlier messages")
            more.clicked.connect(lambda: self._unfold(more))
            self._column.insertWidget(0, more, 0, Qt.AlignmentFlag.AlignHCenter)
        for message in messages[-SHOWN_AT_ONCE:]:
            self._add(message, self._column.count() - 1)

    def add_question(self, text: str) -> None:
        """Show a question."""
        self._following = True
        self._column.insertWidget(self._column.count() - 1, _question(text))

    def add_answer(self) -> AnswerCard:
        """Show an answer that is about to grow."""
        card = self._card()
        self._column.insertWidget(self._column.count() - 1, card)
        return card

    def repaint_text(self) -> None:
        """Lay out all answers anew after the colours changed."""
        for card in self.answers:
            card.repaint_text()

    def _unfold(self, more: QWidget) -> None:
        part, self._earlier = self._earlier[-SHOWN_AT_ONCE:], self._earlier[:-SHOWN_AT_ONCE]
        self._following = False
        for at, message in enumerate(part):
            self._add(message, 1 + at)
        more.setVisible(bool(self._earlier))

    def _add(self, message: StoredMessage, at: int) -> None:
        if message.role == "user":
            self._column.insertWidget(at, _question(message.text))
            return
        card = self._card()
        self._column.insertWidget(at, card)
        card.load(message)

    def _card(self) -> AnswerCard:
        card = AnswerCard()
        card.cited.connect(self.cited)
        card.link.connect(self.link)
        card.retry.connect(lambda: self.retry.emit(card))
        card.aloud.connect(lambda: self.aloud.emit(card))
        return card

    def _scrolled(self, value: int) -> None:
        self._following = value >= self.verticalScrollBar().maximum() - 24

    def _stretched(self, _low: int, high: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(high)


def _question(text: str) -> QWidget:
    row = QWidget()
    across = QHBoxLayout(row)
    across.setContentsMargins(60, 0, 0, 0)
    across.addStretch(1)
    bubble = frame("mine")
    inside = QHBoxLayout(bubble)
    inside.setContentsMargins(16, 10, 16, 10)
    card = TextCard(hug=True)
    card.setAccessibleName("Your question")
    card.setPlainText(text)
    inside.addWidget(card)
    across.addWidget(bubble)
    card.fit()
    return row
