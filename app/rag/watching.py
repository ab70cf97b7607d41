"""Watched folders: events of the system, gathered until they are over; what sends none is looked at now and then.

Everything is looked at again after the machine slept, and every half hour, for events can be lost. A folder that is
not there, or whose drive is not, is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from app.rag.mounts import mount_of
from app.rag.queue import Folder, is_below
from app.rag.scanning import SKIPPED_FOLDERS

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver, ObservedWatch

QUIET_SECONDS = 0.4
"""Changes are passed on when there was none for so long: a file is mostly written in several steps."""
LONGEST_SECONDS = 5.0
"""They are passed on after so long although they go on."""
TICK_SECONDS = 5.0
POLL_SECONDS = 60.0
"""How often folders on network drives are looked at."""
RESCAN_SECONDS = 1800.0
_SLEPT_SECONDS = 2.0
MOST_PATHS = 500
"""When more has changed than this, the whole folder is looked at."""
_KINDS = frozenset({"created", "deleted", "modified", "moved", "closed"})

Changed = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(slots=True)
class _Root:
    """A watched folder or file."""

    path: str
    mount: str = ""
    polled: bool = False
    there: bool = False
    handle: ObservedWatch | None = None
    looked: float = field(default_factory=time.monotonic)
    """When all of it was looked at last."""


def asleep() -> float:
    """Return for how many seconds this machine has slept since it was started, where the system tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) - time.monotonic() if clock is not None else 0.0


class Watching:
    """Watches folders, and calls `changed` with paths to look at."""

    def __init__(
        self,
        changed: Changed,
        *,
        asleep: Callable[[], float] = asleep,
        tick: float = TICK_SECONDS,
        poll: float = POLL_SECONDS,
        rescan: float = RESCAN_SECONDS,
    ) -> None:
        """`asleep`: seconds that the machine has slept; `tick`, `poll` and `rescan` are in seconds, too."""
        self._changed = changed
        self._asleep = asleep
        self._tick, self._poll, self._rescan = tick, poll, rescan
        self._roots: dict[str, _Root] = {}
        self._wanted: tuple[str, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._observer: BaseObserver | None = None
        self._dirty: set[str] = set()
        self._lock = threading.Lock()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def folders(self) -> tuple[Folder, ...]:
        """What is watched, with the drives on which it was when the watch began."""
        return tuple(Folder(root.path, root.mount, "") for root in self._roots.values() if root.mount)

    def polled(self, path: str) -> bool:
        """Tell whether a folder is looked at now and then, because nothing tells of its changes."""
        root = self._roots.get(path)
        return root is not None and root.polled

    def watch(self, paths: Sequence[str]) -> None:
        """Watch these paths and no others. Begins in the background."""
        self._wanted = tuple(dict.fromkeys(paths))
        if self._wanted and self._task is None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._run(), name="library-watch")
        self._news.set()

    async def close(self) -> None:
        """Stop watching."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        observer, self._observer = self._observer, None
        if observer is not None:
            await asyncio.to_thread(_stop, observer)
        self._roots.clear()

    async def _run(self) -> None:
        slept = self._asleep()
        while True:
            await asyncio.to_thread(self._follow)
            now = time.monotonic()
            whole: list[str] = []
            if self._asleep() > slept + _SLEPT_SECONDS:
                slept = self._asleep()
                whole = [root.path for root in self._roots.values() if root.there]
            for root in self._roots.values():
                pause = self._poll if root.polled else self._rescan
                if root.there and now - root.looked >= pause:
                    whole.append(root.path)
            for path in whole:
                self._roots[path].looked = now
            paths = list(dict.fromkeys([*whole, *self._gathered()]))
            if paths:
                await self._changed(paths)
            await self._settled()

    async def _settled(self) -> None:
        """Wait for a tick, or until there were changes and they are over."""
        try:
            async with asyncio.timeout(self._tick):
                await self._news.wait()
        except TimeoutError:
            return
        begun = time.monotonic()
        while self._dirty and time.monotonic() - begun < LONGEST_SECONDS:
            self._news.clear()
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                break
        self._news.clear()

    def _gathered(self) -> list[str]:
        """Return what has changed: folders of which much has as a whole, and nothing below what is there already."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        if len(dirty) > MOST_PATHS:
            return [root.path for root in self._roots.values() if any(is_below(path, root.path) for path in dirty)]
        found: list[str] = []
        for path in sorted(dirty):
            if not found or not is_below(path, found[-1]):
                found.append(path)
        return found

    # -- in a thread: everything here may wait for a slow drive -----------------------------------------------------

    def _follow(self) -> None:
        """Bring what is watched in line with what is wanted, and with what is there."""
        for path in [path for path in self._roots if path not in self._wanted]:
            self._let_go(self._roots.pop(path))
        for path in self._wanted:
            root = self._roots.setdefault(path, _Root(path))
            there = os.path.lexists(path)
            mount = mount_of(path)
            if there and root.mount and mount.point != root.mount:
                there = False  # the folder in which the drive is mounted, without the drive
            if there and not root.there:
                first = not root.mount
                root.mount, root.polled, root.there = mount.point, mount.network, True
                if not root.polled:
                    root.polled = not self._schedule(root)
                if not first:
                    self._note([path])
            elif not there and root.there:
                root.there = False
                self._let_go(root)

    def _schedule(self, root: _Root) -> bool:
        """Have the system tell of changes; False if it cannot, for instance because it watches too much already."""
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        note = self._event

        class Handler(FileSystemEventHandler):
            """Takes events in the observer's thread."""

            def on_any_event(self, event: FileSystemEvent) -> None:
                note(root, event)

        try:
            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            folder = root.path if os.path.isdir(root.path) else os.path.dirname(root.path)
            root.handle = self._observer.schedule(Handler(), folder, recursive=folder == root.path)
        except (OSError, RuntimeError):
            return False
        return True

    def _let_go(self, root: _Root) -> None:
        handle, root.handle = root.handle, None
        if handle is not None and self._observer is not None:
            with contextlib.suppress(KeyError, OSError):  # gone with its folder
                self._observer.unschedule(handle)

    def _event(self, root: _Root, event: FileSystemEvent) -> None:
        """Take an event of the system, in the observer's thread."""
        if event.event_type not in _KINDS or (event.is_directory and event.event_type == "modified"):
            return
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        self._note([path for path in paths if _counts(root.path, path)])

    def _note(self, paths: Sequence[str]) -> None:
        with self._lock:
            self._dirty.update(paths)
        if paths and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the program is ending
                self._loop.call_soon_threadsafe(self._news.set)


def _counts(root: str, path: str) -> bool:
    """Tell whether a path is one that a scan of the folder would look at."""
    if not is_below(path, root):
        return False
    parts = PurePath(path).parts[len(PurePath(root).parts) :]
    return not any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts)


def _stop(observer: BaseObserver) -> None:
    observer.stop()
    observer.join()
