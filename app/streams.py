"""Async streams that end when their reader does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

Item = TypeVar("Item")


@asynccontextmanager
async def ending(stream: AsyncIterator[Item]) -> AsyncIterator[AsyncIterator[Item]]:
    """Close a stream at the end of the block, so that stopping reaches its source now and not at some collection.

    A Protocol promises an AsyncIterator only; the generators that implement it have `aclose`.
    """
    try:
        yield stream
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
