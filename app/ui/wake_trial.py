"""The threshold of the wake word in the settings: a number, and how sure the word is right now beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.controls import button, label, set_state
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.thinking import Attended
    from app.ui.bridge import Bridge, Handle

Attend = Callable[[str, float], "AsyncIterator[Attended]"]
"""(wake word, threshold) -> what is noticed in the microphone's sound; called in the asyncio thread."""
FALL = 0.02
"""How much the highest score of late falls in 32 ms, so that it can be read."""


def _ready() -> str:
    return tr("Test it: the bar shows how sure the word is, the line from where on it counts.")


class ScoreMeter(QWidget):
    """A bar for the score now, a tick for the highest of late, a line for the threshold; 0…1 each."""

    def __init__(self) -> None:
        super().__init__()
        self.score = self.highest = self.threshold = 0.0
        self.setAccessibleName(tr("How sure the wake word is"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_score(self, score: float) -> None:
        """Show the score of the next 32 ms."""
        self.score = min(1.0, max(0.0, score))
        self.highest = max(self.score, self.highest - FALL)
        self.update()

    def show_threshold(self, threshold: float) -> None:
        """Draw the line there; 0: none, as only the model knows it."""
        self.threshold = threshold
        self.update()

    def clear(self) -> None:
        """Show no score."""
        self.score = self.highest = 0.0
        self.update()

    def sizeHint(self) -> QSize:
        """Return a width that can shrink and grow, and the fixed height."""
        return QSize(160, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bar, tick and line."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        wide, top, tall = float(self.width() - 4), 6.0, 10.0
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(QRectF(2, top, wide, tall), 4, 4)
        painter.setBrush(QColor(colours.accent))
        if self.score > 0:
            painter.drawRoundedRect(QRectF(2, top, wide * self.score, tall), 4, 4)
        if self.highest > 0:
            painter.drawRect(QRectF(1 + wide * self.highest, top, 2, tall))
        if self.threshold > 0:
            painter.setBrush(QColor(colours.text))
            painter.drawRect(QRectF(1 + wide * self.threshold, 1, 2, 20))
        painter.end()


class WakeTrial(QWidget):
    """`value` is what voice.wake_threshold shall hold. Nothing is listened to until the button is pressed."""

    def __init__(self, bridge: Bridge, threshold: float, word: Callable[[], str], attend: Attend) -> None:
        """`word`: the wake word that is set in the dialog now."""
        super().__init__()
        self._bridge, self._word, self._attend = bridge, word, attend
        self._handle: Handle | None = None
        self._loading = False
        self.number = QDoubleSpinBox()
        self.number.setRange(0.0, 1.0)
        self.number.setSingleStep(0.01)
        self.number.lineEdit().setTextMargins(SPACE.S, 0, SPACE.S, 0)  # a style sheet does not reach it
        self.number.setValue(threshold)
        self.number.setSpecialValueText(tr("as its model says"))
        self.number.setAccessibleName(tr("Threshold of the wake word"))
        self.meter = ScoreMeter()
        self.meter.show_threshold(threshold)
        self.test = button(tr("Test"), description=tr("Listen: the bar shows how sure the wake word is"))
        self.test.setCheckable(True)
        self.test.setAutoDefault(False)
        self.state = label(_ready(), tone="muted", scale=TYPE.SMALL, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        for part in (self.number, self.test):
            row.addWidget(part)
        row.addWidget(self.meter, 1)
        column.addLayout(row)
        column.addWidget(self.state)
        self.test.toggled.connect(self._toggled)
        self.number.valueChanged.connect(self._changed)

    @property
    def value(self) -> float:
        """The threshold, 0 = the model's own."""
        return round(self.number.value(), 2)

    def end(self) -> None:
        """The dialog closes: nothing is listened to any more."""
        self.test.setChecked(False)

    def _toggled(self, on: bool) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
        self.meter.clear()
        if not on:
            self._say(_ready())
            return
        word, threshold = self._word(), self.value
        self._loading = True
        self._say(tr("It is being loaded…"))
        self._handle = self._bridge.stream(
            lambda: self._attend(word, threshold),
            self._event,
            lambda: self.test.setChecked(False),
            self._failed,
            name="test the wake word",
        )

    def _changed(self) -> None:
        self.meter.show_threshold(self.value)
        if self.test.isChecked():
            self._toggled(True)

    def _event(self, event: Attended) -> None:
        from app.thinking import Attention, WakeHeard
        from app.voice.handsfree import phrase_of

        if isinstance(event, Attention):
            if self._loading:
                self._loading = False
                self._say(tr("Say “{phrase}”.", phrase=phrase_of(self._word())))
            self.meter.show_score(event.wake)
        elif isinstance(event, WakeHeard):
            self._say(tr("Heard, with {score}.", score=f"{event.score:.2f}"))

    def _failed(self, error: BaseException) -> None:
        from app.ui import phrases

        self._handle = None
        self.test.setChecked(False)
        self._say(" ".join(part for part in phrases.trouble(error) if part), wrong=True)

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self.state.setText(sentence)
        self.state.setAccessibleName(sentence)
        set_state(self.state, "tone", "error" if wrong else "muted")
