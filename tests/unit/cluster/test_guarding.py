"""Whatever ends the watch over a node's answer, the call to the node is closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.cluster.client import NodeEvent
from app.cluster.guarding import guarded
from app.events import Prefilling, TokenReceived
from tests.fakes_nodes import until


class Stream:
    """A call that can be seen to be closed; it goes silent after `events`."""

    def __init__(self, *events: NodeEvent) -> None:
        self.events = events
        self.open = False

    async def run(self) -> AsyncGenerator[NodeEvent, None]:
        self.open = True
        try:
            for event in self.events:
                yield event
            await asyncio.Event().wait()
        finally:
            self.open = False


TOKEN = TokenReceived("a", "pi", (1,))


@pytest.mark.parametrize("taken", [1, 2])
async def test_a_reader_that_leaves_between_two_events_closes_the_call(taken: int) -> None:
    stream = Stream(Prefilling(1, 1), TOKEN, TOKEN)
    events = guarded(stream.run(), lambda: 0.0)
    for _ in range(taken):
        await anext(events)
    assert stream.open
    await events.aclose()
    assert not stream.open


@pytest.mark.parametrize("events", [(), (TOKEN,)], ids=["before the first token", "after it"])
async def test_a_cancelled_reader_closes_the_call_even_while_its_error_is_kept(events: tuple[NodeEvent, ...]) -> None:
    stream = Stream(*events)

    async def read() -> None:
        async for _ in guarded(stream.run(), lambda: 0.0):
            pass

    reading = asyncio.create_task(read())
    await until(lambda: stream.open)
    reading.cancel()
    (error,) = await asyncio.gather(reading, return_exceptions=True)  # its traceback holds every frame
    assert isinstance(error, asyncio.CancelledError)
    assert not stream.open
