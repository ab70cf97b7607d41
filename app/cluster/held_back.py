"""What follows the first message of a two-way call waits for the node's word: gRPC loses a refusal that meets a write.

A node sends its headers when it takes the call (nodeworker.serving.taken); a refusal comes in their place.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, TypeVar

T = TypeVar("T")

WORD_SECONDS = 5.0
"""Longest wait: an older node says nothing before it has heard something, and a model may take long to load."""


async def held_back(requests: AsyncIterator[T], call: Callable[[], Any]) -> AsyncGenerator[T, None]:
    """Yield the first of `requests` at once, the others when the node has taken `call()`; no more when it refused."""
    first = await anext(requests, None)
    if first is None:
        return
    yield first
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WORD_SECONDS):
            await call().initial_metadata()
    if call().done():
        return
    async for request in requests:
        yield request
