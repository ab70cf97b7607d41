"""Live sound that is listened to without being written down: by this machine's node, started anew when it is lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from app.errors import NodeError, TangnetError
from app.thinking import Attended
from nodeworker.protocol import SAMPLE_RATE

AGAIN_SECONDS = (0.1, 0.5, 2.0, 5.0)
"""Waits before the node is asked anew; the last one from then on."""
HELD_BYTES = 2 * SAMPLE_RATE * 2
"""Sound kept while the node is away (2 s): a word said before that goes unheard."""


class Listener(Protocol):
    """What is needed of a connection; `NodeClient` is one."""

    def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str, threshold: float
    ) -> AsyncGenerator[Attended, None]:
        """Tell what live sound holds."""
        ...


async def attended(
    audio: AsyncIterator[bytes], here: Callable[[], Awaitable[Listener]], *, wake_word: str = "", threshold: float = 0.0
) -> AsyncGenerator[Attended, None]:
    """Yield what live sound holds until it ends; times count from its beginning, whatever becomes of the node.

    Raises:
        NodeError: this machine's node cannot do it. A node that is lost is no error: it is started anew.
        TangnetError: what `audio` raised.
    """
    live, losses = _Live(audio), 0
    try:
        while not live.over:
            try:
                client = await here()
                events = client.attend(live.blocks(), wake_word=wake_word, threshold=threshold)
                async with aclosing(events):
                    async for event in events:
                        losses = 0
                        yield replace(event, at=live.begun + event.at)
            except NodeError as error:
                if not error.retryable:
                    raise
            if not live.over:
                await live.lost()
                await asyncio.sleep(AGAIN_SECONDS[min(losses, len(AGAIN_SECONDS) - 1)])
                losses += 1
        if live.failed is not None:
            raise live.failed
    finally:
        await live.close()


class _Live:
    """Sound that goes on while the node is away: then the newest is kept. While it is there, sound waits for it."""

    def __init__(self, audio: AsyncIterator[bytes]) -> None:
        self.begun = 0.0
        """Seconds of sound before that of the call that goes on."""
        self.failed: TangnetError | None = None
        self._ended = False
        self._away = False
        self._held: deque[bytes] = deque()
        self._bytes = 0
        self._passed = 0
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._take(audio))

    @property
    def over(self) -> bool:
        """Whether no sound is left and none will come."""
        return self._ended and not self._held

    async def lost(self) -> None:
        """The node is away: what comes now is kept for a moment only."""
        async with self._news:
            self._away = True
            self._news.notify_all()

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """Yield what is held, then what comes."""
        self._away = False
        self.begun = self._passed / 2 / SAMPLE_RATE
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._held or self._ended)
                if not self._held:
                    return
                block = self._pop()
                self._news.notify_all()
            yield block

    async def close(self) -> None:
        """Ask for no more sound."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _take(self, audio: AsyncIterator[bytes]) -> None:
        try:
            async for block in audio:
                async with self._news:
                    await self._news.wait_for(lambda: self._bytes < HELD_BYTES or self._away)
                    while self._held and self._bytes >= HELD_BYTES:
                        self._pop()
                    self._held.append(block)
                    self._bytes += len(block)
                    self._news.notify_all()
        except TangnetError as error:
            self.failed = error
        async with self._news:
            self._ended = True
            self._news.notify_all()

    def _pop(self) -> bytes:
        block = self._held.popleft()
        self._bytes -= len(block)
        self._passed += len(block)
        return block
