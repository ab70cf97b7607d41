"""Hold to talk: key and button on one side, microphone and transcription in the asyncio thread on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.bridge import Bridge, Handle
from app.ui.seam import Ear, OpenEar, RuntimeSeam

if TYPE_CHECKING:
    from app.assistant import Question
    from app.events import Hearing, Transcribed

REPEAT_MS = 40
"""X11 repeats a held key as release and press, and Qt cannot always tell: a release counts after this long."""
LEVEL_MS = 33
"""How often the level meter moves while listening."""


STILL_WRITING = "Still writing down what you said. Press again in a moment."


class Talker(QObject):
    """One talk key. Every utterance begins with `began` and ends with `heard`, `failed` or `cancelled`."""

    began = Signal()
    finishing = Signal()
    """The key was let go: the last words are still on their way."""
    live = Signal()
    """Sound arrives now: the first press has to wait for the microphone to open."""
    level = Signal(float)
    hearing = Signal(object)
    heard = Signal(str)
    failed = Signal(object)
    cancelled = Signal()
    hint = Signal(str)
    state = Signal(str, str)
    """How the microphone stands, as MicrophoneState, and which one or why not."""

    def __init__(self, bridge: Bridge, open_ear: OpenEar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._open_ear = open_ear
        self._runtime: RuntimeSeam | None = None
        self._ear: Ear | None = None  # made and used in the asyncio thread; only `level` is read here
        self._device = ""
        self._handle: Handle | None = None
        self._text = ""
        self._held = False
        self._live = False
        self._front = False
        self._lent = False
        self.stays_here: Callable[[], bool] = lambda: False
        """Whether what is said now must not leave this machine, whatever the settings allow."""
        self.question: Callable[[], Question | None] = lambda: None
        """What would be asked, without its words; None: what is said becomes text and no question."""
        self._key_up = QTimer(self, interval=REPEAT_MS, singleShot=True)
        self._key_up.timeout.connect(self.release)
        self._timer = QTimer(self, interval=LEVEL_MS)
        self._timer.timeout.connect(self._show_level)

    @property
    def active(self) -> bool:
        """True from the press until the text is there."""
        return self._handle is not None

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; before that `press` says that the program is still starting."""
        self._runtime = runtime
        self._bridge.at_close(self._close_ear)
        self.stand_by()

    def set_front(self, front: bool) -> None:
        """The program is in front, or another one is."""
        if front != self._front:
            self._front = front
            self.stand_by()

    def lend(self, lent: bool) -> None:
        """Let go of the microphone at once while another part tries it; a device may open for one only."""
        if lent != self._lent:
            self._lent = lent
            self.stand_by()

    def stand_by(self) -> None:
        """Open or close the microphone as the settings and the window's place ask for."""
        if self._runtime is not None:
            runtime = self._runtime
            self._bridge.run(lambda: self._stand_by(runtime), name="standby")

    def press(self) -> None:
        """The key or button went down; key repeat does no harm."""
        if self._held:
            self._key_up.stop()
            return
        if self._runtime is None:
            from app.errors import VoiceError

            self.failed.emit(VoiceError("Tangnet is still starting.", code="starting", hint="Try again in a moment."))
            return
        self._held = True
        if self._handle is not None:  # a second tap ends what a first one began
            self._tell(self._press_again)
            return
        self._text = ""
        runtime, here, question = self._runtime, self.stays_here(), self.question()
        # Signals first: the first sound may be there before this function returns.
        self._live = False
        self.began.emit()
        self._timer.start()
        self._handle = self._bridge.stream(
            lambda: self._listen(runtime, here, question), self._event, self._end, self._fail, name="push-to-talk"
        )

    def release_soon(self) -> None:
        """The key went up, unless it is repeating and comes down again at once."""
        if self._held:
            self._key_up.start()

    def release(self) -> None:
        """The key or button went up."""
        self._key_up.stop()
        if self._held:
            self._held = False
            self._tell(lambda ear: ear.release())

    def cancel(self) -> None:
        """Throw away what was said."""
        if self._handle is None:
            return
        self._held = False
        self._tell(lambda ear: ear.cancel())
        self._handle.cancel()
        self._rest()
        self.cancelled.emit()

    # ------------------------------------------------------------------ the asyncio thread

    async def _listen(
        self, runtime: RuntimeSeam, here: bool, question: Question | None
    ) -> AsyncIterator[Hearing | Transcribed]:
        ear = await self._opened(runtime)
        if not ear.press():
            return
        language = runtime.settings.voice_language
        events: AsyncIterator[Hearing | Transcribed]
        if question is None:
            events = runtime.cluster.transcribe(ear.audio(), language=language, here=here)
        else:
            events = runtime.assistant.hear(replace(question, audio=ear.audio(), language=language))
        try:
            async for event in events:
                yield event
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _opened(self, runtime: RuntimeSeam) -> Ear:
        """Return the ear for the microphone of the settings."""
        device = runtime.settings.voice_device
        if self._ear is not None and self._device != device:
            await self._close_ear()
        if self._ear is None:
            post = self._bridge.post
            self._ear = self._open_ear(
                device,
                lambda sentence: post(self.hint.emit, sentence),
                lambda phase: post(self._phase, phase),
                lambda state, detail: post(self.state.emit, state, detail),
            )
            self._device = device
        return self._ear

    async def _stand_by(self, runtime: RuntimeSeam) -> None:
        if self._lent:
            await self._close_ear()
        elif self._front and runtime.settings.voice_standby:
            (await self._opened(runtime)).want("window")
        elif self._ear is not None:
            self._ear.unwant("window")

    def _press_again(self, ear: Ear) -> None:
        if ear.press():  # what was said before is still being written down: nobody would read a new utterance
            ear.cancel()
            self._bridge.post(self.hint.emit, STILL_WRITING)

    async def _close_ear(self) -> None:
        ear, self._ear = self._ear, None
        if ear is not None:
            await ear.close()

    def _tell(self, say: Callable[[Ear], object]) -> None:
        async def tell() -> None:
            if self._ear is not None:
                say(self._ear)

        self._bridge.run(tell, name="talk key")

    # ------------------------------------------------------------------ the Qt thread

    def _phase(self, phase: str) -> None:
        if phase == "finishing" and self._handle is not None:
            self.finishing.emit()

    def _event(self, event: Hearing | Transcribed) -> None:
        from app.events import Hearing

        if isinstance(event, Hearing):
            self.hearing.emit(event)
        else:
            self._text = event.text

    def _end(self) -> None:
        self._rest()
        self.heard.emit(self._text.strip())

    def _fail(self, error: BaseException) -> None:
        self._rest()
        if getattr(error, "code", "") == "voice_cancelled":
            self.cancelled.emit()
        else:
            self.failed.emit(error)

    def _rest(self) -> None:
        self._handle = None
        self._timer.stop()

    def _show_level(self) -> None:
        ear = self._ear
        if ear is None:
            return
        if ear.live and not self._live:
            self.live.emit()
        self._live = ear.live
        self.level.emit(ear.level)
