"""A list of rows with a title and a quieter line below, quick for thousands: conversations, documents, nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui import icons, theme
from app.ui.mirror import mirrored
from app.ui.tokens import TYPE
from app.ui.translation import tr

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ROW_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Row:
    """One entry. `key` tells it apart; `dot` names a colour of the theme, "" for none."""

    key: str
    title: str
    detail: str = ""
    tooltip: str = ""
    dot: str = ""
    fraction: float | None = None
    """0…1 shows a progress line."""
    heading: bool = False
    """Names the rows below it; it cannot be chosen."""
    checked: bool | None = None
    """Shows a box to tick; None: no box."""
    glyph: str = ""
    """Name of an icon before the title."""
    indent: int = 0
    """How many steps it stands to the right: it belongs to a row above."""
    marks: tuple[tuple[int, int], ...] = ()
    """Parts of `detail` that stand out: from, to."""
    editable: bool = False
    """Its title can be changed in place."""


CHANGES_MOST = 64
"""So many rows may come, go or move one by one; after more the list is shown anew."""


class RowModel(QAbstractListModel):
    """The rows of a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what `role` asks for."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tooltip or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {row.detail}" if row.detail else row.title
        if role == Qt.ItemDataRole.CheckStateRole and row.checked is not None:
            return Qt.CheckState.Checked if row.checked else Qt.CheckState.Unchecked
        return row if role == _ROW_ROLE else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return what can be done with a row: headings are passed over."""
        heading = index.isValid() and index.row() < len(self.rows) and self.rows[index.row()].heading
        if heading:
            return Qt.ItemFlag.NoItemFlags
        editable = index.isValid() and index.row() < len(self.rows) and self.rows[index.row()].editable
        return super().flags(index) | (Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag.NoItemFlags)

    def replace(self, rows: Sequence[Row]) -> None:
        """Show `rows`. What stays is left in its place, with selection and scrolling; only what changed is painted."""
        if not self._align([row.key for row in rows]):
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
            return
        first = None
        for at, row in enumerate(rows):
            if self.rows[at] == row:
                if first is not None:
                    self.dataChanged.emit(self.index(first), self.index(at - 1))
                    first = None
            else:
                self.rows[at] = row
                first = at if first is None else first
        if first is not None:
            self.dataChanged.emit(self.index(first), self.index(len(rows) - 1))

    def _align(self, keys: Sequence[str]) -> bool:
        """Take out, move and put in rows until their keys are `keys`; False when that would be too many steps."""
        known = [row.key for row in self.rows]
        if known == list(keys):
            return True
        wanted = set(keys)
        if not known or len(wanted) != len(keys) or len(wanted.symmetric_difference(known)) > CHANGES_MOST:
            return False
        for at in range(len(known) - 1, -1, -1):
            if known[at] not in wanted:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self.rows[at], known[at]
                self.endRemoveRows()
        there = set(known)
        for at, key in enumerate(keys):
            if at < len(known) and known[at] == key:
                continue
            if key in there:
                old = known.index(key, at)
                self.beginMoveRows(QModelIndex(), old, old, QModelIndex(), at)
                self.rows.insert(at, self.rows.pop(old))
                known.insert(at, known.pop(old))
                self.endMoveRows()
            else:
                self.beginInsertRows(QModelIndex(), at, at)
                self.rows.insert(at, Row(key, ""))
                known.insert(at, key)
                self.endInsertRows()
        return True

    def put(self, row: Row) -> None:
        """Replace the row with the same key, or add one at the top."""
        for at, known in enumerate(self.rows):
            if known.key == row.key:
                self.rows[at] = row
                self.dataChanged.emit(self.index(at), self.index(at))
                return
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.rows.insert(0, row)
        self.endInsertRows()


class TwoLineList(QListView):
    """The list. `chosen` comes on click and Enter, `removal_asked` on Delete, both with the row's key."""

    chosen = Signal(str)
    removal_asked = Signal(str)
    renamed = Signal(str, str)
    """Key of a row and the title that was typed in its place."""

    def __init__(
        self, name: str, elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight, *, headings: bool = False
    ) -> None:
        """`headings`: rows may be headings, which are lower than the others."""
        super().__init__()
        self.rows = RowModel(self)
        self.setModel(self.rows)
        self._lines = _TwoLines(self)
        self._lines.renamed.connect(self.renamed)
        self.setItemDelegate(self._lines)
        self.setAccessibleName(name)
        self.setTextElideMode(elide)
        self.setUniformItemSizes(not headings)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._choose)

    @property
    def current_key(self) -> str:
        """Key of the current row, "" if there is none."""
        index = self.currentIndex()
        return self.rows.rows[index.row()].key if index.isValid() and index.row() < len(self.rows.rows) else ""

    def select(self, key: str) -> None:
        """Make the row with that key the current one, or none."""
        if key and key == self.current_key:
            return
        for at, row in enumerate(self.rows.rows):
            if row.key == key:
                self.setCurrentIndex(self.rows.index(at))
                return
        self.setCurrentIndex(QModelIndex())

    @property
    def editing(self) -> bool:
        """Whether a title is being typed."""
        return self.state() == QAbstractItemView.State.EditingState

    def rename(self, key: str) -> None:
        """Let the title of a row be typed in its place; Enter keeps it, Esc leaves it as it was."""
        for at, row in enumerate(self.rows.rows):
            if row.key == key and row.editable:
                self.setCurrentIndex(self.rows.index(at))
                self.edit(self.rows.index(at))

    def commitData(self, editor: QWidget) -> None:
        """Take the typed title once: Enter is answered a turn later, and a click may have ended the typing by then."""
        if editor is self._lines.editor and not editor.isHidden():
            super().commitData(editor)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """End the typing once: to end it takes the focus away, and that asks for the same again."""
        if editor is self._lines.editor:
            self._lines.editor = None
            super().closeEditor(editor, hint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, Delete asks to remove."""
        key = "" if self.editing else self.current_key
        if key and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(key)
        elif key and event.key() == Qt.Key.Key_Delete:
            self.removal_asked.emit(key)
        elif key and event.key() == Qt.Key.Key_F2:
            self.rename(key)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current row in sight when the list becomes lower."""
        super().resizeEvent(event)
        current = self.currentIndex()
        if current.isValid() and event.size().height() < event.oldSize().height():
            row = self.visualRect(current)
            if row.bottom() > event.size().height() and row.top() < event.oldSize().height():
                self.scrollTo(current)

    def changeEvent(self, event: QEvent) -> None:
        """Measure the rows anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self.rows.rows[index.row()].key)


class _TwoLines(QStyledItemDelegate):
    renamed = Signal(str, str)
    editor: QWidget | None = None
    """In which a title is being typed."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(tr("New name"))
        editor.setText(index.data(_ROW_ROLE).title)
        editor.selectAll()
        self.editor = editor
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        pass  # what is being typed is not taken away when the list is read anew

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        row = index.data(_ROW_ROLE)
        assert isinstance(editor, QLineEdit)
        title = editor.text().strip()
        if title and title != row.title:
            self.renamed.emit(row.key, title)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        editor.setGeometry(option.rect.adjusted(4, 4, -4, -4))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = index.data(_ROW_ROLE)
        height = _fonts(option.font)[2]
        return QSize(120, round(height * 1.2) + 12 if isinstance(row, Row) and row.heading else height * 2 + 20)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = index.data(_ROW_ROLE)
        if not isinstance(row, Row):
            return
        if row.heading:
            _heading(painter, option, row)
            return
        colours = theme.current()
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = chosen and bool(state & QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(1, 1.5, -1, -1.5)

        def at(place: QRectF) -> QRectF:
            return mirrored(place, box, option.direction)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or hovered:
            lined = chosen and colours.name.startswith("contrast")  # there its ground alone says too little
            painter.setPen(QColor(colours.accent if focused else colours.border) if focused or lined else
                           Qt.PenStyle.NoPen)  # fmt: skip
            painter.setBrush(QColor(colours.soft if chosen else colours.raised))
            painter.drawRoundedRect(box, 10, 10)
        inner = box.adjusted(12 + row.indent * 23, 7, -10, -7)
        if row.checked is not None:
            _box(painter, at(QRectF(inner.left(), inner.center().y() - 8, 16, 16)), row.checked)
            inner.setLeft(inner.left() + 27)
        elif row.glyph:
            spot = QRectF(inner.left() - 3, inner.center().y() - 9, 18, 18)
            icons.paint(painter, row.glyph, colours.on_soft if chosen else colours.muted, at(spot))
            inner.setLeft(inner.left() + 23)
        elif row.dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(colours, row.dot)))
            painter.drawEllipse(at(QRectF(inner.left(), inner.top() + inner.height() * 0.27 - 4, 8, 8)))
            inner.setLeft(inner.left() + 17)
        large, small, _ = _fonts(option.font)
        half = inner.height() / 2
        _line(painter, at(QRectF(inner.left(), inner.top(), inner.width(), half)), row.title, large,
              colours.on_soft if chosen else colours.text, option.textElideMode)  # fmt: skip
        _line(painter, at(QRectF(inner.left(), inner.top() + half, inner.width(), half)), row.detail, small,
              colours.on_soft if chosen else colours.muted, option.textElideMode, row.marks)  # fmt: skip
        if row.fraction is not None:
            track = QRectF(inner.left(), box.bottom() - 4, inner.width(), 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.border))
            painter.drawRoundedRect(at(track), 1.5, 1.5)
            track.setWidth(track.width() * min(1.0, max(0.0, row.fraction)))
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(at(track), 1.5, 1.5)
        painter.restore()


