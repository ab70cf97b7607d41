"""What a cluster of simulated nodes could do at best, in virtual time: clients that ask again at once, and an oracle.

The oracle knows what no router can: every queue at every moment and the length of every answer. Each node makes one
answer at a time, first come, first served, so the end of a new answer on each node is known exactly; it is given to the
node where it ends first. Nothing takes any time but reading and writing.
"""

from __future__ import annotations

import heapq
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
    tokens: int


def served_best(
    nodes: Sequence[Speed], clients: int, work: Callable[[int], Work], seconds: float, *, ramp: float = 0.0
) -> list[Served]:
    """Simulate `clients` that ask for `seconds`, one request at a time each; they begin within `ramp` seconds.

    `work` tells the tokens of request 0, 1, 2, …
    """
    free = [0.0] * len(nodes)
    asking = [(ramp * number / clients, number) for number in range(clients)]
    heapq.heapify(asking)
    served: list[Served] = []
    while asking[0][0] < seconds:
        now, client = heapq.heappop(asking)
        one = work(len(served))
        ended, place = min(
            (max(now, free[place]) + one.prompt / node.read + one.answer / node.write, place)
            for place, node in enumerate(nodes)
        )
        first = max(now, free[place]) + one.prompt / nodes[place].read + 1 / nodes[place].write
        free[place] = ended
        served.append(Served(now, first, ended, one.answer))
        heapq.heappush(asking, (ended, client))
    return served
