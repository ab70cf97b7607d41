"""Where the answers of a conversation are made: one button at the text box, each choice with the time it would take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.ui.choice_button import ChoiceButton
from app.ui.numbers import number
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.cluster.outlook import Expected, Outlook
    from app.events import NodeInfo

SHORTCUT = "Ctrl+Shift+W"
NODE = "node:"
"""Before the name of a single machine; see app.messages.is_place."""
LONGEST = 18
"""Characters of a machine's name that the button shows."""


def choices() -> tuple[tuple[str, str, str], ...]:
    """Return (value, name, sentence) of the places that are always there; values as app.messages.is_place has them."""
    return (
        ("automatic", tr("automatic"), tr("Each answer is made where it is there soonest.")),
        ("cluster", tr("prefer cluster"), tr("Other machines come first, this one if none can.")),
        ("only-local", tr("this machine only"), tr("Answers are made here and nowhere else.")),
    )


class WhereButton(ChoiceButton):
    """Shows where answers are made and changes it; automatic is usual."""

    opening = Signal()
    """The menu is about to be shown: how soon an answer would be there is wanted now."""

    def __init__(self) -> None:
        super().__init__(tr("Where answers are made"), SHORTCUT)
        self._setting = "automatic"
        self._machines: tuple[tuple[str, str, str, bool], ...] = ()
        self._outlook: Outlook = {}
        self._values: list[str] = []
        self.show_value("")

    @property
    def sentence(self) -> str:
        """What the present choice means; "" for automatic, which needs no words."""
        name, sentence = self._words()
        return "" if name == choices()[0][1] else sentence

    def follow_setting(self, prefer: str) -> None:
        """Take what the settings say; it counts where a conversation says nothing."""
        self._setting = prefer
        self.show_value(self.value)

    def offer_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Take the nodes that there are; each other machine that may be asked can be chosen by its name."""
        from app.cluster.outlook import choosable
        from app.ui import node_words

        machines = tuple(
            (word, node.name, node.zone, node_words.usable(node))
            for word, node in sorted(choosable(nodes), key=lambda one: (one[1].zone.lower(), one[1].name.lower()))
        )
        if machines != self._machines:
            self._machines = machines
            self.show_value(self.value)

    def offer_times(self, outlook: Outlook) -> None:
        """Take how soon an answer would be there, place by place."""
        self._outlook = outlook
        if self._menu is not None and self._menu.isVisible():
            self._fill(self._menu)

    def _tell(self) -> None:
        name, sentence = self._words()
        named = (self.value or self._setting).startswith(NODE) and len(name) > LONGEST
        shown = f"{name[: LONGEST - 1]}…" if named else name
        text = self._shortly(name) if self._short else tr("Where: {place}", place=shown)
        self._say(text.replace("&", "&&"), name, sentence, tr("Click to choose another place"))

    def _is_unusual(self) -> bool:
        return bool(self.sentence)

    def _fill(self, menu: QMenu) -> None:
        rows = [
            (value, f"{name[:1].upper()}{name[1:]}: {sentence[:1].lower()}{sentence[1:]}".rstrip("."), True)
            for value, name, sentence in choices()
        ]
        always = len(rows)
        for value, name, zone, usable in self._machines:
            where = f" ({zone})" if zone else ""
            rows.append((value, f"{name}{where}" if usable else tr("{name}, not reached", name=name), usable))
        shown = self.value or self._setting
        if len(menu.actions()) != len(rows) + (len(rows) > always):
            menu.clear()
            group = QActionGroup(menu)
            for at in range(len(rows)):
                if at == always:
                    menu.addSeparator()
                action = menu.addAction("")
                action.setCheckable(True)
                group.addAction(action)
                action.triggered.connect(partial(self._chosen, at))
        actions = [action for action in menu.actions() if not action.isSeparator()]
        self._values = [value for value, _, _ in rows]
        for action, (value, words, usable) in zip(actions, rows, strict=True):
            key = "&" if value in ("automatic", "cluster", "only-local") else ""
            action.setText(key + words.replace("&", "&&") + self._times(value))
            action.setData(value)
            action.setChecked(value == shown)
            action.setEnabled(usable or value == shown)

    def _chosen(self, at: int, _on: bool = False) -> None:
        self.choose(self._values[at])

    def _open(self) -> None:
        self.opening.emit()
        super()._open()

    def _times(self, value: str) -> str:
        """Return the right column of a place: who would answer and how soon; it begins with a tab."""
        expected = self._outlook.get(value)
        if expected is None:
            return ""
        if expected.trouble:
            return "\t" + tr("not now")
        who = "" if value.startswith(NODE) or value == "only-local" else _who(expected)
        if expected.first_ms is None or expected.total_ms is None:
            return "\t" + who + tr("time not known yet")
        first, whole = _spoken(expected.first_ms), _spoken(expected.total_ms)
        return "\t" + who + tr("first word {first}, whole {whole}", first=first, whole=whole)

    def _shortly(self, name: str) -> str:
        value = self.value or self._setting
        short = {
            "automatic": tr("Auto"),
            "cluster": tr("Cluster"),
            "only-local": tr("Here"),
            "local": tr("Here first"),
        }.get(value, name)
        return short if len(short) <= LONGEST // 2 else f"{short[: LONGEST // 2 - 1]}…"

    def _words(self) -> tuple[str, str]:
        value = self.value or self._setting
        for key, name, sentence in choices():
            if key == value:
                return name, sentence
        if value.startswith(NODE):
            name = next((name for key, name, _, _ in self._machines if key == value), value.removeprefix(NODE))
            return name, tr("Answers are made on {name} and nowhere else.", name=name)
        return (
            tr("prefer this machine"),
            tr("This machine comes first, as the settings say; others when it cannot answer."),
        )


def _who(expected: Expected) -> str:
    return f"{tr('this machine') if expected.node == 'local' else expected.node}: "


def _spoken(milliseconds: float) -> str:
    """Return a predicted time: no more exact than it is."""
    seconds = milliseconds / 1000
    return tr("{seconds} s", seconds=number(max(seconds, 0.1), 1 if seconds < 10 else 0))
