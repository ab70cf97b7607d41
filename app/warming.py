"""Engines of this machine that a question will need are loaded at once, and that is told."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from app.errors import NodeError
from app.events import EngineInfo, Event, Progress
from app.streams import ending
from app.thinking import Thinker

log = logging.getLogger(__name__)


async def warm(thinker: Thinker, roles: Sequence[str], tell: Callable[[Event], Awaitable[None]]) -> None:
    """Load the engines of `roles` and tell how far they are. Never raises for a node that cannot."""
    told: dict[str, Progress] = {}
    try:
        async with ending(thinker.warm(roles)) as progress:
            async for engine in (engine async for engines in progress for engine in engines):
                news = _loading(engine)
                if news is not None and told.get(engine.role) != news:
                    told[engine.role] = news
                    await tell(news)
    except NodeError as error:
        # Not the end of the answer: another node may make it, and if none can, `generate` says why.
        log.info("warming %s failed: %s", ", ".join(roles), error.message)


def _loading(engine: EngineInfo) -> Progress | None:
    """Say in words what a loading engine does; None when there is nothing to wait for."""
    if engine.state != "loading":
        return None
    what = {"chat": "the chat model", "embed": "the search model", "transcribe": "the speech model"}.get(engine.role)
    name = f" ({engine.model})" if engine.model else ""
    return Progress(f"Loading {what or engine.role}{name}", round(engine.progress, 2))
