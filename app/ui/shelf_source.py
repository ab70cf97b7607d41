"""Where the list of documents gets its rows: read and arranged off the Qt thread, as rarely as the eye allows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.events import FileIndexed
from app.library_state import LibraryState
from app.ui import shelf
from app.ui.bridge import Bridge
from app.ui.seam import RuntimeSeam

if TYPE_CHECKING:
    from app.events import DocumentInfo, IndexDone, Progress
    from app.library_state import WatchedFolder

SOON_MS = 250
"""The shortest time between two readings of the list while files are being added."""
PATIENCE = 5
"""A reading is followed by a pause of so many times its length."""

_Read = tuple[tuple["DocumentInfo", ...], tuple[shelf.Item, ...]]


class ShelfSource(QObject):
    """Follows the library. Nothing is arranged while nobody looks."""

    failed = Signal(object)
    counted = Signal(int)
    """How many documents there are."""
    told = Signal(object)
    """The LibraryState, at each change."""
    arranged = Signal(object, object)
    """Arranged, and the Wanted that it answers."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._runtime: RuntimeSeam | None = None
        self._news: dict[str, DocumentInfo] = {}
        """What became of files that are not in the library: their reason must stay readable."""
        self._items: tuple[shelf.Item, ...] = ()
        self._wanted = shelf.Wanted()
        self._closed: set[str] = set()
        self._hidden: set[str] = set()
        self._looked_at = False
        self._reading = self._read_again = False
        self._arranging = self._arrange_again = False
        self.state = LibraryState()
        """How far the queue is, as last heard of."""
        self.folders: tuple[WatchedFolder, ...] = ()
        """The watched folders as last heard of."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime and follow its library."""
        self._runtime = runtime
        self.refresh()
        self._bridge.run(runtime.library.go_on, None, self.failed.emit, name="go on")
        self._bridge.stream(runtime.library.state, self._show_state, None, self.failed.emit, name="queue")
        self._bridge.run(runtime.library.folders, self.show_folders, self.failed.emit, name="watched folders")

    def show(self, on: bool) -> None:
        """The list can be seen, or cannot."""
        self._looked_at = on
        self._arrange()

    def known_folders(self) -> list[str]:
        """Return the folders that documents are in, those with most of them first."""
        counts = Counter(item.folder for item in self._items)
        return [folder for folder, _ in counts.most_common()]

    # ------------------------------------------------------------------ what is wanted

    def want(self, wanted: shelf.Wanted) -> None:
        """Show other documents."""
        self._wanted = wanted
        self._arrange()

    def fold(self, folder: str, opened: bool) -> None:
        """Show the documents of a folder, or don't."""
        (self._closed.discard if opened else self._closed.add)(folder)
        self._arrange()

    def hide(self, paths: Iterable[str]) -> None:
        """Leave these out: they are about to be removed."""
        self._hidden.update(paths)
        self.forget_news(paths)
        self._arrange()

    def unhide(self, paths: Iterable[str]) -> None:
        """They were removed, or not at all."""
        self._hidden.difference_update(paths)
        self.refresh()

    def forget_news(self, paths: Iterable[str]) -> None:
        """Forget what was said about these."""
        for path in paths:
            self._news.pop(path, None)

    # ------------------------------------------------------------------ what is heard

    def note(self, event: Progress | FileIndexed | IndexDone) -> None:
        """Take what `add` says about a file."""
        if not isinstance(event, FileIndexed):
            return
        from app.events import DocumentInfo

        self._news.pop(event.path, None)
        if event.state in ("failed", "skipped"):
            self._news[event.path] = DocumentInfo(event.path, "failed", 0, None, "", "", event.reason)
        self._refresh_soon()

    def show_folders(self, folders: Sequence[WatchedFolder]) -> None:
        """Take the watched folders."""
        self.folders = tuple(folders)
        self._arrange()

    def _show_state(self, state: LibraryState) -> None:
        before, self.state = self.state, state
        self.told.emit(state)
        counts = ("done", "total", "waiting")
        if any(getattr(before, name) != getattr(state, name) for name in counts) or (
            before.working and not state.working
        ):
            self._refresh_soon()
        elif before.working != state.working:
            self._arrange()

    def _refresh_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Read the list anew, off the Qt thread."""
        if self._runtime is None:
            return
        if self._reading:
            self._read_again = True
            return
        self._reading = True
        library, news = self._runtime.library, dict(self._news)
        began = time.monotonic()

        async def read() -> _Read:
            import asyncio

            found = await library.documents()
            known = {one.path for one in found}
            every = (*(one for path, one in news.items() if path not in known), *found)
            return tuple(found), await asyncio.to_thread(shelf.prepare, every)

        def finished() -> None:
            self._soon.setInterval(max(SOON_MS, round((time.monotonic() - began) * 1000 * PATIENCE)))
            self._reading = False
            if self._read_again:
                self._read_again = False
                self._refresh_soon()

        def show(read: _Read) -> None:
            self._items = read[1]
            finished()
            self.counted.emit(len(read[0]))
            self._arrange()

        def fail(error: BaseException) -> None:
            finished()
            self.failed.emit(error)

        self._bridge.run(read, show, fail, name="documents")

    def _arrange(self) -> None:
        """Have the rows arranged off the Qt thread; what changes meanwhile is arranged afterwards."""
        if not self._looked_at:
            return
        if self._arranging:
            self._arrange_again = True
            return
        self._arranging = True
        wanted = replace(
            self._wanted,
            closed=frozenset(self._closed),
            hidden=frozenset(self._hidden),
            watched=frozenset(folder.path for folder in self.folders),
        )
        working = {one.path: (one.step, one.fraction) for one in self.state.working}
        items = self._items

        async def arrange() -> shelf.Arranged:
            import asyncio

            return await asyncio.to_thread(shelf.arrange, items, wanted, working)

        def show(found: shelf.Arranged) -> None:
            self._arranging = False
            self.arranged.emit(found, wanted)
            if self._arrange_again:
                self._arrange_again = False
                self._arrange()

        def fail(error: BaseException) -> None:
            self._arranging = False
            self.failed.emit(error)

        self._bridge.run(arrange, show, fail, name="arrange documents")
