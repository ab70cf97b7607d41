"""Bridges between asyncio and engines: worker threads, a stream out of a thread, sound on its way into one."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Work(Protocol[T]):
    """What runs for a call, in a thread or in another process: lists of what it makes, until it has ended."""

    @property
    def ended(self) -> asyncio.Future[None]:
        """Done when the engine has let go of the call, with what it raised."""
        ...

    def batches(self) -> AsyncGenerator[list[T], None]:
        """Yield what waits, as lists; raises what the engine raised. Leaving early stops the work."""
        ...

    def stop(self) -> None:
        """Tell the engine that nobody listens any more."""
        ...


def _tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
        loop.call_soon_threadsafe(callback, *arguments)


class Crew:
    """Threads that live as long as their room: a library's own thread pool is kept per thread that calls it.

    They are daemons, so that an engine stuck in C code cannot keep the process from ending.
    """

    def __init__(self, name: str, most: int = 64) -> None:
        """`most` threads; with one, work is done in the order in which it came."""
        self._name = name
        self._most = most
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run `work` in a free thread (a new one when all are busy); await the future for its result or error.

        Cancelling the future does not stop the work.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def task() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = work()
            except StopIteration as stop:  # a future cannot hold this one
                error = RuntimeError(f"unexpected {stop!r}")
            except BaseException as problem:  # handed to the awaiting coroutine, whatever it is
                error = problem
            with self._lock:
                self._busy -= 1
            _tell(loop, settle, result, error)

        with self._lock:
            self._busy += 1
            if len(self._threads) < min(self._busy, self._most):
                thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._tasks.put(task)
        return future

    def close(self) -> None:
        """Let the threads end after what they are doing."""
        for _ in self._threads:
            self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


class Stream(Generic[T]):
    """Items from a blocking iterator, in lists: those that wait together come together.

    `limit` items may wait; then the producing thread waits too. `cancelled` is set when the reader goes away, and is
    what the iterator itself must watch to stop early. `ended` is done when the thread has let go of the iterator.
    """

    def __init__(
        self, crew: Crew, start: Callable[[], Iterator[T]], cancelled: threading.Event, limit: int = 64
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._cancelled = cancelled
        self._limit = limit
        self._items: deque[T] = deque()
        self._room = threading.Condition()
        self._arrived = asyncio.Event()
        self._woken = False
        self.ended: asyncio.Future[None] = crew.submit(lambda: self._produce(start))
        self.ended.add_done_callback(self._over)

    def _produce(self, start: Callable[[], Iterator[T]]) -> None:
        if self._cancelled.is_set():
            return
        iterator = start()
        try:
            for item in iterator:
                with self._room:
                    while len(self._items) >= self._limit and not self._cancelled.is_set():
                        self._room.wait(0.5)
                    if self._cancelled.is_set():
                        return
                    self._items.append(item)
                    wake, self._woken = not self._woken, True
                if wake:
                    _tell(self._loop, self._arrived.set)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    def _over(self, ended: asyncio.Future[None]) -> None:
        ended.exception()  # marks it as seen: a reader that left early will not ask
        self._arrived.set()

    def stop(self) -> None:
        """Tell the thread that nobody listens any more; returns at once."""
        self._cancelled.set()
        with self._room:
            self._room.notify_all()

    async def batches(self) -> AsyncGenerator[list[T], None]:
        """Yield lists of items until the iterator ends; raises what it raised. Leaving early stops it."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                with self._room:
                    batch = list(self._items)
                    self._items.clear()
                    self._woken = False
                    self._room.notify_all()
                if batch:
                    yield batch
                if self.ended.done():
                    # What came between taking the batch and the end.
                    if self._items:
                        self._arrived.set()
                        continue
                    self.ended.result()
                    return
        finally:
            self.stop()


class Feed:
    """Sound on its way into an engine: asyncio puts, its thread iterates or asyncio gets. Holds `limit` bytes."""

    def __init__(self, cancelled: threading.Event, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._cancelled = cancelled
        self._limit = limit
        self._blocks: deque[bytes] = deque()
        self._held = 0
        self._ended = False
        self.over = asyncio.Event()
        """Set when no more sound comes."""
        self._changed = threading.Condition()
        self._space = asyncio.Event()
        self._space.set()
        self._filled = asyncio.Event()

    async def put(self, block: bytes) -> None:
        """Add a block; waits while the engine is behind."""
        while True:
            with self._changed:
                if self._held < self._limit or self._ended or self._cancelled.is_set():
                    self._blocks.append(block)
                    self._held += len(block)
                    self._changed.notify_all()
                    self._filled.set()
                    return
                self._space.clear()
            await self._space.wait()

    def end(self) -> None:
        """No more sound, or nobody listens any more: the engine's iteration ends."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._space.set()
        self._filled.set()
        self.over.set()

    async def get(self) -> bytes | None:
        """Take the next block, waiting for it; None at the end. In place of iterating, never beside it."""
        while True:
            with self._changed:
                if self._cancelled.is_set():
                    return None
                if self._blocks:
                    block = self._blocks.popleft()
                    self._held -= len(block)
                    self._space.set()
                    return block
                if self._ended:
                    return None
                self._filled.clear()
            await self._filled.wait()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks as they come; runs in the engine's thread."""
        while True:
            with self._changed:
                while not self._blocks and not self._ended and not self._cancelled.is_set():
                    self._changed.wait(0.5)
                if self._cancelled.is_set() or not self._blocks:
                    return
                block = self._blocks.popleft()
                self._held -= len(block)
            _tell(self._loop, self._space.set)
            yield block
