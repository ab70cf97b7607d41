"""Reads and cuts files ahead of embedding, in several reading processes where the machine has the cores."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.library_state import Step
from app.rag import language
from app.rag.document import Document
from app.rag.planning import hash_file
from app.rag.prepared import Prepared, cut, pack, unpack
from app.rag.queue import Waiting
from app.rag.recognising import Recognising
from app.rag.recordings import Hearing, heard
from app.rag.records import Record, now
from app.rag.scanning import FoundFile, look
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rag.versions import RULES
from app.rag.worker import Reader, Reading

Told = Callable[[str, Step, float | None], None]
"""Called with a path, what is being done with it, and how far that is."""


def readers() -> int:
    """Return how many files are read at once: all cores but one, which is left to the embedder and the program."""
    return max(1, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) - 1)


class Preparer:
    """Prepares files, any number at once; a reading process is started when all others are at work."""

    def __init__(
        self,
        thread: StoreThread,
        told: Told,
        passwords: Mapping[str, str],
        hearing: Hearing | None = None,
        recognising: Recognising | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            thread: Where the store is.
            told: Hears what is being done with a file.
            passwords: Of protected files, by path.
            hearing: Turns recordings into text, or None.
            recognising: Reads scans, or None.
        """
        self._recognising = recognising
        self._thread = thread
        self._told = told
        self._passwords = passwords
        self._hearing = hearing
        self._turns = asyncio.Semaphore(readers())
        self._idle: list[Reader] = []
        self._all: list[Reader] = []
        self._loading: asyncio.Future[None] | None = None

    async def close(self) -> None:
        """End the reading processes."""
        for reader in self._all:
            await reader.close()

    async def prepare(self, waiting: Waiting, *, anew: bool = False) -> Prepared:
        """Look at a file, read and cut it unless that was done before. Raises StoreError.

        `anew`: also if its content is that of another document.
        """
        seen = FoundFile(waiting.path, waiting.size, waiting.mtime_ns)
        file, before, known_size, kept = await self._thread.call(lambda store: _known(store, waiting.path))
        if file is None:
            return Prepared(seen, before, gone=True)
        if kept is not None:
            unpacked = await asyncio.to_thread(unpack, kept, seen, before, RULES)
            if unpacked is not None:
                return unpacked
        if known_size and not anew:
            sha256 = await asyncio.to_thread(hash_file, file.path)
            same = await self._same(seen, file, before, sha256) if sha256 else None
            if same is not None:
                return same
        reading, recognised = await self._read(file)
        if reading.status != "ok" or reading.document is None:
            return Prepared(seen, before, failed=_failure(file, before, reading), reason=reading.reason)
        document = reading.document
        record = Record(
            path=file.path,
            state="indexed",
            sha256=reading.sha256,
            size=reading.size,
            mtime_ns=reading.mtime_ns,
            pages=reading.pages,
            added_at=now(),
            reason=reading.reason,
            rules=RULES,
            title=document.title,
        )
        item, content = await asyncio.to_thread(_cut_and_packed, seen, before, record, document)
        kept_as = FoundFile(file.path, reading.size, reading.mtime_ns)
        await self._thread.call(lambda store: store.records.queue.keep(kept_as, content))
        if recognised and self._recognising is not None:
            await self._recognising.forget([reading.sha256])
        return item

    async def _read(self, file: FoundFile) -> tuple[Reading, bool]:
        """Read a file in a process that has nothing else to do; what nodes do with it takes none of the processes.

        Returns:
            What was read, and whether pages of it were to be recognised.
        """
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(None, _load)
        async with self._turns:
            reader = self._idle.pop() if self._idle else Reader()
            if reader not in self._all:
                self._all.append(reader)
            try:
                self._told(file.path, "reading", None)
                reading = await reader.read(
                    Path(file.path),
                    password=self._passwords.get(file.path, ""),
                    told=lambda part: self._told(file.path, "reading", part),
                )
            finally:
                self._idle.append(reader)
        scanned = bool(reading.needs_ocr)
        if self._recognising is not None:
            told = partial(self._told, file.path, "recognising")
            reading = await self._recognising.complete(reading, password=self._passwords.get(file.path, ""), told=told)
        told = partial(self._told, file.path, "transcribing")
        return await heard(reading, self._hearing, told), scanned

    async def _same(self, seen: FoundFile, file: FoundFile, before: Record | None, sha256: str) -> Prepared | None:
        """Return what is to be done if this content was read before, here or under another name."""
        current = before is not None and before.rules == RULES and not before.retry and before.state != "cancelled"
        if before is not None and current and before.sha256 == sha256:
            return Prepared(seen, before, touched=replace(before, size=file.size, mtime_ns=file.mtime_ns))
        others = await self._thread.call(lambda store: store.records.same_content(sha256, RULES))
        for other in others:
            if same_extension(file.path, other.path):
                return Prepared(seen, before, copy_of=other, record=copied(other, file))
        return None


def same_extension(one: str, other: str) -> bool:
    """Tell whether equal bytes are read alike: the extension decides where content cannot."""
    return os.path.splitext(one)[1].lower() == os.path.splitext(other)[1].lower()


def copied(source: Record, file: FoundFile) -> Record:
    """Return the record of a file that has the content of another document."""
    return Record(
        path=file.path,
        state="indexed",
        sha256=source.sha256,
        size=file.size,
        mtime_ns=file.mtime_ns,
        added_at=now(),
        reason=source.reason,
        rules=RULES,
        title=source.title,
        language=source.language,
    )


def _load() -> None:
    """Load what storing the first document needs, seconds on a slow machine, while that is still being read."""
    importlib.import_module("app.rag.chunk_table")
    language.load()


def _known(store: Store, path: str) -> tuple[FoundFile | None, Record | None, bool, bytes | None]:
    """Return a file as it is, its record, whether some document has its size, and what was read of it if it was so."""
    file = look(path)
    if file is None:
        return None, store.records.get(path), False, None
    kept = store.records.queue.kept(path)
    content = kept[2] if kept is not None and kept[:2] == (file.size, file.mtime_ns) else None
    return file, store.records.get(path), store.records.has_size(file.size), content


def _cut_and_packed(
    seen: FoundFile, before: Record | None, record: Record, document: Document
) -> tuple[Prepared, bytes]:
    item = cut(seen, before, record, document)
    return item, pack(item)


def _failure(file: FoundFile, before: Record | None, reading: Reading) -> Record:
    """Return the record of a file that cannot be indexed.

    After an error that may pass, such as a file being written right now, the last good version stays in use.
    """
    if reading.status == "error" and before is not None and before.revision:
        return replace(before, reason=reading.reason, retry=True)
    return Record(
        path=file.path,
        # A scan is a document that the user would look for; an empty text file is not.
        state="failed" if reading.status in ("password", "error") or reading.pages else "skipped",
        sha256=reading.sha256,
        size=file.size,
        mtime_ns=file.mtime_ns,
        pages=reading.pages,
        added_at=now(),
        reason=reading.reason,
        retry=reading.status == "error",
        rules=RULES,
    )
