"""The library as the rest of the program sees it: add, list, remove, search and read documents.

Nothing heavy is imported and nothing opened before the first call. Blocking work runs in three threads, which write,
keep what is read, and search, so that a question never waits for a folder being added, and the event loop for none.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.errors import DocumentError
from app.events import DocumentInfo, FileIndexed, IndexDone, Passage, Progress, Transcribed
from app.library_state import LibraryState, WatchedFolder
from app.rag.document import Line
from app.rules import Rules
from app.thinking import Embedder, Ocr, Reranker

if TYPE_CHECKING:
    from app.rag.ingest import Ingest
    from app.rag.material import Material
    from app.rag.pictures import Pictures
    from app.rag.recognising import Recognising
    from app.rag.recordings import Hearing
    from app.rag.replies import Picture
    from app.rag.search import Result, Search
    from app.rag.threads import StoreThread
    from app.rag.worker import Reader, Reading

ReadStatus = Literal["ok", "empty", "password", "rejected", "error"]
SearchMode = Literal["hybrid", "vector", "text"]


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What the reader saw in one file."""

    path: str
    status: ReadStatus
    text: str = ""
    pages: int | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0
    """Largest memory of the reading process while it read this file, in MiB."""
    reason: str = ""
    """One plain sentence unless the status is ok; with ok what was left out or recognised, if anything."""
    confidence: float | None = None
    """How sure text recognition is of the scans that it read, 0 to 1; None where there were none."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A passage with the text around it, as it was when the document was indexed."""

    path: str
    page: int | None
    pages: int | None
    before: str
    passage: str
    after: str
    exists: bool
    """The file is still there."""
    changed: bool
    """The file is not the one that was indexed: it was changed since, or is gone."""
    boxes: tuple[Line, ...] = ()
    """The lines that the passage touches, with their rectangles on the page; empty where these are not known."""
    seconds: tuple[float, float] | None = None
    """From when to when it is said, in a recording."""
    label: str = ""
    """What is printed on the page as its number, where that is not `page`."""


