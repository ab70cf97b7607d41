"""What hands-free does now, above the conversation and in the tray: a shape, a word, a sentence, and a switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton

from app.ui.controls import set_glyph, set_state
from app.ui.hands_free import AWAKE, HandsFree

if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QSystemTrayIcon

    from app.ui.window import MainWindow

SHOWN = {
    "off": ("hands-off", "Hands-free off"),
    "starting": ("hands-starting", "Hands-free starting…"),
    "asleep": ("hands-asleep", "Waiting for its name"),
    "listening": ("hands-listening", "Listening"),
    "thinking": ("hands-thinking", "Thinking"),
    "speaking": ("speaker", "Speaking"),
    "yielded": ("key", "Talk key"),
    "deaf": ("hands-deaf", "Cannot hear"),
}
"""Per state of `app.ui.hands_free.HandsFree`: icon and word."""


class HandsFreeMark(QToolButton):
    """A button that stays down while hands-free is on."""

    switched = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.state = ""
        self.setProperty("kind", "mark")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clicked.connect(self.switched)
        self.show_state("off", "")

    def show_state(self, state: str, sentence: str) -> None:
        """Show `state` with its sentence."""
        glyph, word = SHOWN[state]
        self.state = state
        self.setChecked(state != "off")
        self.setText(word)
        set_state(self, "state", "wrong" if state == "deaf" else "awake" if state in AWAKE else "")
        set_glyph(self, glyph)
        self.setAccessibleName(f"Hands-free: {word.removeprefix('Hands-free ').removesuffix('…').lower()}")
        self.setAccessibleDescription(sentence)
        self.setToolTip(sentence)


class Tray:
    """An icon in the tray while hands-free is on, where there is a tray; its menu switches hands-free off."""

    def __init__(self, parent: QObject, off: Callable[[], object]) -> None:
        """`off`: switches it off."""
        self._parent, self._off = parent, off
        self.icon: QSystemTrayIcon | None = None
        """Made when it is needed first."""

    def show_state(self, state: str, sentence: str) -> None:
        """Tell `state` with its sentence."""
        from app.ui import theme
        from app.ui.icons import icon as drawn

        if self.icon is None and state == "off":
            return
        self.icon = self.icon or self._made()
        glyph, word = SHOWN[state]
        self.icon.setIcon(drawn(glyph, theme.current().accent))
        self.icon.setToolTip(f"Tangnet: {word}\n{sentence}")
        self.icon.setVisible(state != "off" and self.icon.isSystemTrayAvailable())

    def _made(self) -> QSystemTrayIcon:
        from PySide6.QtWidgets import QMenu, QSystemTrayIcon

        made = QSystemTrayIcon(self._parent)
        menu = QMenu()
        made.destroyed.connect(menu.deleteLater)
        menu.addAction("Switch hands-free off", lambda: self._off())
        made.setContextMenu(menu)
        return made


def hands_free_in(window: MainWindow) -> HandsFree:
    """Return hands-free in a window: its mark above the conversation, its icon in the tray, its turns."""
    pane, aloud, mark = window.pane, window.aloud, window.pane.hands_free
    hands = HandsFree(window.bridge, window.talker, lambda: pane.run is not None or aloud.active)
    shown = Tray(hands, lambda: window.save_settings({"voice.hands_free": False}))
    hands.changed.connect(mark.show_state)
    hands.changed.connect(shown.show_state)
    hands.told.connect(lambda sentence, hint: pane.trouble.tell(sentence, hint, calm=True))
    mark.switched.connect(lambda on: window.save_settings({"voice.hands_free": on}))
    aloud.sounding.connect(hands.speaking)
    aloud.silent.connect(hands.silent)
    pane.asked.connect(lambda asking, _card, _spoken: asking.ended.connect(hands.settle))
    return hands
