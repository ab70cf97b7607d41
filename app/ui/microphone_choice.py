"""The microphone in the settings: a list to choose from, a live meter, a test recording and its playback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.composer import LevelMeter
from app.ui.controls import Choice, button, label, set_state
from app.ui.flow import Flow
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.voice.devices import Trial
    from app.voice.portaudio import InputDevice

LEVEL_MS = 33

ListDevices = Callable[[], Awaitable[Sequence["InputDevice"]]]
MakeTrial = Callable[[str, Callable[[str], None], Callable[[str], None]], "Trial"]
"""(device, on_state, on_trouble) -> Trial; called in the asyncio thread, as are both callbacks."""


def _ready() -> str:
    return tr("Test it: the bars move while you speak.")


def _told_of(state: str) -> str:
    """Return what is said of a state of the microphone; "" for those that are not told."""
    return {
        "opening": tr("Opening the microphone…"),
        "listening": tr("It listens: speak, and the bars move."),
        "muted": tr("It is muted in the sound settings of this computer."),
        "silent": tr("It brings only silence: is it switched off, or not allowed?"),
    }.get(state, "")


async def list_devices() -> Sequence[InputDevice]:
    """Return the microphones that there are, the default first. Raises VoiceError."""
    from app.voice.devices import microphones

    return await microphones()


def _trial(device: str, on_state: Callable[[str], None], on_trouble: Callable[[str], None]) -> Trial:
    from app.voice.devices import Trial

    return Trial(
        device,
        on_state=lambda state: on_state(str(state.value)),
        on_notice=on_trouble,
        on_error=lambda error: on_trouble(" ".join(phrases.trouble(error)).strip()),
    )


class MicrophoneChoice(QWidget):
    """`value` is what the setting voice.device shall hold. Nothing is opened until a button is pressed."""

    def __init__(
        self,
        bridge: Bridge,
        device: str,
        *,
        devices: ListDevices = list_devices,
        trial: MakeTrial = _trial,
        lend: Callable[[bool], object] = lambda _on: None,
    ) -> None:
        """List the microphones.

        Args:
            bridge: where they are listed and tried.
            device: what the setting holds now; "" follows the system.
            devices: lists them.
            trial: tries one.
            lend: called with True before a test and False after it, in the Qt thread: a device that opens only once
                must not be held elsewhere meanwhile. May outlive this widget.
        """
        super().__init__()
        self._lend = lend
        self._bridge = bridge
        self._make = trial
        self._trial: Trial | None = None  # made and used in the asyncio thread; only `level` is read here
        self._work: Handle | None = None
        self._serial = 0
        self._busy = False
        """It records or plays: the line below tells of that, not of the microphone."""
        self.choice = Choice()
        self.choice.setAccessibleName(tr("Microphone"))
        self.choice.setMinimumContentsLength(16)
        self.choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.addItem(tr("The one of the system"), "")
        if device:
            self.choice.addItem(device, device)
            self.choice.setCurrentIndex(1)
        self.meter = LevelMeter()
        self.test = button(tr("Test"), description=tr("Listen to this microphone: the bars move while you speak"))
        self.test.setCheckable(True)
        self.record = button(tr("Record 3 s"), description=tr("Record three seconds; they stay in memory only"))
        self.play = button(tr("Play back"), description=tr("Play what was recorded"))
        self.play.setEnabled(False)
        self.state = label(_ready(), tone="muted", scale=TYPE.SMALL, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        column.addWidget(self.choice)
        row = Flow()
        column.addLayout(row)
        row.setSpacing(SPACE.S)
        for part in (self.test, self.record, self.play):
            part.setAutoDefault(False)
            row.addWidget(part)
        row.addWidget(self.meter)
        column.addWidget(self.state)
        self._timer = QTimer(self, interval=LEVEL_MS)
        self._timer.timeout.connect(self._show_level)
        self.test.toggled.connect(self._toggled)
        self.record.clicked.connect(lambda: self._record())
        self.play.clicked.connect(lambda: self._play())
        self.choice.activated.connect(lambda _index: self.stop())
        self._listing = bridge.run(devices, self._show_devices, self._trouble, name="list microphones")

    @property
    def value(self) -> str:
        """The chosen device, "" for the system's."""
        return str(self.choice.currentData() or "")

    def end(self) -> None:
        """The dialog closes: nothing comes back to this widget any more."""
        self._listing.cancel()
        self.stop()

    def stop(self) -> None:
        """End the test and forget its recording."""
        self._serial += 1
        if self._work is not None:
            self._work.cancel()
            self._work = None
        self._busy = False
        self.test.setChecked(False)
        self.play.setEnabled(False)
        self.record.setEnabled(True)
        self._rest()
        self._say(_ready())
        lend = self._lend
        self._bridge.run(self._close, lambda _none: lend(False), name="end of the microphone test")

    # ------------------------------------------------------------------ the Qt thread

    def _show_devices(self, devices: Sequence[InputDevice]) -> None:
        chosen = self.value
        default = next((device.label for device in devices if device.default), "")
        followed = tr("The one of the system: {name}", name=default) if default else tr("The one of the system")
        self.choice.setItemText(0, followed)
        while self.choice.count() > 1:
            self.choice.removeItem(1)
        for device in devices:
            self.choice.addItem(tr("{name} (muted)", name=device.label) if device.muted else device.label, device.name)
        known = {name: at + 1 for at, device in enumerate(devices) for name in (device.label, device.name)}
        if chosen and chosen not in known:
            self.choice.addItem(tr("{name} (not there now)", name=chosen), chosen)
            known[chosen] = self.choice.count() - 1
        self.choice.setCurrentIndex(known.get(chosen, 0))
        if not devices:
            self._say(tr("No microphone was found. Plug one in, and open the settings again."), wrong=True)

    def _toggled(self, on: bool) -> None:
        if not on:
            if self._timer.isActive():
                self.stop()
            return
        self._begin()

        async def begin() -> None:
            self._tried(device, serial).open()

        device, serial = self.value, self._serial
        self._work = self._bridge.run(begin, self._begun, self._trouble, name="test the microphone")

    def _begun(self, _none: object) -> None:
        self._work = None

    def _begin(self) -> None:
        self._lend(True)
        self._timer.start()
        self.test.setChecked(True)

    def _record(self) -> None:
        self._begin()
        self._busy = True
        self.record.setEnabled(False)
        self.play.setEnabled(False)
        self._say(tr("Recording three seconds: speak now."))
        device, serial = self.value, self._serial

        async def record() -> float:
            trial = self._tried(device, serial)
            await trial.record()
            return trial.seconds

        self._work = self._bridge.run(record, self._recorded, self._trouble, name="test recording")

    def _recorded(self, seconds: float) -> None:
        self._work, self._busy = None, False
        self.record.setEnabled(True)
        self.play.setEnabled(seconds > 0)
        self._say(tr("{seconds} s were recorded. Play them back to hear what Tangnet hears.", seconds=f"{seconds:.1f}"))
        self.play.setFocus()

    def _play(self) -> None:
        trial = self._trial
        if trial is not None:
            self._busy = True
            self._say(tr("Playing…"))
            self._work = self._bridge.run(trial.play, self._played, self._trouble, name="play")

    def _played(self, _none: object) -> None:
        self._work, self._busy = None, False
        self._say(tr("Played."))

    def _trouble(self, error: BaseException) -> None:
        from app.ui import phrases

        self._work, self._busy = None, False
        self.record.setEnabled(True)
        self._say(" ".join(part for part in phrases.trouble(error) if part), wrong=True)

    def _state(self, state: str, serial: int) -> None:
        if serial == self._serial and (told := _told_of(state)) and not self._busy:
            self._say(told, wrong=state in ("muted", "silent"))

    def _told(self, sentence: str, serial: int) -> None:
        if serial == self._serial:
            self._say(sentence, wrong=True)

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self.state.setText(sentence)
        self.state.setAccessibleName(sentence)
        set_state(self.state, "tone", "error" if wrong else "muted")

    def _show_level(self) -> None:
        trial = self._trial
        self.meter.show_level(0.0 if trial is None else trial.level)

    def _rest(self) -> None:
        self._timer.stop()
        self.meter.show_level(0.0)

    # ------------------------------------------------------------------ the asyncio thread

    def _tried(self, device: str, serial: int) -> Trial:
        post = self._bridge.post
        if self._trial is None:
            self._bridge.at_close(self._close)
            self._trial = self._make(
                device,
                lambda state: post(self._state, state, serial),
                lambda sentence: post(self._told, sentence, serial),
            )
        return self._trial

    async def _close(self) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            await trial.close()
