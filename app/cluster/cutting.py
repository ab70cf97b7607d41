"""Where a long recording is cut into parts: at its quietest moments, found by loudness alone, always the same. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from nodeworker.protocol import SAMPLE_RATE

_SEARCHED = 0.2
"""Share of a part, at its end, in which the quietest moment is looked for."""
_FRAME = SAMPLE_RATE // 10
_QUIET_FRAMES = 5
"""How long a moment is: half a second."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a recording, in samples, and the SHA-256 of its sound (16 kHz mono PCM16)."""

    start: int
    samples: int
    sha256: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / SAMPLE_RATE


class Cutter:
    """Takes sound as it comes and gives parts; holds one part at most."""

    def __init__(self, part_seconds: float) -> None:
        """`part_seconds`: the longest part."""
        self._frames = max(2 * _QUIET_FRAMES, round(part_seconds * SAMPLE_RATE / _FRAME))
        self._held = bytearray()
        self._start = 0

    def cuts(self, block: bytes) -> bool:
        """Return whether taking it makes a part, which takes tens of milliseconds."""
        return (len(self._held) + len(block)) // 2 > self._frames * _FRAME

    def take(self, block: bytes) -> list[Part]:
        """Take sound; returns the parts that are whole now."""
        parts = []
        self._held += block
        while self.cuts(b""):
            parts.append(self._cut(self._quietest()))
        return parts

    def finish(self) -> list[Part]:
        """Return what is left."""
        left = len(self._held) // 2
        return [self._cut(left)] if left else []

    def _quietest(self) -> int:
        """Return the sample at which to cut: the middle of the quietest moment, the last of equal ones."""
        first = round(self._frames * (1 - _SEARCHED))
        samples = np.frombuffer(self._held, dtype="<i2", count=self._frames * _FRAME)[first * _FRAME :].astype(np.int64)
        energies = (samples * samples).reshape(-1, _FRAME).sum(axis=1)
        sums = np.concatenate([[0], np.cumsum(energies)])
        moments = sums[_QUIET_FRAMES:] - sums[:-_QUIET_FRAMES]
        last = len(moments) - 1 - int(np.argmin(moments[::-1]))
        return (first + last) * _FRAME + _QUIET_FRAMES * _FRAME // 2

    def _cut(self, samples: int) -> Part:
        sound = bytes(self._held[: 2 * samples])
        del self._held[: 2 * samples]
        part = Part(self._start, samples, hashlib.sha256(sound).hexdigest())
        self._start += samples
        return part
