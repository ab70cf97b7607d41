"""A button at the text box that shows a choice and changes it by its menu: what the two of them have in common."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton

LEAST = 60
"""The button gives way so far; before its words are cut off it is told to say less."""


class ChoiceButton(QPushButton):
    """Shows the choice and changes it by its menu. Who inherits says what there is to choose and how it is told."""

    changed = Signal(str)
    """The user chose a value."""
    told = Signal()
    """It says something else now, and may want more room."""

    def __init__(self, name: str, keys: str) -> None:
        """`name`: of the menu, for a screen reader; `keys`: the shortcut."""
        super().__init__()
        self.setProperty("kind", "toggle")
        self.setCheckable(True)  # checked is only its look: anything but what is usual
        self.clicked.connect(self._open)
        self.setMinimumWidth(LEAST)
        self.value = ""
        self._name, self._keys = name, keys
        self._short = False
        self._menu: QMenu | None = None

    def show_value(self, value: str) -> None:
        """Show the choice of a conversation; "" is the usual one."""
        self.value = value
        self._tell()
        self.told.emit()

    def shorten(self, on: bool) -> None:
        """Say less where there is little room."""
        if on != self._short:
            self._short = on
            self.setMinimumWidth(0 if on else LEAST)
            self._tell()

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
            self._menu.setAccessibleName(self._name)
        self._fill(self._menu)
        return self._menu.actions()

    def _tell(self) -> None:
        """Put the choice into words by `_say`."""
        raise NotImplementedError  # each kind has its own; ABC and Qt have different metaclasses

    def _fill(self, menu: QMenu) -> None:
        """Put what may be chosen now into the menu, the present choice checked."""
        raise NotImplementedError  # each kind has its own; ABC and Qt have different metaclasses

    def _is_unusual(self) -> bool:
        """Return whether the button looks checked."""
        raise NotImplementedError  # each kind has its own; ABC and Qt have different metaclasses

    def _say(self, text: str, choice: str, sentence: str, click: str) -> None:
        """Show `text`; `choice` and `sentence` are for who hears or points at it, `click` says what a click does."""
        self.setText(text)
        self.setShortcut(QKeySequence(self._keys))  # a new text takes it away
        self.setChecked(self._is_unusual())
        keys = QKeySequence(self._keys).toString(QKeySequence.SequenceFormat.NativeText)
        self.setAccessibleName(f"{self._name}: {choice}")
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\n{click} ({keys}).")

    def _open(self) -> None:
        self.setChecked(self._is_unusual())
        actions = self.menu_actions
        assert self._menu is not None
        self._menu.setActiveAction(next((action for action in actions if action.isChecked()), actions[0]))
        self._menu.popup(self.mapToGlobal(QPoint(0, -self._menu.sizeHint().height() - 4)), None)
