"""When a running answer counts as lost: the watch over what one node sends."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING

from app.errors import NodeLost
from app.events import TokenReceived

if TYPE_CHECKING:
    from app.cluster.client import NodeEvent

SILENCE_SECONDS = 10.0
"""Before the first token: nothing from the call for this long, and no heartbeat either, means lost."""
STALL_SECONDS = 1.0
LOCAL_STALL_SECONDS = 10.0
STALL_FACTOR = 5.0
"""After the first token: lost when the next takes longer than max(1 s, 5 × the slowest of a hundred so far).

This machine's own node gets 10 s: its death is noticed at once by its socket, and when it only pauses because all
cores are busy with something else, starting over would make it worse.
"""
INTERVALS = 256
OVERSLEPT_SECONDS = 0.1
"""Woken so much too late, this process was held up itself: what has arrived meanwhile is looked at first."""


def stall_after(intervals: Collection[float], *, local: bool = False) -> float:
    """Return the seconds after which a node that has begun to answer counts as lost; `intervals` between its tokens."""
    least = LOCAL_STALL_SECONDS if local else STALL_SECONDS
    if not intervals or STALL_FACTOR * max(intervals) <= least:  # the rule, before any sorting
        return least
    slow = sorted(intervals)[min(len(intervals) * 99 // 100, len(intervals) - 1)]
    return max(least, STALL_FACTOR * slow)


async def guarded(
    stream: AsyncGenerator[NodeEvent, None], silent: Callable[[], float], *, local: bool = False
) -> AsyncGenerator[NodeEvent, None]:
    """Pass events on; `silent` tells for how many seconds nothing else was heard of the node.

    The stream is closed in the end, whatever ends it: its node would go on for nobody.

    Raises:
        NodeLost: it stalls after its first token, or is silent before it.
    """
    intervals: deque[float] = deque(maxlen=INTERVALS)
    begun = False
    async with aclosing(stream):
        while True:
            asked = time.monotonic()
            event = await (_next(stream, stall_after(intervals, local=local)) if begun else _first(stream, silent))
            if event is None:
                return
            if isinstance(event, TokenReceived):
                # What a slow reader of ours takes between two tokens is no pause of the node's.
                if begun:
                    intervals.append(time.monotonic() - asked)
                begun = True
            yield event


async def _next(stream: AsyncIterator[NodeEvent], seconds: float) -> NodeEvent | None:
    """Return the next event, without a task of its own: that would cost more than all else done for a token."""
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds

    def expire() -> None:
        late = loop.time() - due > OVERSLEPT_SECONDS
        limit.reschedule(loop.time() + (OVERSLEPT_SECONDS if late else 0.0))

    try:
        async with asyncio.timeout(None) as limit:
            timer = loop.call_at(due, expire)
            try:
                return await _one(stream)
            finally:
                timer.cancel()
    except TimeoutError:
        raise NodeLost(f"No more text came for {seconds:.1f} s.") from None


async def _first(stream: AsyncIterator[NodeEvent], silent: Callable[[], float]) -> NodeEvent | None:
    """Return the next event before the first token, however long it takes while the node shows that it lives."""
    pending = asyncio.create_task(_one(stream))
    try:
        while not (await asyncio.wait({pending}, timeout=SILENCE_SECONDS))[0]:
            if silent() > SILENCE_SECONDS:
                raise NodeLost(f"Nothing came for {SILENCE_SECONDS:.0f} s, not even a sign of life.")
        return pending.result()
    finally:
        await _settled(pending)


async def _one(stream: AsyncIterator[NodeEvent]) -> NodeEvent | None:
    return await anext(stream, None)


async def _settled(task: asyncio.Task[NodeEvent | None]) -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # looked at here: when the session itself is being cancelled nobody else does
