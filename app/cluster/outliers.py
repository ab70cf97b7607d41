"""Nodes that can be reached and yet fail what they are given: asked last for a while, at most a tenth of all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

OUTCOMES = 20
"""The last so many of a node count."""
LEAST_OUTCOMES = 5
WORST = 0.5
"""Share of failures from which on a node is set aside."""
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
CALM = 10
"""Successes in a row after which earlier troubles are forgotten."""
MOST_SHARE = 10
"""At most one node in so many is set aside; one in a smaller cluster."""


@dataclass(slots=True)
class _Record:
    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=OUTCOMES))
    times: int = 0
    """How often it was set aside."""
    until: float = 0.0
    calm: int = 0


class Outliers:
    """Error rates of nodes, by id. A node set aside stays the last resort, and is tried again when its time is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._clock = clock
        self._records: dict[str, _Record] = {}

    def note(self, id: str, *, failed: bool) -> None:
        """Note how an attempt on a node ended. It is set aside for 0.5 s × 2ⁿ, at most 30 s, when too many fail."""
        record = self._records.setdefault(id, _Record())
        record.outcomes.append(failed)
        record.calm = 0 if failed else record.calm + 1
        if record.calm >= CALM:
            record.times = 0
        tried = len(record.outcomes) >= LEAST_OUTCOMES or record.times > 0
        if failed and tried and sum(record.outcomes) > WORST * len(record.outcomes):
            record.until = self._clock() + min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(record.times, 16))
            record.times += 1
            record.outcomes.clear()

    def aside(self, nodes: Collection[str]) -> frozenset[str]:
        """Return which of `nodes` to ask last now: those longest to stay aside, at most a tenth of all."""
        now = self._clock()
        bad = [id for id in nodes if id in self._records and self._records[id].until > now]
        bad.sort(key=lambda id: (-self._records[id].until, id))
        return frozenset(bad[: max(1, len(nodes) // MOST_SHARE)])
