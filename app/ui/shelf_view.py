"""The list of documents: folders with their documents below them, one line of figures each, thumbnails as they come.

A table of which only the rows in sight are ever asked for, so that 10,000 documents cost what ten do. The rows come
ready from app.ui.shelf; folders are opened and closed by leaving their documents out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
)

from app.ui.mirror import mirrored_box
from app.ui.page_pictures import THUMBNAIL, PagePictures, Wish
from app.ui.shelf import Arranged, Entry
from app.ui.shelf_rows import ENTRY, Rows, indent
from app.ui.translation import tr

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ORDERS = ("name", "pages", "size", "when")
"""What a click on each column sorts by."""
WIDE = 560
"""From this width on, pages, size and when have columns."""


class ShelfModel(QAbstractTableModel):
    """The rows as they were arranged."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.arranged = Arranged((), {}, 0, 0, 0, 0, ())

    @property
    def entries(self) -> Sequence[Entry]:
        """The rows."""
        return self.arranged.entries

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.arranged.entries)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_ORDERS)

    def entry(self, index: _Index) -> Entry | None:
        """Return the row at `index`."""
        at = index.row()
        return self.arranged.entries[at] if index.isValid() and 0 <= at < len(self.arranged.entries) else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what `role` asks for."""
        entry = self.entry(index)
        if entry is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (entry.title, entry.pages, entry.size, entry.when)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.key}\n{entry.detail}"
        if role == Qt.ItemDataRole.AccessibleTextRole and column == 0:
            if not entry.folder:
                return f"{entry.title}, {entry.detail}"
            if entry.open:
                return tr("Folder {name}, {detail}, open", name=entry.title, detail=entry.detail)
            return tr("Folder {name}, {detail}, closed", name=entry.title, detail=entry.detail)
        return entry if role == ENTRY else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Document"), tr("Pages"), tr("Size"), tr("Changed"))[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Rows can be chosen, and dragged out."""
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        """Rows are dragged as files."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the files of the chosen rows."""
        paths = dict.fromkeys(entry.key for entry in map(self.entry, indexes) if entry is not None)
        made = QMimeData()
        made.setUrls([QUrl.fromLocalFile(path) for path in paths])
        return made

    def show(self, arranged: Arranged) -> None:
        """Show other rows; where the rows are the same ones only what they say is painted anew."""
        before, after = self.arranged, arranged
        same = len(before.entries) == len(after.entries) and all(
            one.key == other.key for one, other in zip(before.entries, after.entries, strict=True)
        )
        if same:
            self.arranged = after
            if after.entries:
                self.dataChanged.emit(self.index(0, 0), self.index(len(after.entries) - 1, len(_ORDERS) - 1))
            return
        self.beginResetModel()
        self.arranged = after
        self.endResetModel()


