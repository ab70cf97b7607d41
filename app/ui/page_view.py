"""A document page by page: the page as a picture with its marks, a bar to turn and zoom, small pictures of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPen, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.controls import label, round_button
from app.ui.numbers import number, percent
from app.ui.page_canvas import PageCanvas
from app.ui.page_pictures import THUMBNAIL, PagePictures, Wish
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.rag.document import Line

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
STRIP_WIDTH = 104
STRIP_FROM = 520
"""Narrower than this the small pictures leave the room to the page."""


class PageView(QWidget):
    """Shows the pages of one file."""

    turned = Signal(int)
    """The page that is shown now."""

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self._path = ""
        self._stamp = ""
        self._pages = 0
        self._labels: Sequence[str] = ()
        self._marked_page = 0
        self._marks: tuple[Line, ...] = ()
        self._faint: tuple[Line, ...] = ()
        self.canvas = PageCanvas(pictures)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE.XS)
        self.strip_toggle = round_button("pages", tr("Small pictures of all pages"), kind="icon", size=30)
        self.strip_toggle.setCheckable(True)
        self.strip_toggle.setChecked(True)
        self.strip_toggle.toggled.connect(lambda _on: self._share_width())
        bar.addWidget(self.strip_toggle)
        self.back_button = round_button(
            "left", tr("Page before"), kind="icon", size=30, description=tr("Page before (Ctrl+PgUp)")
        )
        self.back_button.clicked.connect(lambda: self.turn(-1))
        bar.addWidget(self.back_button)
        self.number = QLineEdit()
        self.number.setFixedWidth(54)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.setAccessibleName(tr("Page number"))
        self.number.setAcceptDrops(False)
        self.number.returnPressed.connect(self._go)
        bar.addWidget(self.number)
        self.of = label("", tone="muted")
        bar.addWidget(self.of)
        self.next_button = round_button(
            "right", tr("Next page"), kind="icon", size=30, description=tr("Next page (Ctrl+PgDown)")
        )
        self.next_button.clicked.connect(lambda: self.turn(1))
        bar.addWidget(self.next_button)
        bar.addStretch(1)
        self.smaller_button = round_button("minus", tr("Smaller"), kind="icon", size=30, description=tr("Smaller (−)"))
        self.smaller_button.clicked.connect(lambda: self.canvas.step_zoom(-1))
        bar.addWidget(self.smaller_button)
        self.zoom = label(percent(1), tone="muted", scale=TYPE.SMALL)
        self.zoom.setMinimumWidth(44)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.zoom.setToolTip(tr("Width of the page against the panel; 0 fits it"))
        bar.addWidget(self.zoom)
        self.larger_button = round_button("plus", tr("Larger"), kind="icon", size=30, description=tr("Larger (+)"))
        self.larger_button.clicked.connect(lambda: self.canvas.step_zoom(1))
        bar.addWidget(self.larger_button)
        column.addLayout(bar)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.strip = _Strip(pictures)
        self.strip.asked.connect(self.show_page)
        row.addWidget(self.strip)
        self.canvas.turned.connect(self._turned_by_scrolling)
        self.canvas.zoomed.connect(lambda zoom: self.zoom.setText(percent(zoom)))
        row.addWidget(self.canvas, 1)
        column.addLayout(row, 1)
        self.setFocusProxy(self.canvas)
        for keys, by in (("Ctrl+PgUp", -1), ("Ctrl+PgDown", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.turn(by))

    @property
    def page(self) -> int:
        """The page that is shown, from 1."""
        return self.canvas.page

    def present(
        self,
        path: str,
        page: int,
        pages: int | None,
        marks: Sequence[Line] = (),
        stamp: str = "",
        faint: Sequence[Line] = (),
    ) -> None:
        """Show a page of a file with `marks` on it, and `faint` ones around them."""
        self._path, self._stamp = path, stamp
        self._pages = max(page, pages or 0)
        self._marked_page, self._marks, self._faint = page, tuple(marks), tuple(faint)
        self.strip.present(path, self._pages, stamp, page)
        self._share_width()
        self.show_page(page)

    def clear(self) -> None:
        """Show nothing, until it is known what."""
        self._pages = 0
        self.canvas.clear()
        self.number.clear()
        self.of.clear()
        self._share_width()

    def show_page(self, page: int) -> None:
        """Show another page; the marks stay on theirs."""
        page = min(max(1, page), max(1, self._pages))
        marks, faint = (self._marks, self._faint) if page == self._marked_page else ((), ())
        self.canvas.present(self._path, page, marks, self._stamp, faint)
        self.number.setText(str(page))
        self.of.setText(tr("of {pages}", pages=number(self._pages)))
        self.back_button.setEnabled(page > 1)
        self.next_button.setEnabled(page < self._pages)
        self.strip.choose(page)
        self.turned.emit(page)

    def turn(self, by: int) -> None:
        """Go to the page before or after."""
        if 1 <= self.page + by <= self._pages:
            self.show_page(self.page + by)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the small pictures out where there is no room for them."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        several = self._pages > 1
        room = self.width() >= STRIP_FROM
        self.strip_toggle.setVisible(several and room)
        self.strip.setVisible(several and room and self.strip_toggle.isChecked())

    def _turned_by_scrolling(self, by: int) -> None:
        before = self.page
        self.turn(by)
        if by < 0 and self.page != before:  # going back one reads on from its end
            self.canvas.show_end()

    def _go(self) -> None:
        text = self.number.text().strip()
        if text.isdecimal() and len(text) < 8:
            self.show_page(int(text))
            self.canvas.setFocus()
        else:
            self.number.setText(str(self.page))


class _Pages(QAbstractListModel):
    """Page numbers from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.path = ""
        self.stamp = ""
        self.pages = 0

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else self.pages

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return tr("Page {page}", page=index.row() + 1)
        return None


