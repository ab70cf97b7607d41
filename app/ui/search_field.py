"""The field over a list that narrows it as the user types."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class SearchField(QLineEdit):
    """`textChanged` comes at each keystroke; `down` when Down goes to the list; Esc empties it first."""

    down = Signal()

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setPlaceholderText(name)
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # the window takes files
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)

    def event(self, event: QEvent) -> bool:
        """Down goes to the list; Esc empties the field before it closes what the field is in."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
                self.down.emit()
                return True
            if event.key() == Qt.Key.Key_Escape and self.text():
                if event.type() == QEvent.Type.KeyPress:
                    self.clear()
                event.accept()
                return True
        return super().event(event)
