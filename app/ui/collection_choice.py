"""Which documents a conversation is answered from: one button at the text box, all of them or one collection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.ui.choice_button import ChoiceButton
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.collections import Collection

SHORTCUT = "Ctrl+Shift+K"
LONGEST = 18
"""Characters of a name that the button shows."""


class CollectionButton(ChoiceButton):
    """Shows the collection by name and changes it; "" = all documents."""

    edit_asked = Signal()
    add_asked = Signal()
    """Documents shall be added to the library."""
    opening = Signal()
    """The menu is about to be shown: another program may have changed the collections."""

    def __init__(self) -> None:
        super().__init__(tr("Documents to answer from"), SHORTCUT)
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
        name = value or tr("all documents")
        most = LONGEST // 2 if self._short else LONGEST
        shown = name if len(name) <= most else f"{name[: most - 1]}…"
        shown = tr("all") if self._short and not value else shown
        if not value:
            sentence = tr("Answers may come from all documents.")
        elif found is None:
            sentence = tr("The collection {name} is no longer there.", name=value)
        else:
            from app.ui import shelf

            folders = ", ".join(shelf.short(str(path)) for path in found.folders)
            sentence = tr("Answers come from {folders}.", folders=folders)
        text = tr("In: {collection}", collection=shown).replace("&", "&&")
        self._say(text, name, sentence, tr("Click to choose a collection"))

    def _is_unusual(self) -> bool:
        return bool(self.value)

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        group = QActionGroup(menu)
        for value, words in (
            ("", tr("&All documents")),
            *((one.name, one.name.replace("&", "&&")) for one in self._known),
        ):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setData(value)
            action.setChecked(value.casefold() == self.value.casefold())
            group.addAction(action)
            action.triggered.connect(partial(self._chosen, value))
        menu.addSeparator()
        menu.addAction(tr("&Edit collections…"), self.edit_asked.emit)
        menu.addAction(tr("Add &documents to the library…") + "\tCtrl+O", self.add_asked.emit)

    def _chosen(self, value: str, _on: bool = False) -> None:
        self.choose(value)

    def _open(self) -> None:
        self.opening.emit()
        super()._open()
