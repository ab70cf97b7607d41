"""One call that runs in an engine's process: what waits for its reader, its end, and a reader that does not read."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

from nodeworker.errors import BadRequest, EngineError

MOST_WAITING = 4096
"""Events of one answer that may wait for their reader. One that reads nothing for so long loses its answer: its events
would fill the memory, and stopping the engine for it would stop everybody else's answers too."""
T = TypeVar("T")


class Running(Generic[T]):
    """One call that runs in an engine's process; the same shape as `nodeworker.threads.Stream`.

    `ended` is done when the engine has let go of the call, with what it raised.
    """

    def __init__(self, kinds: tuple[type, ...], cancelled: threading.Event, stop: Callable[[Running[T]], None]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended.add_done_callback(self._over)
        self.kinds = kinds
        self.cancelled = cancelled
        self.stopped_at = 0.0
        """When the engine was told to stop, by the monotonic clock; 0: it was not."""
        self.unread = 0
        """Bytes of sound that the engine has not taken yet."""
        self.space = asyncio.Event()
        self.failed: EngineError | None = None
        """What the engine said is wrong, before it let go."""
        self._stop = stop
        self._waiting: list[T] = []
        self._arrived = asyncio.Event()
        self._left_behind: EngineError | None = None

    def put(self, items: list[T]) -> None:
        """Hand items to the reader, if there still is one."""
        if self.stopped_at:
            return
        if len(self._waiting) + len(items) > MOST_WAITING:
            self._left_behind = BadRequest("The answer was not read: it has ended.", "Read a stream as it comes.")
            self._waiting.clear()
            self.stop()
        else:
            self._waiting += items
        self._arrived.set()

    def end(self, error: EngineError | None = None) -> None:
        """Note that the engine let go of the call."""
        error = error or self.failed
        if not self.ended.done():
            if error is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(error)

    def stop(self) -> None:
        """Tell the engine that nobody listens any more; returns at once, and doing it twice does no harm."""
        self.cancelled.set()
        if not self.stopped_at and not self.ended.done():
            self.stopped_at = time.monotonic()
            self._stop(self)

    async def batches(self) -> AsyncGenerator[list[T], None]:
        """Yield lists of items until the call ends; raises what the engine raised. Leaving early stops it."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                batch, self._waiting = self._waiting, []
                if batch:
                    yield batch
                if self._left_behind is not None:
                    raise self._left_behind
                if self.ended.done() and not self._waiting:
                    self.ended.result()
                    return
        finally:
            self.stop()

    def _over(self, ended: asyncio.Future[None]) -> None:
        ended.exception()  # marks it as seen: a reader that left early will not ask
        self.space.set()
        self._arrived.set()
