"""Maths inside a text: an object that is drawn in the colour of the text, and beside it its source, too small to see.

The source is there for those who hear the text, search it or copy it. Outlines come from a thread of their own; until
one is there, and where there is none, the source is drawn in the letters of code.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPen,
    QPyTextObject,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from app.ui import theme
from app.ui.markdown_look import code_font
from app.ui.maths import SIZE, Outline, outline

if TYPE_CHECKING:
    from app.ui.text_card import TextCard

KIND = QTextFormat.ObjectTypes.UserObject.value + 1
_SOURCE = QTextFormat.Property.UserProperty.value + 1
_DISPLAY = _SOURCE + 1
_WRITTEN = _SOURCE + 2
BATCH_MS = 80
LEADING = 5.0
"""A formula may reach so many pixels further below its line than letters do: that far there is nothing else."""
LETTERS = 1.18
"""Maths is drawn so much larger than the text: its letters are lower."""


class _Post(QObject):
    """Brings outlines into the Qt thread. It outlives every text: one that is gone hears nothing."""

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[tuple[str, bool], QPainterPath | None] = {}
        self.sizes: dict[tuple[str, bool], Outline] = {}
        self._asked: set[tuple[str, bool]] = set()
        self._thread = ThreadPoolExecutor(1, "maths")

    def ask(self, key: tuple[str, bool]) -> None:
        """Let an outline be drawn, once."""
        if key in self._asked:
            return
        self._asked.add(key)

        def keep(done: Future[Outline | None]) -> None:
            found = done.result() if done.exception() is None else None
            if found is not None:
                self.sizes[key] = found
            self.known[key] = _path(found) if found is not None else None
            self.drawn.emit()

        self._thread.submit(outline, *key).add_done_callback(keep)


@cache
def _post() -> _Post:
    return _Post()


def put(cursor: QTextCursor, source: str, written: str, display: bool) -> None:
    """Put a formula where the cursor is, in place of what is selected."""
    look = QTextCharFormat()
    look.setObjectType(KIND)
    look.setProperty(_SOURCE, source)
    look.setProperty(_DISPLAY, display)
    look.setProperty(_WRITTEN, written)
    look.setToolTip(source)
    look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    cursor.insertText("\ufffc", look)
    small = QTextCharFormat()
    small.setProperty(QTextFormat.Property.FontPixelSize.value, 1)
    small.setFontLetterSpacingType(QFont.SpacingType.PercentageSpacing)
    small.setFontLetterSpacing(1)
    small.setForeground(QBrush(QColor(0, 0, 0, 0)))
    cursor.insertText(written.replace("\n", " "), small)


class MathsObjects(QPyTextObject):
    """Draws the formulas of one text."""

    def __init__(self, card: TextCard) -> None:
        super().__init__(card)
        self._card = card
        self._waiting: set[int] = set()
        self._soon = QTimer(self, singleShot=True, interval=BATCH_MS)
        self._soon.timeout.connect(self._again)
        _post().drawn.connect(self._drawn)
        card.document().documentLayout().registerHandler(KIND, self)
        card.document().markContentsDirty(0, card.document().characterCount())

    def intrinsicSize(self, doc: QTextDocument, posInDocument: int, format: QTextFormat) -> QSizeF:
        """Return how much room a formula takes."""
        wide, up, down = self._room(doc, format, posInDocument)
        font_down = QFontMetricsF(doc.defaultFont()).descent()
        return QSizeF(wide, up + max(font_down, down - LEADING))

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, posInDocument: int, format: QTextFormat
    ) -> None:
        """Draw it."""
        key = (str(format.property(_SOURCE)), bool(format.property(_DISPLAY)))
        _, up, _ = self._room(doc, format, posInDocument)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.left(), rect.top() + up)
        path = _post().known.get(key)
        if path is None:
            painter.setFont(code_font(doc.defaultFont()))
            painter.setPen(QColor(colours.text))
            painter.drawText(0, 0, str(format.property(_WRITTEN)))
        else:
            scale = self._scale(doc, key)
            painter.scale(scale, scale)
            painter.setPen(QPen(QBrush(), 0))
            painter.fillPath(path, QColor(colours.text))
        painter.restore()

    def _scale(self, doc: QTextDocument, key: tuple[str, bool]) -> float:
        letters = QFontInfo(doc.defaultFont()).pixelSize() * LETTERS / SIZE
        room = max(60, self._card.viewport().width() - 12)
        return min(letters, room / _post().sizes[key].width)

    def _room(self, doc: QTextDocument, format: QTextFormat, position: int) -> tuple[float, float, float]:
        """Return width, and height above and below the baseline."""
        key = (str(format.property(_SOURCE)), bool(format.property(_DISPLAY)))
        post = _post()
        if post.known.get(key) is None:
            if key not in post.known:
                self._waiting.add(position)
                post.ask(key)
            metrics = QFontMetricsF(code_font(doc.defaultFont()))
            return metrics.horizontalAdvance(str(format.property(_WRITTEN))), metrics.ascent(), metrics.descent()
        size, scale = post.sizes[key], self._scale(doc, key)
        return size.width * scale, size.ascent * scale, size.descent * scale

    def _drawn(self) -> None:
        if self._waiting and not self._soon.isActive():
            self._soon.start()

    def _again(self) -> None:
        """Give the formulas that are there now their room."""
        document = self._card.document()
        waiting, self._waiting = self._waiting, set()
        for position in sorted(waiting):
            if position < document.characterCount():
                document.markContentsDirty(position, 1)
        self._card.fit()
        self._card.viewport().update()


def _path(found: Outline) -> QPainterPath:
    whole = QPainterPath()
    for stroke in found.strokes:
        path = QPainterPath()
        for step, at in stroke.steps:
            if step == "M":
                path.moveTo(*at)
            elif step == "L":
                path.lineTo(*at)
            elif step == "Q":
                path.quadTo(*at)
            elif step == "C":
                path.cubicTo(*at)
            else:
                path.closeSubpath()
        if stroke.outline:
            line = QPainterPathStroker()
            line.setWidth(stroke.outline)
            path = line.createStroke(path)
        whole.addPath(path)
    whole.setFillRule(Qt.FillRule.WindingFill)
    return whole
