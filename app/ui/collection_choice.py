"""Which documents a conversation is answered from: one button at the text box, all of them or one collection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton

from app.ui import shelf

if TYPE_CHECKING:
    from app.collections import Collection

LEAST = 60
"""The button gives way so far; before its words are cut off it is told to say less."""
SHORTCUT = "Ctrl+Shift+K"
EVERYTHING = "all documents"
LONGEST = 18
"""Characters of a name that the button shows."""


class CollectionButton(QPushButton):
    """Shows the choice and changes it by its menu."""

    changed = Signal(str)
    """The user chose a collection by name; "" = all documents."""
    edit_asked = Signal()
    opening = Signal()
    """The menu is about to be shown: another program may have changed the collections."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "toggle")
        self.setCheckable(True)  # checked is only its look: anything but all documents
        self.setShortcut(QKeySequence(SHORTCUT))
        self.clicked.connect(self._open)
        self.value = ""
        self._short = False
        self.setMinimumWidth(LEAST)
        self._known: tuple[Collection, ...] = ()
        self._menu: QMenu | None = None
        self.show_value("")

    @property
    def known(self) -> tuple[Collection, ...]:
        """The collections that there are."""
        return self._known

    def offer(self, collections: Sequence[Collection]) -> None:
        """Take the collections that there are."""
        self._known = tuple(collections)
        self.show_value(self.value)
        if self._menu is not None and self._menu.isVisible():
            self._fill(self._menu)

    def show_value(self, value: str) -> None:
        """Show the choice of a conversation."""
        self.value = value
        found = next((one for one in self._known if one.name.casefold() == value.casefold()), None)
        name = value or EVERYTHING
        most = LONGEST // 2 if self._short else LONGEST
        shown = name if len(name) <= most else f"{name[: most - 1]}…"
        shown = "all" if self._short and not value else shown
        self.setText(f"In: {shown}".replace("&", "&&"))
        self.setShortcut(QKeySequence(SHORTCUT))  # a new text takes it away
        self.setChecked(bool(value))
        if not value:
            sentence = "Answers may come from all documents."
        elif found is None:
            sentence = f"The collection {value} is no longer there."
        else:
            sentence = f"Answers come from {', '.join(shelf.short(str(path)) for path in found.folders)}."
        keys = QKeySequence(SHORTCUT).toString(QKeySequence.SequenceFormat.NativeText)
        self.setAccessibleName(f"Documents to answer from: {name}")
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\nClick to choose a collection ({keys}).")

    def shorten(self, on: bool) -> None:
        """Say less where there is little room."""
        if on != self._short:
            self._short = on
            self.setMinimumWidth(0 if on else LEAST)
            self.show_value(self.value)

    def choose(self, value: str) -> None:
        """Take a choice of the user."""
        if value != self.value:
            self.show_value(value)
            self.changed.emit(value)

    @property
    def menu_actions(self) -> list[QAction]:
        """The choices as the menu offers them."""
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.setAccessibleName("Documents to answer from")
        self._fill(self._menu)
        return self._menu.actions()

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        group = QActionGroup(menu)
        for value, words in (("", "&All documents"), *((one.name, one.name.replace("&", "&&")) for one in self._known)):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setData(value)
            action.setChecked(value.casefold() == self.value.casefold())
            group.addAction(action)
            action.triggered.connect(partial(self._chosen, value))
        menu.addSeparator()
        menu.addAction("&Edit collections…", self.edit_asked.emit)

    def _chosen(self, value: str, _on: bool = False) -> None:
        self.choose(value)

    def _open(self) -> None:
        self.setChecked(bool(self.value))
        self.opening.emit()
        actions = self.menu_actions
        assert self._menu is not None
        self._menu.setActiveAction(next((action for action in actions if action.isChecked()), actions[0]))
        self._menu.popup(self.mapToGlobal(QPoint(0, -self._menu.sizeHint().height() - 4)), None)
