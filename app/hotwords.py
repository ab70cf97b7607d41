"""What a recogniser is told to expect: the user's own words first, then names out of the documents."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.corrections import corrected, kept
from app.errors import TangnetError
from app.settings import Settings

log = logging.getLogger(__name__)

MOST_NAMES = 24
"""Of the documents: the longer the list, the likelier a word of it is heard where nobody said it."""
FRESH_SECONDS = 300.0
WAIT_SECONDS = 0.25
"""How long the first utterance waits for the names; sound is kept meanwhile."""

Names = Callable[[int], Awaitable[list[str]]]


class Hotwords:
    """Names are looked up when somebody speaks for the first time, and again when they are old, behind the work."""

    def __init__(self, names: Names, settings: Settings, home: Path | None) -> None:
        """`home`: the folder of settings.toml, where corrections are kept; None keeps them while the program runs."""
        self._names = names
        self._settings = settings
        self._home = home
        self._known: list[str] = []
        self._at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def now(self) -> tuple[str, ...]:
        """Return what to listen for, the likeliest first."""
        if time.monotonic() - self._at > FRESH_SECONDS and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(), name="names")
        if self._looking is not None and not self._known:
            await asyncio.wait([self._looking], timeout=WAIT_SECONDS)
        return tuple(dict.fromkeys([*self._settings.voice_words, *self._known]))

    async def learn(self, heard: str, sent: str) -> None:
        """Keep what the user wrote in the place of what was heard."""
        new = corrected(heard, sent)
        if not new:
            return
        self._settings.voice_words = kept(self._settings.voice_words, new)
        if self._home is None:
            return
        try:
            await asyncio.to_thread(self._settings.save, self._home / "settings.toml")
        except OSError as error:
            log.warning("a correction cannot be kept: %s", error)

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        try:
            self._known = await self._names(MOST_NAMES)
        except TangnetError as error:
            log.info("names of the documents cannot be read: %s", error.message)
        self._at = time.monotonic()
