"""How a row of the list of documents looks: arrow or thumbnail, name above, figures or trouble below, progress."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from app.ui import icons, shelf, theme
from app.ui.mirror import mirrored
from app.ui.page_pictures import THUMBNAIL, PagePictures, Wish
from app.ui.shelf import Entry
from app.ui.tokens import TYPE

_Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
"""The role under which a model gives the Entry of a row."""
INDENT = 16
DEPTH_MOST = 6
"""Folders deeper than this are not indented further."""


def indent(entry: Entry) -> int:
    """Return how far a row is moved in, in logical pixels."""
    return INDENT * min(entry.depth, DEPTH_MOST)


class Rows(QStyledItemDelegate):
    """Paints a row: arrow or thumbnail, name above, figures or trouble below, progress at the foot."""

    def __init__(self, view: QTableView, pictures: PagePictures) -> None:
        super().__init__(view)
        self._view = view
        self._pictures = pictures
        self.wide = False
        """Pages, size and when have columns of their own."""
        self._fonts: tuple[str, QFont, QFont] | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the height of two lines."""
        return QSize(80, QFontMetrics(option.font).height() * 2 + 20)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one cell."""
        entry = index.data(ENTRY)
        if not isinstance(entry, Entry):
            return
        colours = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        current = self._view.currentIndex()
        focused = self._view.hasFocus() and current.row() == index.row()
        box = QRectF(option.rect).adjusted(0, 1.5, 0, -1.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.soft if chosen else colours.raised))
            painter.setClipRect(option.rect)
            painter.drawRoundedRect((self._row(box) if chosen else box).adjusted(1, 0, -1, 0), 8, 8)
        if focused or (chosen and colours.name.startswith("contrast")):
            painter.setPen(QColor(colours.accent if focused else colours.border))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setClipRect(option.rect)
            painter.drawRoundedRect(self._row(box).adjusted(1.5, 0.5, -1.5, -0.5), 8, 8)
        painter.setClipping(False)
        quiet = colours.on_soft if chosen else colours.muted
        large, small = self._made(option.font)
        if index.column():
            text = (entry.pages, entry.size, entry.when)[index.column() - 1]
            _line(painter, box.adjusted(8, 0, -4, 0), text, small, quiet, Qt.TextElideMode.ElideRight)
        else:
            self._paint_name(painter, box, entry, large, small, colours.on_soft if chosen else colours.text, quiet)
        painter.restore()

    def _row(self, cell: QRectF) -> QRectF:
        """Return the whole row that a cell is a part of."""
        head = self._view.horizontalHeader()
        shown = [at for at in range(head.count()) if not head.isSectionHidden(at)]
        left = min(self._view.columnViewportPosition(at) for at in shown)
        return QRectF(left, cell.top(), head.length(), cell.height())

    def _paint_name(
        self, painter: QPainter, box: QRectF, entry: Entry, large: QFont, small: QFont, ink: str, quiet: str
    ) -> None:
        colours = theme.current()
        direction = painter.layoutDirection()

        def at(place: QRectF) -> QRectF:
            return mirrored(place, box, direction)

        inner = box.adjusted(6 + indent(entry), 5, -8, -5)
        if entry.folder:
            spot = QRectF(inner.left() + 1, inner.center().y() - 8, 16, 16)
            painter.save()
            painter.translate(at(spot).center())
            painter.rotate(0 if entry.open else 90 if direction == Qt.LayoutDirection.RightToLeft else -90)
            icons.paint(painter, "down", quiet, QRectF(-8, -8, 16, 16))
            painter.restore()
            inner.setLeft(inner.left() + 24)
        else:
            inner.setLeft(inner.left() + self._paint_picture(painter, inner, box, entry, quiet))
        half = inner.height() / 2
        name = QRectF(inner.left(), inner.top(), inner.width(), half)
        font = QFont(large)
        if entry.folder:
            font.setWeight(QFont.Weight.DemiBold)
        _line(painter, at(name), entry.title, font, ink, Qt.TextElideMode.ElideMiddle)
        below = QRectF(inner.left(), inner.top() + half, inner.width(), half)
        if entry.dot and entry.dot != "good":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(colours, entry.dot)))
            painter.drawEllipse(at(QRectF(below.left() + 0.5, below.center().y() - 3.5, 7, 7)))
            below.setLeft(below.left() + 14)
        detail = entry.more if self.wide and not entry.folder else entry.detail
        bad = entry.dot == "on_error" and not entry.folder
        _line(painter, at(below), detail, small, colours.on_error if bad and quiet == colours.muted else quiet,
              Qt.TextElideMode.ElideRight)  # fmt: skip
        if entry.fraction is not None:
            track = QRectF(inner.left(), box.bottom() - 3.5, inner.width(), 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.border))
            painter.drawRoundedRect(at(track), 1.5, 1.5)
            track.setWidth(track.width() * min(1.0, max(0.0, entry.fraction)))
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(at(track), 1.5, 1.5)

    def _paint_picture(self, painter: QPainter, inner: QRectF, box: QRectF, entry: Entry, quiet: str) -> float:
        """Paint the thumbnail, or the sign of a document; returns how much room that took."""
        spot = mirrored(QRectF(inner.left(), inner.top(), 30, inner.height()), box, painter.layoutDirection())
        sheet = None
        if entry.state == "indexed" and shelf.is_drawn(entry.key):
            sheet = self._pictures.get(Wish(entry.key, 1, THUMBNAIL, entry.stamp))
        if sheet is None:
            icons.paint(painter, "document", quiet, QRectF(spot.center().x() - 11, spot.center().y() - 11, 22, 22))
            return 38.0
        image = sheet.image
        scale = min(spot.width() / image.width(), spot.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        target = QRectF(spot.center().x() - width / 2, spot.center().y() - height / 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)
        painter.setPen(QPen(QColor(theme.current().border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(target)
        return 38.0

    def _made(self, base: QFont) -> tuple[QFont, QFont]:
        key = base.toString()
        if self._fonts is None or self._fonts[0] != key:
            large = QFont()
            large.fromString(key)
            small = QFont(large)
            if small.pointSizeF() > 0:
                small.setPointSizeF(small.pointSizeF() * TYPE.SMALL)
            large.setWeight(QFont.Weight.Medium)
            self._fonts = (key, large, small)
        return self._fonts[1], self._fonts[2]


def _line(painter: QPainter, box: QRectF, text: str, font: QFont, colour: str, elide: Qt.TextElideMode) -> None:
    if not text:
        return
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = QFontMetrics(font).elidedText(" ".join(text.split()), elide, int(box.width()))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
