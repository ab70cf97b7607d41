"""How far something is, as a line; while that is not known, something that moves, or does not where less shall move."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar

from app.ui import theme
from app.ui.motion import still

DOTS = 3
APART = 14
"""Logical pixels from one of the dots to the next."""


class Progress(QProgressBar):
    """A progress bar whose waiting can stand still: three dots in place of what runs to and fro."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar; Qt begins to move what it paints itself."""
        if self.maximum() > self.minimum() or not still():
            super().paintEvent(event)
            return
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        box = QRectF(self.rect())
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setBrush(QColor(colours.accent))
        for at in range(DOTS):
            middle = box.center() + QPointF((at - (DOTS - 1) / 2) * APART, 0)
            painter.drawEllipse(middle, box.height() / 2, box.height() / 2)
        painter.end()
