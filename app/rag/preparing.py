"""Reads and cuts files ahead of embedding: the first half of `add`, in a task of its own."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app import words
from app.rag.chunking import Chunk, chunks_of
from app.rag.document import Extent, extents
from app.rag.planning import Plan, hash_file
from app.rag.records import Record
from app.rag.scanning import FoundFile
from app.rag.store import RULES, now
from app.rag.threads import StoreThread
from app.rag.worker import Reader, Reading

_AHEAD_CHARACTERS = 8_000_000
"""How much text may wait for embedding before reading pauses."""
_AHEAD_FILES = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that has been looked at. Exactly one of the cases: touched, copy, failed, or chunks."""

    file: FoundFile
    before: Record | None
    touched: Record | None = None
    """Same content as before; only this record changes."""
    copy_of: Record | None = None
    failed: Record | None = None
    reason: str = ""
    record: Record | None = None
    texts: Sequence[Extent] = ()
    words: dict[str, int] | None = None
    chunks: Sequence[Chunk] = ()

    @property
    def characters(self) -> int:
        """How much text waits here."""
        return sum(len(text.text) for text in self.texts)


class Preparer:
    """A stream of prepared files, some way ahead of whoever takes them."""

    def __init__(self, thread: StoreThread, reader: Reader, plan: Plan) -> None:
        self._thread = thread
        self._reader = reader
        self._plan = plan
        self._sizes = set(plan.sizes)
        self._queue: asyncio.Queue[Prepared | None] = asyncio.Queue(_AHEAD_FILES)
        self._waiting = 0
        self._room = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="library-prepare")

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def take(self) -> Prepared | None:
        """Return the next file; None after the last. Raises what went wrong in reading ahead."""
        item = await self._queue.get()
        if item is None:
            await self._task
            return None
        self._waiting -= item.characters
        self._room.set()
        return item

    def ready(self) -> bool:
        """Return True if `take` will not wait."""
        return not self._queue.empty()

    async def _run(self) -> None:
        try:
            for file in self._plan.todo:
                item = await self._prepare(file)
                while self._waiting > _AHEAD_CHARACTERS:
                    self._room.clear()
                    await self._room.wait()
                self._waiting += item.characters
                await self._queue.put(item)
                self._sizes.add(file.size)
        finally:
            if not self._queue.full():
                self._queue.put_nowait(None)
            else:
                await self._queue.put(None)

    async def _prepare(self, file: FoundFile) -> Prepared:
        before = await self._thread.call(lambda store: store.records.get(file.path))
        if file.size in self._sizes:
            sha256 = await asyncio.to_thread(hash_file, file.path)
            known = await self._known(file, before, sha256) if sha256 else None
            if known is not None:
                return known
        reading = await self._reader.read(Path(file.path))
        if reading.status != "ok" or reading.document is None:
            return Prepared(file, before, failed=_failure(file, before, reading), reason=reading.reason)
        return await asyncio.to_thread(_cut, file, before, reading)

    async def _known(self, file: FoundFile, before: Record | None, sha256: str) -> Prepared | None:
        """Return what is to be done if this content was read before, here or under another name."""
        current = before is not None and before.rules == RULES and not before.retry
        if before is not None and current and before.sha256 == sha256:
            return Prepared(file, before, touched=replace(before, size=file.size, mtime_ns=file.mtime_ns))
        others = await self._thread.call(lambda store: store.records.same_content(sha256, RULES))
        extension = os.path.splitext(file.path)[1].lower()
        for other in others:
            # The extension decides where content cannot: the same bytes may be Markdown here and plain text there.
            if os.path.splitext(other.path)[1].lower() == extension:
                record = Record(
                    path=file.path,
                    state="indexed",
                    sha256=sha256,
                    size=file.size,
                    mtime_ns=file.mtime_ns,
                    added_at=now(),
                    reason=other.reason,
                    rules=RULES,
                )
                return Prepared(file, before, copy_of=other, record=record)
        return None


def _cut(file: FoundFile, before: Record | None, reading: Reading) -> Prepared:
    assert reading.document is not None
    chunks = chunks_of(reading.document)
    spread: Counter[str] = Counter()
    for chunk in chunks:
        spread.update(set(words.content(chunk.body)))
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
    )
    return Prepared(
        file,
        before,
        record=record,
        reason=reading.reason,
        texts=extents(reading.document),
        words=dict(spread),
        chunks=chunks,
    )


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
