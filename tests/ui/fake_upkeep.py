"""The last hour of scripted nodes, and what was done with them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.cluster.history import Moment, Past
from app.errors import NodeError
from app.events import NodeInfo


@dataclass
class ScriptedUpkeep:
    """Does as it is told."""

    past: Past = field(default_factory=Past)
    rested: list[tuple[str, bool]] = field(default_factory=list)
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    taken: int = 0
    """Tokens that were made."""
    refuses: NodeError | None = None
    asked: int = 0
    """How often somebody looked at the past."""

    async def history(self) -> Past:
        self.asked += 1
        return self.past

    async def take_in(self, *, hours: float = 24.0) -> str:
        self.taken += 1
        return f"tangnet-join-{self.taken}"

    async def let_in(self, *, always: bool = False) -> bool:
        return bool(self.taken)

    async def rest(self, id: str, resting: bool) -> NodeInfo:
        if self.refuses is not None:
            raise self.refuses
        self.rested.append((id, resting))
        return NodeInfo("", id, "", "", True, "draining" if resting else "ready", resting=resting)

    async def relabel(self, id: str, name: str, zone: str) -> NodeInfo:
        self.labels.append((id, name, zone))
        return NodeInfo(name, id, "", zone, True, "ready")


def hour(nodes: Sequence[NodeInfo], now: float | None = None, *, steps: int = 1800) -> Past:
    """Return an hour as a busy cluster has it: waves of work, one node lost for a while, a slow minute."""
    end = time.monotonic() if now is None else now
    known = [node for node in nodes if node.trusted or node.local]
    moments = []
    for step in range(steps):
        busy = 0.5 + 0.4 * math.sin(step / 90) + 0.1 * math.sin(step / 7)
        lost = 1 if 700 < step < 900 else 0
        rate = busy * sum(node.decode_rate for node in known)
        at, active, queued = end - 2.0 * (steps - step), round(busy * len(known)), max(0, round(6 * busy - 3))
        moments.append(Moment(at, rate, active, queued, len(known) - lost, len(known)))
    firsts = tuple(
        (end - 9.0 * (400 - at), 260.0 + 90 * math.sin(at / 11) + (0.0 if at % 53 else 1900.0)) for at in range(400)
    )
    rates = {
        node.id: tuple(
            None
            if node.state == "unreachable" and at > 60
            else max(0.0, node.decode_rate * (0.5 + 0.5 * math.sin(at / 6 + place)))
            for at in range(90)
        )
        for place, node in enumerate(known)
    }
    return Past(tuple(moments), firsts, rates)
