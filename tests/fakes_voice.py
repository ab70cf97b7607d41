"""A microphone that plays prepared sound through the same ring, meter and subscriptions as the real one, and an ear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from app.errors import TangnetError, VoiceError
from app.thinking import Attended, Attention
from app.voice.audio_file import pcm_from_file
from app.voice.audio_input import BLOCK_SAMPLES, SAMPLE_BYTES, Blocks, Broadcast
from nodeworker.protocol import SAMPLE_RATE

BLOCK_BYTES = BLOCK_SAMPLES * SAMPLE_BYTES
BLOCK_SECONDS = BLOCK_SAMPLES / SAMPLE_RATE


class FakeMicrophone:
    """Implements AudioInput. Sound comes when the test says so: `feed` or `play`."""

    def __init__(self, *, latency: float = 0.0) -> None:
        self.latency = latency
        self.is_open = False
        self.opened = 0
        self._broadcast = Broadcast()

    @classmethod
    async def sound(cls, path: Path) -> bytes:
        """Return a file's sound as the microphone would bring it: whole blocks, padded with silence."""
        pcm = b"".join([block async for block in pcm_from_file(path)])
        return pcm + bytes(-len(pcm) % BLOCK_BYTES)

    @property
    def position(self) -> int:
        return self._broadcast.position

    @property
    def level(self) -> float:
        return self._broadcast.level

    def open(self) -> None:
        self.opened += not self.is_open
        self.is_open = True

    def blocks(self, before: float = 0.0) -> Blocks:
        return self._broadcast.subscribe(before)

    def close(self) -> None:
        self.is_open = False
        self._broadcast.end()

    def fail(self, error: VoiceError) -> None:
        """The device goes away."""
        self.is_open = False
        self._broadcast.fail(error)

    def feed(self, pcm: bytes) -> None:
        """Deliver sound now, in blocks of 512 samples."""
        for start in range(0, len(pcm), BLOCK_BYTES):
            self._broadcast.feed(pcm[start : start + BLOCK_BYTES])

    async def play(self, pcm: bytes, *, speed: float = 1.0) -> None:
        """Deliver sound block by block, `speed` times as fast as life; 0 takes only a turn of the loop a block."""
        for start in range(0, len(pcm), BLOCK_BYTES):
            self._broadcast.feed(pcm[start : start + BLOCK_BYTES])
            await asyncio.sleep(BLOCK_SECONDS / speed if speed else 0)

    async def silence(self, seconds: float) -> None:
        """Deliver silence at once, with a turn of the loop for each block."""
        await self.play(bytes(round(seconds / BLOCK_SECONDS + 0.5) * BLOCK_BYTES), speed=0)


class FakeAttendant:
    """Notices what the test tells it to, when that much sound has come."""

    def __init__(self, *events: Attended) -> None:
        self.coming: list[Attended] = list(events)
        """In the order of their times; may grow."""
        self.asked: list[tuple[str, float]] = []
        """Wake word and threshold of each call."""
        self.failure: TangnetError | None = None
        """Raised by the next call."""
        self.now = 0.0
        self.wake = 0.0
        """Score of each window."""
        self.away = False
        """Sound is taken, and nothing is told of it."""
        self.moved = asyncio.Event()
        """Set with each block."""

    async def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        self.asked.append((wake_word, threshold))
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        self.now = 0.0
        async for block in audio:
            self.now += len(block) / SAMPLE_BYTES / SAMPLE_RATE
            if not self.away:
                yield Attention(self.now, 0.0, self.wake)
            while self.coming and self.coming[0].at <= self.now:
                yield self.coming.pop(0)
            self.moved.set()

    def tell(self, events: Sequence[Attended]) -> None:
        """Notice these, too."""
        self.coming.extend(events)
