"""A choice of colours as a small picture of the window in them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.ui import theme
from app.ui.tokens import CONTRAST_LIGHT, DARK, LIGHT, Colours

_COLOURS: dict[str, tuple[Colours, ...]] = {
    "system": (LIGHT, DARK),
    "light": (LIGHT,),
    "dark": (DARK,),
    "contrast": (CONTRAST_LIGHT,),
}


class Scene(QPushButton):
    """A small window in some colours; a press takes them."""

    def __init__(self, value: str, title: str) -> None:
        super().__init__()
        self.chosen, self._shown = value, _COLOURS.get(value, (LIGHT,))
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setProperty("kind", "scene")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setToolTip(title)
        self.setText(title)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(96, 72 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint side, page, a question and an answer in each of the colours, a ring around the chosen one."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(4, 4, self.width() - 8, 60)
        painter.setPen(Qt.PenStyle.NoPen)
        part = box.width() / len(self._shown)
        for at, colours in enumerate(self._shown):
            path = QPainterPath()
            path.addRoundedRect(box, 8, 8)
            half = QPainterPath()
            half.addRect(QRectF(box.left() + part * at, box.top(), part, box.height()))
            painter.setClipPath(path.intersected(half))
            self._window(painter, box, colours)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        ring = self.isChecked() or self.hasFocus()
        pen.setColor(QColor(now.accent if ring else now.border))
        pen.setWidthF(2.5 if ring else 1)
        painter.setPen(pen)
        painter.drawRoundedRect(box, 8, 8)
        if self.isChecked():  # not by the colour of the ring alone
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.accent))
            painter.drawEllipse(QRectF(box.right() - 20, box.bottom() - 20, 16, 16))
            pen.setColor(QColor(now.on_accent))
            pen.setWidthF(1.8)
            painter.setPen(pen)
            x, y = box.right() - 12, box.bottom() - 12
            painter.drawPolyline([QPointF(x - 3.5, y), QPointF(x - 1, y + 3), QPointF(x + 4, y - 3)])
        painter.setPen(QColor(now.text))
        words = QRectF(0, box.bottom() + 4, self.width(), self.height() - box.bottom() - 4)
        if self.hasFocus():
            font = painter.font()
            font.setUnderline(True)
            painter.setFont(font)
        painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text())
        painter.end()

    def _window(self, painter: QPainter, box: QRectF, colours: Colours) -> None:
        for colour, at in (
            (colours.ground, box),
            (colours.side, QRectF(box.left(), box.top(), 24, box.height())),
            (colours.accent, QRectF(box.left() + 5, box.top() + 8, 14, 5)),
            (colours.border, QRectF(box.left() + 5, box.top() + 18, 14, 3)),
            (colours.border, QRectF(box.left() + 5, box.top() + 25, 14, 3)),
            (colours.soft, QRectF(box.left() + 48, box.top() + 8, 32, 9)),
            (colours.text, QRectF(box.left() + 32, box.top() + 24, 44, 3)),
            (colours.text, QRectF(box.left() + 32, box.top() + 31, 36, 3)),
            (colours.muted, QRectF(box.left() + 32, box.top() + 41, 24, 3)),
        ):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(at, 2, 2)
