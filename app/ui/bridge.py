"""The only place where asyncio meets Qt: one named thread with a loop; every result comes back on the Qt thread.

`run` starts a coroutine and `stream` an async iterator, both given as a function that makes them, so that not a line
of them runs on the Qt thread. What comes back is put into a queue which the Qt thread empties in slices of a few
milliseconds: a flood of tokens cannot stop the window from painting. After `close` no callback is called any more.
asyncio itself is imported by the thread, after the window shows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

if TYPE_CHECKING:
    import asyncio

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")
_SLICE_SECONDS = 0.006
"""How long callbacks may run before the Qt thread goes back to painting; a frame has 16 ms."""
_WAITING_MOST = 2_000
"""Deliveries that may wait; beyond that a stream pauses until the window has caught up."""


class Handle:
    """One piece of work. `cancel` may be called at any time from the Qt thread; no callback comes after it."""

    def __init__(self, bridge: Bridge, name: str, must_finish: bool = False) -> None:
        self.name = name
        self.must_finish = must_finish
        self._bridge = bridge
        self._task: asyncio.Task[None] | None = None
        self.cancelled = False
        self.finished = False
        """The work has ended and its last callback has been called, or will never be."""

    def cancel(self) -> None:
        """Stop the work and forget its callbacks; does nothing when it has ended."""
        if not self.cancelled and not self.finished:
            self.cancelled = True
            self._bridge.stop_task(self)


class Bridge(QObject):
    """Starts work on the asyncio thread. Make it, use it and close it on the Qt thread."""

    failed = Signal(object)
    """An error that no handler took; the window shows it."""
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[tuple[Handle | None, Callable[..., object], tuple[object, ...]]] = deque()
        self._wake_pending = False
        self._lock = threading.Lock()
        self._handles: set[Handle] = set()
        self._closers: list[Callable[[], Awaitable[object]]] = []
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._early: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        self._blocked: list[asyncio.Future[None]] = []
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._closed

    @property
    def thread_name(self) -> str:
        """Name of the asyncio thread, as logs and debuggers show it."""
        return "tangnet-asyncio"

    def start(self) -> None:
        """Start the thread; returns at once. Work asked for earlier or meanwhile waits for it."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._main, name=self.thread_name, daemon=True)
            self._thread.start()

    def run(
        self,
        make: Callable[[], Awaitable[_Result]],
        on_result: Callable[[_Result], object] | None = None,
        on_error: Callable[[BaseException], object] | None = None,
        name: str = "run",
        *,
        must_finish: bool = False,
    ) -> Handle:
        """Await what `make` returns, then call `on_result` or `on_error` on the Qt thread.

        `must_finish`: closing the bridge waits for it, within its time limit, instead of cancelling it.
        """
        handle = Handle(self, name, must_finish)

        async def work() -> None:
            result = await make()
            self._deliver(handle, self._finish, handle, on_result, result)

        self._launch(handle, work, on_error)
        return handle

    def stream(
        self,
        make: Callable[[], AsyncIterator[_Result]],
        on_event: Callable[[_Result], object],
        on_end: Callable[[], object] | None = None,
        on_error: Callable[[BaseException], object] | None = None,
        name: str = "stream",
    ) -> Handle:
        """Iterate over what `make` returns; every event, then `on_end` or `on_error`, come on the Qt thread."""
        handle = Handle(self, name)

        async def work() -> None:
            iterator = make()
            try:
                async for event in iterator:
                    self._deliver(handle, on_event, event)
                    if len(self._waiting) > _WAITING_MOST:
                        await self._room()
            finally:
                close = getattr(iterator, "aclose", None)
                if close is not None:
                    await close()
            self._deliver(handle, self._finish, handle, on_end)

        self._launch(handle, work, on_error)
        return handle

    def post(self, callback: Callable[..., object], *values: object) -> None:
        """Call `callback` on the Qt thread; for the asyncio thread, where code calls back instead of returning."""
        self._deliver(None, callback, *values)

    def at_close(self, make: Callable[[], Awaitable[object]]) -> None:
        """Await what `make` returns when the bridge closes, after all work has been cancelled; last in, first out."""
        self._closers.append(make)

    def close(self, seconds: float = 4.0) -> bool:
        """Drop all callbacks, cancel all work, await the closers. Returns False if that took longer than `seconds`."""
        if self._closed:
            return True
        self._closed = True
        self._waiting.clear()
        if self._thread is None:
            return True
        deadline = time.monotonic() + seconds
        if self._started.wait(seconds) and self._loop is not None:
            self._post(lambda: self._begin_shutdown(max(0.1, deadline - time.monotonic())))
        self._thread.join(max(0.1, deadline - time.monotonic()) + 0.5)
        if self._thread.is_alive():
            _log.warning("the asyncio thread did not end within %.1f s", seconds)
        return not self._thread.is_alive()

    # ------------------------------------------------------------------ the Qt side

    @Slot()
    def _drain(self) -> None:
        until = time.perf_counter() + _SLICE_SECONDS
        while True:
            with self._lock:
                if self._closed or not self._waiting:
                    self._wake_pending = False
                    return
                handle, callback, values = self._waiting.popleft()
                if self._blocked and len(self._waiting) < _WAITING_MOST // 2:
                    self._unblock()
            if handle is None or not handle.cancelled:
                try:
                    callback(*values)
                except Exception as error:
                    # A view's own bug must not take the rest of the queue with it.
                    _log.exception("a callback of %s failed", handle.name if handle else "the bridge")
                    self.failed.emit(error)
            if time.perf_counter() > until:
                # A timer event comes after input and painting; a second queued signal would come before them.
                QTimer.singleShot(0, self._drain)
                return

    def _unblock(self) -> None:
        blocked, self._blocked = self._blocked, []
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_release, blocked)

    def _finish(self, handle: Handle, callback: Callable[..., object] | None, *values: object) -> None:
        handle.finished = True
        if callback is not None and _there(callback):
            callback(*values)

    def _fail(self, handle: Handle, callback: Callable[[BaseException], object] | None, error: BaseException) -> None:
        handle.finished = True
        if callback is not None and _there(callback):
            callback(error)
        else:
            self.failed.emit(error)

    # ------------------------------------------------------------------ the asyncio side

    def _main(self) -> None:
        import asyncio

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(_log_loop_error)
        with self._lock:
            self._loop = loop
            early, self._early = self._early, []
        for start in early:
            loop.call_soon(start)
        self._started.set()
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _post(self, function: Callable[[], None]) -> None:
        with self._lock:
            if self._loop is None:
                self._early.append(function)
            elif not self._loop.is_closed():
                self._loop.call_soon_threadsafe(function)

    def _launch(
        self,
        handle: Handle,
        work: Callable[[], Awaitable[None]],
        on_error: Callable[[BaseException], object] | None,
    ) -> None:
        if self._closed:
            handle.cancelled = handle.finished = True
            return

        async def guarded() -> None:
            import asyncio

            try:
                await work()
            except asyncio.CancelledError:
                if not handle.cancelled and not self._closed:  # cancelled from within: the window must still hear of it
                    self._deliver(handle, self._fail, handle, on_error, RuntimeError(f"{handle.name} was cancelled"))
                raise
            except Exception as error:
                _log.info("%s failed: %s", handle.name, error, exc_info=True)
                self._deliver(handle, self._fail, handle, on_error, error)
            finally:
                self._handles.discard(handle)

        def start() -> None:
            if handle.cancelled or (self._closed and not handle.must_finish):
                return
            assert self._loop is not None
            self._handles.add(handle)
            handle._task = self._loop.create_task(guarded(), name=handle.name)

        self._post(start)

    def stop_task(self, handle: Handle) -> None:
        """Cancel the task behind `handle` (use `Handle.cancel`)."""

        def stop() -> None:
            if handle._task is not None:
                handle._task.cancel()

        self._post(stop)

    def _deliver(self, handle: Handle | None, callback: Callable[..., object], *values: object) -> None:
        with self._lock:
            if self._closed or (handle is not None and handle.cancelled):
                return
            self._waiting.append((handle, callback, values))
            wake = not self._wake_pending
            self._wake_pending = True
        if wake:
            self._woken.emit()

    async def _room(self) -> None:
        """Wait until the window has caught up."""
        assert self._loop is not None
        waiter = self._loop.create_future()
        with self._lock:
            if self._closed or len(self._waiting) <= _WAITING_MOST:
                return
            self._blocked.append(waiter)
        await waiter

    def _begin_shutdown(self, seconds: float) -> None:
        import asyncio

        assert self._loop is not None
        loop = self._loop

        async def shutdown() -> None:
            tasks = []
            for handle in self._handles:
                if handle._task is not None:
                    tasks.append(handle._task)
                    if not handle.must_finish:
                        handle._task.cancel()
            try:
                async with asyncio.timeout(seconds):
                    if tasks:
                        await asyncio.gather(*tasks, return_exceptions=True)
                    for closer in reversed(self._closers):
                        try:
                            await closer()
                        except Exception:  # the other parts are to be closed all the same
                            _log.exception("closing failed")
            except TimeoutError:
                _log.warning("closing took longer than %.1f s and was given up", seconds)
            loop.call_soon(loop.stop)

        self._shutdown = loop.create_task(shutdown(), name="shutdown")


def _release(waiters: Sequence[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)


def _log_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _log.error("asyncio: %s", context.get("message"), exc_info=context.get("exception"))


def _there(callback: Callable[..., object]) -> bool:
    """Tell whether the widget whose method it is, if it is one, still is there: a dialog may be closed meanwhile."""
    owner = getattr(callback, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