class ShelfView(QTableView):
    """The list. Signals carry paths; `folded` carries a folder and whether it shall be open."""

    chosen = Signal(str)
    removal_asked = Signal()
    folded = Signal(str, bool)
    order_asked = Signal(str)
    current_changed = Signal()

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self.shelf = ShelfModel(self)
        self.setModel(self.shelf)
        self._delegate = Rows(self, pictures)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(tr("Documents"))
        self.setAccessibleDescription(
            tr("Left and Right close and open folders, Enter opens the document, Delete removes it from the library.")
        )
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.sectionClicked.connect(lambda at: self.order_asked.emit(_ORDERS[at]))
        self.doubleClicked.connect(self._double)
        self._measure()
        self._share_width()
        pictures.arrived.connect(self._picture_arrived)

    # ------------------------------------------------------------------ what is shown and chosen

    def show_rows(self, arranged: Arranged) -> None:
        """Show other rows; what was chosen stays chosen where it is still there."""
        current, chosen = self.current_key, self.chosen_keys
        scrolled = self.verticalScrollBar().value()
        before = self.shelf.entries
        self.shelf.show(arranged)
        if before is self.shelf.entries or not (current or chosen):
            return
        if self.current_key == current and self.chosen_keys == chosen:
            return
        self.verticalScrollBar().setValue(scrolled)
        self.choose(chosen, current)

    @property
    def current_key(self) -> str:
        """Path of the current row, "" if there is none."""
        entry = self.current
        return entry.key if entry is not None else ""

    @property
    def current(self) -> Entry | None:
        """The current row."""
        return self.shelf.entry(self.currentIndex())

    @property
    def chosen_keys(self) -> list[str]:
        """Paths of the chosen rows, from the top."""
        chosen = self.selectionModel().selection()
        ranges = [chosen.at(at) for at in range(chosen.count())]
        rows = sorted({row for one in ranges for row in range(one.top(), one.bottom() + 1)})
        return [self.shelf.entries[row].key for row in rows if row < len(self.shelf.entries)]

    def choose(self, keys: Iterable[str], current: str = "") -> None:
        """Choose the rows of these paths; the last one, or `current`, becomes the current row."""
        from PySide6.QtCore import QItemSelection, QItemSelectionModel

        places = self.shelf.arranged.places
        rows = sorted(places[key] for key in keys if key in places)
        selection = QItemSelection()
        start = 0
        for at, row in enumerate(rows):
            if at + 1 == len(rows) or rows[at + 1] != row + 1:
                selection.select(self.shelf.index(rows[start], 0), self.shelf.index(row, len(_ORDERS) - 1))
                start = at + 1
        model = self.selectionModel()
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        at_row = places.get(current, rows[-1] if rows else None)
        if at_row is not None:
            model.setCurrentIndex(self.shelf.index(at_row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.current_changed.emit()

    def currentChanged(self, current: QModelIndex | QPersistentModelIndex, previous: _Index) -> None:
        """Tell that another row is the current one."""
        super().currentChanged(current, previous)
        self.current_changed.emit()

    # ------------------------------------------------------------------ looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the columns their widths."""
        super().resizeEvent(event)
        self._share_width()

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure()

    def _measure(self) -> None:
        self.verticalHeader().setDefaultSectionSize(QFontMetrics(self.font()).height() * 2 + 20)

    def _share_width(self) -> None:
        width = self.viewport().width()
        wide = width >= WIDE
        self._delegate.wide = wide
        self.horizontalHeader().setVisible(wide)
        narrow = (0, 90, 80, 120) if wide else (0, 0, 0, 0)
        for column in range(1, len(_ORDERS)):
            self.setColumnHidden(column, not wide)
            if wide:
                self.setColumnWidth(column, narrow[column])
        self.setColumnWidth(0, max(80, width - sum(narrow)))

    def _picture_arrived(self, wish: Wish) -> None:
        at = self.shelf.arranged.places.get(wish.path)
        if wish.width == THUMBNAIL and at is not None and self.isVisible():
            self.update(self.shelf.index(at, 0))

    # ------------------------------------------------------------------ keys and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete removes, Left and Right fold; Esc is left to the panel."""
        entry = self.current
        key = event.key()
        if key == Qt.Key.Key_Escape or entry is None:
            event.ignore() if key == Qt.Key.Key_Escape else super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(entry)
        elif key == Qt.Key.Key_Delete:
            self.removal_asked.emit()
        elif key == Qt.Key.Key_Right and entry.folder and not entry.open:
            self.folded.emit(entry.key, True)
        elif key == Qt.Key.Key_Left and not event.modifiers():
            if entry.folder and entry.open:
                self.folded.emit(entry.key, False)
            else:
                self._up(self.currentIndex().row())
        elif key == Qt.Key.Key_Space and entry.folder:
            self.folded.emit(entry.key, not entry.open)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the arrow of a folder opens or closes it."""
        index = self.indexAt(event.position().toPoint())
        entry = self.shelf.entry(index)
        if entry is not None and entry.folder and index.column() == 0:
            row = self.visualRect(index)
            arrow = mirrored_box(
                QRect(row.left() + indent(entry), row.top(), 26, row.height()), row, self.layoutDirection()
            )
            if arrow.left() <= event.position().x() <= arrow.right():
                self.folded.emit(entry.key, not entry.open)
                return
        super().mousePressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips of rows name the whole path."""
        if isinstance(event, QHelpEvent) and not self.indexAt(event.pos()).isValid():
            return True
        return super().viewportEvent(event)

    def _double(self, index: QModelIndex) -> None:
        entry = self.shelf.entry(index)
        if entry is not None:
            self._open(entry)

    def _open(self, entry: Entry) -> None:
        if entry.folder:
            self.folded.emit(entry.key, not entry.open)
        else:
            self.chosen.emit(entry.key)

    def _up(self, row: int) -> None:
        """Go to the folder that a row is in."""
        depth = self.shelf.entries[row].depth
        for at in range(row - 1, -1, -1):
            if self.shelf.entries[at].depth < depth:
                self.selectRow(at)
                self.setCurrentIndex(self.shelf.index(at, 0))
                return
