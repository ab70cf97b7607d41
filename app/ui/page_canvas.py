"""One page as a picture with lines marked on it: zoom, scrolling, the next page at its end; exact at any density."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from app.ui import theme, tokens
from app.ui.page_pictures import WIDEST, PagePictures, Sheet, Wish
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.rag.document import Line

ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
"""Widths of the page against the width of the view, or against COMFORT where that is less."""
COMFORT = 900
"""Logical pixels: no page is wider at zoom 1, however wide the view is."""
MARGIN = 10
MARK = tokens.LIGHT.highlight
"""Paper is white in the dark, too, and so is the marker the same."""
FAINT = tokens.LIGHT.notice
_A4 = (595.0, 842.0)


class PageCanvas(QAbstractScrollArea):
    """Shows a page of one file. `turned` asks for the page before (-1) or after (1), `zoomed` tells a new zoom."""

    turned = Signal(int)
    zoomed = Signal(float)
    drawn = Signal()
    """The page can be seen in full sharpness, or it is known why it cannot."""

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._path = ""
        self._stamp = ""
        self._page = 0
        self._marks: tuple[QRectF, ...] = ()
        self._faint: tuple[QRectF, ...] = ()
        self._zoom = 1.0
        self._sheet: Sheet | None = None
        """The sharp picture, or the best one so far."""
        self._sharp = False
        self._trouble = ""
        self._points = _A4
        self._reveal = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Page"))
        self.verticalScrollBar().setSingleStep(40)
        self.horizontalScrollBar().setSingleStep(40)
        self.viewport().setAutoFillBackground(False)
        # While the panel is being made wider the old picture is stretched; a new one is asked for at rest.
        self._rest = QTimer(self, singleShot=True, interval=150)
        self._rest.timeout.connect(self._look)
        pictures.arrived.connect(self._arrived)

    @property
    def zoom(self) -> float:
        """Width of the page against the width of the view."""
        return self._zoom

    @property
    def page(self) -> int:
        """The page that is shown, from 1; 0 = none."""
        return self._page

    @property
    def marks(self) -> tuple[QRectF, ...]:
        """What is marked, in points from the page's top left corner."""
        return self._marks

    @property
    def sharp(self) -> bool:
        """Whether the picture has exactly the pixels of the screen."""
        return self._sharp

    @property
    def trouble(self) -> str:
        """Why there is no picture; "" if nothing is wrong."""
        return self._trouble

    @property
    def wish(self) -> Wish:
        """The picture that fits the view now."""
        return Wish(self._path, self._page, self._pixels(), self._stamp)

    def present(
        self, path: str, page: int, marks: Sequence[Line] = (), stamp: str = "", faint: Sequence[Line] = ()
    ) -> None:
        """Show a page; `marks` are marked, `faint` ones less, and the first of `marks` is brought into sight."""
        same = (path, page, stamp) == (self._path, self._page, self._stamp)
        self._path, self._page, self._stamp = path, page, stamp
        self._marks, self._faint = _boxes(marks), _boxes(faint)
        if not same:
            self._sheet, self._sharp, self._trouble = None, False, ""
        self._reveal = True
        marked = tr("Page {page}; %n lines are marked", count=len(self._marks), page=page)
        self.setAccessibleDescription(marked if marks else tr("Page {page}", page=page))
        self._place()
        self._look()
        self.viewport().update()

    def clear(self) -> None:
        """Show nothing."""
        self._page, self._sheet, self._sharp, self._trouble, self._marks = 0, None, False, "", ()
        self._faint = ()
        self.viewport().update()

    def set_zoom(self, zoom: float) -> None:
        """Show the page `zoom` times as wide as the view; what is in the middle stays there."""
        zoom = min(ZOOMS[-1], max(ZOOMS[0], zoom))
        if zoom == self._zoom:
            return
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        before = self._size()
        middle = (down.value() + self.viewport().height() / 2) / max(1, before.height())
        centre = (across.value() + self.viewport().width() / 2) / max(1, before.width())
        self._zoom = zoom
        self._place()
        after = self._size()
        down.setValue(round(middle * after.height() - self.viewport().height() / 2))
        across.setValue(round(centre * after.width() - self.viewport().width() / 2))
        self._look()
        self.viewport().update()
        self.zoomed.emit(zoom)

    def step_zoom(self, by: int) -> None:
        """Take the next larger or smaller zoom."""
        if by > 0:
            self.set_zoom(next((one for one in ZOOMS if one > self._zoom + 0.01), ZOOMS[-1]))
        else:
            self.set_zoom(next((one for one in reversed(ZOOMS) if one < self._zoom - 0.01), ZOOMS[0]))

    def show_end(self) -> None:
        """Go to the lower end of the page."""
        self._reveal = False
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    # ------------------------------------------------------------------ pictures

    def _pixels(self) -> int:
        wanted = round((self._size().width() - 2 * MARGIN) * self.viewport().devicePixelRatioF())
        return max(16, min(WIDEST, wanted))

    def _look(self) -> None:
        """Take the picture that fits, or have it made."""
        if not self._page or not self.isVisible():
            return
        wish = self.wish
        sheet = self._pictures.get(wish)
        self._trouble = self._pictures.trouble(wish)
        if sheet is not None:
            fresh = (sheet.page_width, sheet.page_height) != self._points
            self._sheet, self._points = sheet, (sheet.page_width, sheet.page_height)
            if fresh:
                self._place()
        self._sharp = sheet is not None
        if self._sharp or self._trouble:
            self._show_marks()
            self.drawn.emit()
        self.viewport().update()

    def _arrived(self, wish: Wish) -> None:
        if wish == self.wish:
            self._look()

    # ------------------------------------------------------------------ where things are

    def _size(self) -> QSize:
        """Return the size of the page with its margin, in logical pixels."""
        width = max(60.0, min(COMFORT, self.viewport().width()) * self._zoom)
        height = (width - 2 * MARGIN) * self._points[1] / max(1.0, self._points[0]) + 2 * MARGIN
        return QSize(round(width), round(height))

    def _place(self) -> None:
        size, view = self._size(), self.viewport().size()
        for bar, whole, part in (
            (self.verticalScrollBar(), size.height(), view.height()),
            (self.horizontalScrollBar(), size.width(), view.width()),
        ):
            bar.setRange(0, max(0, whole - part))
            bar.setPageStep(part)

    def _paper(self) -> QRectF:
        """Return where the page is in the view, in logical pixels."""
        size, view = self._size(), self.viewport().size()
        left = max(0, (view.width() - size.width()) // 2) - self.horizontalScrollBar().value()
        top = -self.verticalScrollBar().value()
        return QRectF(left + MARGIN, top + MARGIN, size.width() - 2 * MARGIN, size.height() - 2 * MARGIN)

    def _show_marks(self) -> None:
        """Bring the first marked line into sight, a quarter of the view from the top."""
        if not self._reveal:
            return
        self._reveal = False
        if not self._marks:
            self.verticalScrollBar().setValue(0)
            return
        paper = self._paper()
        scale = paper.width() / max(1.0, self._points[0])
        top = min(mark.top() for mark in self._marks) * scale + MARGIN
        left = min(mark.left() for mark in self._marks) * scale + MARGIN
        self.verticalScrollBar().setValue(round(top - self.viewport().height() / 4))
        self.horizontalScrollBar().setValue(round(left - MARGIN * 2))

    # ------------------------------------------------------------------ events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the page and the marks."""
        if not self._page:
            return
        painter = QPainter(self.viewport())
        colours = theme.current()
        paper = self._paper()
        if self._sheet is None:
            painter.fillRect(paper, QColor(colours.raised))
            painter.setPen(QColor(colours.muted))
            said = self._trouble or tr("Page {page} is being drawn…", page=self._page)
            inside = paper.intersected(QRectF(self.viewport().rect())).adjusted(16, 16, -16, -16)
            painter.drawText(inside, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), said)
        else:
            if self._sharp:
                paper = self._exact(painter, paper)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(paper, self._sheet.image)
            self._paint_marks(painter, paper, self._faint, FAINT)
            self._paint_marks(painter, paper, self._marks, MARK)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent if focused else colours.border), 2 if focused else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(paper)
        painter.end()

    def _exact(self, painter: QPainter, paper: QRectF) -> QRectF:
        """Return `paper` moved and sized so that one dot of the picture falls on one dot of the screen."""
        assert self._sheet is not None
        image = self._sheet.image
        ratio = self.viewport().devicePixelRatioF()
        if abs(image.width() - paper.width() * ratio) > 2:
            return paper  # it could not be drawn as wide as it was asked for
        there = painter.deviceTransform()
        back, possible = there.inverted()
        if not possible:
            return paper
        corner = there.map(paper.topLeft())
        corner = back.map(QPointF(round(corner.x()), round(corner.y())))
        return QRectF(corner, QSizeF(image.width() / ratio, image.height() / ratio))

    def _paint_marks(self, painter: QPainter, paper: QRectF, marks: Sequence[QRectF], colour: str) -> None:
        across, down = paper.width() / max(1.0, self._points[0]), paper.height() / max(1.0, self._points[1])
        painter.save()
        painter.setClipRect(paper)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)  # the letters stay black
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        path = QPainterPath()  # one: where boxes of two lines overlap the marker is not darker
        path.setFillRule(Qt.FillRule.WindingFill)
        for mark in marks:
            box = QRectF(
                paper.left() + mark.left() * across, paper.top() + mark.top() * down,
                mark.width() * across, mark.height() * down,
            )  # fmt: skip
            path.addRect(box.adjusted(-2, -1, 2, 1))
        painter.drawPath(path)
        painter.restore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is read in its place; ask for a picture of the new size at rest."""
        bar = self.verticalScrollBar()
        share = bar.value() / bar.maximum() if bar.maximum() else 0.0
        self._place()
        bar.setValue(round(share * bar.maximum()))
        self._sharp = self._sharp and self._sheet is not None and self._sheet.image.width() == self._pixels()
        self._rest.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the picture when it can be seen."""
        super().showEvent(event)
        self._rest.start(0)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Paint anew: a scrolled page must keep its place on whole dots."""
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl zoom; at the end of the page turn it."""
        steps = event.angleDelta().y()
        bar = self.verticalScrollBar()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_zoom(1 if steps > 0 else -1)
            event.accept()
        elif (
            steps
            and event.pixelDelta().isNull()
            and ((steps < 0 and bar.value() == bar.maximum()) or (steps > 0 and bar.value() == bar.minimum()))
        ):
            self.turned.emit(-1 if steps > 0 else 1)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus, minus, 0: zoom. Page Down and Space at the end turn the page, Home and End go to its ends."""
        bar = self.verticalScrollBar()
        key = event.key()
        forward = key in (Qt.Key.Key_PageDown, Qt.Key.Key_Space)
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.step_zoom(1)
        elif key == Qt.Key.Key_Minus:
            self.step_zoom(-1)
        elif key == Qt.Key.Key_0:
            self.set_zoom(1.0)
        elif forward or key == Qt.Key.Key_PageUp:
            if bar.value() == (bar.maximum() if forward else bar.minimum()):
                self.turned.emit(1 if forward else -1)
            else:
                bar.triggerAction(bar.SliderAction.SliderPageStepAdd if forward else bar.SliderAction.SliderPageStepSub)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            bar.setValue(bar.minimum() if key == Qt.Key.Key_Home else bar.maximum())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the frame of the focus."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the frame away."""
        super().focusOutEvent(event)
        self.viewport().update()


def _boxes(lines: Sequence[Line]) -> tuple[QRectF, ...]:
    return tuple(QRectF(one.left, one.top, one.right - one.left, one.bottom - one.top) for one in lines)
