"""How fast the queue goes and how long it will take: learned from what was read and embedded. Pure; time is given."""

from __future__ import annotations

import math
import os
from collections import Counter, deque
from collections.abc import Iterable

WINDOW_SECONDS = 30.0
"""The rate is that of the last so many seconds, pauses left out."""
_LEAST_SECONDS = 1.0
"""Before that much work nothing is told."""
_PRIOR_BYTES = 20_000
"""A format's own share of chunks counts as much as that of all formats once so many bytes of it were read."""
_SETTLING_SECONDS = 4.0
"""A new estimate has replaced two thirds of the shown one after so long."""


class Course:
    """Estimates of one course of the queue, from the first file to the last."""

    def __init__(self) -> None:
        self._unread: Counter[str] = Counter()
        """Bytes of files that wait to be read, by extension."""
        self._bytes: Counter[str] = Counter()
        self._chunks: Counter[str] = Counter()
        self._reading_seconds = 0.0
        self._begun: deque[tuple[float, float]] = deque()
        """Working time and chunks embedded by then, of the last WINDOW_SECONDS."""
        self._worked = 0.0
        self._embedded = 0.0
        self._last: float | None = None
        self._shown: tuple[float, float] | None = None

    def waits(self, path: str, size: int) -> None:
        """Note a file that is to be read; `size` in bytes."""
        self._unread[_kind(path)] += size + 1

    def leaves(self, path: str, size: int) -> None:
        """Note that a file is not to be read any more."""
        self._unread[_kind(path)] = max(0, self._unread[_kind(path)] - size - 1)

    def read(self, path: str, size: int, chunks: int, seconds: float) -> None:
        """Note how many chunks of a file are to be embedded, and how long it took to read and cut it."""
        self._bytes[_kind(path)] += size + 1
        self._chunks[_kind(path)] += chunks
        self._reading_seconds += seconds

    def works(self, now: float) -> None:
        """Note that work is going on at `now`, in seconds; what lies between `rests` and this does not count."""
        if self._last is None:
            self._last = now
            self._begun.append((self._worked, self._embedded))

    def rests(self, now: float) -> None:
        """Note that nothing goes on from now."""
        self._pass(now)
        self._last = None

    def embedded(self, now: float, chunks: int) -> None:
        """Note chunks whose vectors have come."""
        self.works(now)
        self._pass(now)
        self._embedded += chunks
        self._begun.append((self._worked, self._embedded))
        while len(self._begun) > 2 and self._begun[1][0] < self._worked - WINDOW_SECONDS:
            self._begun.popleft()

    def rate(self, now: float) -> float:
        """Return chunks/s of the last half minute of work; 0 = not known yet."""
        worked = self._worked + (now - self._last if self._last is not None else 0.0)
        since, before = self._begun[0] if self._begun else (worked, 0.0)
        span = worked - since
        # Chunks come in batches: what is under way now has no part in the time that the last batch took.
        if self._begun and self._begun[-1][0] - since >= _LEAST_SECONDS:
            quiet = worked - self._begun[-1][0]
            span = self._begun[-1][0] - since if quiet < 0.2 * span else span
        return (self._embedded - before) / span if span >= _LEAST_SECONDS else 0.0

    def chunks_to_come(self, unread: Iterable[tuple[str, int]] | None = None) -> float:
        """Return how many chunks unread files will give, by what files of their kinds gave so far.

        Args:
            unread: Paths and sizes; None = all that wait.
        """
        total_bytes = sum(self._bytes.values())
        everywhere = sum(self._chunks.values()) / total_bytes if total_bytes else 0.0
        waiting = self._unread if unread is None else _by_kind(unread)
        return sum(
            size * (self._chunks[kind] + _PRIOR_BYTES * everywhere) / (self._bytes[kind] + _PRIOR_BYTES)
            for kind, size in waiting.items()
        )

    def seconds(
        self, now: float, missing: int, readers: int = 1, unread: Iterable[tuple[str, int]] | None = None
    ) -> float | None:
        """Return the seconds that are left, by chunks to embed and bytes to read; None: not known yet.

        Args:
            now: Seconds, of the clock of the other calls.
            missing: Chunks of files that have been read and that have no vectors yet.
            readers: Files that are read at once.
            unread: Paths and sizes; None = all that wait.
        """
        waiting = sum(self._unread.values()) if unread is None else sum(_by_kind(unread).values())
        if not self._bytes or (self._reading_seconds + self._worked) < _LEAST_SECONDS:
            return None
        reading = waiting * self._reading_seconds / sum(self._bytes.values()) / readers
        chunks = missing + self.chunks_to_come(unread)
        rate = self.rate(now)
        if chunks >= 1 and rate <= 0:
            return None
        return max(reading, chunks / rate if chunks >= 1 else 0.0)

    def seconds_left(self, now: float, missing: int, readers: int = 1) -> float | None:
        """Return `seconds`, smoothed so that it runs like a clock and does not jump."""
        estimate = self.seconds(now, missing, readers)
        if estimate is None:
            self._shown = None
            return None
        if self._shown is None:
            shown = estimate
        else:
            passed = now - self._shown[0]
            running = max(0.0, self._shown[1] - passed)
            shown = running + (estimate - running) * (1 - math.exp(-passed / _SETTLING_SECONDS))
        self._shown = (now, shown)
        return round(shown, 1)

    def _pass(self, now: float) -> None:
        if self._last is not None:
            self._worked += max(0.0, now - self._last)
            self._last = now


def _kind(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _by_kind(unread: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, size in unread:
        found[_kind(path)] += size + 1
    return found