class Library:
    """The documents of one user. One instance per process and home; several processes may share a home."""

    def __init__(
        self,
        home: Path,
        embedder: Embedder,
        rules: Callable[[], Rules] = Rules,
        hearing: Hearing | None = None,
        ocr: Callable[[], Ocr] = Ocr,
        store: str = "",
        reranker: Callable[[bool], Reranker | None] = lambda _wanted: None,
    ) -> None:
        """Open nothing yet.

        Args:
            home: The folder that holds everything.
            embedder: Makes the vectors.
            rules: Where documents may go; asked whenever some are embedded.
            hearing: Turns recordings into text; without it they are told as such.
            ocr: How scans are read; asked for each document.
            store: Setting documents.store: where the search index is kept; "" is this machine.
            reranker: Orders the best passages once more; asked at each search, with whether that search wants one.
        """
        self._reranker = reranker
        self._store = store
        self._ocr = ocr
        self._folder = home / "library"
        self._embedder = embedder
        self._rules = rules
        self._hearing = hearing
        self._writing: StoreThread | None = None
        self._preparing: StoreThread | None = None
        self._searching: StoreThread | None = None
        self._search: Search | None = None
        self._reader: Reader | None = None
        self._pictures: Pictures | None = None
        self._recognising: Recognising | None = None
        self._ingest: Ingest | None = None

    async def close(self) -> None:
        """End what is being added, stop the reading process and close the store. Calling it twice is fine."""
        ingest, self._ingest = self._ingest, None
        if ingest is not None:
            await ingest.close()
        reader, self._reader, self._pictures = self._reader, None, None
        recognising, self._recognising = self._recognising, None
        if recognising is not None:
            await recognising.close()
        if reader is not None:
            await reader.close()
        threads = (self._searching, self._preparing, self._writing)
        self._writing = self._preparing = self._searching = self._search = None
        for thread in threads:
            if thread is not None:
                await thread.close()

    async def add(
        self, paths: Sequence[Path], *, watch: bool = False
    ) -> AsyncGenerator[Progress | FileIndexed | IndexDone, None]:
        """Index files, and folders with all that is below them; files gone from an added folder are dropped.

        What is asked for stands in a durable queue, before all that waits. Closing the iterator at any point is safe:
        what was reported stays; the rest waits for the next call, or, after `go_on`, goes on by itself.

        Args:
            paths: Files and folders.
            watch: Go on looking for changes until the iterator is closed.

        Raises:
            StoreError: the store cannot be opened or written. After `go_on` or with `watch` that is waited for instead,
                and told by a Progress.
            NodeError: no node can embed. The same holds.
        """
        names, garbled = await asyncio.to_thread(_named, paths)
        for name in garbled:
            yield FileIndexed(name, "skipped", 0, "Its name is not valid UTF-8.")
        if garbled and not names:
            yield IndexDone(0, 0, 0.0, 0)
            return
        async with aclosing(self._queue().add(names, watch=watch)) as events:
            async for event in events:
                yield event

    # -- the queue ---------------------------------------------------------------------------------------------------

    async def go_on(self) -> None:
        """Work on what waits from now on until `close`, whoever asked for it, and watch the watched folders."""
        await self._queue().go_on()

    async def state(self) -> AsyncGenerator[LibraryState, None]:
        """Yield how far the queue is: now, and when it changes, at most 4 times a second."""
        async with aclosing(self._queue().state()) as states:
            async for state in states:
                yield state

    async def pause(self) -> None:
        """Stop working on the queue when what is on its way is done, until `resume`, also after a restart."""
        await self._queue().pause()

    async def resume(self) -> None:
        """Go on after `pause`."""
        await self._queue().resume()

    async def cancel(self, paths: Sequence[Path] = ()) -> None:
        """Take files out of the queue, and all below folders; without paths everything. What is indexed stays."""
        await self._queue().cancel(await asyncio.to_thread(_names, paths))

    async def retry(self, paths: Sequence[Path], *, password: str = "") -> None:
        """Read files again that failed or were cancelled, and all such below folders.

        `password` is of protected files; it is kept in memory, for their pages as pictures, too, and never written.
        """
        await self._queue().retry(await asyncio.to_thread(_names, paths), password)

    async def first(self, paths: Sequence[Path]) -> None:
        """Put files, and all below folders, before everything else that waits."""
        await self._queue().first(await asyncio.to_thread(_names, paths))

    async def unfinished(self, within: Sequence[Path] = ()) -> tuple[int, int]:
        """Return how many files are not indexed yet, of how many that there are; `within` as in `search`."""
        names = await asyncio.to_thread(_names, within)
        return await self._searcher().call(lambda store: store.unfinished(names))

    # -- watched folders ---------------------------------------------------------------------------------------------

    async def folders(self) -> list[WatchedFolder]:
        """Return the watched folders by path."""
        ingest = self._queue()
        return await self._searcher().call(lambda store: store.watched(ingest.polled))

    async def watch(self, path: Path) -> None:
        """Add a folder, and notice its changes by itself from now on, also after a restart (while `go_on` works).

        Raises:
            DocumentError: it is no folder.
        """
        name = await asyncio.to_thread(_absolute, path)
        if not await asyncio.to_thread(name.is_dir):
            raise DocumentError(f"{path} is not a folder.", code="not_a_folder", hint="Choose a folder to watch.")
        ingest = self._queue()
        await self._searcher().call(lambda store: store.watch(str(name)))
        await ingest.folders_changed()

    async def unwatch(self, path: Path) -> None:
        """Watch a folder no longer; its documents stay."""
        name = str(await asyncio.to_thread(_absolute, path))
        await self._searcher().call(lambda store: store.records.queue.unwatch(name))
        await self._queue().folders_changed()

    # -- documents ---------------------------------------------------------------------------------------------------

    async def documents(self) -> list[DocumentInfo]:
        """Return all documents by path, those that failed and those whose file is gone included."""
        return await self._searcher().call(lambda store: store.documents())

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        """Forget documents, by file or folder; the files stay. Returns those forgotten, before they were."""
        resolved = await asyncio.to_thread(_names, paths)
        removed = await self._searcher().call(lambda store: store.remove(resolved))
        if self._ingest is not None:
            await self._ingest.removed(resolved)
        await self._drawn().forget(document.sha256 for document in removed)
        await self._scanned().forget([document.sha256 for document in removed])
        return removed

    async def search(
        self,
        query: str,
        *,
        k: int = 8,
        mode: SearchMode = "hybrid",
        within: Sequence[Path] = (),
    ) -> list[Passage]:
        """Return the `k` best passages, best first, numbered from 1: what `find` finds."""
        return (await self.find(query, k=k, mode=mode, within=within)).passages

    async def find(
        self,
        query: str,
        *,
        k: int = 8,
        mode: SearchMode = "hybrid",
        within: Sequence[Path] = (),
        rerank: bool | None = None,
    ) -> Result:
        """Return the `k` best passages, best first, numbered from 1, and the limits that the query named.

        Args:
            query: Any text; it has no syntax.
            k: How many passages at most.
            mode: Vector, full text, or both fused.
            within: Only in these files, and files below these folders; empty means everywhere.
            rerank: Let a reranker order the best; None does so where a node has one and the settings allow it. Where
                it cannot be done in time, the result says so.

        Raises:
            StoreError: the store cannot be read, or was made with another embedding model.
            NodeError: no node can embed the query (not in mode text).
        """
        if self._search is None:
            from app.rag.search import Search

            self._search = Search(self._searcher(), self._embedder, self._rules, self._reranker)
        names = await asyncio.to_thread(_names, within)
        return await self._search.find(query, k=k, mode=mode, within=names, rerank=rerank)

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return a passage and the text around it: the rest of its page, or 2,000 characters on each side.

        A file that is in no library, because it went with a question, is read anew.

        Raises:
            DocumentError: the document is not in the library, and cannot be read either.
        """
        try:
            return await self._searcher().call(lambda store: store.surroundings(path, page, start, end))
        except DocumentError:
            from app.rag.material import surroundings

            material = await self.material(Path(path))
            if material.document is None:
                raise
            return surroundings(material, page, start, end)

    async def material(self, path: Path) -> Material:
        """Read a file for one question: nothing is stored, nothing raised for a bad file; see app/rag/material.py."""
        from app.rag.material import material_of

        reading = await self._whole(path, "")
        await self._scanned().forget([reading.sha256])
        return await asyncio.to_thread(material_of, reading)

    async def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        """Return at most `characters` of a document's text, with characters `start` to `end` in their middle.

        Raises:
            DocumentError: the document is not in the library.
        """
        return await self._searcher().call(lambda store: store.text_around(path, start, end, characters))

    async def names(self, most: int) -> list[str]:
        """Return names and terms that the newest documents speak of: see app/rag/names.py. Raises StoreError."""
        from app.rag.names import names

        return await self._searcher().call(lambda store: names(store, most))

    async def chunks_of(self, path: Path) -> list[Passage]:
        """Return the passages into which a document was cut, in order, numbered from 1.

        Raises:
            DocumentError: the document is not in the library.
        """
        name = str(await asyncio.to_thread(_absolute, path))
        hits = await self._searcher().call(lambda store: store.chunks_of(name))
        return [
            Passage(n, hit.path, hit.page, hit.section, hit.start, hit.end, 0.0, hit.text)
            for n, hit in enumerate(hits, 1)
        ]

    async def transcript(self, path: Path) -> Transcribed:
        """Return what is said in a recording, or in subtitles, with the times of its words.

        They are likely ones where only those of paragraphs are known: in subtitles, and in what earlier versions read.

        Raises:
            DocumentError: it is not in the library, or nobody says anything in it.
        """
        name = str(await asyncio.to_thread(_absolute, path))
        return await self._searcher().call(lambda store: store.transcript(name))

    async def read(self, path: Path, *, password: str = "") -> ReadResult:
        """Return what the reader sees in one file; nothing is stored and nothing raised for a bad file.

        A recording is transcribed by a node, scanned pages are read by one, both on this machine.
        """
        return (await self._whole(path, password)).result()

    async def _whole(self, path: Path, password: str) -> Reading:
        """Read one file with all that nodes have to do for it."""
        from app.rag.recordings import heard

        name = await asyncio.to_thread(_absolute, path)
        reading = await heard(await self._limited().read(name, password=password), self._hearing)
        return await self._scanned().complete(reading, password=password, background=False)

    async def picture(self, path: Path, page: int, width: int, *, password: str = "") -> Picture:
        """Return a page of a PDF or a picture file as it looks now; of documents in the library it is kept.

        Args:
            path: The file.
            page: From 1.
            width: In pixels, 16 to 4,000; pages that would get higher than 8,000 are drawn narrower. Thumbnails: 160.
            password: Of a protected file; pictures of such are not kept.

        Raises:
            DocumentError: there is no such page, or it cannot be drawn; `message` says why.
        """
        path = await asyncio.to_thread(_absolute, path)
        record = await self._searcher().call(lambda store: store.records.get(str(path)))
        if self._ingest is not None:
            password = password or self._ingest.passwords.get(str(path), "")
        return await self._drawn().picture(path, page, width, password, record)

    def _drawn(self) -> Pictures:
        if self._pictures is None:
            from app.rag.pictures import Pictures

            self._pictures = Pictures(self._folder / "pictures", self._limited())
        return self._pictures

    def _scanned(self) -> Recognising:
        if self._recognising is None:
            from app.rag.recognised_pages import RecognisedPages
            from app.rag.recognising import Recognising

            pages = RecognisedPages(self._folder / "recognised.db")
            self._recognising = Recognising(self._limited(), pages, self._ocr, self._rules)
        return self._recognising

    def _limited(self) -> Reader:
        if self._reader is None:
            from app.rag.worker import Reader

            self._reader = Reader()
        return self._reader

    def _queue(self) -> Ingest:
        if self._ingest is None:
            from app.rag.ingest import Ingest
            from app.rag.threads import StoreThread

            self._writing = self._writing or StoreThread(self._folder, "library-write", self._store)
            self._preparing = self._preparing or StoreThread(self._folder, "library-prepare", self._store)
            self._ingest = Ingest(
                *(self._writing, self._preparing, self._embedder, self._rules, self._hearing), self._scanned()
            )
        return self._ingest

    def _searcher(self) -> StoreThread:
        if self._searching is None:
            from app.rag.threads import StoreThread

            self._searching = StoreThread(self._folder, "library-search", self._store)
        return self._searching


def _absolute(path: Path) -> Path:
    """Return the one name of a path: absolute, links in its folders resolved; it need not exist.

    A link to a folder is resolved too; a link to a file stays one, and is then not followed.
    """
    absolute = os.path.abspath(path.expanduser())
    if os.path.isdir(absolute):
        return Path(os.path.realpath(absolute))
    folder, name = os.path.split(absolute)
    return Path(os.path.realpath(folder), name)


def _names(paths: Sequence[Path]) -> list[str]:
    return [str(_absolute(path)) for path in paths]


def _named(paths: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Return the absolute names, and of those that no database can hold what can be shown of them."""
    shown = {name: name.encode("utf-8", "replace").decode() for name in _names(paths)}
    names = [name for name in shown if shown[name] == name]
    return names, [seen for name, seen in shown.items() if seen != name]
