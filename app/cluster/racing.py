"""The race for a first token: when the chosen node is late, an idle one starts too, and the loser is told to stop.

Only until the first token: after it the reader is being served, and a second answer would be wasted work.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.cluster.routing import Choice
from app.errors import NodeError, NodeLost
from app.events import Generated, ModelInfo, NodeInfo, TokenReceived

if TYPE_CHECKING:
    from app.cluster.client import NodeEvent

LATE_SECONDS = 1.0
LATE_FACTOR = 2.0
"""Late is who needs more than max(1 s, twice the predicted time) to its first token."""


@dataclass(slots=True, eq=False)
class Lane:
    """One attempt on one node."""

    choice: Choice
    node: NodeInfo
    """As it was when the attempt began."""
    model: ModelInfo
    events: AsyncGenerator[NodeEvent, None]
    began: float = field(default_factory=time.monotonic)


Laned = tuple[Lane, "NodeEvent"]
Rival = Callable[[Lane], Awaitable[Lane | None]]
"""Start the answer on an idle node too; None when there is none, or no budget for it."""
Lost = Callable[[Lane, NodeError], None]
"""Told of a lane that failed while the other goes on."""


def late_after(choice: Choice) -> float:
    """Return the seconds after which a chosen node without a first token is late."""
    return max(LATE_SECONDS, LATE_FACTOR * choice.prediction.first_ms / 1000.0)


def is_idle(node: NodeInfo) -> bool:
    """Tell whether a node has nothing to do, so that trying it costs nobody anything."""
    return node.state == "ready" and not node.active and not node.queued


async def alone(lane: Lane) -> AsyncGenerator[Laned, None]:
    """Yield the events of a lane without a rival. Raises NodeError."""
    async with aclosing(lane.events) as events:
        async for event in events:
            yield lane, event
    raise _ended(lane)


async def race(first: Lane, late: float, rival: Rival, lost: Lost) -> AsyncGenerator[Laned, None]:
    """Yield events of `first`, or after a first token elsewhere those of its rival; of one answer only, then.

    `late`: seconds after which `rival` is asked. Raises NodeError when the last lane fails, or the request is wrong.
    """
    running = {_next(first): first}
    lanes = [first]
    asked = False
    try:
        while True:
            patience = None if asked else max(0.0, first.began + late - time.monotonic())
            done, _ = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                asked = True
                other = await rival(first)
                if other is not None:
                    lanes.append(other)
                    running[_next(other)] = other
                continue
            for task in sorted(done, key=lambda task: lanes.index(running[task])):
                lane = running.pop(task)
                try:
                    event = task.result()
                    if event is None:
                        raise _ended(lane)
                except NodeError as error:
                    if not running or not error.retryable:
                        raise
                    lost(lane, error)
                    continue
                if isinstance(event, TokenReceived | Generated):
                    await _stop(running, [other for other in lanes if other is not lane])
                    yield lane, event
                    async with aclosing(alone(lane)) as rest:
                        async for item in rest:
                            yield item
                    return
                if lane is first or not running:
                    yield lane, event
                running[_next(lane)] = lane
    finally:
        await _stop(running, lanes)


def _next(lane: Lane) -> asyncio.Task[NodeEvent | None]:
    async def one() -> NodeEvent | None:
        return await anext(lane.events, None)

    return asyncio.create_task(one())


async def _stop(running: dict[asyncio.Task[NodeEvent | None], Lane], lanes: list[Lane]) -> None:
    """End the calls of `lanes`: their nodes stop at their next step."""
    ending = [task for task, lane in running.items() if lane in lanes]
    for task in ending:
        task.cancel()
    if ending:
        await asyncio.wait(ending)  # cancelled meanwhile, the next `_stop` finds them still there
    for task in ending:
        del running[task]
        if not task.cancelled():
            task.exception()  # looked at, and of no interest: this lane has lost
    for lane in lanes:
        with contextlib.suppress(NodeError):
            await lane.events.aclose()


def _ended(lane: Lane) -> NodeLost:
    return NodeLost(f"{lane.node.name} ended the answer without saying why.")
