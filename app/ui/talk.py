"""Hold to talk: key and button on one side, microphone and transcription in the asyncio thread on the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.bridge import Bridge, Handle
from app.ui.seam import Ear, OpenEar, RuntimeSeam
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.assistant import Question
    from app.events import Hearing, Transcribed

REPEAT_MS = 40
"""X11 repeats a held key as release and press, and Qt cannot always tell: a release counts after this long."""
LEVEL_MS = 33
"""How often the level meter moves while listening."""


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
        self._kept: frozenset[str] = frozenset()
        self._known: frozenset[str] = frozenset()
        """For whom it was kept open; in the asyncio thread."""
        self._by_key = True
        """The talk key began what is being heard."""
        self.stays_here: Callable[[], bool] = lambda: False
        """Whether what is said now must not leave this machine, whatever the settings allow."""
        self.kept: Callable[[], bool] = lambda: False
        """Whether another part listens, so that the microphone is not let go of."""
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

    @property
    def by_key(self) -> bool:
        """Whether the talk key began what is heard now, or was heard last."""
        return self._by_key

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

    def keep(self, who: str, on: bool) -> None:
        """Keep the microphone open for `who`, wherever the window is, or no longer."""
        self._kept = self._kept | {who} if on else self._kept - {who}
        self.stand_by()

    def stand_by(self) -> None:
        """Open or close the microphone as the settings and the window's place ask for."""
        if self._runtime is not None:
            runtime = self._runtime
            self._bridge.run(lambda: self._stand_by(runtime), name="standby")

    async def ear(self) -> Ear:
        """Return the ear for another part that listens; in the asyncio thread, after `attach`. Raises VoiceError."""
        assert self._runtime is not None
        return await self._opened(self._runtime)

    def press(self) -> None:
        """The key or button went down; key repeat does no harm."""
        if self._held:
            self._key_up.stop()
            return
        if self._runtime is None:
            from app.errors import VoiceError

            starting, again = tr("Tangnet is still starting."), tr("Try again in a moment.")
            self.failed.emit(VoiceError(starting, code="starting", hint=again))
            return
        if self._handle is not None and not self._by_key:  # the key wins over what came by itself
            self.cancel()
        self._held = True
        if self._handle is not None:  # a second tap ends what a first one began
            self._tell(self._press_again)
            return
        self._begin(self._runtime, None, "", None)

    def hear(self, sound: AsyncGenerator[bytes, None], called: str, partly: Callable[[str], None]) -> bool:
        """Hear an utterance that began without the key; False where the key has the word.

        Args:
            sound: Of the utterance; it ends by itself.
            called: As in `app.assistant.Question`.
            partly: Gets each partial text, in the asyncio thread.
        """
        if self._runtime is None or (self._handle is not None and self._by_key):
            return False
        if self._handle is not None:
            self.cancel()
        self._begin(self._runtime, sound, called, partly)
        return True

    def _begin(
        self,
        runtime: RuntimeSeam,
        sound: AsyncGenerator[bytes, None] | None,
        called: str,
        partly: Callable[[str], None] | None,
    ) -> None:
        self._text = ""
        self._by_key = sound is None
        here, question = self.stays_here(), self.question()
        # Signals first: the first sound may be there before this function returns.
        self._live = False
        self.began.emit()
        self._timer.start()
        self._handle = self._bridge.stream(
            lambda: self._listen(runtime, here, question, sound, called, partly),
            self._event,
            self._end,
            self._fail,
            name="utterance",
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
        self,
        runtime: RuntimeSeam,
        here: bool,
        question: Question | None,
        sound: AsyncGenerator[bytes, None] | None,
        called: str,
        partly: Callable[[str], None] | None,
    ) -> AsyncIterator[Hearing | Transcribed]:
        from app.events import Hearing
        from app.spoken_turn import without_call
        from app.streams import ending

        audio: AsyncIterator[bytes] | None = sound
        if audio is None:
            ear = await self._opened(runtime)
            if not ear.press():
                return
            audio = ear.audio()
        language = runtime.settings.voice_language
        events: AsyncIterator[Hearing | Transcribed]
        if question is None:
            events = runtime.cluster.transcribe(audio, language=language, here=here)
            if called:
                events = without_call(events, called)
        else:
            events = runtime.assistant.hear(replace(question, audio=audio, language=language, called=called))
        async with ending(audio), ending(events) as heard:
            async for event in heard:
                if partly is not None and isinstance(event, Hearing):
                    partly(event.text)
                yield event

    async def _opened(self, runtime: RuntimeSeam) -> Ear:
        """Return the ear for the microphone of the settings; in the asyncio thread."""
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
            for who in self._kept:
                self._ear.want(who)
        return self._ear

    async def _stand_by(self, runtime: RuntimeSeam) -> None:
        if self._lent and not self.kept():
            await self._close_ear()
            return
        kept = self._kept
        if kept:
            ear = await self._opened(runtime)
            for who in kept:
                ear.want(who)
        if self._ear is not None:
            for who in self._known - kept:
                self._ear.unwant(who)
        self._known = kept
        if self._front and runtime.settings.voice_standby:
            (await self._opened(runtime)).want("window")
        elif self._ear is not None:
            self._ear.unwant("window")

    def _press_again(self, ear: Ear) -> None:
        if ear.press():  # what was said before is still being written down: nobody would read a new utterance
            ear.cancel()
            self._bridge.post(self.hint.emit, tr("Still writing down what you said. Press again in a moment."))

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