class _Strip(QListView):
    """All pages as small pictures; only those in sight are drawn."""

    asked = Signal(int)

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self.model_ = _Pages()
        self.model_.setParent(self)
        self.setModel(self.model_)
        self.setItemDelegate(_Small(self, pictures))
        self.setAccessibleName(tr("Pages"))
        self.setFixedWidth(STRIP_WIDTH)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(lambda index: self.asked.emit(index.row() + 1))
        self.activated.connect(lambda index: self.asked.emit(index.row() + 1))
        pictures.arrived.connect(self._arrived)

    def present(self, path: str, pages: int, stamp: str, page: int) -> None:
        """Offer the pages of another file."""
        if (path, pages, stamp) != (self.model_.path, self.model_.pages, self.model_.stamp):
            self.model_.beginResetModel()
            self.model_.path, self.model_.pages, self.model_.stamp = path, pages, stamp
            self.model_.endResetModel()
        self.choose(page)

    def choose(self, page: int) -> None:
        """Mark the page that is shown."""
        index = self.model_.index(page - 1)
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self.scrollTo(index)

    def _arrived(self, wish: Wish) -> None:
        if wish.path == self.model_.path and wish.width == THUMBNAIL and self.isVisible():
            self.update(self.model_.index(wish.page - 1))


class _Small(QStyledItemDelegate):
    def __init__(self, strip: _Strip, pictures: PagePictures) -> None:
        super().__init__(strip)
        self._strip = strip
        self._pictures = pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(STRIP_WIDTH - 16, 104 + QFontMetrics(option.font).height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colours = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        box = QRectF(option.rect).adjusted(4, 3, -4, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(QColor(colours.accent) if self._strip.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.soft))
            painter.drawRoundedRect(box, 7, 7)
        foot = QFontMetrics(option.font).height()
        spot = box.adjusted(6, 5, -6, -foot - 3)
        source = self._strip.model_
        sheet = self._pictures.get(Wish(source.path, index.row() + 1, THUMBNAIL, source.stamp))
        shape = (sheet.image.width(), sheet.image.height()) if sheet is not None else (210, 297)
        scale = min(spot.width() / shape[0], spot.height() / shape[1])
        target = QRectF(0, 0, shape[0] * scale, shape[1] * scale)
        target.moveCenter(spot.center())
        if sheet is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, sheet.image)
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(target)
        painter.setPen(QColor(colours.on_soft if chosen else colours.muted))
        below = QRectF(box.left(), box.bottom() - foot, box.width(), foot)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), str(index.row() + 1))
        painter.restore()
