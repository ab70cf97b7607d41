"""Hands-free in the window: a session in the asyncio thread, its turns on the talk key's path, its state in words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.thinking import Attended
    from app.ui.bridge import Bridge, Handle
    from app.ui.seam import RuntimeSeam
    from app.ui.talk import Talker
    from app.voice.hands_free_session import HandsFreeSession
    from app.voice.handsfree import Stage

WHO = "hands-free"
"""As the microphone's Standby knows it."""
TRIED = "wake word test"
"""The same, while the settings try it."""
RETRY_MS = (500, 1_000, 2_000, 4_000, 15_000)
"""After a failure of the node or the microphone."""
FINAL = ("model_missing", "unsupported", "invalid")
"""Codes of errors that trying again does not mend."""
AWAKE = ("listening", "thinking", "speaking")
_FLOWS = ("listening", "muted", "silent")


def _deaf(microphone: str) -> str:
    """Return why a microphone in that state hears nothing; "" where it does."""
    return {
        "muted": tr("The microphone is muted: the wake word cannot be heard."),
        "silent": tr("The microphone brings only silence: the wake word cannot be heard."),
        "away": tr("There is no microphone to listen to."),
    }.get(microphone, "")


class HandsFree(QObject):
    """Wakes, listens, has the answer read aloud and listens again; told by `changed`."""

    changed = Signal(str, str)
    """What it does: off, starting, asleep, listening, thinking, speaking, yielded or deaf; and a sentence."""
    told = Signal(str, str)
    """A sentence and a hint for the user."""

    def __init__(self, bridge: Bridge, talker: Talker, busy: Callable[[], bool]) -> None:
        """`busy`: whether an answer is being made or read aloud."""
        super().__init__(talker)
        self._bridge, self._talker, self._busy = bridge, talker, busy
        self._runtime: RuntimeSeam | None = None
        self._on = False
        self._wanted: tuple[str, float, str] = ("", 0.0, "")
        self._session: HandsFreeSession | None = None  # made and used in the asyncio thread
        self._handle: Handle | None = None
        self._microphone = "closed"
        self._stage = "asleep"
        self._trouble = ""
        self._tries = 0
        self._woken = False
        self._shown = ("off", "")
        self.turn = False
        """What was heard last came without the key, and its answer is not over yet."""
        self._retry = QTimer(self, singleShot=True)
        self._retry.timeout.connect(self._start)
        talker.state.connect(self._microphone_is)
        talker.began.connect(self._began)
        talker.heard.connect(lambda _text: self._key_is_up())
        talker.failed.connect(lambda _error: self._fell_through())
        talker.cancelled.connect(self._fell_through)

    @property
    def state(self) -> str:
        """What it does, as in `changed`."""
        return self._shown[0]

    @property
    def awake(self) -> bool:
        """Whether it listens, thinks or speaks."""
        return self.state in AWAKE

    @property
    def phrase(self) -> str:
        """The wake word as it is said."""
        from app.voice.handsfree import phrase_of

        return phrase_of(self._wanted[0])

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; nothing begins before `use`."""
        self._runtime = runtime

    def use(self) -> None:
        """Do as the settings say now."""
        if self._runtime is None:
            return
        settings = self._runtime.settings
        wanted = (settings.voice_wake_word, settings.voice_wake_threshold, settings.voice_language)
        if (settings.voice_hands_free, wanted) == (self._on, self._wanted):
            return
        self._stop()
        self._on, self._wanted, self._tries = settings.voice_hands_free, wanted, 0
        self._talker.keep(WHO, self._on)
        self._start()
        self._tell()

    async def tried(self, wake_word: str, threshold: float) -> AsyncGenerator[Attended, None]:
        """Yield what is noticed in the microphone's sound, for a test of the wake word; in the asyncio thread.

        Raises:
            VoiceError: the microphone cannot be opened, or is lost.
            NodeError: as `app.thinking.Attendant.attend`.
        """
        from app.streams import ending

        assert self._runtime is not None
        ear = await self._talker.ear()
        ear.want(TRIED)
        try:
            attended = self._runtime.cluster.attend(ear.blocks(), wake_word=wake_word, threshold=threshold)
            async with ending(attended) as events:
                async for event in events:
                    yield event
        finally:
            ear.unwant(TRIED)

    # ------------------------------------------------------------------ what happens in the window

    def took(self, said: str) -> None:
        """What was said in this turn has been asked or done; "": no words were understood."""
        from app.voice.voice_commands import Do, command

        if self._busy():
            self._call(lambda session: session.thinking())
            return
        self.turn = False
        if not said and self._woken:
            self.told.emit(
                tr("Nothing was understood."), tr("Say “{phrase}” and then your question.", phrase=self.phrase)
            )
        done = command(said)
        follow_up = bool(said) and (done is None or done.do is not Do.STOP)
        self._call(lambda session: session.over(follow_up))

    def speaking(self) -> None:
        """The answer can be heard now."""
        if self.turn:
            self._call(lambda session: session.speaking())

    def silent(self) -> None:
        """The voice has come to its end, or there is none; the answer may go on."""
        if self.turn and self._busy():
            self._call(lambda session: session.thinking())
        self.settle()

    def settle(self) -> None:
        """An answer, or its sound, has come to an end."""
        if self.turn and not self._busy() and not self._talker.active:
            self.turn = False
            self._call(lambda session: session.over(True))

    def interrupted(self, ago: float) -> None:
        """Somebody speaks since `ago` seconds while an answer is read aloud: listen to them."""
        if self.turn:
            self._call(lambda session: session.interrupted(ago))

    def cancel(self) -> None:
        """Escape: it falls asleep."""
        self.turn = False
        self._call(lambda session: session.cancel())

    def _began(self) -> None:
        if self._talker.by_key:
            self.turn = False
            self._call(lambda session: session.yielded(True))

    def _key_is_up(self) -> None:
        if self._talker.by_key:
            self._call(lambda session: session.yielded(False))

    def _fell_through(self) -> None:
        if self._talker.by_key:
            self._key_is_up()
        else:
            self.cancel()

    # ------------------------------------------------------------------ the session

    def _start(self) -> None:
        runtime = self._runtime
        if not self._on or self._handle is not None or runtime is None or self._microphone not in _FLOWS:
            return
        self._retry.stop()
        self._handle = self._bridge.run(
            lambda: self._attend(runtime), lambda _none: self._ended(None), self._ended, name="hands-free"
        )

    async def _attend(self, runtime: RuntimeSeam) -> None:
        from app.voice.hands_free_session import Calls, HandsFreeSession

        post = self._bridge.post
        wake_word, threshold, language = self._wanted
        session = HandsFreeSession(
            runtime.cluster,
            Calls(
                stage=lambda stage: post(self._stage_is, session, stage),
                begun=lambda sound, woken: post(self._begun, session, sound, woken),
                ready=lambda on: post(self._ready, session, on),
            ),
            wake_word=wake_word,
            threshold=threshold,
            language=language,
        )
        self._session = session
        try:
            ear = await self._talker.ear()
            await session.run(ear.blocks())
        finally:
            if self._session is session:
                self._session = None

    def _stop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
        self._retry.stop()
        self.turn, self._stage, self._trouble, self._listens = False, "asleep", "", False

    def _ended(self, error: BaseException | None) -> None:
        from app.ui import phrases

        self._stop()
        code = getattr(error, "code", "")
        if error is not None and not code.startswith("voice_"):  # of the microphone others tell
            sentence, hint = phrases.trouble(error)
            self._trouble = f"{sentence} {hint}".strip()
            if self._tries == 0:
                self.told.emit(sentence, hint)
            if phrases.is_bug(error):
                self._bridge.failed.emit(error)
        if code not in FINAL:
            self._retry.start(RETRY_MS[min(self._tries, len(RETRY_MS) - 1)])
        self._tries += 1
        self._tell()

    def _ready(self, session: HandsFreeSession, on: bool) -> None:
        if session is self._session:
            self._listens, self._tries, self._trouble = on, 0, ""
            self._tell()

    def _begun(self, session: HandsFreeSession, sound: AsyncGenerator[bytes, None], woken: bool) -> None:
        if session is not self._session:
            return
        self.turn = False  # the turn before is over, and its voice falls silent now
        if self._talker.hear(sound, self.phrase, session.text):
            self.turn, self._woken = True, woken
        else:
            self.cancel()

    def _stage_is(self, session: HandsFreeSession, stage: Stage) -> None:
        if session is self._session:
            self._stage = stage.value
            self._tell()

    def _call(self, call: Callable[[HandsFreeSession], None]) -> None:
        async def do() -> None:
            if self._session is not None:
                call(self._session)

        if self._handle is not None:
            self._bridge.run(do, name="hands-free")

    def _microphone_is(self, state: str, _detail: str) -> None:
        self._microphone = state
        self._start()
        self._tell()

    # ------------------------------------------------------------------ what is shown

    _listens = False
    """The node takes sound."""

    def _tell(self) -> None:
        shown = self._state()
        if shown != self._shown:
            self._shown = shown
            self.changed.emit(*shown)

    def _state(self) -> tuple[str, str]:
        if not self._on:
            return "off", tr("Hands-free is off.")
        if self._stage in ("thinking", "speaking"):
            return self._stage, tr("Say “{phrase}” to interrupt; Esc ends it.", phrase=self.phrase)
        if deaf := _deaf(self._microphone):
            return "deaf", deaf
        if self._trouble:
            return "deaf", self._trouble
        if self._handle is None or not self._listens:
            return "starting", tr("This machine's node does not listen yet; the wake word cannot be heard.")
        return self._stage, {
            "asleep": tr("Say “{phrase}” and ask. Nothing is kept or sent before.", phrase=self.phrase),
            "listening": tr("Speak; a pause ends it, Esc cancels."),
        }.get(self._stage, tr("The talk key has the word."))
