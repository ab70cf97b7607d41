"""How often this desktop asks again: failed attempts may not become a storm that brings the rest of a cluster down."""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.1
"""Attempts beyond the first, for each request."""
PER_SECOND = 5.0
"""Allowed besides, so that a desktop with few requests can always ask again."""
MOST = 50.0
"""Saved up at most: all answers of a large node may move at once."""


class RetryBudget:
    """A token bucket over all requests of a desktop: each request adds a tenth of a retry, each second five.

    Handing over from a node that goes away in order, and going on on this machine, cost nothing: neither adds load to a
    cluster that is failing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin full; `clock` in seconds."""
        self._clock = clock
        self._left = MOST
        self._at = clock()

    @property
    def left(self) -> float:
        """Retries that may be made now; below 0: so many are waiting."""
        now = self._clock()
        self._left = min(MOST, self._left + PER_SECOND * (now - self._at))
        self._at = now
        return self._left

    def asked(self) -> None:
        """Note a new request."""
        self._left = min(MOST, self.left + SHARE)

    def spend(self) -> bool:
        """Take a retry if there is one now."""
        if self.left < 1.0:
            return False
        self._left -= 1.0
        return True

    def owe(self) -> float:
        """Take a retry in any case; returns the seconds after which it may be made."""
        self._left = self.left - 1.0
        return max(0.0, -self._left / PER_SECOND)
