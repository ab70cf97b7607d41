"""Where the answers of a conversation are made: one button at the text box, three choices, each with its sentence."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton

CHOICES = (
    ("automatic", "automatic", "Each answer is made where it is there soonest."),
    ("cluster", "prefer cluster", "Other machines come first, this one if none can."),
    (
        "only-local",
        "this machine only",
        "Answers are made here and nowhere else.",
    ),
)
"""(value, name, sentence); the values are those of app.assistant.Question.prefer."""
_BY_SETTING = ("prefer this machine", "This machine comes first, as the settings say; others when it cannot answer.")
_SHORT = {"automatic": "Auto", "prefer cluster": "Cluster", "this machine only": "Here", _BY_SETTING[0]: "Here first"}
LEAST = 60
"""The button gives way so far; before its words are cut off it is told to say less."""
SHORTCUT = "Ctrl+Shift+W"


class WhereButton(QPushButton):
    """Shows the choice and changes it by its menu."""

    changed = Signal(str)
    """The user chose a value."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "toggle")
        self.setCheckable(True)  # checked is only its look: anything but automatic
        self.setShortcut(QKeySequence(SHORTCUT))
        self.clicked.connect(self._open)
        self.value = ""
        self._short = False
        self.setMinimumWidth(LEAST)
        self._setting = "automatic"
        self._menu: QMenu | None = None
        self.show_value("")

    @property
    def sentence(self) -> str:
        """What the present choice means; "" for automatic, which needs no words."""
        name, sentence = self._words()
        return "" if name == CHOICES[0][1] else sentence

    def follow_setting(self, prefer: str) -> None:
        """Take what the settings say; it counts where a conversation says nothing."""
        self._setting = prefer
        self.show_value(self.value)

    def show_value(self, value: str) -> None:
        """Show the choice of a conversation; "" is what the settings say."""
        self.value = value
        name, sentence = self._words()
        self.setText(_SHORT.get(name, name) if self._short else f"Where: {name}")
        self.setShortcut(QKeySequence(SHORTCUT))  # a new text takes it away
        self.setChecked(bool(self.sentence))
        shown = QKeySequence(SHORTCUT).toString(QKeySequence.SequenceFormat.NativeText)
        self.setAccessibleName(f"Where answers are made: {name}")
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\nClick to choose another place ({shown}).")

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
        """The choices as the menu offers them; it is built at the first look."""
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.setAccessibleName("Where answers are made")
            group = QActionGroup(self._menu)
            for value, name, sentence in CHOICES:
                action = self._menu.addAction(f"&{name[:1].upper()}{name[1:]}: {sentence[:1].lower()}{sentence[1:]}")
                action.setCheckable(True)
                action.setData(value)
                group.addAction(action)
                action.triggered.connect(lambda _on=False, value=value: self.choose(value))
        shown = self.value or self._setting
        for action in self._menu.actions():
            action.setChecked(action.data() == shown)
        return self._menu.actions()

    def _open(self) -> None:
        self.setChecked(bool(self.sentence))
        actions = self.menu_actions
        assert self._menu is not None
        now = next((action for action in actions if action.isChecked()), actions[0])
        self._menu.setActiveAction(now)
        self._menu.popup(self.mapToGlobal(QPoint(0, -self._menu.sizeHint().height() - 4)), None)

    def _words(self) -> tuple[str, str]:
        value = self.value or self._setting
        return next(((name, sentence) for key, name, sentence in CHOICES if key == value), _BY_SETTING)
