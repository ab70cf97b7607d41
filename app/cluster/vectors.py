"""Texts to vectors by this machine's own node, tried again when it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from app.errors import NodeLost
from app.thinking import Embeddings, EmbedKind

if TYPE_CHECKING:
    from app.cluster.client import NodeClient

TRIES = 5
AGAIN_SECONDS = 0.1
"""Pause before the second try, twice as long before each other: that a node has died is noticed a moment later."""


async def embed_here(local: Callable[[], Awaitable[NodeClient]], batch: Sequence[str], kind: EmbedKind) -> Embeddings:
    """Embed on this machine's node. Raises NodeError."""
    for attempt in range(TRIES):
        try:
            return await (await local()).embed(batch, kind, background=kind == "passage")
        except NodeLost:
            if attempt == TRIES - 1:
                raise
        await asyncio.sleep(AGAIN_SECONDS * 2**attempt)
    raise AssertionError("unreachable")
