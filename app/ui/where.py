"""Where the answers of a conversation are made: one button at the text box, three choices, each with its sentence."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.ui.choice_button import ChoiceButton

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
SHORTCUT = "Ctrl+Shift+W"


class WhereButton(ChoiceButton):
    """Shows where answers are made and changes it; automatic is usual."""

    def __init__(self) -> None:
        super().__init__("Where answers are made", SHORTCUT)
        self._setting = "automatic"
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

    def _tell(self) -> None:
        name, sentence = self._words()
        text = _SHORT.get(name, name) if self._short else f"Where: {name}"
        self._say(text, name, sentence, "Click to choose another place")

    def _is_unusual(self) -> bool:
        return bool(self.sentence)

    def _fill(self, menu: QMenu) -> None:
        if menu.isEmpty():
            group = QActionGroup(menu)
            for value, name, sentence in CHOICES:
                action = menu.addAction(f"&{name[:1].upper()}{name[1:]}: {sentence[:1].lower()}{sentence[1:]}")
                action.setCheckable(True)
                action.setData(value)
                group.addAction(action)
                action.triggered.connect(lambda _on=False, value=value: self.choose(value))
        shown = self.value or self._setting
        for action in menu.actions():
            action.setChecked(action.data() == shown)

    def _words(self) -> tuple[str, str]:
        value = self.value or self._setting
        return next(((name, sentence) for key, name, sentence in CHOICES if key == value), _BY_SETTING)
