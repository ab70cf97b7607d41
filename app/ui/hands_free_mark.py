"""What hands-free does now, above the conversation while it is on: a shape, a word, a sentence, and a switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton

from app.ui.controls import set_glyph, set_state
from app.ui.hands_free import AWAKE, HandsFree
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.window import MainWindow

GLYPHS = {
    "off": "hands-off",
    "starting": "hands-starting",
    "asleep": "hands-asleep",
    "listening": "hands-listening",
    "thinking": "hands-thinking",
    "speaking": "speaker",
    "yielded": "key",
    "deaf": "hands-deaf",
}
"""Per state of `app.ui.hands_free.HandsFree`."""


def word(state: str) -> str:
    """Return what a state of hands-free is called."""
    return {
        "off": tr("Off"),
        "starting": tr("Starting…"),
        "asleep": tr("Waiting for its name"),
        "listening": tr("Listening"),
        "thinking": tr("Thinking"),
        "speaking": tr("Speaking"),
        "yielded": tr("Talk key"),
        "deaf": tr("Cannot hear"),
    }[state]


class HandsFreeMark(QToolButton):
    """A button that is there and stays down while hands-free is on; the settings and the tray switch it on."""

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
        self.hide()
        self.show_state("off", "")

    def show_state(self, state: str, sentence: str) -> None:
        """Show `state` with its sentence."""
        self.state = state
        self.setChecked(state != "off")
        self.setText(word(state))
        set_state(self, "state", "wrong" if state == "deaf" else "awake" if state in AWAKE else "")
        set_glyph(self, GLYPHS[state])
        self.setAccessibleName(tr("Hands-free: {state}", state=word(state).removesuffix("…")))
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\n{tr('Click to switch hands-free off.')}" if sentence else "")
        if self.parent() is not None:
            self.setVisible(state != "off")


def hands_free_in(window: MainWindow) -> HandsFree:
    """Return hands-free in a window: its mark above the conversation, its turns."""
    pane, aloud, mark = window.pane, window.aloud, window.pane.hands_free
    hands = HandsFree(window.bridge, window.talker, lambda: pane.run is not None or aloud.active)
    hands.changed.connect(mark.show_state)
    hands.told.connect(lambda sentence, hint: pane.trouble.tell(sentence, hint, calm=True))
    mark.switched.connect(lambda on: window.save_settings({"voice.hands_free": on}))
    aloud.sounding.connect(hands.speaking)
    aloud.silent.connect(hands.silent)
    pane.asked.connect(lambda asking, _card, _spoken: asking.ended.connect(hands.settle))
    return hands
