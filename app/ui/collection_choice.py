"""Which documents a conversation is answered from: one button at the text box, all of them or one collection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.ui import shelf
from app.ui.choice_button import ChoiceButton

if TYPE_CHECKING:
    from app.collections import Collection

SHORTCUT = "Ctrl+Shift+K"
EVERYTHING = "all documents"
LONGEST = 18
"""Characters of a name that the button shows."""


class CollectionButton(ChoiceButton):
    """Shows the collection by name and changes it; "" = all documents."""

    edit_asked = Signal()
    opening = Signal()
    """The menu is about to be shown: another program may have changed the collections."""

    def __init__(self) -> None:
        super().__init__("Documents to answer from", SHORTCUT)
        self._known: tuple[Collection, ...] = ()
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

    def _tell(self) -> None:
        value = self.value
        found = next((one for one in self._known if one.name.casefold() == value.casefold()), None)
        name = value or EVERYTHING
        most = LONGEST // 2 if self._short else LONGEST
        shown = name if len(name) <= most else f"{name[: most - 1]}…"
        shown = "all" if self._short and not value else shown
        if not value:
            sentence = "Answers may come from all documents."
        elif found is None:
            sentence = f"The collection {value} is no longer there."
        else:
            sentence = f"Answers come from {', '.join(shelf.short(str(path)) for path in found.folders)}."
        self._say(f"In: {shown}".replace("&", "&&"), name, sentence, "Click to choose a collection")

    def _is_unusual(self) -> bool:
        return bool(self.value)

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
        self.opening.emit()
        super()._open()
