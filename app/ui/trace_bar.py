"""Where the time of an answer went: a bar, and below it what each of its colours and hatchings means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import phrases, theme
from app.ui.mirror import leading, mirrored, mirrored_box
from app.ui.numbers import number
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.tracing import AnswerTrace, Step

BAR = 14
"""Height of the bar in logical pixels."""
SQUARE = 10
LEAST = 2
"""Pixels that the shortest part has, so that it is seen at all."""
_LOOKS = {
    "hear": ("muted", Qt.BrushStyle.SolidPattern),
    "search": ("highlight", Qt.BrushStyle.SolidPattern),
    "rerank": ("on_notice", Qt.BrushStyle.Dense4Pattern),
    "recall": ("on_soft", Qt.BrushStyle.Dense4Pattern),
    "prepare": ("border", Qt.BrushStyle.SolidPattern),
    "choose": ("muted", Qt.BrushStyle.Dense5Pattern),
    "wait": ("on_error", Qt.BrushStyle.BDiagPattern),
    "read": ("soft", Qt.BrushStyle.SolidPattern),
    "write": ("accent", Qt.BrushStyle.SolidPattern),
    "move": ("on_error", Qt.BrushStyle.SolidPattern),
    "check": ("good", Qt.BrushStyle.FDiagPattern),
}
"""Colour of theme.Colours and pattern of each step: two that meet differ in more than colour."""


def took(milliseconds: float) -> str:
    """Return "840 ms" or "1.2 s"."""
    return f"{number(milliseconds)} ms" if milliseconds < 950 else phrases.seconds(milliseconds)


def step_name(name: str) -> str:
    """Return what a step is called."""
    names = {
        "hear": tr("hearing"),
        "search": tr("search"),
        "rerank": tr("ordering"),
        "recall": tr("memory"),
        "prepare": tr("preparing"),
        "choose": tr("choosing a node"),
        "wait": tr("waiting"),
        "read": tr("reading"),
        "write": tr("writing"),
        "move": tr("moving"),
        "check": tr("checking"),
    }
    return names.get(name, name)


class TraceBar(QWidget):
    """Empty until `present`. It takes the width it gets."""

    def __init__(self) -> None:
        super().__init__()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * TYPE.SMALL)
        self.setFont(font)
        self.setAccessibleName(tr("Where the time went"))
        self.steps: tuple[Step, ...] = ()

    def present(self, trace: AnswerTrace) -> None:
        """Show the steps of an answer."""
        self.steps = trace.steps
        words = ", ".join(self.words(step) for step in self.steps)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.setVisible(bool(self.steps))
        self.updateGeometry()
        self.update()

    def words(self, step: Step) -> str:
        """Return what the legend says of a step."""
        return f"{step_name(step.name)} {took(step.ms)}"

    def hasHeightForWidth(self) -> bool:
        """Say that the legend takes more rows where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at a width, in pixels."""
        boxes = [box for box, _step in self._legend(width)]
        return boxes[-1].bottom() + 1 if boxes else BAR

    def sizeHint(self) -> QSize:
        """Return the size at the width of the panel."""
        return QSize(340, self.heightForWidth(340))

    def minimumSizeHint(self) -> QSize:
        """Return the least that can be read."""
        return QSize(160, self.heightForWidth(max(160, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and below it what its parts mean."""
        colours = theme.current()
        painter = QPainter(self)
        for box, step in self._bar():
            self._fill(painter, box, step)
        if self.steps:
            painter.setPen(QPen(QColor(colours.border)))
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, BAR - 1))
        turned = self.layoutDirection()
        for place, step in self._legend(self.width()):
            place = mirrored_box(place, self.rect(), turned)
            square = QRectF(place.left() + 0.5, place.center().y() - SQUARE // 2 + 0.5, SQUARE, SQUARE)
            square = mirrored(square, QRectF(place), turned)
            self._fill(painter, square, step)
            painter.setPen(QPen(QColor(colours.border)))
            painter.drawRect(square)
            painter.setPen(QPen(QColor(colours.text)))
            text = mirrored_box(place.adjusted(SQUARE + SPACE.S, 0, 0, 0), place, turned)
            painter.drawText(text, leading(turned) | Qt.AlignmentFlag.AlignVCenter, self.words(step))
        painter.end()

    def _fill(self, painter: QPainter, box: QRectF, step: Step) -> None:
        colours = theme.current()
        name, pattern = _LOOKS.get(step.name, ("muted", Qt.BrushStyle.SolidPattern))
        painter.fillRect(box, QColor(colours.surface))
        painter.fillRect(box, QBrush(QColor(getattr(colours, name)), pattern))

    def _bar(self) -> Iterator[tuple[QRectF, Step]]:
        whole = max(sum(step.ms for step in self.steps), 1.0)
        room = self.width() - LEAST * len(self.steps)
        left = 0.0
        for step in self.steps:
            wide = LEAST + room * step.ms / whole
            box = QRectF(left, 0.0, wide, BAR)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                box.moveLeft(self.width() - left - wide)
            yield box, step
            left += wide

    def _legend(self, width: int) -> Iterator[tuple[QRect, Step]]:
        metrics = QFontMetrics(self.font())
        left, top = 0, BAR + SPACE.S
        for step in self.steps:
            wide = SQUARE + SPACE.S + metrics.horizontalAdvance(self.words(step)) + 1
            if left and left + wide > width:
                left, top = 0, top + metrics.height() + 2
            yield QRect(left, top, wide, metrics.height()), step
            left += wide + SPACE.M
