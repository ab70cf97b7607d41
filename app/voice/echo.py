"""Taking the program's own voice out of what the microphone hears, where what is played is known. Pure numbers.

A Kalman filter in the frequency domain over partitions of time (Enzner and Vary, 2006): it learns how the room carries
the loudspeaker to the microphone, finds its own step, and stands still while somebody speaks into it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
STEP = 256
"""Samples (16 ms at 16 kHz) that are worked on at once."""
REACH_SECONDS = 0.4
"""How late the last of an echo may come after what was played."""
_KEEPS = 0.9995
"""How much of what was learnt still holds in the next step: rooms change."""
_SMOOTH = 0.9
_FIRST_DOUBT = 0.05
"""Of each partition: rooms carry less, and what is doubted is learnt soon."""
_TINY = 1e-10


class EchoCanceller:
    """16 kHz sound in steps of STEP samples, 1.0 = full scale. Both sounds have one clock, the played one is first."""

    def __init__(self, reach: float = REACH_SECONDS) -> None:
        """`reach`: seconds between what is played and the last of its echo."""
        self._parts = round(reach * 16_000 / STEP)
        shape = (self._parts, STEP + 1)
        self._played: NDArray[np.complex64] = np.zeros(shape, np.complex64)
        self._room: NDArray[np.complex64] = np.zeros(shape, np.complex64)
        self._doubt: NDArray[np.float32] = np.full(shape, _FIRST_DOUBT, np.float32)
        self._other: NDArray[np.float32] = np.zeros(STEP + 1, np.float32)
        self._last: Samples = np.zeros(STEP, np.float32)

    def take(self, heard: Samples, played: Samples) -> tuple[Samples, Samples]:
        """Return what is left of `heard`, and the echo that was taken out of it; all STEP samples long."""
        both: Any = np.concatenate((self._last, played))
        self._last = played
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(both)
        echo = np.fft.irfft((self._room * self._played).sum(axis=0))[STEP:].astype(np.float32)
        left = heard - echo
        self._learn(left)
        if float(left @ left) > float(heard @ heard):  # it does not know the room yet, and would add to the echo
            return heard, np.zeros_like(heard)
        return left, echo

    def _learn(self, left: Samples) -> None:
        error = np.fft.rfft(np.concatenate((np.zeros(STEP, np.float32), left))).astype(np.complex64)
        self._other = (_SMOOTH * self._other + (1 - _SMOOTH) * np.abs(error) ** 2).astype(np.float32)
        power = np.abs(self._played) ** 2
        gain = self._doubt / ((power * self._doubt).sum(axis=0) + 2 * self._other + _TINY)
        self._room += gain * self._played.conj() * error
        self._doubt = _KEEPS**2 * (1 - 0.5 * gain * power) * self._doubt + (1 - _KEEPS**2) * np.abs(self._room) ** 2
        shape = np.fft.irfft(self._room, axis=1)
        shape[:, STEP:] = 0.0
        self._room = np.fft.rfft(shape, axis=1).astype(np.complex64)
