"""Player: sound out of the loudspeaker, stopped within a moment. One output stream at a time, in a thread of its own.

PortAudio's thread takes what waits and nothing else; stopping empties what waits, so the device hears silence with its
next block (10 ms, and what lies in its buffer: at most LATENCY_SECONDS), and the buffer is dropped besides.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from app.errors import VoiceError
from app.voice.loudspeaker import BLOCK_SECONDS, LATENCY_SECONDS, Open, Output, PortAudioOutput, Tap
from app.voice.resampler import resampled

AHEAD_SECONDS = 20.0
"""Of sound that may wait; then whoever makes it is slowed down."""
LOST_SECONDS = 2.0
"""Without a call of PortAudio's while sound waits: the device has gone."""
KEEP_SECONDS = 5.0
"""How long the device stays open after the last sound."""
DUCKED = 0.12
"""Loudness, 18 dB lower, while it is not clear whether somebody speaks."""
_LOOK_SECONDS = 0.25
log = logging.getLogger(__name__)


class Sound(Protocol):
    """A piece of sound; `app.thinking.Spoken` is one."""

    @property
    def pcm16(self) -> bytes:
        """Mono."""
        ...

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        ...


class Player:
    """Plays one stream of sound at a time. Use it in one asyncio loop; `stop` may come from any thread."""

    def __init__(
        self,
        device: str = "",
        *,
        on_started: Callable[[], None] = lambda: None,
        on_hint: Callable[[str], None] = lambda _sentence: None,
        open: Open | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            device: Loudspeaker by name; "" follows the system.
            on_started: Called in the loop when the first sound of a `play` is handed to the device.
            on_hint: Gets a sentence when the device has gone and it goes on elsewhere, in the loop.
            open: Opens a loudspeaker; PortAudio's unless given.
        """
        self._device = device
        self._on_started, self._on_hint = on_started, on_hint
        self._open: Open = open or PortAudioOutput
        self._lock = threading.Lock()
        self._blocks: deque[bytes] = deque()
        self._waiting = 0
        """Bytes in `_blocks`."""
        self._rate = 0
        self._turn = 0
        """Counts plays and stops: a play that is not of this turn has ended."""
        self._asked_at = 0.0
        self._sounded = False
        self._volume = 1.0
        self._held = False
        self._lately: deque[bytes] = deque(maxlen=round(LATENCY_SECONDS / BLOCK_SECONDS))
        """The blocks that went to the device last."""
        self._output: Output | None = None
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._failed: VoiceError | None = None
        self._playing = False
        self._tapped: Tap | None = None

    @property
    def playing(self) -> bool:
        """Whether sound is played or awaited."""
        return self._playing

    def duck(self, on: bool) -> None:
        """Play more softly while `on`."""
        self._volume = DUCKED if on else 1.0

    def hold(self, on: bool) -> None:
        """Be silent at once and keep what waits while `on`; then go on where it was. From any thread."""
        with self._lock:
            if on == self._held:
                return
            self._held = on
            if on:  # what lies in the device's buffer is dropped, so it is played once more
                lately = b"".join(self._lately)[-round(LATENCY_SECONDS * 2 * self._rate) // 2 * 2 :]
                self._lately.clear()
                if lately:
                    self._blocks.appendleft(lately)
                    self._waiting += len(lately)
        if on:
            self._jobs.put(self._drop)

    def tap(self, take: Tap | None) -> None:
        """Hand over all that goes to the device, in the device's thread; None: no longer."""
        self._tapped = take

    def prepare(self) -> None:
        """Open the loudspeaker while the first sound is still being made; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._start_thread()
        self._jobs.put(lambda: self._ready(24_000))

    async def play(self, sounds: AsyncIterator[Sound]) -> bool:
        """Play until the sounds end; returns whether it came to its end. A play that still runs is stopped.

        Raises:
            VoiceError: there is no loudspeaker; and what `sounds` raises.
        """
        self.stop()
        self._loop = asyncio.get_running_loop()
        self._start_thread()
        with self._lock:
            turn, self._sounded, self._failed = self._turn, False, None
        self._playing = True
        self._asked_at = time.monotonic()
        whole = False
        try:
            async for sound in sounds:
                if turn != self._turn:
                    return False
                await self._put(sound, turn)
            while turn == self._turn and (self._waiting or self._held):
                while self._waiting and await self._changed(turn):
                    pass
                if turn == self._turn and self._sounded:
                    await self._until_stopped(turn, 2 * LATENCY_SECONDS)  # what lies in the device's buffer
            whole = turn == self._turn
            return whole
        finally:
            if whole:
                self._playing = self._sounded = False  # what the device still holds is played to its end
            elif turn == self._turn:
                self.stop()

    def stop(self) -> None:
        """Be silent at once; returns at once, from any thread."""
        with self._lock:
            self._turn += 1
            self._blocks.clear()
            self._waiting = 0
            self._volume, self._held = 1.0, False
            self._lately.clear()
            was, self._playing = self._playing, False
        if was or self._sounded:
            self._sounded = False
            self._jobs.put(self._silence)
        self._tell()

    async def close(self) -> None:
        """Stop and close the loudspeaker."""
        self.stop()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    # -- in the loop -------------------------------------------------------------------------------------------------

    async def _put(self, sound: Sound, turn: int) -> None:
        if not sound.pcm16:
            return
        rate = sound.sample_rate
        self._jobs.put(lambda: self._ready(rate))
        while self._waiting > AHEAD_SECONDS * 2 * (self._rate or rate):
            if not await self._changed(turn):
                return
        while self._rate == 0:  # the loudspeaker is being opened
            if not await self._changed(turn):
                return
        pcm = resampled(sound.pcm16, rate, self._rate)
        with self._lock:
            if turn == self._turn:
                self._blocks.append(pcm)
                self._waiting += len(pcm)

    async def _changed(self, turn: int) -> bool:
        """Wait a moment for news; returns whether the play goes on. Raises VoiceError without a loudspeaker."""
        if self._failed is not None:
            raise self._failed
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._news.wait()
        return turn == self._turn

    async def _until_stopped(self, turn: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        while turn == self._turn and (left := end - time.monotonic()) > 0:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._news.wait()

    def _tell(self, *calls: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                for call in calls:
                    loop.call_soon_threadsafe(call)
                loop.call_soon_threadsafe(self._news.set)

    # -- in PortAudio's thread ---------------------------------------------------------------------------------------

    def _fill(self, samples: int) -> bytes:
        self._asked_at = time.monotonic()
        wanted, made = 2 * samples, bytearray()
        with self._lock:
            while self._blocks and len(made) < wanted and not self._held:
                block = self._blocks.popleft()
                room = wanted - len(made)
                made += block[:room]
                if len(block) > room:
                    self._blocks.appendleft(block[room:])
            self._waiting -= len(made)
            if made:
                self._lately.append(bytes(made))
            first = bool(made) and not self._sounded
            self._sounded = self._sounded or first
            empty, volume = bool(made) and not self._waiting, self._volume
        if first:
            self._tell(self._on_started)
        elif empty or self._waiting:
            self._tell()
        if volume != 1.0 and made:
            made = bytearray(softer(bytes(made), volume))
        played, tapped = bytes(made) + bytes(wanted - len(made)), self._tapped
        if tapped is not None and self._rate:
            tapped(played, self._rate, volume != 1.0)
        return played

    # -- in the thread that opens and closes -------------------------------------------------------------------------

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="loudspeaker", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        quiet_since = time.monotonic()
        while True:
            try:
                job = self._jobs.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                now = time.monotonic()
                if self._playing:
                    quiet_since = now
                    self._look(now)
                elif self._output is not None and now - quiet_since > KEEP_SECONDS:
                    self._shut()
                continue
            if job is None:
                self._shut()
                return
            quiet_since = time.monotonic()
            job()

    def _ready(self, rate: int) -> None:
        if self._output is not None or self._failed is not None:
            return
        error: VoiceError | None = None
        for device in dict.fromkeys((self._device, "")):
            try:
                self._output = self._open(device, rate, self._fill)
            except VoiceError as problem:
                error = error or problem
                continue
            if device != self._device and error is not None:
                self._hint(f"{error.message} The system's own is used.")
            self._rate, self._asked_at = self._output.rate, time.monotonic()
            self._tell()
            return
        self._failed = error
        self._tell()

    def _silence(self) -> None:
        if self._output is not None and not self._playing:
            self._output.silence()

    def _drop(self) -> None:
        if self._output is not None and self._held:
            self._output.silence()

    def _look(self, now: float) -> None:
        """Go on elsewhere when the device has gone."""
        output = self._output
        if output is None or (output.active and now - self._asked_at < LOST_SECONDS):
            return
        rate = output.rate
        self._shut()
        self._hint("The loudspeaker has gone; the sound goes on on the system's own.")
        self._device = ""
        self._ready(rate)
        if self._rate not in (0, rate):
            with self._lock:  # what waits was made for the other
                held = b"".join(self._blocks)
                self._blocks.clear()
                self._blocks.append(resampled(held, rate, self._rate))
                self._waiting = len(self._blocks[0])

    def _shut(self) -> None:
        output, self._output, self._rate = self._output, None, 0
        if output is not None:
            output.close()

    def _hint(self, sentence: str) -> None:
        log.info("%s", sentence)
        self._tell(lambda: self._on_hint(sentence))


def softer(pcm: bytes, volume: float) -> bytes:
    """Return PCM16 at another loudness, 0 to 1."""
    import numpy

    return bytes((numpy.frombuffer(pcm, "<i2") * volume).astype("<i2").tobytes())
