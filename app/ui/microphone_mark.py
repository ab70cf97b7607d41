"""How the microphone stands, beside the talk button: a shape and a word, with the whole sentence for those who ask."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton

from app.ui.controls import set_glyph, set_state
from app.ui.translation import tr

_GLYPHS = {
    "closed": "mic-off",
    "opening": "mic-opening",
    "listening": "mic-on",
    "muted": "mic-muted",
    "silent": "mic-silent",
    "away": "mic-away",
}
"""Per state of MicrophoneState."""
_WRONG = ("muted", "silent", "away")


def _words(state: str) -> tuple[str, str, str]:
    """Return what stands there, what a screen reader says, and the whole sentence."""
    kept = tr("The last 0.6 s stay in memory so that your first word is whole; nothing is kept or sent until you talk.")
    return {
        "closed": (
            tr("Mic off"), tr("Microphone: off"), tr("The microphone is closed. It opens when you talk."),
        ),
        "opening": (
            tr("Mic opening…"), tr("Microphone: opening"),
            tr("The microphone is being opened; that takes up to two seconds."),
        ),
        "listening": (tr("Mic on"), tr("Microphone: on"), f"{tr('The microphone is open.')} {kept}"),
        "muted": (
            tr("Mic muted"), tr("Microphone: muted"),
            tr("The microphone is muted in the sound settings of this computer."),
        ),
        "silent": (
            tr("Mic silent"), tr("Microphone: silent"),
            tr("The microphone brings only silence: is it switched off or not allowed?"),
        ),
        "away": (
            tr("No mic"), tr("Microphone: none"),
            tr("There is no microphone to listen to. It is opened as soon as there is one."),
        ),
    }[state]  # fmt: skip


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
        self.state = state
        known = state if state in _GLYPHS else "closed"
        self._word, name, sentence = _words(known)
        if state == "away" and detail:
            sentence = detail
        elif detail:
            sentence = f"{sentence}\n{tr('Device: {name}', name=detail)}"
        set_state(self, "state", "wrong" if state in _WRONG else "")
        set_glyph(self, _GLYPHS[known])
        self.setAccessibleName(name)
        self.setAccessibleDescription(sentence)
        self.setToolTip(f"{sentence}\n{tr('Click for the settings of the microphone.')}")
        self._write()

    def shorten(self, short: bool) -> None:
        """Leave the word out where there is no room."""
        self._short = short
        self._write()

    def _write(self) -> None:
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonIconOnly if self._short else style.ToolButtonTextBesideIcon)
        self.setText(self._word)
