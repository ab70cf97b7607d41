"""What narrows the list of documents: search as you type, type, state, when; and the order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import shelf
from app.ui.controls import Choice, button, round_button
from app.ui.search_field import SearchField
from app.ui.tokens import SPACE
from app.ui.translation import tr

WIDE = 560


class ShelfFilters(QWidget):
    """`changed` comes at each keystroke and choice; `down` when Down goes to the list."""

    changed = Signal()
    down = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.search = SearchField(
            tr("Search documents"), tr("By name, folder, title, type, language, or what is wrong with them")
        )
        self.search.textChanged.connect(lambda _text: self.changed.emit())
        self.search.down.connect(self.down)
        row.addWidget(self.search, 1)
        self.toggle = round_button("filter", tr("Filters and order"), kind="icon", description=tr("Filters and order"))
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._unfold)
        row.addWidget(self.toggle)
        column.addLayout(row)
        self.box = QWidget()
        self._grid = QGridLayout(self.box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE.S)
        self.kind = _choice(tr("Type of document"), [("", tr("All types"))])
        self.state = _choice(tr("State"), _states())
        self.when = _choice(tr("When it was changed"), _times())
        self.order = _choice(tr("Order"), _orders())
        for one in (self.kind, self.state, self.when, self.order):
            one.currentIndexChanged.connect(lambda _at: self.changed.emit())
        self.folders = button(
            tr("By folder"), kind="toggle", description=tr("Put the documents of each folder together")
        )
        self.folders.setCheckable(True)
        self.folders.setChecked(True)
        self.folders.toggled.connect(lambda _on: self.changed.emit())
        self.clear_button = button(
            tr("Clear filters"), kind="plain", description=tr("Show all documents"), clicked=self.clear
        )
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
        for value, name in (("", tr("All types")), *((kind, shelf.kind_name(kind)) for kind in kinds)):
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


def _states() -> tuple[tuple[str, str], ...]:
    return (
        (shelf.ANY, tr("Any state")),
        ("ready", tr("Ready to be asked")),
        ("coming", tr("Waiting or being read")),
        ("attention", tr("Need attention")),
    )


def _times() -> tuple[tuple[int, str], ...]:
    """Return days and what so many are called."""
    return (
        (0, tr("Any time")),
        (1, tr("Last 24 hours")),
        (7, tr("Last 7 days")),
        (31, tr("Last month")),
        (365, tr("Last year")),
    )


def _orders() -> tuple[tuple[str, str], ...]:
    return (
        ("name", tr("By name")),
        ("when", tr("Newest first")),
        ("size", tr("Largest first")),
        ("pages", tr("Most pages first")),
        ("state", tr("Trouble first")),
    )


def _choice(name: str, values: Sequence[tuple[object, str]]) -> Choice:
    made = Choice()
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(9)
    for value, words in values:
        made.addItem(words, value)
    return made
