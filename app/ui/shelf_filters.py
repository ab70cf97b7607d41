"""What narrows the list of documents: search as you type, type, state, when; and the order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import shelf
from app.ui.controls import Choice, button, round_button
from app.ui.search_field import SearchField

WIDE = 560


class ShelfFilters(QWidget):
    """`changed` comes at each keystroke and choice; `down` when Down goes to the list."""

    changed = Signal()
    down = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(6)
        self.search = SearchField(
            "Search documents", "By name, folder, title, type, language, or what is wrong with them"
        )
        self.search.textChanged.connect(lambda _text: self.changed.emit())
        self.search.down.connect(self.down)
        row.addWidget(self.search, 1)
        self.toggle = round_button("filter", "Filters and order", kind="icon", description="Filters and order")
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._unfold)
        row.addWidget(self.toggle)
        column.addLayout(row)
        self.box = QWidget()
        self._grid = QGridLayout(self.box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self.kind = _choice("Type of document", [("", "All types")])
        self.state = _choice("State", shelf.STATES)
        self.when = _choice("When it was changed", shelf.TIMES)
        self.order = _choice("Order", shelf.ORDERS)
        for one in (self.kind, self.state, self.when, self.order):
            one.currentIndexChanged.connect(lambda _at: self.changed.emit())
        self.folders = button("By folder", kind="toggle", description="Put the documents of each folder together")
        self.folders.setCheckable(True)
        self.folders.setChecked(True)
        self.folders.toggled.connect(lambda _on: self.changed.emit())
        self.clear_button = button("Clear filters", kind="plain", description="Show all documents", clicked=self.clear)
        self._columns = 0
        self._lay_out(2)
        self.box.hide()
        column.addWidget(self.box)

    @property
    def wanted(self) -> shelf.Wanted:
        """What is to be shown."""
        return shelf.Wanted(
            text=self.search.text(),
            kind=str(self.kind.currentData() or ""),
            state=str(self.state.currentData() or shelf.ANY),
            days=int(self.when.currentData() or 0),
            order=str(self.order.currentData() or "name"),
            by_folder=self.folders.isChecked(),
        )

    def offer_kinds(self, kinds: Sequence[str]) -> None:
        """Offer the types that there are documents of."""
        if [self.kind.itemData(at) for at in range(1, self.kind.count())] == list(kinds):
            return
        chosen = self.kind.currentData()
        self.kind.blockSignals(True)
        self.kind.clear()
        for value, name in (("", "All types"), *((kind, kind) for kind in kinds)):
            self.kind.addItem(name, value)
        self.kind.setCurrentIndex(max(0, self.kind.findData(chosen)))
        self.kind.blockSignals(False)
        if self.kind.currentData() != chosen:
            self.changed.emit()

    def sort_by(self, order: str) -> None:
        """Take another order."""
        self.order.setCurrentIndex(max(0, self.order.findData(order)))

    def clear(self) -> None:
        """Show everything again."""
        self.search.clear()
        for one in (self.kind, self.state, self.when):
            one.setCurrentIndex(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put all choices beside each other where there is room."""
        super().resizeEvent(event)
        self._lay_out(4 if event.size().width() >= WIDE else 2)

    def _lay_out(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for at, one in enumerate((self.kind, self.state, self.when, self.order)):
            self._grid.addWidget(one, at // columns, at % columns)
        last = 4 // columns
        self._grid.addWidget(self.folders, last, 0, Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(self.clear_button, last, columns - 1, Qt.AlignmentFlag.AlignRight)

    def _unfold(self, on: bool) -> None:
        self.box.setVisible(on)
        if on:
            self.kind.setFocus()


def _choice(name: str, values: Sequence[tuple[object, str]]) -> Choice:
    made = Choice()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(9)
    for value, words in values:
        made.addItem(words, value)
    return made
