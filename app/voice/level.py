"""Pure: how loud a block of sound is, and the smoothing that makes a level meter pleasant to look at."""

from __future__ import annotations

import math
from array import array
from operator import mul

FLOOR_DB = -60.0
"""What the meter shows as nothing, in dB relative to full scale; a quiet room lies near it."""
_FULL_SCALE = 32768.0


def loudness(block: bytes) -> float:
    """Return the RMS level of PCM16 sound in dB relative to full scale; -inf for silence and for no samples."""
    samples = array("h", block[: len(block) // 2 * 2])
    energy = sum(map(mul, samples, samples))
    if not energy:
        return -math.inf
    return 10.0 * math.log10(energy / len(samples) / _FULL_SCALE**2)


def meter_position(decibels: float) -> float:
    """Map dB relative to full scale onto 0…1: FLOOR_DB and less is 0, full scale is 1."""
    return min(1.0, max(0.0, 1.0 - decibels / FLOOR_DB)) if decibels > FLOOR_DB else 0.0


class LevelMeter:
    """Rises at once and falls slowly, as meters on recorders do: a syllable stays visible."""

    def __init__(self, fall_seconds: float = 0.3) -> None:
        """`fall_seconds`: time in which the shown level falls to a third (1/e)."""
        self._fall = fall_seconds
        self.level = 0.0
        """What to show now, 0…1."""

    def update(self, position: float, seconds: float) -> float:
        """Take in a new position (0…1) that covers `seconds`; return the level to show."""
        fallen = self.level * math.exp(-seconds / self._fall)
        self.level = max(position, fallen if fallen > 0.001 else 0.0)
        return self.level
