"""What stands below every view: what is told, undone and recorded, and below the conversation the text box."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.tokens import SPACE

COLUMN = 800
"""Logical pixels of the widest column of text; what stands below it is as wide."""


class Foot(QWidget):
    """A column of bars in the middle. It takes no room at all while each of them is hidden."""

    def __init__(self, *bars: QWidget) -> None:
        """`bars` from above."""
        super().__init__()
        self._beside = 0
        row = self._row = QHBoxLayout(self)
        row.setSpacing(0)
        below = QWidget()
        below.setMaximumWidth(COLUMN)
        # The sides have no part of the room until the middle has all that it may have.
        row.addStretch(0)
        row.addWidget(below, 1)
        row.addStretch(0)
        self._bars = QVBoxLayout(below)
        self._bars.setContentsMargins(0, 0, 0, 0)
        self._bars.setSpacing(SPACE.S)
        for bar in bars:
            self._bars.addWidget(bar)
        self._fit()

    def put(self, bar: QWidget, above: QWidget | None = None) -> None:
        """Take another bar, above one that is here or above all."""
        self._bars.insertWidget(0 if above is None else self._bars.indexOf(above), bar)

    def leave_room(self, beside: int) -> None:
        """Leave so many pixels at the end of the lines: a scroll bar above takes them."""
        if beside != self._beside:
            self._beside = beside
            self._fit()

    def event(self, event: QEvent) -> bool:
        """Fit to what is shown when a bar came or went."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        bars = [item.widget() for at in range(self._bars.count()) if (item := self._bars.itemAt(at)) is not None]
        shown = any(bar is not None and not bar.isHidden() for bar in bars)
        start, end = SPACE.XL, SPACE.XL + self._beside
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            start, end = end, start  # Qt turns layouts round, but not their margins
        wanted = (start, SPACE.S, end, SPACE.L) if shown else (0, 0, 0, 0)
        margins = self._row.contentsMargins()
        if (margins.left(), margins.top(), margins.right(), margins.bottom()) != wanted:
            self._row.setContentsMargins(*wanted)
