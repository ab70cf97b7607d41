"""Parts of a message that let it be changed: leading through its versions, putting a question in other words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.controls import button, label, round_button
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

LINES_MOST = 12
SMALL = 26


class Versions(QWidget):
    """Leads through the versions of a message; hidden where there is one only."""

    chosen = Signal(int)
    """Id of the message that shall be shown."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: tuple[int, ...] = ()
        self._at = 0
        self._built = False
        self.hide()

    def present(self, ids: Sequence[int], message: int) -> None:
        """Show that `message` is one of the versions `ids`."""
        self._ids = tuple(ids)
        self._at = self._ids.index(message) if message in self._ids else 0
        if len(self._ids) > 1:
            self._build()
            self.words.setText(tr("{n} of {all}", n=self._at + 1, all=len(self._ids)))
            self.before.setEnabled(self._at > 0)
            self.after.setEnabled(self._at + 1 < len(self._ids))
        self.setVisible(len(self._ids) > 1)

    def _build(self) -> None:
        """Make the buttons: most messages have one version and need none."""
        if self._built:
            return
        self._built = True
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.XS)
        self.before = round_button("left", tr("Version before"), kind="icon", size=SMALL)
        self.before.clicked.connect(lambda: self._go(-1))
        row.addWidget(self.before)
        self.words = label("", tone="muted", scale=TYPE.SMALL)
        row.addWidget(self.words)
        self.after = round_button("right", tr("Version after"), kind="icon", size=SMALL)
        self.after.clicked.connect(lambda: self._go(1))
        row.addWidget(self.after)

    def _go(self, step: int) -> None:
        if 0 <= self._at + step < len(self._ids):
            self.chosen.emit(self._ids[self._at + step])


class _Words(QPlainTextEdit):
    entered = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class QuestionEditor(QFrame):
    """A question that is put in other words, where it stands. Enter asks, Esc leaves it as it was."""

    asked = Signal(str)
    closed = Signal()

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.setProperty("focused", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.M, SPACE.S, SPACE.M, SPACE.S)
        column.setSpacing(SPACE.S)
        self.box = _Words(text)
        self.box.setAccessibleName(tr("Your question in other words"))
        self.box.setTabChangesFocus(True)
        self.box.setMinimumWidth(320)
        lines = min(LINES_MOST, max(2, text.count("\n") + 1 + len(text) // 60))
        self.box.setFixedHeight(lines * self.box.fontMetrics().lineSpacing() + SPACE.L)
        self.box.entered.connect(self._ask)
        self.box.left.connect(self.closed)
        column.addWidget(self.box)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        row.addWidget(label(tr("The first one is kept."), tone="muted", scale=TYPE.SMALL), 1)
        row.addWidget(button(tr("Cancel"), kind="plain", clicked=self.closed.emit))
        self.ask_button = button(tr("Ask again"), kind="primary", clicked=self._ask)
        row.addWidget(self.ask_button)
        column.addLayout(row)

    def _ask(self) -> None:
        text = self.box.toPlainText().strip()
        if text:
            self.asked.emit(text)
