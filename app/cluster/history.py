"""What the cluster did in the last hour: tokens a second, queue, first tokens, who could be reached; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.events import NodeInfo

STEP_SECONDS = 2.0
"""Between two looks."""
KEEP_SECONDS = 3600.0
NODE_STEPS = 90
"""Looks that are kept of each node: three minutes."""
FRESH_SECONDS = 16.0
"""What a node said longer ago says nothing of now."""
MOST_FIRSTS = 20_000
MOST_NODES = 512
_STATES = ("ready", "busy", "loading", "draining")


@dataclass(frozen=True, slots=True)
class Moment:
    """The whole cluster at one time."""

    at: float
    """Seconds; of the clock that `History.look` is given."""
    tokens_per_second: float
    active: int
    """Answers being made."""
    queued: int
    """Answers waiting on nodes."""
    reached: int
    """Nodes that told their load, of those that this machine is paired with and itself."""
    known: int


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the last hour, oldest first."""

    moments: tuple[Moment, ...] = ()
    firsts: tuple[tuple[float, float], ...] = ()
    """When the first token of an answer for this machine came, and the milliseconds that were waited for it."""
    rates: Mapping[str, tuple[float | None, ...]] | None = None
    """Tokens a second of each node at the last looks, by id; None where it said nothing."""

    def since(self, at: float) -> Past:
        """Return the part from `at` on; rates are left as they are."""
        return Past(
            tuple(moment for moment in self.moments if moment.at >= at),
            tuple(first for first in self.firsts if first[0] >= at),
            self.rates,
        )

    @property
    def availability(self) -> float | None:
        """Share of all nodes that could be reached, over the whole time, 0 to 1; None: nothing is known."""
        known = sum(moment.known for moment in self.moments)
        return sum(moment.reached for moment in self.moments) / known if known else None


class History:
    """Looks at the nodes now and then. Use it in one thread."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=round(KEEP_SECONDS / STEP_SECONDS))
        self._firsts: deque[tuple[float, float]] = deque(maxlen=MOST_FIRSTS)
        self._rates: dict[str, deque[float | None]] = {}
        self._made: dict[str, tuple[int, float]] = {}
        """Tokens that each node had made, and when it said so."""

    def look(self, nodes: Sequence[NodeInfo], now: float) -> None:
        """Note how it is now; `now` is of the clock of `NodeInfo.seen_at`."""
        mine = [node for node in nodes if node.trusted or node.local][:MOST_NODES]
        rates = {node.id: self._rate(node, now) for node in mine}
        for gone in self._rates.keys() - rates.keys():
            del self._rates[gone]
            self._made.pop(gone, None)
        for id, rate in rates.items():
            self._rates.setdefault(id, deque(maxlen=NODE_STEPS)).append(rate)
        # This machine's own node starts when it is needed: it counts once it does.
        counted = [node for node in mine if not node.local or node.state != "stopped"]
        answering = [node for node in counted if _answers(node, now)]
        self._moments.append(
            Moment(
                now,
                sum(rate for rate in rates.values() if rate),
                sum(node.active for node in answering),
                sum(node.queued for node in answering),
                len(answering),
                len(counted),
            )
        )

    def first_token(self, milliseconds: float, now: float) -> None:
        """Note how long somebody waited for the first word of an answer."""
        self._firsts.append((now, milliseconds))

    def past(self, now: float) -> Past:
        """Return what is known of the last hour."""
        while self._firsts and self._firsts[0][0] < now - KEEP_SECONDS:
            self._firsts.popleft()
        while self._moments and self._moments[0].at < now - KEEP_SECONDS:
            self._moments.popleft()
        rates = {id: tuple(known) for id, known in self._rates.items()}
        return Past(tuple(self._moments), tuple(self._firsts), rates)

    def _rate(self, node: NodeInfo, now: float) -> float | None:
        """Tokens a second since the last look, None where nothing is known of that time."""
        if not _answers(node, now):
            self._made.pop(node.id, None)
            return None
        before = self._made.get(node.id)
        self._made[node.id] = (node.tokens_made, node.seen_at)
        if not node.tokens_made:  # a node of an older version: as fast as it says, while it answers
            return node.decode_rate if node.active else 0.0
        if before is None:
            return None
        made, at = before
        if node.seen_at <= at:  # nothing new was said
            if not node.active:  # a node at rest says so at once when it makes anything
                self._made[node.id] = (made, now)
                return 0.0
            self._made[node.id] = before
            return self._rates[node.id][-1] if self._rates.get(node.id) else None
        return (node.tokens_made - made) / (node.seen_at - at) if node.tokens_made >= made else None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of `values` do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * (len(ordered) - 1))))]


def by_time(firsts: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float, float, int]]:
    """Return the middle of each stretch of `width` seconds with first tokens, their p50 and p99 in ms, and how many."""
    stretches: dict[int, list[float]] = {}
    for at, milliseconds in firsts:
        stretches.setdefault(int(at // width), []).append(milliseconds)
    return [
        ((number + 0.5) * width, percentile(values, 0.5), percentile(values, 0.99), len(values))
        for number, values in sorted(stretches.items())
    ]


def _answers(node: NodeInfo, now: float) -> bool:
    return node.state in _STATES and (not node.seen_at or now - node.seen_at < FRESH_SECONDS)
