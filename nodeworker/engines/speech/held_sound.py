"""HeldSound: sound that came in and has not been read for good yet, with the speech that a detector finds in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from nodeworker.engines import SpeechEnded, SpeechStarted
from nodeworker.engines.speech.speech_bounds import WINDOW, Pause, Span, SpeechBounds, pauses
from nodeworker.protocol import SAMPLE_RATE

PAD = 12
"""Windows (0.38 s) kept on both sides of speech: soft beginnings lie outside what the detector sees, and half as much
made a quarter more word errors."""
_PIECE = 2 * 30 * SAMPLE_RATE
"""Bytes of a block that are looked at together: a giant block must not cost a giant array."""
_STATE = (1, 1, 128)
_CONTEXT = 64
"""Samples before a window that the detector sees with it."""


class Detector(Protocol):
    """Tells speech from everything else."""

    def probabilities(self, sound: Any, state: tuple[Any, Any], context: Any) -> tuple[Any, tuple[Any, Any]]:
        """Return speech probability for each window of `sound` (float32, whole windows), and the next state."""
        ...


class HeldSound:
    """Sound from `offset` on. All positions are windows of 32 ms, counted from the beginning of the recording."""

    def __init__(self, detector: Detector) -> None:
        self.bounds = SpeechBounds()
        self.samples = 0
        """Samples that came in altogether."""
        self.offset = 0
        """Where the held sound begins."""
        self._detector = detector
        self._pcm = bytearray()
        self._odd = b""
        self._probabilities: list[float] = []
        self._state = (np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32))
        self._context = np.zeros(_CONTEXT, np.float32)

    @property
    def end(self) -> int:
        """The window after the last one that the detector has heard."""
        return self.offset + len(self._probabilities)

    @property
    def seconds(self) -> float:
        """Length of all sound that came in."""
        return self.samples / SAMPLE_RATE

    def take(self, block: bytes, *, last: bool = False) -> list[SpeechStarted | SpeechEnded]:
        """Hold new sound and let the detector hear its whole windows; `last` fills the end up with silence.

        A block may end within a sample: the other byte is taken from the next one. A single byte at the end of all
        is no sound and is dropped.
        """
        events: list[SpeechStarted | SpeechEnded] = []
        block = self._odd + block
        whole = len(block) // 2 * 2
        self._odd = block[whole:]
        self.samples += whole // 2
        for start in range(0, whole, _PIECE):
            self._pcm += block[start : min(start + _PIECE, whole)]
            events += self._detect()
        if last and len(self._pcm) % (2 * WINDOW):
            self._pcm += bytes(-len(self._pcm) % (2 * WINDOW))
            events += self._detect()
        if last:
            events += self.bounds.finish()
        return events

    def sound(self, start: int, end: int) -> Any:
        """Return the sound of these windows as float32 between -1 and 1."""
        first = 2 * WINDOW * (start - self.offset)
        pcm = bytes(self._pcm[first : 2 * WINDOW * (end - self.offset)])
        return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0

    def speech(self, start: int | None = None, end: int | None = None) -> list[Span]:
        """Return the speech between two windows, the lasting one included."""
        return self.bounds.speech_between(self.offset if start is None else start, self.end if end is None else end)

    def pauses(self, start: int, end: int) -> list[Pause]:
        """Return the pauses between two windows, the short ones within speech too."""
        start, end = max(start, self.offset), min(end, self.end)
        return pauses(self._probabilities[start - self.offset : end - self.offset], start)

    def loudness(self, start: int, end: int) -> Sequence[float]:
        """Return the probabilities of these windows."""
        return self._probabilities[start - self.offset : end - self.offset]

    def forget(self, before: int) -> None:
        """Drop the sound before this window."""
        count = min(before, self.end) - self.offset
        if count > 0:
            del self._pcm[: 2 * WINDOW * count]
            del self._probabilities[:count]
            self.offset += count
            self.bounds.forget(self.offset)

    def forget_silence(self) -> None:
        """Drop what holds no speech, but for a moment before now in which speech may be beginning."""
        recent = self._probabilities[-2 * PAD :]
        if len(self._probabilities) > 3 * PAD and max(recent) < 0.35 and not self.speech():
            self.forget(self.end - 2 * PAD)

    def _detect(self) -> list[SpeechStarted | SpeechEnded]:
        sound = self.sound(self.end, self.offset + len(self._pcm) // (2 * WINDOW))
        if not len(sound):
            return []
        found, self._state = self._detector.probabilities(sound, self._state, self._context)
        self._context = sound[-_CONTEXT:]
        new = [float(value) for value in found]
        self._probabilities += new
        return self.bounds.feed(new)


def gathered(audio: Iterator[bytes], least: int) -> Iterator[bytes]:
    """Yield blocks of at least `least` bytes, the last one excepted: the detector is quicker with many windows."""
    pending: list[bytes] = []
    waiting = 0
    for block in audio:
        pending.append(block)
        waiting += len(block)
        if waiting >= least:
            yield b"".join(pending)
            pending, waiting = [], 0
    if pending:
        yield b"".join(pending)
