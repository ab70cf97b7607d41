"""The bar above the text box while something is recorded: how long, how loud, pause and stop."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from app.ui import theme
from app.ui.composer import LevelMeter
from app.ui.controls import ElidedLabel, button, label, set_state
from app.ui.tokens import SPACE
from app.ui.translation import tr


class _Mark(QWidget):
    """A filled disc while it records, two bars while it is paused, a ring while there is no sound."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "opening"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(14, 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the state as a shape, not as a colour alone."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.state == "recording":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.on_error))
            painter.drawEllipse(QPointF(7, 7), 6, 6)
        elif self.state == "paused":
            for left in (3, 8):
                painter.fillRect(left, 2, 3, 10, QColor(colours.muted))
        else:
            painter.setPen(QColor(colours.muted))
            painter.drawEllipse(QPointF(7, 7), 5, 5)
        painter.end()


class RecordingBar(QFrame):
    """Shows a recording; hidden while there is none."""

    pause_asked = Signal(bool)
    """True: pause; False: go on."""
    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self._state = "opening"
        self._microphone = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.L, SPACE.S, SPACE.S, SPACE.S)
        row.setSpacing(SPACE.S)
        self._mark = _Mark()
        row.addWidget(self._mark)
        self.time = label("0:00")
        self.time.setAccessibleName(tr("Recorded so far"))
        row.addWidget(self.time)
        self.meter = LevelMeter()
        row.addWidget(self.meter)
        self.words = ElidedLabel()
        set_state(self.words, "tone", "muted")
        row.addWidget(self.words, 1)
        self.pause_button = button(tr("&Pause"), kind="plain", name=tr("Pause recording"), clicked=self._pause)
        row.addWidget(self.pause_button)
        self.stop_button = button(
            tr("S&top"), kind="primary", name=tr("Stop recording"), clicked=self.stop_asked.emit,
            description=tr("End the recording; it is written down and added to your documents"),
        )  # fmt: skip
        row.addWidget(self.stop_button)
        self.hide()

    def show_state(self, state: str) -> None:
        """Show a RecordingState."""
        self._state = state
        self._mark.state = state
        self._mark.update()
        paused = state == "paused"
        self.pause_button.setText(tr("&Go on") if paused else tr("&Pause"))
        self.pause_button.setAccessibleName(tr("Go on recording") if paused else tr("Pause recording"))
        self.pause_button.setToolTip(tr("Record again") if paused else tr("Keep nothing until you go on"))
        self.pause_button.setEnabled(state in ("recording", "paused", "away"))
        self.stop_button.setEnabled(state != "ended")
        self._write()

    def show_microphone(self, state: str) -> None:
        """Show how the microphone stands, a MicrophoneState: a recording of nothing is noticed now, not at its end."""
        self._microphone = state
        self._write()

    def show_sound(self, seconds: float, level: float) -> None:
        """Show how much has been recorded, and how loud it is, 0…1."""
        from app.transcripts import clock  # with much else behind it that is not needed at the start

        text = clock(seconds)
        if text != self.time.text():
            self.time.setText(text)
        self.meter.show_level(level if self._state in ("recording", "paused") else 0.0)

    def _pause(self) -> None:
        self.pause_asked.emit(self._state != "paused")

    def _write(self) -> None:
        words = {
            "opening": tr("Opening the microphone…"),
            "recording": tr("Recording"),
            "paused": tr("Paused: nothing is kept"),
            "away": tr("Waiting for the microphone; what was recorded is kept"),
            "ended": tr("Putting it on the disk…"),
        }
        silent = {"muted": tr("The microphone is muted"), "silent": tr("The microphone brings only silence")}
        wrong = silent.get(self._microphone, "") if self._state == "recording" else ""
        self.words.setText(wrong or words.get(self._state, ""))
        set_state(self.words, "tone", "error" if wrong else "muted")
        self.setAccessibleName(self.words.text())
