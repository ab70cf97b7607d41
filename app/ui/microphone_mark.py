"""How the microphone stands, beside the talk button: a shape and a word, with the whole sentence for those who ask."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton

from app.ui.controls import set_glyph, set_state

KEPT = "The last 0.6 s stay in memory so that your first word is whole; nothing is kept or sent until you talk."

_SHOWN = {
    "closed": ("mic-off", "Mic off", "The microphone is closed. It opens when you talk."),
    "opening": ("mic-opening", "Mic opening…", "The microphone is being opened; that takes up to two seconds."),
    "listening": ("mic-on", "Mic on", f"The microphone is open. {KEPT}"),
    "muted": ("mic-muted", "Mic muted", "The microphone is muted in the sound settings of this computer."),
    "silent": ("mic-silent", "Mic silent", "The microphone brings only silence: is it switched off or not allowed?"),
    "away": ("mic-away", "No mic", "There is no microphone to listen to. It is opened as soon as there is one."),
}
"""Per state of MicrophoneState: icon, word, sentence."""
_WRONG = ("muted", "silent", "away")


class MicrophoneMark(QToolButton):
    """Shows the state of the microphone and never more than is known. A click leads to its settings."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ""
        self._short = False
        self.setProperty("kind", "mark")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(16, 16))
        self.show_state("closed")

    def show_state(self, state: str, detail: str = "") -> None:
        """Show `state`; `detail` is the name of the device, or why there is none. Unknown states count as closed."""
        glyph, word, sentence = _SHOWN.get(state, _SHOWN["closed"])
        self.state = state
        if state == "away" and detail:
            sentence = detail
        elif detail:
            sentence = f"{sentence}\nDevice: {detail}"
        self._word = word
        set_state(self, "state", "wrong" if state in _WRONG else "")
        set_glyph(self, glyph)
        self.setAccessibleName(f"Microphone: {word.removeprefix('Mic ').removesuffix('…')}")
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\nClick for the settings of the microphone.")
        self._write()

    def shorten(self, short: bool) -> None:
        """Leave the word out where there is no room."""
        self._short = short
        self._write()

    def _write(self) -> None:
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonIconOnly if self._short else style.ToolButtonTextBesideIcon)
        self.setText(self._word)
