"""The library of a window under test: documents in memory, and what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.errors import DocumentError
from app.events import (
    DocumentInfo,
    FileIndexed,
    IndexDone,
    Passage,
    Progress,
    Transcribed,
    Word,
)
from app.library_state import LibraryState, WatchedFolder
from app.rag.document import Line
from app.rag.library import Surroundings
from app.rag.material import Material
from tests.fakes import QuietQueue
from tests.ui.drawings import Drawing, drawing

TOWER = Passage(1, "/docs/tower.pdf", 4, "Facts", 100, 143, 0.9, "The tower is 330 metres high since 2022.", 0.7, 0.8)
GARDEN = Passage(2, "/docs/garden.md", None, "", 0, 24, 0.5, "The garden opens at nine.", 0.4, 0.3)
SAID = Transcribed(
    "The tower is high.", "en", 1.0, 2.0,
    (Word(" The", 0.0, 0.3), Word(" tower", 0.3, 0.9), Word(" is", 0.9, 1.1), Word(" high.", 1.1, 2.0)),
)  # fmt: skip


def document(
    path: str | Path,
    state: str = "indexed",
    reason: str = "",
    *,
    pages: int | None = 2,
    modified: str = "2026-01-02T00:00:00+00:00",
) -> DocumentInfo:
    """Return a document of the library."""
    return DocumentInfo(
        str(path), state, 3, pages, "2026-01-01T00:00:00+00:00", "ab" * 32, reason, size=34_000, modified=modified
    )


@dataclass
class ScriptedLibrary:
    """Documents in memory."""

    paths: list[Path] = field(default_factory=list)
    more: list[DocumentInfo] = field(default_factory=list)
    """Documents besides `paths`, as they are listed."""
    changed: bool = False
    exists: bool = True
    gate: bool = False
    """True: adding never ends by itself."""
    pages: int = 9
    boxes: tuple[Line, ...] = (Line(0, 20, 60, 100, 400, 112), Line(20, 43, 60, 114, 300, 126))
    told: LibraryState = field(default_factory=LibraryState)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    """What was asked of the queue: (name, paths…)."""
    drawn: list[tuple[str, int, int]] = field(default_factory=list)
    """Path, page and width of each picture that was asked for."""
    draws: Callable[[int, int], Drawing] = drawing
    """Makes a page of that width and number."""
    undrawable: bool = False
    spoken: Transcribed | BaseException = SAID
    """What is said in every recording."""
    speaking: asyncio.Event | None = None
    """Holds that back."""
    watched: list[WatchedFolder] = field(default_factory=list)
    working: bool = False
    """`go_on` was called."""
    passages: list[Passage] = field(default_factory=lambda: [TOWER, GARDEN])
    _ears: list[asyncio.Queue[LibraryState]] = field(default_factory=list)

    async def add(
        self, paths: Sequence[Path], *, watch: bool = False
    ) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        yield Progress("Reading", 0.5, 30.0)
        for path in paths:
            if path.suffix == ".bad":
                yield FileIndexed(str(path), "failed", 0, "This is no document.")
                continue
            if path not in self.paths:
                self.paths.append(path)
            yield FileIndexed(str(path), "added", 3)
        if self.gate:
            await asyncio.Event().wait()
        yield IndexDone(len(paths), 3 * len(paths), 0.2, 3)

    async def documents(self) -> list[DocumentInfo]:
        return [*(document(path) for path in self.paths), *self.more]

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        self.calls.append(("remove", *paths))
        gone = [str(path) for path in paths]

        def stays(path: str) -> bool:
            return not any(path == one or path.startswith(f"{one}/") for one in gone)

        self.paths = [path for path in self.paths if stays(str(path))]
        self.more = [one for one in self.more if stays(one.path)]
        return []

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        if path == GARDEN.path:
            raise DocumentError("That document is not in the library.", hint="Add it again.")
        text = next((one.text for one in self.passages if (one.path, one.start) == (path, start)), TOWER.text)
        return Surroundings(
            path, page, self.pages, "Before it. ", text, " After it.", self.exists, self.changed, self.boxes
        )

    async def picture(self, path: Path, page: int, width: int) -> Drawing:
        self.drawn.append((str(path), page, width))
        if self.undrawable:
            raise DocumentError("The page cannot be shown. It is damaged.", code="no_picture")
        return self.draws(width, page)

    async def chunks_of(self, path: Path) -> list[Passage]:
        return self.passages if any(one.path == str(path) for one in await self.documents()) else []

    async def material(self, path: Path) -> Material:
        return await QuietQueue().material(path)

    async def transcript(self, path: Path) -> Transcribed:
        if self.speaking is not None:
            await self.speaking.wait()
        if isinstance(self.spoken, BaseException):
            raise self.spoken
        return self.spoken

    async def state(self) -> AsyncIterator[LibraryState]:
        ear: asyncio.Queue[LibraryState] = asyncio.Queue()
        self._ears.append(ear)
        yield self.told
        while True:
            yield await ear.get()

    async def tell(self, state: LibraryState) -> None:
        """Say how far the queue is, to all who listen; in the asyncio thread."""
        self.told = state
        for ear in self._ears:
            ear.put_nowait(state)

    async def go_on(self) -> None:
        self.working = True

    async def pause(self) -> None:
        self.calls.append(("pause",))
        await self.tell(replace(self.told, paused=True))

    async def resume(self) -> None:
        self.calls.append(("resume",))
        await self.tell(replace(self.told, paused=False))

    async def cancel(self, paths: Sequence[Path] = ()) -> None:
        self.calls.append(("cancel", *paths))
        if not paths:
            await self.tell(LibraryState())

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        self.calls.append(("retry", *paths, password))

    async def first(self, paths: Sequence[Path]) -> None:
        self.calls.append(("first", *paths))

    async def folders(self) -> list[WatchedFolder]:
        return list(self.watched)

    async def watch(self, path: Path) -> None:
        self.watched.append(WatchedFolder(str(path), "watched"))

    async def unwatch(self, path: Path) -> None:
        self.watched = [one for one in self.watched if one.path != str(path)]
