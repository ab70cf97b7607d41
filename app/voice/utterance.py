"""The sound of one utterance on its way from the microphone to whoever writes it down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from app.errors import VoiceError


class Utterance:
    """Grows while somebody talks, read by one consumer, at its own speed."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._error: VoiceError | None = None
        self.ended = False

    def put(self, block: bytes) -> None:
        """Add sound; nothing after the end."""
        if not self.ended:
            self._queue.put_nowait(block)

    def end(self, error: VoiceError | None, *, drop: bool) -> None:
        """Nothing more comes. `drop`: what was not read yet is thrown away; `error` is raised to the reader."""
        if self.ended:
            return
        self.ended = True
        self._error = error
        while drop and not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> bytes | None:
        """Return the next block, None at the end. Raises VoiceError."""
        block = await self._queue.get()
        if block is None and self._error is not None:
            raise self._error
        return block

    async def read(self, abandoned: Callable[[Utterance], None]) -> AsyncGenerator[bytes, None]:
        """Yield the sound; `abandoned` is called where the reader stops before the end. Raises VoiceError."""
        try:
            while (block := await self.next()) is not None:
                yield block
        finally:
            if not self.ended:
                abandoned(self)
