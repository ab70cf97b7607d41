"""The text cursor blinks while somebody writes, and then stays lit: a window that nobody uses does not paint.

A blink paints the text box and all that is behind it, twice a second. As in GTK it ends a while after the last key.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.ui.motion import still

BLINKING_MS = 10_000
"""How long it blinks after the cursor moved, or the focus."""
_SYSTEM = -1
"""Stands for what the desktop says."""


class Caret(QObject):
    """Follows the text that has the keyboard."""

    def __init__(self, application: QApplication, blinking: int = BLINKING_MS) -> None:
        """`blinking`: in milliseconds."""
        super().__init__(application)
        self._followed: tuple[QWidget, SignalInstance] | None = None
        """The text, and what it emits when its cursor moves."""
        self._end = QTimer(self, singleShot=True, interval=blinking)
        self._end.timeout.connect(self._stay)
        # Not at once: a text that is just going away, whereby the focus moves, would still hear of it, and Qt crashes.
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._blink)
        application.focusChanged.connect(self._went)
        self._went(None, application.focusWidget())

    def _went(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._followed is not None and isValid(self._followed[0]):
            self._followed[1].disconnect(self._moved)
        moved = getattr(new, "cursorPositionChanged", None)
        self._followed = None
        if new is not None and isinstance(moved, SignalInstance):
            moved.connect(self._moved)
            self._followed = new, moved
        self._moved()

    def _moved(self, *_at: int) -> None:
        if not self._end.isActive():
            self._again.start()
        self._end.start()

    def _blink(self) -> None:
        QGuiApplication.styleHints().setCursorFlashTime(0 if still() else _SYSTEM)

    def _stay(self) -> None:
        QGuiApplication.styleHints().setCursorFlashTime(0)
