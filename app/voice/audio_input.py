"""What a source of live sound is, and the pre-roll ring and fan-out that all of them share.

Everything here runs in the asyncio thread. Sound is 16 kHz mono PCM16, in blocks of BLOCK_SAMPLES.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from app.errors import VoiceError
from app.voice.level import LevelMeter, loudness, meter_position
from nodeworker.protocol import SAMPLE_RATE

BLOCK_SAMPLES = 512
"""32 ms; smaller blocks bring no speed and larger ones make the meter jerk."""
SAMPLE_BYTES = 2
PREROLL_SECONDS = 0.6
"""What the ring keeps: people begin to speak while they reach for the key."""


class AudioInput(Protocol):
    """A source of live sound: the microphone, or in tests a file that plays as one."""

    latency: float
    """Seconds between a sound and the block that brings it; only good once sound flows."""

    @property
    def position(self) -> int:
        """Samples that have come since the source was made; never goes back."""
        ...

    def open(self) -> None:
        """Begin to listen. Returns at once; does nothing when it is open or opening. Needs a running event loop."""
        ...

    def blocks(self, before: float = 0.0) -> Blocks:
        """Subscribe now: the last `before` seconds first (as far as the ring has them), then live sound."""
        ...

    def close(self) -> None:
        """Stop listening; all subscriptions end. Returns at once."""
        ...


class Blocks(AsyncIterator[bytes]):
    """One subscription to a source. Sound is kept from the moment it was made, not from the first `anext`.

    Raises VoiceError, after all sound that came before, when the source fails.
    """

    def __init__(self, broadcast: Broadcast, first: tuple[bytes, ...]) -> None:
        self._broadcast = broadcast
        self._queue: asyncio.Queue[bytes | VoiceError | None] = asyncio.Queue()
        self._waiting = 0
        self._ended = False
        for block in first:
            self.put(block)

    @property
    def waiting(self) -> float:
        """Seconds of sound that came and were not read yet."""
        return self._waiting / SAMPLE_BYTES / SAMPLE_RATE

    def __aiter__(self) -> Blocks:
        return self

    async def __anext__(self) -> bytes:
        if self._ended and self._queue.empty():
            raise StopAsyncIteration
        item = await self._queue.get()
        if isinstance(item, bytes):
            self._waiting -= len(item)
            return item
        self.close()
        if item is None:
            raise StopAsyncIteration
        raise item

    def put(self, item: bytes | VoiceError | None) -> None:
        """Hand over a block, a failure, or None for the end. For the source only."""
        if isinstance(item, bytes):
            self._waiting += len(item)
        self._queue.put_nowait(item)

    def end(self) -> None:
        """Unsubscribe; what came until now can still be read."""
        self._broadcast.forget(self)
        self.put(None)

    def close(self) -> None:
        """Unsubscribe; what was not read is dropped."""
        self._ended = True
        self._broadcast.forget(self)
        self._waiting = 0
        while not self._queue.empty():
            self._queue.get_nowait()

    async def aclose(self) -> None:
        """Unsubscribe (for contextlib.aclosing)."""
        self.close()


class Broadcast:
    """Takes blocks from one source, keeps the newest for the pre-roll, measures them, hands them to all subscribers."""

    def __init__(self, preroll_seconds: float = PREROLL_SECONDS) -> None:
        self._ring: deque[bytes] = deque()
        self._ring_bytes = 0
        self._limit = round(preroll_seconds * SAMPLE_RATE) * SAMPLE_BYTES
        self._subscribers: list[Blocks] = []
        self._meter = LevelMeter()
        self.position = 0
        """Samples that have come so far."""
        self.zero_samples = 0
        """How many of the last ones were 0, without a break."""

    @property
    def level(self) -> float:
        """Smoothed level of the sound, 0…1."""
        return self._meter.level

    def feed(self, block: bytes) -> None:
        """Take in a block of whole samples."""
        self._ring.append(block)
        self._ring_bytes += len(block)
        while self._ring_bytes - len(self._ring[0]) >= self._limit:
            self._ring_bytes -= len(self._ring.popleft())
        samples, decibels = len(block) // SAMPLE_BYTES, loudness(block)
        self.position += samples
        self.zero_samples = self.zero_samples + samples if decibels == -math.inf else 0
        self._meter.update(meter_position(decibels), samples / SAMPLE_RATE)
        for subscriber in tuple(self._subscribers):
            subscriber.put(block)

    def subscribe(self, before: float = 0.0) -> Blocks:
        """Return a subscription that starts up to `before` seconds ago."""
        blocks = Blocks(self, self._last(before))
        self._subscribers.append(blocks)
        return blocks

    def forget(self, blocks: Blocks) -> None:
        """Drop a subscription; unknown ones are ignored."""
        if blocks in self._subscribers:
            self._subscribers.remove(blocks)

    def fail(self, error: VoiceError) -> None:
        """End all subscriptions with `error`. The ring is emptied: its sound no longer joins what comes next."""
        self._finish(error)

    def end(self) -> None:
        """End all subscriptions."""
        self._finish(None)

    def _finish(self, item: VoiceError | None) -> None:
        self._ring.clear()
        self._ring_bytes = 0
        self._meter = LevelMeter()
        self.zero_samples = 0
        for subscriber in tuple(self._subscribers):
            subscriber.put(item)
        self._subscribers.clear()

    def _last(self, seconds: float) -> tuple[bytes, ...]:
        missing = round(seconds * SAMPLE_RATE) * SAMPLE_BYTES
        taken: deque[bytes] = deque()
        for block in reversed(self._ring):
            if missing <= 0:
                break
            taken.appendleft(block[-missing:] if len(block) > missing else block)
            missing -= len(block)
        return tuple(taken)
