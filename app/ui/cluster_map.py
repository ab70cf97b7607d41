"""The nodes as a picture: zones as areas, nodes as tiles with a mark, words and what they did lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView

from app.ui import theme
from app.ui.cluster_layout import Area, Box, Plan, plan
from app.ui.cluster_tiles import Tile, Trail
from app.ui.mirror import mirrored_box
from app.ui.tokens import SPACE, TYPE, Colours
from app.ui.two_line import RowModel

_Index = QModelIndex | QPersistentModelIndex
_MOVES = {
    QAbstractItemView.CursorAction.MoveLeft: (-1, 0),
    QAbstractItemView.CursorAction.MoveRight: (1, 0),
    QAbstractItemView.CursorAction.MoveUp: (0, -1),
    QAbstractItemView.CursorAction.MoveDown: (0, 1),
    QAbstractItemView.CursorAction.MovePrevious: (-1, 0),
    QAbstractItemView.CursorAction.MoveNext: (1, 0),
}
USUAL_HEIGHT = 16.0
"""Of the system's letters, in logical pixels, where the sizes of tiles come from."""
LEAST_TOP = 4.0
"""Tokens a second at the top of the small chart of a slow node, so that noise does not look like work."""


class ClusterMap(QListView):
    """Another view of the rows of the list of nodes. `chosen` comes on Enter, `removal_asked` on Delete."""

    chosen = Signal(str)
    removal_asked = Signal(str)

    def __init__(self, rows: RowModel, name: str) -> None:
        super().__init__()
        self._rows = rows
        self._tiles: Mapping[str, Tile] = {}
        self._plan = Plan((), {}, 0, dense=False)
        self._under: int = -1
        """Row under the pointer."""
        self.setModel(rows)
        self.setAccessibleName(name)
        self.setProperty("kind", "quiet")
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    @property
    def current_key(self) -> str:
        """Key of the current node, "" if there is none."""
        index = self.currentIndex()
        return self._rows.rows[index.row()].key if 0 <= index.row() < len(self._rows.rows) else ""

    def show_tiles(self, tiles: Mapping[str, Tile]) -> None:
        """Show what is known of the nodes, by key of their rows; only what changed is painted anew."""
        before, self._tiles = self._tiles, tiles
        for at, row in enumerate(self._rows.rows):
            if not row.heading and before.get(row.key) != tiles.get(row.key):
                self.viewport().update(self._shown(at))

    def tile_of(self, key: str) -> Tile | None:
        """Return what the map shows of a node."""
        return self._tiles.get(key)

    def dataChanged(self, first: _Index, last: _Index, roles: Sequence[int] = ()) -> None:
        """Paint headings that changed; `show_tiles` paints the nodes of which something else is to be seen."""
        if QAccessible.isActive():
            super().dataChanged(first, last, list(roles))
        elif any(row.heading for row in self._rows.rows[first.row() : last.row() + 1]):
            self.viewport().update()

    # What a view of items must know of itself.

    def doItemsLayout(self) -> None:
        """Place zones and nodes."""
        scale = max(1.0, QFontMetrics(self.font()).height() / USUAL_HEIGHT)
        self._plan = plan([row.heading for row in self._rows.rows], self.viewport().width(), scale)
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        """Set how far can be scrolled."""
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(SPACE.XL)
        bar.setRange(0, max(0, self._plan.height - self.viewport().height()))

    def visualRect(self, index: _Index) -> QRect:
        """Return where a row stands in the viewport; nowhere for headings."""
        return self._shown(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the node at a point."""
        for row, box in self._plan.tiles.items():
            if self._moved(box).contains(point):
                return self._rows.index(row)
        return QModelIndex()

    def scrollTo(
        self, index: _Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Bring a node into sight."""
        box = self._plan.tiles.get(index.row())
        if box is None:
            return
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if box.y < bar.value():
            bar.setValue(max(0, box.y - SPACE.XXL))
        elif box.y + box.height > bar.value() + height:
            bar.setValue(box.y + box.height - height + SPACE.M)

    def verticalOffset(self) -> int:
        """Return how far it is scrolled."""
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        """Return 0: it is never wider than its room."""
        return 0

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Return the node that an arrow leads to: the nearest one in that direction."""
        rows = sorted(self._plan.tiles)
        current = self.currentIndex().row()
        here = self._plan.tiles.get(current)
        if not rows:
            return QModelIndex()
        if here is None:
            return self._rows.index(rows[0])
        if action in (QAbstractItemView.CursorAction.MoveHome, QAbstractItemView.CursorAction.MoveEnd):
            return self._rows.index(rows[0 if action == QAbstractItemView.CursorAction.MoveHome else -1])
        across, down = _MOVES.get(action, (0, 0))
        found = _nearest(self._plan.tiles, here, across, down)
        if found is None and across:  # past the end of a line: the next or the one before in order
            at = rows.index(current) + (across if self.isLeftToRight() else -across)
            found = rows[at] if 0 <= at < len(rows) else None
        return self._rows.index(current if found is None else found)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Choose the node at the beginning of `rect`."""
        self.selectionModel().select(self.indexAt(rect.topLeft()), command)

    def visualRegionForSelection(self, selection: object) -> QRegion:
        """Return what is to be painted when the choice changes: little enough to be all."""
        return QRegion(self.viewport().rect())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is seen."""
        self.viewport().scroll(dx, dy)

    # What people do with it.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew for another width."""
        QAbstractItemView.resizeEvent(self, event)
        self.scheduleDelayedItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        """Place everything anew when the letters have another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, Delete asks to remove, Esc is the window's."""
        key = self.current_key
        if key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(key)
        elif key and event.key() == Qt.Key.Key_Delete:
            self.removal_asked.emit(key)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the node under the pointer."""
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: QEvent) -> None:
        """Light up none."""
        super().leaveEvent(event)
        self._hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the areas and tiles that are to be seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, changed = theme.current(), event.rect()
        for area in self._plan.areas:
            box = self._moved(area.box)
            if box.intersects(changed):
                self._paint_area(painter, area, box, colours)
        chosen = self.currentIndex().row()
        for row, place in self._plan.tiles.items():
            box = self._moved(place)
            if row < len(self._rows.rows) and box.intersects(changed):
                self._paint_tile(painter, row, box, colours, chosen == row)
        painter.end()

    def _paint_area(self, painter: QPainter, area: Area, box: QRect, colours: Colours) -> None:
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.side))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 14, 14)
        if area.heading is None or area.heading >= len(self._rows.rows):
            return
        font = _font(self.font(), TYPE.SMALL, QFont.Weight.DemiBold)
        line = QRect(box.x() + SPACE.L, box.y() + SPACE.S, box.width() - 2 * SPACE.L, QFontMetrics(font).height() + 8)
        _text(painter, line, self._rows.rows[area.heading].title, font, colours.muted)

    def _paint_tile(self, painter: QPainter, row: int, box: QRect, colours: Colours, chosen: bool) -> None:
        entry = self._rows.rows[row]
        tile = self._tiles.get(entry.key) or Tile(entry.title, entry.detail, "ring", "muted")
        ground = colours.soft if chosen else colours.raised if row == self._under else colours.surface
        painter.setPen(
            QPen(QColor(colours.accent if chosen else colours.border), 2 if chosen and self.hasFocus() else 1)
        )
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 9, 9)
        words = colours.on_soft if chosen else colours.text
        quiet = colours.on_soft if chosen else colours.muted
        inner = box.adjusted(SPACE.M, SPACE.S, -SPACE.M, -SPACE.S)
        usual, small = _font(self.font(), TYPE.BODY, QFont.Weight.Medium), _font(self.font(), TYPE.SMALL)
        high, low = QFontMetrics(usual).height(), QFontMetrics(small).height()
        spot = self._turned(QRect(inner.left(), inner.top(), 11, high), inner)
        _mark(painter, QRectF(spot).center(), tile.mark, getattr(colours, tile.colour))
        figure = tile.figure
        room = QFontMetrics(small).horizontalAdvance(figure) + SPACE.S if figure else 0
        if self._plan.dense:
            name = self._turned(QRect(inner.left() + 16, inner.top(), inner.width() - 16, high), inner)
            _text(painter, name, tile.name, usual, quiet if tile.stale else words)
            below = QRect(inner.left(), inner.top() + high + 2, inner.width(), low)
            if tile.stale or not figure:
                _text(painter, below, tile.words, small, quiet)
            else:
                _text(painter, below, figure, small, quiet, Qt.AlignmentFlag.AlignRight)
                _trail(painter, QRectF(below.adjusted(0, 1, -room, -1)), tile.trail, colours.accent)
            return
        name = self._turned(QRect(inner.left() + 16, inner.top(), inner.width() - 16 - room, high), inner)
        _text(painter, name, tile.name, usual, quiet if tile.stale else words)
        _text(painter, QRect(inner.left(), inner.top(), inner.width(), high), figure, small, quiet,
              Qt.AlignmentFlag.AlignRight)  # fmt: skip
        _text(painter, QRect(inner.left(), inner.top() + high + 2, inner.width(), low), tile.words, small, quiet)
        top = inner.top() + high + low + SPACE.XS + 2
        chart = QRectF(inner.left(), top, inner.width(), max(6, inner.bottom() - top))
        _trail(painter, chart, tile.trail, colours.muted if tile.stale else colours.accent)

    def _shown(self, row: int) -> QRect:
        box = self._plan.tiles.get(row)
        return self._moved(box) if box is not None else QRect()

    def _turned(self, place: QRect, within: QRect) -> QRect:
        return mirrored_box(place, within, self.layoutDirection())

    def _moved(self, box: Box) -> QRect:
        """Return a box of the plan as it stands in the viewport, mirrored where one reads from the right."""
        x = box.x if self.isLeftToRight() else self.viewport().width() - box.x - box.width
        return QRect(x, box.y - self.verticalOffset(), box.width, box.height)

    def _hover(self, row: int) -> None:
        if row != self._under:
            before, self._under = self._under, row
            self.viewport().update(self._shown(before))
            self.viewport().update(self._shown(row))


def _nearest(tiles: Mapping[int, Box], here: Box, across: int, down: int) -> int | None:
    """Return the row of the nearest tile in a direction."""
    best, least = None, float("inf")
    for row, box in tiles.items():
        right, below = box.x - here.x, box.y - here.y
        ahead, aside = (right * across, abs(below)) if across else (below * down, abs(right))
        if ahead <= 0 or (across and aside > here.height):
            continue
        distance = ahead + 2 * aside
        if distance < least:
            best, least = row, distance
    return best


def _font(base: QFont, scale: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    return _made(base.toString(), scale, weight)  # `base` itself belongs to the widget


@lru_cache(maxsize=16)
def _made(description: str, scale: float, weight: QFont.Weight) -> QFont:
    font = QFont()
    font.fromString(description)
    font.setWeight(weight)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * scale)))
    return font


def _text(
    painter: QPainter, box: QRect, text: str, font: QFont, colour: str,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:  # fmt: skip
    if not text:
        return
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _trail(painter: QPainter, box: QRectF, trail: Trail, colour: str) -> None:
    """Draw what a node did lately, the newest at the end; where nothing is known there is no line."""
    known = [value for value in trail if value is not None]
    if len(trail) < 2 or not known:
        return
    top = max(LEAST_TOP, *known)
    step = box.width() / max(len(trail) - 1, 1)
    pen = QPen(QColor(colour), 1.5)
    faint = QColor(colour)
    faint.setAlpha(40)
    line: list[QPointF] = []
    for at, value in enumerate((*trail, None)):
        if value is not None:
            line.append(QPointF(box.left() + at * step, box.bottom() - value / top * box.height()))
            continue
        if len(line) > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faint)
            ends = [QPointF(line[-1].x(), box.bottom()), QPointF(line[0].x(), box.bottom())]
            painter.drawPolygon(QPolygonF([*line, *ends]))
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(line))
        line = []


def _mark(painter: QPainter, middle: QPointF, mark: str, colour: str) -> None:
    """Draw the shape of a state: no two are told apart by colour alone."""
    pen = QPen(QColor(colour), 2.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = middle.x(), middle.y()
    if mark == "full":
        painter.setBrush(QColor(colour))
        painter.drawEllipse(middle, 3.5, 3.5)
    elif mark == "busy":  # a dot in a ring
        painter.setPen(QPen(QColor(colour), 1.6))
        painter.drawEllipse(middle, 4.5, 4.5)
        painter.setBrush(QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(middle, 2.2, 2.2)
    elif mark == "pause":
        painter.drawLine(QPointF(x - 2.5, y - 4), QPointF(x - 2.5, y + 4))
        painter.drawLine(QPointF(x + 2.5, y - 4), QPointF(x + 2.5, y + 4))
    elif mark == "warn":
        painter.setBrush(QColor(colour))
        painter.drawPolygon(QPolygonF([QPointF(x, y - 4), QPointF(x + 4.5, y + 3.5), QPointF(x - 4.5, y + 3.5)]))
    elif mark == "cross":
        painter.drawLine(QPointF(x - 3.5, y - 3.5), QPointF(x + 3.5, y + 3.5))
        painter.drawLine(QPointF(x - 3.5, y + 3.5), QPointF(x + 3.5, y - 3.5))
    else:
        painter.setPen(QPen(QColor(colour), 1.6))
        painter.drawEllipse(middle, 4, 4)