def _fonts(base: QFont) -> tuple[QFont, QFont, int]:
    """Return the fonts of title and detail, and the height of a title in pixels."""
    return _made(base.toString())  # `base` itself belongs to the call of Qt in which it came


@lru_cache(maxsize=8)
def _made(description: str) -> tuple[QFont, QFont, int]:
    base = QFont()
    base.fromString(description)
    large = QFont(base)
    large.setWeight(QFont.Weight.Medium)
    small = QFont(base)
    if base.pointSizeF() > 0:
        small.setPointSizeF(base.pointSizeF() * TYPE.SMALL)
    return large, small, QFontMetrics(large).height()


def _heading(painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
    small = QFont(_fonts(option.font)[1])
    small.setWeight(QFont.Weight.DemiBold)
    row_box = QRectF(option.rect)
    box = mirrored(row_box.adjusted(12, 6, -10, 0), row_box, option.direction)
    _line(painter, box, row.title, small, theme.current().muted, option.textElideMode)


def _box(painter: QPainter, box: QRectF, checked: bool) -> None:
    colours = theme.current()
    painter.setPen(QPen(QColor(colours.accent if checked else colours.muted), 1.5))
    painter.setBrush(QColor(colours.accent if checked else colours.surface))
    painter.drawRoundedRect(box, 4, 4)
    if checked:
        painter.setPen(QPen(QColor(colours.on_accent), 2))
        points = [QPointF(box.left() + x, box.top() + y) for x, y in ((4, 8.2), (7, 11.2), (12, 5.2))]
        painter.drawPolyline(points)


def _line(
    painter: QPainter, box: QRectF, text: str, font: QFont, colour: str, elide: Qt.TextElideMode,
    marks: Sequence[tuple[int, int]] = (),
) -> None:  # fmt: skip
    """Draw one line; `marks` are parts of it that stand out, by a ground of their own and a heavier face."""
    across = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = metrics.elidedText(" ".join(text.split()), elide, int(box.width()))
    painter.drawText(box, across, shown)
    turned = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
    if not turned and not any("\u0590" <= sign < "\u0900" or "\ufb1d" <= sign < "\uff00" for sign in shown):
        colours = theme.current()
        for start, end in marks:
            if end <= len(shown) and text[start:end] == shown[start:end]:
                left = box.left() + metrics.horizontalAdvance(shown[:start])
                wide = metrics.horizontalAdvance(shown[start:end])
                spot = QRectF(left - 1, box.center().y() - metrics.height() / 2, wide + 2, metrics.height())
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.highlight))
                painter.drawRoundedRect(spot, 3, 3)
                painter.setPen(QColor(colours.on_highlight))
                painter.drawText(spot.adjusted(1, 0, 4, 0), across, shown[start:end])
