"""Where the time of a spoken question went, as a bar with a legend: painted in the theme's colours, told in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.turn_trace import TurnTrace
from app.ui import phrases, theme
from app.ui.mirror import leading, mirrored, mirrored_box
from app.ui.numbers import number
from app.ui.tokens import TYPE
from app.ui.translation import tr

BAR = 10
"""Height of the bar in pixels."""
GAP = 6
SQUARE = 9
LEAST = 2
"""Pixels that the shortest part has, so that it is seen at all."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the bar, in milliseconds after the key went down. `colour` is a name of theme.Colours."""

    name: str
    begin: float
    end: float
    colour: str


def parts(trace: TurnTrace) -> list[Part]:
    """Return the pieces in their order; empty when it is not known when the sound ended."""
    if trace.release_ms is None:
        return []
    made: list[Part] = []
    at = min(trace.audio_ms or 0.0, trace.release_ms)
    steps = (
        (tr("you spoke"), trace.release_ms, "soft"),
        (tr("text"), trace.final_ms, "muted"),
        (tr("search"), trace.searched_ms, "highlight"),
        (tr("first word"), trace.token_ms, "accent"),
        (tr("first sound"), trace.sound_ms, "on_notice"),
    )
    for name, until, colour in steps:
        if until is not None and until >= at:
            made.append(Part(name, at, until, colour))
            at = until
    return made


def sentence(trace: TurnTrace) -> str:
    """Return the turn in words, for those who do not see its chart; "" where nothing was noted."""
    if trace.release_ms is None:
        return ""
    parts = [tr("You spoke for {time}.", time=_time(trace.release_ms))]
    steps = (
        (tr("your words were written down after {time}"), trace.final_ms),
        (tr("the passages were found after {time}"), trace.searched_ms),
        (tr("the first word of the answer was there after {time}"), trace.token_ms),
        (tr("the first sound was heard after {time}"), trace.sound_ms),
    )
    after = [said.format(time=_time(max(at - trace.release_ms, 0.0))) for said, at in steps if at is not None]
    if after:
        parts.append(tr("When you had ended, {steps}.", steps=", ".join(after)))
    if trace.prefill_ms:
        parts.append(tr("Reading took {time} of that.", time=_time(trace.prefill_ms)))
    if trace.ahead:
        parts.append(tr("Search and reading had begun while you spoke."))
    return " ".join(parts)


def _time(milliseconds: float) -> str:
    if milliseconds >= 950:
        return tr("{number} seconds", number=number(milliseconds / 1000, 1))
    return tr("{number} milliseconds", number=number(milliseconds))


class TurnChart(QWidget):
    """Empty and hidden until `show_trace`. It takes the width it gets."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * TYPE.SMALL)
        self.setFont(font)
        self.setAccessibleName(tr("Where the time went"))
        self.parts: list[Part] = []
        self.hide()

    def show_trace(self, trace: TurnTrace | None) -> None:
        """Show the turn; None hides the chart, for a question that was typed."""
        self.parts = parts(trace) if trace is not None else []
        words = sentence(trace) if trace is not None else ""
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.setVisible(len(self.parts) > 1)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Say that the legend takes more rows where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at a width, in pixels."""
        rows = [box for box, _part in self._legend(width)]
        return rows[-1].bottom() + 1 if rows else BAR

    def sizeHint(self) -> QSize:
        """Return a size at which all stands in one row."""
        return QSize(420, self.heightForWidth(420))

    def minimumSizeHint(self) -> QSize:
        """Return the least that can be read."""
        return QSize(120, BAR)

    def words(self, part: Part) -> str:
        """Return what the legend says of a part."""
        plus = "" if part is self.parts[0] else "+"
        took = part.end - part.begin
        return f"{part.name} {plus}{phrases.seconds(took) if took >= 950 else f'{took:.0f} ms'}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and below it what its colours mean."""
        if not self.parts:
            return
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box, part in self._bar():
            painter.fillRect(box, QColor(getattr(colours, part.colour)))
        painter.setPen(QPen(QColor(colours.border)))
        painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, BAR - 1))
        turned = self.layoutDirection()
        for place, part in self._legend(self.width()):
            place = mirrored_box(place, self.rect(), turned)
            square = QRectF(place.left() + 0.5, place.center().y() - SQUARE // 2 + 0.5, SQUARE, SQUARE)
            square = mirrored(square, QRectF(place), turned)
            painter.fillRect(square, QColor(getattr(colours, part.colour)))
            painter.setPen(QPen(QColor(colours.border)))
            painter.drawRect(square)
            painter.setPen(QPen(QColor(colours.muted)))
            text = mirrored_box(place.adjusted(SQUARE + GAP, 0, 0, 0), place, turned)
            painter.drawText(text, leading(turned) | Qt.AlignmentFlag.AlignVCenter, self.words(part))
        painter.end()

    def _bar(self) -> Iterator[tuple[QRectF, Part]]:
        whole = max(self.parts[-1].end - self.parts[0].begin, 1.0)
        room = self.width() - LEAST * len(self.parts)
        left = 0.0
        for part in self.parts:
            wide = LEAST + room * (part.end - part.begin) / whole
            box = QRectF(left, 0.0, wide, BAR)
            yield mirrored(box, QRectF(self.rect()), self.layoutDirection()), part
            left += wide

    def _legend(self, width: int) -> Iterator[tuple[QRect, Part]]:
        metrics = QFontMetrics(self.font())
        left, top = 0, BAR + GAP
        for part in self.parts:
            wide = SQUARE + GAP + metrics.horizontalAdvance(self.words(part)) + 1
            if left and left + wide > width:
                left, top = 0, top + metrics.height()
            yield QRect(left, top, wide, metrics.height()), part
            left += wide + 2 * GAP
