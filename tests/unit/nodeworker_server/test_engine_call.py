"""A call in an engine's process as its reader sees it, and why a process ended."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from nodeworker.errors import BadRequest, EngineError
from nodeworker.hosting.engine_call import MOST_WAITING, Running
from nodeworker.hosting.engine_process import why_ended


class Call:
    """A call, and how often the engine was told to stop it."""

    def __init__(self) -> None:
        self.stops = 0
        self.cancelled = threading.Event()
        self.running: Running[int] = Running((int,), self.cancelled, self._stop)

    def _stop(self, running: Running[int]) -> None:
        self.stops += 1

    async def read(self) -> list[list[int]]:
        return [batch async for batch in self.running.batches()]


async def test_what_waited_together_comes_together() -> None:
    call = Call()
    call.running.put([1])
    call.running.put([2, 3])
    reading = asyncio.create_task(call.read())
    await asyncio.sleep(0)
    call.running.put([4])
    call.running.put([5])
    call.running.end()
    assert await reading == [[1, 2, 3], [4, 5]]
    assert call.stops == 0


async def test_an_error_comes_after_what_was_made() -> None:
    call = Call()
    call.running.put([1])
    call.running.failed = EngineError("lost")
    call.running.end()
    batches = call.running.batches()
    assert await anext(batches) == [1]
    with pytest.raises(EngineError, match="lost"):
        await anext(batches)


async def test_leaving_stops_the_engine_once() -> None:
    call = Call()
    call.running.put([1])
    batches = call.running.batches()
    assert await anext(batches) == [1]
    await batches.aclose()
    call.running.stop()
    call.running.put([2])
    assert call.cancelled.is_set() and call.stops == 1
    assert not call.running.ended.done()  # the engine still has it
    call.running.end()
    assert await call.read() == []


async def test_a_reader_that_does_not_read_loses_its_answer() -> None:
    call = Call()
    batches = call.running.batches()
    call.running.put([0])
    assert await anext(batches) == [0]
    for _ in range(MOST_WAITING):
        call.running.put([1])
    assert call.stops == 0
    for _ in range(10):
        call.running.put([1])
    assert call.stops == 1
    with pytest.raises(BadRequest, match="not read"):
        await anext(batches)


@pytest.mark.parametrize(
    ("status", "memory", "why"),
    [
        (0, False, "ended by itself (status 0)"),
        (70, True, "ended by itself (status 70)"),
        (-signal.SIGKILL, False, "was killed (SIGKILL)"),
        (-signal.SIGKILL, True, "was killed by the system: the machine is out of memory"),
        (-signal.SIGTERM, True, "was killed (SIGTERM)"),
        (-signal.SIGSEGV, False, "crashed (SIGSEGV)"),
        (-signal.SIGILL, False, "crashed (SIGILL)"),
        (-200, False, "was killed (signal 200)"),
    ],
)
def test_why_a_process_ended(status: int, memory: bool, why: str) -> None:
    assert why_ended(status, memory=memory) == why
