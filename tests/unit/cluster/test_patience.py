"""A wait ends when its time is over, and not because this machine itself was held up."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.cluster.patience import patiently


async def test_what_comes_in_time_is_returned_and_what_does_not_is_cancelled() -> None:
    assert await patiently(60.0, asyncio.sleep(0, "report")) == "report"
    never = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await patiently(0.01, never)
    assert never.cancelled()


async def test_a_machine_that_was_held_up_reads_what_came_meanwhile_first() -> None:
    """The timer is long due when the loop goes on; what came needs some rounds of the loop to reach the waiter."""
    came = asyncio.Event()

    async def some_rounds_later() -> str:
        await came.wait()
        for _ in range(20):
            await asyncio.sleep(0)
        return "report"

    def held_up() -> None:
        time.sleep(0.4)  # what holds a loop up: no await
        came.set()

    asyncio.get_running_loop().call_soon(held_up)
    assert await patiently(0.1, some_rounds_later()) == "report"


async def test_who_is_cancelled_is_cancelled_and_errors_pass() -> None:
    waiting = asyncio.create_task(patiently(60.0, asyncio.Event().wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    async def fails() -> None:
        raise KeyError("node")

    with pytest.raises(KeyError):
        await patiently(60.0, fails())
