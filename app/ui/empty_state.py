"""What a page shows while there is nothing in it: a drawing, a sentence, and the button that puts something there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import icons, theme
from app.ui.controls import label
from app.ui.tokens import SPACE, TYPE

DISC = 96
"""Logical pixels of the ground of the drawing."""
DRAWN = 46
"""Logical pixels of the drawing itself."""
LINE = 1.05
"""Its lines, on the grid of 24: about two pixels, as thin as those of the small icons look."""
WIDTH = 440
"""Logical pixels of the longest line of the sentence."""


class EmptyState(QWidget):
    """Stands in the middle of the room that it gets, a little above it."""

    def __init__(self, glyph: str, title: str = "", sentence: str = "", act: QPushButton | None = None) -> None:
        """`glyph`: name of an icon; `act`: the way out."""
        super().__init__()
        self._drawing = _Drawing(glyph)
        self.title = label(title, scale=TYPE.TITLE, weight=QFont.Weight.DemiBold, wrap=True)
        self.sentence = label(sentence, tone="muted", wrap=True)
        middle = self._middle = QWidget()
        middle.setMaximumWidth(WIDTH)
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, SPACE.L, 0, SPACE.L)
        self._column.setSpacing(SPACE.S)
        self._column.addStretch(2)
        self._column.addWidget(self._drawing, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(SPACE.S)
        for words in (self.title, self.sentence):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            self._column.addWidget(words)
        self._column.addSpacing(SPACE.S)
        self._column.addStretch(3)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(0)
        across.addWidget(middle, 1)
        across.addStretch(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if act is not None:
            self.hold(act)

    def hold(self, act: QPushButton) -> None:
        """Take a button that stands elsewhere while there is something."""
        if act.parentWidget() is not self._middle:
            self._move(act, self._column, self._column.count() - 1)
            self._column.setAlignment(act, Qt.AlignmentFlag.AlignHCenter)

    def release(self, act: QPushButton, row: QBoxLayout) -> None:
        """Put a button that it holds to the beginning of a row elsewhere."""
        if act.parentWidget() is self._middle:
            self._move(act, row, 0)

    def _move(self, act: QPushButton, place: QBoxLayout, at: int) -> None:
        focused, hidden = act.hasFocus(), act.isHidden()
        place.insertWidget(at, act)
        act.setHidden(hidden)  # else it is there a turn later, and cannot have the keyboard until then
        if focused:
            act.setFocus()

    def tell(self, title: str, sentence: str) -> None:
        """Say something else."""
        self.title.setText(title)
        self.sentence.setText(sentence)


class _Drawing(QWidget):
    def __init__(self, glyph: str) -> None:
        super().__init__()
        self._glyph = glyph
        self.setFixedSize(DISC + 2 * SPACE.L, DISC)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon on its disc, with a few marks around it."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QRectF(self.rect()).center()
        painter.setPen(QPen(QColor(colours.border), 1) if colours.name.startswith("contrast") else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawEllipse(middle, DISC / 2 - 1, DISC / 2 - 1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        plus = middle + QPointF(DISC * 0.53, -DISC * 0.3)
        painter.drawLine(plus - QPointF(4, 0), plus + QPointF(4, 0))
        painter.drawLine(plus - QPointF(0, 4), plus + QPointF(0, 4))
        painter.drawEllipse(middle + QPointF(-DISC * 0.55, DISC * 0.2), 3.5, 3.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(middle + QPointF(-DISC * 0.5, -DISC * 0.34), 2, 2)
        painter.drawEllipse(middle + QPointF(DISC * 0.56, DISC * 0.3), 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        box = QRectF(0, 0, DRAWN, DRAWN)
        box.moveCenter(middle)
        icons.paint(painter, self._glyph, colours.on_soft, box, LINE)
        painter.end()
