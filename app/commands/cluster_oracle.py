"""What a cluster of paced nodes could do at best, in virtual time: clients that ask again at once, and an oracle.

The oracle knows what no router can: every queue at every moment and the length of every answer. Each node makes one
answer at a time, first come, first served, so the finish of a new answer on each node is known exactly; it is given to
the node where it ends first. Nothing takes any time but reading and writing.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens/s of one node."""

    write: float
    read: float


@dataclass(frozen=True, slots=True)
class Work:
    """Tokens of one request."""

    prompt: int
    answer: int


@dataclass(frozen=True, slots=True)
class Served:
    """When one request was made, began to show text, and ended; seconds."""

    asked: float
    first: float
    ended: float
    node: int
    tokens: int


def best(
    nodes: Sequence[Speed], clients: int, work: Callable[[int], Work], seconds: float, *, ramp: float = 0.0
) -> list[Served]:
    """Simulate `clients` that ask for `seconds`, one request at a time each; they begin within `ramp` seconds.

    `work` tells the tokens of request 0, 1, 2, …
    """
    free = [0.0] * len(nodes)
    asking = [(ramp * number / clients, number) for number in range(clients)]
    heapq.heapify(asking)
    served: list[Served] = []
    for number in itertools.count():
        now, client = heapq.heappop(asking)
        if now >= seconds:
            return served
        one = work(number)
        ends = [
            (max(now, free[place]) + one.prompt / node.read + one.answer / node.write, place)
            for place, node in enumerate(nodes)
        ]
        ended, place = min(ends)
        first = max(now, free[place]) + one.prompt / nodes[place].read + 1 / nodes[place].write
        free[place] = ended
        served.append(Served(now, first, ended, place, one.answer))
        heapq.heappush(asking, (ended, client))
    raise AssertionError("unreachable")
