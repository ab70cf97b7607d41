"""What is said in a recording, to read: paragraphs, each with its time, which plays from there."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QTextBrowser

from app.transcripts import Paragraph
from app.ui import phrases, theme
from app.ui.translation import tr

AT_ONCE = 40
"""Paragraphs that are laid out before the window may do something else."""


class SpokenText(QTextBrowser):
    """A long transcript comes in parts, so that the window never waits for it."""

    asked = Signal(float)
    """Play from this second."""
    pressed = Signal()
    """The space bar: play or pause."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setAccessibleName(tr("What is said"))
        self.setUndoRedoEnabled(False)
        self._paragraphs: list[Paragraph] = []
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._more)
        self.anchorClicked.connect(self._clicked)

    def present(self, paragraphs: Sequence[Paragraph]) -> None:
        """Show these."""
        self.clear()
        self._paragraphs = list(paragraphs)
        self._more()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if self._paragraphs:
            self._next.start()

    def say(self, sentence: str) -> None:
        """Show a sentence instead of a transcript."""
        self._next.stop()
        self._paragraphs = []
        self.setPlainText(sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays and pauses; all else goes through the text."""
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def _more(self) -> None:
        now, self._paragraphs = self._paragraphs[:AT_ONCE], self._paragraphs[AT_ONCE:]
        colours = theme.current()
        parts = [
            f'<p style="margin: 0 0 12px 0"><a href="at:{one.start:.3f}" style="color: {colours.accent}; '
            f'text-decoration: none">{phrases.moment(one.start)}</a>&nbsp;&nbsp;{html.escape(one.text)}</p>'
            for one in now
        ]
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertHtml("".join(parts))
        if self._paragraphs:
            cursor.insertBlock()
        else:
            self._next.stop()

    def _clicked(self, url: QUrl) -> None:
        if url.scheme() == "at":
            self.asked.emit(float(url.path()))
