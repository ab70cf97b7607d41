"""Waiting for a node with a limit, on a machine that may itself be held up.

A busy desktop, or one that was suspended, finds its timers due before it has read what came meanwhile. Whoever is late
himself calls nobody else late: the wait goes on for a moment, so that what lies in the socket can be seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

OVERSLEPT_SECONDS = 0.1
"""A timer that comes so much later than it was set for tells of this machine; it is set again, by as much."""
MOST_SECONDS = 5.0
"""What that adds to one wait at most."""


async def patiently(seconds: float, work: Awaitable[T]) -> T:
    """Await `work` for so many seconds. Raises TimeoutError; `work` is cancelled then."""
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    latest = due + MOST_SECONDS
    timer: asyncio.TimerHandle

    def expire(due: float) -> None:
        nonlocal timer
        now = loop.time()
        if now - due > OVERSLEPT_SECONDS and now < latest:
            timer = loop.call_at(now + OVERSLEPT_SECONDS, expire, now + OVERSLEPT_SECONDS)
        else:
            limit.reschedule(now)

    async with asyncio.timeout(None) as limit:
        timer = loop.call_at(due, expire, due)
        try:
            return await work
        finally:
            timer.cancel()
