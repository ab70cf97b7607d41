"""Answers read aloud in the window: one at a time, while they grow or afterwards, silent at once when asked."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.errors import TangnetError
from app.ui.answer_card import AnswerCard
from app.ui.bridge import Bridge, Handle
from app.ui.seam import Ear, OpenPlayer, PlayerSeam, RuntimeSeam

if TYPE_CHECKING:
    from app.events import Event
    from app.thinking import Spoken
    from app.turn_trace import TurnTrace
    from app.ui.asking import Asking
    from app.voice.aloud import Aloud

WHO = "barge in"
"""As the microphone's Standby knows it."""
log = logging.getLogger(__name__)


class ReadAloud(QObject):
    """The one voice of the window."""

    failed = Signal(object)
    hint = Signal(str)
    sounding = Signal()
    """The first sound goes to the loudspeaker."""
    silent = Signal()
    """It has ended, or was stopped."""
    interrupted = Signal(float)
    """Somebody speaks since so many seconds; it is silent already."""

    def __init__(self, bridge: Bridge, open_player: OpenPlayer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._open_player = open_player
        self._runtime: RuntimeSeam | None = None
        self._player: PlayerSeam | None = None
        self._now: _Reading | None = None
        self._listens = asyncio.Lock()
        """Held while somebody is listened for: what the reading before lets go of must not be the next one's."""
        self.listening: Callable[[], Awaitable[Ear]] | None = None
        """Opens the microphone for who may interrupt; called in the asyncio thread."""
        self.wished_voice: Callable[[], str] = lambda: ""
        """Name of the voice in place of that in the settings, "" = none; called in the asyncio thread."""

    @property
    def active(self) -> bool:
        """True from the beginning of an answer to its last sound."""
        return self._now is not None

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self._bridge.at_close(self._close)

    def toggle(self, card: AnswerCard, stays_here: bool) -> None:
        """Read this answer, or stop where it is being read. `stays_here` as in `app.voice.aloud.zones_for`."""
        if self._now is not None and self._now.card is card:
            self.stop()
            return
        self._begin(card, stays_here, card.text)

    def follow(self, asking: Asking, card: AnswerCard, stays_here: bool) -> None:
        """Read the answer to a question that is about to be asked, while it is being written."""
        reading = self._begin(card, stays_here)
        if reading is not None:
            reading.asking = asking
            asking.listener = reading.event

    def stop(self) -> None:
        """Be silent at once."""
        reading, self._now = self._now, None
        if reading is None:
            return
        if self._player is not None:
            self._player.stop()
        reading.handle.cancel()
        reading.show(False)
        self.silent.emit()

    def _begin(self, card: AnswerCard, stays_here: bool, text: str | None = None) -> _Reading | None:
        self.stop()
        if self._runtime is None:
            return None
        reading = self._now = _Reading(card, text)
        card.destroyed.connect(reading.forget)
        reading.handle = self._bridge.run(
            lambda: self._read(reading, stays_here),
            lambda _whole: self._ended(reading, None),
            lambda error: self._ended(reading, error),
            name="read aloud",
        )
        reading.show(True)
        return reading

    def _sounds(self, reading: _Reading) -> None:
        if self._now is reading:
            self.sounding.emit()

    def _barged(self, reading: _Reading, ago: float) -> None:
        if self._now is reading:
            self.interrupted.emit(ago)
            self.stop()

    def _ended(self, reading: _Reading, error: BaseException | None) -> None:
        if self._now is reading:
            self._now = None
            reading.show(False)
            if error is not None:
                self.failed.emit(error)
            self.silent.emit()

    # ------------------------------------------------------------------ the asyncio thread

    async def _read(self, reading: _Reading, stays_here: bool) -> bool:
        from app.voice.aloud import Aloud, zones_for

        assert self._runtime is not None
        settings = self._runtime.settings
        if self._player is None:
            self._player = self._open_player(lambda sentence: self._bridge.post(self.hint.emit, sentence))
        aloud = Aloud(
            self._runtime.cluster,
            voice=self.wished_voice() or settings.voice_name,
            speed=settings.voice_speed,
            zones=zones_for(settings, stays_here),
        )
        reading.begin(aloud)
        async with self._interruptible(reading, self._player):
            return await self._player.play(self._noted(reading, aloud.sound()))

    @asynccontextmanager
    async def _interruptible(self, reading: _Reading, player: PlayerSeam) -> AsyncIterator[None]:
        """Listen meanwhile for somebody who speaks, where that is wished and the microphone may be open for it."""
        from app.voice.interrupting import Interrupting

        assert self._runtime is not None
        settings, opened = self._runtime.settings, self.listening
        wished = settings.voice_barge_in and (settings.voice_standby or settings.voice_hands_free)
        if not wished or opened is None:
            yield
            return
        cluster = self._runtime.cluster

        async def listen() -> None:
            ear = await opened()
            async with self._listens:
                ear.want(WHO)
                try:
                    await Interrupting(cluster, player, lambda ago: self._bridge.post(self._barged, reading, ago)).run(
                        ear.blocks()
                    )
                finally:
                    ear.unwant(WHO)

        listener = asyncio.create_task(listen(), name="barge-in")
        try:
            yield
        finally:
            listener.cancel()
            for failed in await asyncio.gather(listener, return_exceptions=True):
                if isinstance(failed, TangnetError):  # no microphone: the mark of it tells
                    log.info("Nobody can interrupt by voice: %s", failed.message)
                elif isinstance(failed, Exception):
                    raise failed

    async def _noted(self, reading: _Reading, sounds: AsyncIterator[Spoken]) -> AsyncIterator[Spoken]:
        """Hand the sound on, and note when the first of it goes to the loudspeaker."""
        from app.streams import ending

        assert self._runtime is not None
        noted = False
        async with ending(sounds) as pieces:
            async for piece in pieces:
                first, noted = not noted and bool(piece.pcm16), noted or bool(piece.pcm16)
                if first:
                    self._bridge.post(self._sounds, reading)
                if first and reading.asking is not None:
                    trace = self._runtime.assistant.sounded(reading.asking.conversation)
                    if trace is not None:
                        self._bridge.post(reading.sounded, trace)
                yield piece

    async def _close(self) -> None:
        if self._player is not None:
            await self._player.close()


class _Reading:
    """One answer on its way to the loudspeaker; `event` and `begin` are called in the asyncio thread."""

    def __init__(self, card: AnswerCard, text: str | None) -> None:
        """`text`: all of it where it is known; None: it comes by `event`."""
        self.card: AnswerCard | None = card
        self.asking: Asking | None = None
        """The question, where it is being answered."""
        self.handle: Handle
        self._waiting: deque[str | None] = deque([] if text is None else [text, None])
        """What came before the reading had begun; None is the end."""
        self._aloud: Aloud | None = None

    def forget(self) -> None:
        """The card is gone; the reading goes on."""
        self.card = None

    def sounded(self, trace: TurnTrace) -> None:
        """Show the time of the first sound, too, where the answer is whole already."""
        if self.card is not None and self.card.chart.parts:
            self.card.chart.show_trace(trace)

    def show(self, on: bool) -> None:
        """Let the card's button say what it would do now."""
        if self.card is not None:
            self.card.show_reading(on)

    def begin(self, aloud: Aloud) -> None:
        """Read what is there, and what comes."""
        self._aloud = aloud
        while self._waiting:
            self._take(self._waiting.popleft())

    def event(self, event: Event | None) -> None:
        """An event of the answer; None: it has come to an end, whatever end."""
        from app.events import Answered, TokenReceived

        if isinstance(event, TokenReceived):
            self._take(event.text)
        elif event is None or isinstance(event, Answered):
            self._take(None)

    def _take(self, text: str | None) -> None:
        if self._aloud is None:
            self._waiting.append(text)
        elif text is None:
            self._aloud.end()
        else:
            self._aloud.feed(text)
