"""Adds files to the store: looks, reads ahead, embeds in batches, commits in groups, tells how it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from app.events import FileIndexed, FileState, IndexDone, Progress
from app.rag import planning
from app.rag.chunking import Chunk
from app.rag.preparing import Prepared, Preparer
from app.rag.records import Record
from app.rag.reembedding import reembed, restore
from app.rag.scanning import FoundFile
from app.rag.store import Store, Version
from app.rag.threads import StoreThread
from app.rag.vectors import Vectors, matrix
from app.rag.worker import Reader, printable
from app.rules import Rules
from app.thinking import Embedder, Embeddings

if TYPE_CHECKING:
    from app.rag.planning import Plan

_FEWEST, _MOST = 128, 1024
"""Chunks of a group, which is embedded and committed together."""
_GROUP_SECONDS = 5.0
"""What a group may take, as far as those bounds allow: a killed process loses that much work at most."""
_WATCH_SECONDS = 2.0
_LOCK_SECONDS = 0.2
_TIDY_OFTEN = 8192
"""While a long `add` goes on, the index is brought up to date after so many."""

IngestEvent = Progress | FileIndexed | IndexDone


@dataclass(slots=True)
class _Pass:
    """Figures of one look at the paths."""

    started: float
    total_bytes: int
    done_bytes: float = 0.0
    files: int = 0
    chunks: int = 0
    embedded: int = 0
    untidy: int = 0
    changed: bool = False

    def progress(self, what: str, extra_bytes: float = 0.0) -> Progress:
        fraction = min(1.0, (self.done_bytes + extra_bytes) / max(1, self.total_bytes))
        elapsed = time.monotonic() - self.started
        left = elapsed * (1 - fraction) / fraction if fraction > 0.02 and elapsed > 1 else None
        return Progress(what, round(fraction, 4), round(left, 1) if left is not None else None)


class Ingest:
    """One call of `Library.add`. The work is done in a task that puts what happens into a queue."""

    def __init__(
        self, thread: StoreThread, embedder: Embedder, turn: asyncio.Lock, rules: Callable[[], Rules] = Rules
    ) -> None:
        self._thread = thread
        self._embedder = embedder
        self._rules = rules
        self._group_chunks = _FEWEST
        self._turn = turn
        self._events: asyncio.Queue[IngestEvent | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._refused: dict[str, str] = {}
        self._retried: frozenset[FoundFile] = frozenset()
        """Files that failed for what may pass; a watch tries them again only when they have changed."""

    async def run(self, paths: Sequence[str], *, watch: bool) -> AsyncGenerator[IngestEvent, None]:
        """Do what `Library.add` promises."""
        task = self._task = asyncio.create_task(self._work(paths, watch), name="library-add")
        task.add_done_callback(lambda _: self._events.put_nowait(None))
        try:
            while (event := await self._events.get()) is not None:
                yield event
            if not task.cancelled():  # by stop(): then the iterator just ends
                await task
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End the work, because the iterator or the library is being closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, paths: Sequence[str], watch: bool) -> None:
        await self._locked_pass(paths, first=True)
        while watch:
            await asyncio.sleep(_WATCH_SECONDS)
            plan = await self._thread.call(lambda store: planning.plan(store, paths))
            news = [path for path, reason in plan.refused if self._refused.get(path) != reason]
            if plan.gone or news or not self._retried.issuperset(plan.todo):
                await self._locked_pass(paths, first=False)

    async def _locked_pass(self, paths: Sequence[str], *, first: bool) -> None:
        """Look at the paths once, as the only writer of this and all other processes."""
        if self._turn.locked():
            self._tell(Progress("Waiting until the documents before these have been added"))
        async with self._turn:
            told = False
            while not await self._thread.call(Store.try_lock):
                if not told:
                    self._tell(Progress("Waiting until another Tangnet has finished adding documents"))
                    told = True
                await asyncio.sleep(_LOCK_SECONDS)
            try:
                await self._pass(paths, first=first)
            finally:
                # Queued behind any commit that is still running, also when this task is being cancelled.
                self._thread.later(Store.unlock)

    async def _pass(self, paths: Sequence[str], *, first: bool) -> None:
        if first:
            self._tell(Progress("Looking for documents"))
            await self._thread.call(Store.repair)
        plan = await self._thread.call(lambda store: planning.plan(store, paths))
        state = _Pass(time.monotonic(), sum(file.size + 1 for file in plan.todo))
        self._tell_seen(plan, state, first=first)
        await self._again(restore, state)  # chunks of a table that was damaged
        if await self._thread.call(lambda store: store.records.fact("wanted")):
            await self._reembed(state)  # a search has met another embedding model than the store's
        reader = Reader()
        preparer = Preparer(self._thread, reader, plan)
        try:
            await self._index(preparer, state)
        finally:
            await preparer.close()
            await reader.close()
        # Last, so that a file that was moved is copied from its old name before that is forgotten.
        if plan.gone:
            await self._thread.call(lambda store: store.drop(plan.gone))
            for path in plan.gone:
                state.changed = True
                self._tell(FileIndexed(path, "removed"))
        await self._tidy(state, last=True)
        if first or state.changed:
            seconds = round(time.monotonic() - state.started, 3)
            self._tell(IndexDone(state.files, state.chunks, seconds, state.embedded))

    def _tell_seen(self, plan: Plan, state: _Pass, *, first: bool) -> None:
        """Tell of the files that need no reading."""
        for record in plan.unchanged:
            if record.state == "indexed":
                state.files += 1
                state.chunks += record.chunks
            if first:
                self._tell(FileIndexed(record.path, _seen(record), record.chunks, record.reason))
        for path, reason in plan.refused:
            if self._refused.get(path) != reason:
                self._refused[path] = reason
                self._tell(FileIndexed(printable(path), "skipped", 0, reason))
        if first:
            for path in plan.absent:
                self._tell(FileIndexed(printable(path), "failed", 0, "It does not exist."))

    async def _index(self, preparer: Preparer, state: _Pass) -> None:
        """Take prepared files in groups that fill a batch, while more are being read."""
        retried: set[FoundFile] = set()
        last = False
        while not last:
            group: list[Prepared] = []
            waiting = 0
            while waiting < self._group_chunks and (not group or preparer.ready()):
                item = await preparer.take()
                if item is None:
                    last = True
                    break
                if item.failed is not None and item.failed.retry:
                    retried.add(item.file)
                group.append(item)
                waiting += len(item.chunks)
            if group:
                await self._group(group, state)
                await self._tidy(state, last=False)
        self._retried = frozenset(retried)

    async def _group(self, group: Sequence[Prepared], state: _Pass) -> None:
        vectors = Vectors()
        with_chunks = [item for item in group if item.chunks]
        if with_chunks:
            await self._embed(with_chunks, vectors, state)
        versions = [_version(item, vectors) for item in group if item.copy_of is None]
        records = {record.path: record for record in await self._thread.call(lambda store: store.commit(versions))}
        for item in group:
            state.done_bytes += item.file.size + 1
            record = records.get(item.file.path)
            if item.copy_of is not None:
                record = await self._thread.call(partial(_copy, item=item))
            if record is None:
                # What it was a copy of went away in this moment: the next look reads it.
                event = FileIndexed(item.file.path, "failed", 0, "It was being moved; add it again.")
            else:
                event = _event(item, record)
            if event.state in ("added", "changed", "unchanged"):
                state.files += 1
                state.chunks += event.chunks
            state.changed = state.changed or event.state != "unchanged"
            state.untidy += event.chunks if event.state in ("added", "changed") else 0
            self._tell(event)

    async def _embed(self, items: Sequence[Prepared], vectors: Vectors, state: _Pass) -> None:
        """Give every chunk of `items` its vector: known ones from the store, the others from the embedder."""
        chunks: dict[str, Chunk] = {chunk.digest: chunk for item in items for chunk in item.chunks}
        while not await self._embedded(items, chunks, vectors, state):
            vectors.clear()
            await self._reembed(state)

    async def _embedded(
        self, items: Sequence[Prepared], chunks: Mapping[str, Chunk], vectors: Vectors, state: _Pass
    ) -> bool:
        """Fill `vectors`; False if the embedder turns out to have another model than the store."""
        size = sum(item.file.size for item in items)
        name = printable(items[0].file.path.rsplit("/", 1)[-1])
        what = f"Indexing {name}" + (f" and {len(items) - 1} more" if len(items) > 1 else "")
        vectors.put(await self._thread.call(lambda store: _known(store, list(chunks))))
        missing = [chunk for digest, chunk in chunks.items() if digest not in vectors]
        left = len(missing)
        self._tell(state.progress(what, size * (1 - left / len(chunks))))
        begun = time.monotonic()
        for zones, batch in self._by_zones(items, missing).items():

            def told(done: int, left: int = left) -> None:
                self._tell(state.progress(what, size * (1 - (left - done) / len(chunks))))

            embeddings = await self._embedder.embed([chunk.body for chunk in batch], "passage", zones=zones, told=told)
            rows = matrix(embeddings, len(batch))
            if not await self._thread.call(partial(_fits, embeddings=embeddings)):
                return False
            vectors.put({chunk.digest: rows[row] for row, chunk in enumerate(batch)})
            state.embedded += len(batch)
            left -= len(batch)
        if missing:
            rate = len(missing) / max(time.monotonic() - begun, 1e-3)
            self._group_chunks = max(_FEWEST, min(_MOST, int(rate * _GROUP_SECONDS)))
        return True

    def _by_zones(self, items: Sequence[Prepared], chunks: Sequence[Chunk]) -> dict[tuple[str, ...], list[Chunk]]:
        """Put together what may go to the same nodes; a text of several documents only where all of them may."""
        rules = self._rules()
        paths: dict[str, set[str]] = {}
        for item in items:
            for chunk in item.chunks:
                paths.setdefault(chunk.digest, set()).add(item.file.path)
        found: dict[tuple[str, ...], list[Chunk]] = {}
        for chunk in chunks:
            found.setdefault(rules.zones(paths[chunk.digest]), []).append(chunk)
        return found

    async def _reembed(self, state: _Pass) -> None:
        state.changed = True
        await self._again(reembed, state)

    async def _again(self, how: Callable[..., AsyncGenerator[tuple[Progress, int], None]], state: _Pass) -> None:
        async with aclosing(how(self._thread, self._embedder, self._rules())) as steps:
            async for progress, count in steps:
                state.changed = True
                state.embedded += count
                self._tell(progress)

    async def _tidy(self, state: _Pass, *, last: bool) -> None:
        """Bring the indexes up to date when enough is new."""
        if not last and state.untidy < _TIDY_OFTEN:
            return
        state.untidy = 0
        if await self._thread.call(Store.tend):
            self._tell(Progress("Updating the index; searching and adding go on meanwhile"))

    def _tell(self, event: IngestEvent) -> None:
        self._events.put_nowait(event)


def _known(store: Store, digests: Sequence[str]) -> dict[str, Any]:
    table = store.table()
    return table.vectors_of(digests) if table is not None else {}


def _version(item: Prepared, vectors: Vectors) -> Version:
    record = item.touched or item.failed or item.record
    assert record is not None
    return Version(record, item.texts, item.words, item.chunks, vectors.of(item.chunks))


def _event(item: Prepared, record: Record) -> FileIndexed:
    if item.failed is not None:
        return FileIndexed(item.file.path, "skipped" if item.failed.state == "skipped" else "failed", 0, item.reason)
    if item.touched is not None:
        return FileIndexed(record.path, _seen(record), record.chunks, record.reason)
    before = item.before is not None and item.before.revision > 0
    return FileIndexed(record.path, "changed" if before else "added", record.chunks, record.reason)


def _seen(record: Record) -> FileState:
    """Return how a file is told of that is as it was."""
    if record.state == "indexed":
        return "unchanged"
    return "skipped" if record.state == "skipped" else "failed"


def _copy(store: Store, item: Prepared) -> Record | None:
    assert item.record is not None and item.copy_of is not None
    return store.commit_copy(item.record, item.copy_of)


def _fits(store: Store, embeddings: Embeddings) -> bool:
    """Return whether these vectors can stand in the table in use; the first ones choose it."""
    model = store.model()
    if not model:
        store.set_model(embeddings.sha256, embeddings.model, embeddings.dimension)
    return model in ("", embeddings.sha256)
