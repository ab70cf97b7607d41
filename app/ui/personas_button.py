"""Who answers in a conversation: one button at the text box, nobody in particular or a persona."""

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
    from app.personas import Persona

SHORTCUT = "Ctrl+Shift+P"
LONGEST = 18
"""Characters of a name that the button shows."""


def shown_name(persona: Persona) -> str:
    """Return the name of a persona; those that ship have one in each language, until they are renamed."""
    names = {
        "plain-words": ("Plain words", tr("Plain words")),
        "careful-reader": ("Careful reader", tr("Careful reader")),
        "tutor": ("Tutor", tr("Tutor")),
        "editor": ("Editor", tr("Editor")),
    }
    shipped, translated = names.get(persona.id, ("", ""))
    return translated if persona.name == shipped else persona.name


class PersonaButton(ChoiceButton):
    """Shows the persona by name and changes it; "" = none, which is usual."""

    edit_asked = Signal()
    opening = Signal()
    """The menu is about to be shown: another program may have changed the personas."""

    def __init__(self) -> None:
        super().__init__(tr("Who answers"), SHORTCUT)
        self._known: tuple[Persona, ...] = ()
        self.show_value("")

    @property
    def chosen(self) -> Persona | None:
        """The persona that answers; None where it is none, or one that is no longer there."""
        return next((one for one in self._known if one.id == self.value), None)

    @property
    def voice(self) -> str:
        """Voice that the persona wishes, "" = none; may be read in any thread."""
        persona = self.chosen
        return persona.voice if persona is not None else ""

    def offer(self, personas: Sequence[Persona]) -> None:
        """Take the personas that there are."""
        self._known = tuple(personas)
        self.show_value(self.value)
        if self._menu is not None and self._menu.isVisible():
            self._fill(self._menu)

    def _tell(self) -> None:
        persona = self.chosen
        name = shown_name(persona) if persona is not None else tr("Tangnet")
        most = LONGEST // 2 if self._short else LONGEST
        shown = name if len(name) <= most else f"{name[: most - 1]}…"
        if persona is None:
            sentence = tr("Answers are short and plain.")
        else:
            sentence = persona.instructions or tr("It has no instructions yet.")
        text = shown if self._short else tr("As: {persona}", persona=shown)
        self._say(text.replace("&", "&&"), name, sentence, tr("Click to choose who answers"))

    def _is_unusual(self) -> bool:
        return self.chosen is not None

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        now = self.chosen.id if self.chosen is not None else ""
        rows = [("", tr("&Tangnet: short and plain"), "")]
        rows += [(one.id, shown_name(one).replace("&", "&&"), one.instructions) for one in self._known]
        for value, words, tip in rows:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setData(value)
            action.setToolTip(tip)
            action.setChecked(value == now)
            group.addAction(action)
            action.triggered.connect(partial(self._chosen, value))
        menu.addSeparator()
        menu.addAction(tr("&Edit personas…"), self.edit_asked.emit)

    def _chosen(self, value: str, _on: bool = False) -> None:
        self.choose(value)

    def _open(self) -> None:
        self.opening.emit()
        super()._open()
