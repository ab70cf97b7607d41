"""One answer read aloud: its text goes in as it comes, its sentences go to whoever speaks, their sound comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

from app.streams import ending
from app.voice.speakable import Reader

if TYPE_CHECKING:
    from app.settings import Settings
    from app.thinking import Speaker, Spoken


LOCAL = "local"


def zones_for(settings: Settings, stays_here: bool) -> tuple[str, ...]:
    """Return where an answer may be spoken, as in `Speaker.speak`: on this machine, unless voices may leave it.

    Where rules for folders are set it stays here, too: an answer may hold what documents say that may not leave.
    `stays_here`: the question itself is to be answered on this machine only.
    """
    leaves = settings.voice_elsewhere and not settings.rules_folders and not stays_here
    return () if leaves else (LOCAL,)


class Aloud:
    """Reads one answer aloud while it is still being written. Lives in the asyncio thread.

    `feed` and `end` never wait. `sound` may be read once, at its own pace.
    """

    def __init__(
        self,
        speaker: Speaker,
        *,
        voice: str = "",
        speed: float = 1.0,
        zones: tuple[str, ...] = (),
        language: str = "",
    ) -> None:
        """`voice`, `speed` and `zones` as in `Speaker.speak`; `language`: "en", "de", or "" to find it out."""
        self._speaker = speaker
        self._voice, self._speed, self._zones = voice, speed, zones
        self._reader = Reader(language, early=True)
        self._sentences: asyncio.Queue[str | None] = asyncio.Queue()
        self._ended = False
        self.empty = True
        """No text has come yet."""

    def feed(self, text: str) -> None:
        """Take more of the answer."""
        self.empty = self.empty and not text
        for sentence in self._reader.feed(text):
            self._sentences.put_nowait(sentence)

    def end(self) -> None:
        """No more text comes; safe to call twice."""
        if self._ended:
            return
        self._ended = True
        for sentence in self._reader.end():
            self._sentences.put_nowait(sentence)
        self._sentences.put_nowait(None)

    async def sound(self) -> AsyncGenerator[Spoken, None]:
        """Yield the sound of each sentence as soon as it is made; nothing for an answer without words.

        Raises:
            NodeError: no node can speak, as in `Speaker.speak`.
        """
        first = await self._sentences.get()
        if first is None:
            return  # no node is asked for nothing
        spoken = self._speaker.speak(self._all(first), voice=self._voice, speed=self._speed, zones=self._zones)
        async with ending(spoken) as made:
            async for piece in made:
                yield piece

    async def _all(self, first: str) -> AsyncIterator[str]:
        sentence: str | None = first
        while sentence is not None:
            yield sentence
            sentence = await self._sentences.get()
