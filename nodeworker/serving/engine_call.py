"""Steps of one call to an engine: its wait in the queue, what comes out of it, and what its errors mean."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Any, TypeVar

from nodeworker.engines import ChatEvent, Prefill, Token
from nodeworker.errors import EngineError, EngineLost
from nodeworker.serving.parts import Began, QueuedAt
from nodeworker.serving.room import Room, SentAway, Ticket

T = TypeVar("T")
EngineCall = AsyncGenerator[QueuedAt | Began | list[T], None]
"""Places in the queue, then Began, then lists of what the engine makes."""


async def results(call: EngineCall[T]) -> list[T]:
    """Wait for all that the engine makes."""
    async with contextlib.aclosing(call):
        return [one async for event in call if isinstance(event, list) for one in event]


async def in_the_end(call: Callable[[], EngineCall[T]]) -> list[T]:
    """The same for a call that may be made anew when it lost its place: it stands in the queue again."""
    while True:
        with contextlib.suppress(SentAway):
            return await results(call())


def merge(events: Sequence[ChatEvent]) -> Iterator[ChatEvent]:
    """Join neighbouring tokens into one event, and of neighbouring Prefill keep the last."""
    for kind, group in itertools.groupby(events, type):
        same = list(group)
        if kind is Token:
            tokens = [event for event in same if isinstance(event, Token)]
            yield Token(
                tuple(id for token in tokens for id in token.ids),
                "".join(token.text for token in tokens),
                "".join(token.reasoning for token in tokens),
                tuple(known for token in tokens for known in token.logprobs),
            )
        elif kind is Prefill:
            yield same[-1]
        else:
            yield from same


def is_mistake(error: BaseException) -> bool:
    """Whether an engine's error says something about the call, not that the engine itself is broken."""
    return isinstance(error, EngineError) and type(error) not in (EngineError, EngineLost)


def go_on(ticket: Ticket) -> None:
    """Raise SentAway for a background call that lost its place."""
    if ticket.sent_away:
        raise SentAway("Somebody waits for what this background work stands in the way of.", "Try again in a moment.")


def leave(room: Room[Any], ticket: Ticket, engine: Any, done: asyncio.Future[None]) -> None:
    """Give a place back when the engine's work is `done`, and tell the room when that broke the engine."""
    # Only now, when the engine's thread is through, is the place free: the caller may be gone long before.
    error = done.exception()
    if error is not None and not is_mistake(error):
        room.crashed(engine, error)
    room.leave(ticket)


async def within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for `event`, at most `seconds`; returns whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


async def positions(ticket: Ticket) -> AsyncGenerator[int, None]:
    """Yield the place in the queue whenever it changes, until it is this call's turn."""
    told = 0
    while not ticket.granted:
        if ticket.position != told:
            told = ticket.position
            yield told
        else:
            await ticket.changed()
