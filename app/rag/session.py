"""One course of the queue, by the only writer of all: look, read ahead, embed, commit, until nothing waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from app.events import FileIndexed, Progress
from app.rag import planning
from app.rag.embedding import Embedding, Job, ModelChanged, Refused
from app.rag.listening import Hub
from app.rag.pictures import forget
from app.rag.prepared import Prepared
from app.rag.preparing import Preparer, copied, readers
from app.rag.queue import Asked, Folder, Waiting, is_below
from app.rag.recognising import Recognising
from app.rag.recordings import Hearing
from app.rag.records import Record
from app.rag.reembedding import reembed
from app.rag.refusals import set_aside
from app.rag.scanning import FoundFile
from app.rag.store import Store
from app.rag.storing import event_of, kept, outdated, store_versions, version_of
from app.rag.threads import StoreThread
from app.rag.versions import Copy
from app.rules import Rules
from app.thinking import Embedder

AHEAD_CHARACTERS = 8_000_000
"""How much text may wait for embedding before reading pauses."""
AHEAD_FILES = 256
_WINDOW = 64
"""Files fetched from the queue at a time."""
_LISTENING = 2
"""Files, beyond those that are read here, that nodes may be transcribing or recognising meanwhile."""
_COPIES = 200
_GROUP_FILES, _GROUP_CHUNKS, _GROUP_SECONDS = 128, 1024, 0.5
"""Complete files are stored together: so many files or chunks, or after so long. A commit costs tens of milliseconds,
whatever is in it."""
_TIDY_OFTEN = 8192
"""While a long course goes on, the index is brought up to date after so many."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a session is for."""

    roots: tuple[str, ...] | None
    """Only what is below these; None = all that waits."""
    watched: tuple[Folder, ...] = ()


class Session:
    """Runs once. Only with the writer's lock."""

    def __init__(
        self,
        writing: StoreThread,
        preparing: StoreThread,
        embedder: Embedder,
        rules: Callable[[], Rules],
        hub: Hub,
        work: Callable[[], Work],
        hearing: Hearing | None = None,
        recognising: Recognising | None = None,
    ) -> None:
        """`work` is asked again and again: what it returns may change while the session runs."""
        self._writing = writing
        self._preparing = preparing
        self._embedder = embedder
        self._rules = rules
        self._hub = hub
        self._work = work
        self._preparer = Preparer(preparing, hub.step, hub.passwords, hearing, recognising)
        self.embedding = Embedding(writing, embedder, rules)
        self._readers = readers()
        self._workers: set[asyncio.Task[None]] = set()
        self._ready: list[tuple[Waiting, Prepared]] = []
        self._window: list[Waiting] = []
        self.busy: dict[str, Waiting] = {}
        """Files between the queue and their record."""
        self._dropped: set[str] = set()
        """Of those, the ones that were cancelled."""
        self._reading_now: dict[str, asyncio.Task[Prepared]] = {}
        """Of those, the ones that are being read, recognised or listened to."""
        self._copies: list[tuple[Waiting, Prepared]] = []
        self._wake = asyncio.Event()
        self._stubborn: set[str] = set()
        """Files that could not be copied, and are read instead."""
        self._looking = True
        self._drained = False
        """Nothing waits that nobody works on."""
        self._untidy = 0
        self._stored = 0.0
        """When complete files were stored last."""
        self._held = False
        """Complete files wait for others to be stored with."""

    def wake(self, *, asked: bool = False) -> None:
        """Something has changed; `asked`: there may be new paths to look at, or another order."""
        if asked:
            self._looking = True
            self._window.clear()
        self._wake.set()

    def cancel(self, paths: Sequence[str]) -> set[str]:
        """Let go of files that have been taken out of the queue; returns those that are being worked on."""
        self._window.clear()
        found = {path for path in self.busy if any(is_below(path, root) for root in paths)}
        self._dropped |= found
        for path in found & self._reading_now.keys():
            self._reading_now[path].cancel()  # nobody waits an hour for the end of a recording that nobody wants
        self._wake.set()
        return found

    async def run(self) -> None:
        """Work until nothing is left to do, or to be done now.

        Raises:
            StoreError: the store cannot be written.
            NodeError: no node can embed.
        """
        course = self._hub.course
        for waiting in await self._writing.call(lambda store: store.records.queue.all(self._work().roots)):
            course.waits(waiting.path, waiting.size)
        course.works(time.monotonic())
        try:
            await self._writing.call(Store.sweep)
            while True:
                self._wake.clear()
                if self._looking:
                    await self._discover()
                await self._maybe_reembed()
                self._read_ahead()
                await self._take()
                await self._embed()
                await self._commit()
                self._tell()
                if await self._over():
                    break
                await self._wait()
        finally:
            course.rests(time.monotonic())
            await self._close()

    async def _close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self.embedding.stop()
        await self._preparer.close()
        for path in self.busy:
            self._hub.rests(path)

    # -- discover ----------------------------------------------------------------------------------------------------

    async def _discover(self) -> None:
        """Look at what was asked for; files that moved or are gone are dealt with at once."""
        self._looking = False
        work = self._work()
        asked = await self._writing.call(lambda store: store.records.queue.asked())
        mine = [one for one in asked if work.roots is None or any(is_below(one.path, root) for root in work.roots)]
        for user in (True, False):
            part = [one for one in mine if one.by_user == user]
            if part:
                await self._look(part, work.watched, by_user=user)
        self._window.clear()
        self._drained = False

    async def _look(self, asked: Sequence[Asked], watched: Sequence[Folder], *, by_user: bool) -> None:
        paths = [one.path for one in asked]
        plan = await self._writing.call(lambda store: planning.plan(store, paths, by_user=by_user, watched=watched))
        self._hub.discovered(paths, plan)
        for source, file in await self._moved(plan.moved):
            self._hub.ended(FileIndexed(file.path, "added", source.chunks, source.reason))
            self._hub.ended(FileIndexed(source.path, "removed"))
        if plan.gone:
            await self._writing.call(lambda store: store.drop(plan.gone))
            for path in plan.gone:
                self._hub.ended(FileIndexed(path, "removed"))
        await self._writing.call(lambda store: store.records.queue.discovered(asked, plan.todo))
        for file in plan.todo:
            self._hub.course.waits(file.path, file.size)

    async def _moved(self, moved: Sequence[tuple[Record, FoundFile]]) -> list[tuple[Record, FoundFile]]:
        """Give documents their new names; returns those where that went well, the others are read anew."""
        if not moved:
            return []
        copies = [Copy(copied(source, file), source, moved=True) for source, file in moved]
        records = await self._writing.call(lambda store: store.commit_copies(copies))
        return [pair for pair, record in zip(moved, records, strict=True) if record is not None]

    # -- read --------------------------------------------------------------------------------------------------------

    def _read_ahead(self) -> None:
        for worker in [worker for worker in self._workers if worker.done()]:
            self._workers.discard(worker)
            worker.result()  # raises what went wrong in it
        while len(self._workers) < self._readers + _LISTENING and not self._drained and not self._far_ahead():
            self._workers.add(asyncio.create_task(self._worker(), name="library-prepare"))

    def _far_ahead(self) -> bool:
        files = len(self.embedding) + len(self._ready)
        characters = self.embedding.characters + sum(item.characters for _, item in self._ready[-AHEAD_FILES:])
        return files >= AHEAD_FILES or characters >= AHEAD_CHARACTERS

    async def _worker(self) -> None:
        """Prepare one file after the other, until none waits."""
        while not self._far_ahead() and (waiting := await self._next()) is not None:
            begun = time.monotonic()
            anew = waiting.path in self._stubborn
            self._reading_now[waiting.path] = task = asyncio.create_task(self._preparer.prepare(waiting, anew=anew))
            try:
                item = await task
            except asyncio.CancelledError:
                worker = asyncio.current_task()
                if waiting.path not in self._dropped or (worker is not None and worker.cancelling()):
                    raise
                item = Prepared(FoundFile(waiting.path, waiting.size, waiting.mtime_ns), gone=True)
            finally:
                self._reading_now.pop(waiting.path, None)
            self._hub.course.leaves(waiting.path, waiting.size)
            if not item.gone:
                seconds = time.monotonic() - begun
                self._hub.course.read(waiting.path, waiting.size, len(item.chunks), seconds)
            self._ready.append((waiting, item))
            self._wake.set()
        self._wake.set()

    async def _next(self) -> Waiting | None:
        if not self._window:
            roots = self._work().roots
            found = await self._preparing.call(lambda store: store.records.queue.next(_WINDOW, tuple(self.busy), roots))
            self._window = [waiting for waiting in found if waiting.path not in self.busy]
        if not self._window:
            self._drained = True
            return None
        waiting = self._window.pop(0)
        self.busy[waiting.path] = waiting
        return waiting

    async def _take(self) -> None:
        """Sort what has been read into what needs vectors and what does not, and commit the latter."""
        ready, self._ready = self._ready, []
        settled: list[tuple[Waiting, Prepared]] = []
        for waiting, item in ready:
            self._hub.rests(waiting.path)
            if waiting.path in self._dropped:
                self._let_go(waiting.path)
            elif item.copy_of is not None:
                self._copies.append((waiting, item))
            elif item.chunks:
                self.embedding.add(waiting, item).alone = self._hub.refusals.suspects(waiting.path)
            else:
                settled.append((waiting, item))
        for path in [path for path in self._dropped if path in self.embedding]:
            self.embedding.drop(path)
            self._let_go(path)
        if settled:
            versions = [version_of(item, None) for _, item in settled if not item.gone]
            gone = [item.file for _, item in settled if item.gone]
            if gone:
                await self._writing.call(lambda store: store.records.queue.left(gone))
            contents = outdated(item for _, item in settled if item.failed is not None and not item.failed.revision)
            work = partial(store_versions, versions=versions, digests=(), contents=contents)
            records = iter(await self._writing.call(work) if versions else [])
            for _, item in settled:
                self._end(item, None if item.gone else next(records), 0)
        if len(self._copies) >= _COPIES or (self._copies and not self._reading()):
            await self._copy()

    async def _copy(self) -> None:
        pairs, self._copies = self._copies, []
        copies = [
            Copy(item.record, item.copy_of, seen=item.file)
            for _, item in pairs
            if item.record is not None and item.copy_of is not None
        ]
        records = await self._writing.call(lambda store: store.commit_copies(copies))
        contents = outdated(item for _, item in pairs)
        if contents:
            await self._writing.call(lambda store: forget(store.folder / "pictures", contents))
        for (waiting, item), record in zip(pairs, records, strict=True):
            if record is None:
                # What it was a copy of went away in this moment, or it was cancelled: if it still waits, it is read.
                self._stubborn.add(waiting.path)
                self._drained = False
                self.busy.pop(waiting.path, None)
                self._hub.rests(waiting.path)
            else:
                self._end(item, record, 0)

    def _reading(self) -> bool:
        return any(not worker.done() for worker in self._workers)

    # -- embed and write ---------------------------------------------------------------------------------------------

    async def _embed(self) -> None:
        for task in [task for task in self.embedding.tasks if task.done()]:
            try:
                count = await self.embedding.finish(task)
            except ModelChanged:
                await self._reembed()
                break
            except Refused as refused:
                for job in await self._hub.refusals.judge(refused, self._embedder):
                    self.embedding.drop(job.waiting.path)
                    self._ready.append((job.waiting, set_aside(job.item, refused.error)))
                continue
            self._hub.course.embedded(time.monotonic(), count)
        more = self._reading()
        if self.embedding.hungry(more=more):
            await self.embedding.look_up()
        self.embedding.start(more=more)

    async def _commit(self) -> None:
        """Store the files whose vectors are all there, those of half a second together."""
        jobs = self.embedding.complete()
        self._held = bool(jobs) and not self._due(jobs)
        if jobs and not self._held:
            for job in jobs:
                self._hub.step(job.waiting.path, "writing", None)
            versions = [version_of(job.item, self.embedding.vectors_of(job)) for job in jobs]
            work = partial(
                store_versions,
                versions=versions,
                digests=kept(jobs),
                contents=outdated(job.item for job in jobs),
            )
            records = await self._writing.call(work)
            self._stored = time.monotonic()
            for job, record in zip(jobs, records, strict=True):
                self.embedding.drop(job.waiting.path)
                self._end(job.item, record, job.embedded)
                self._untidy += len(job.item.chunks)
            if self._copies:
                await self._copy()
        await self.embedding.keep()
        if self._untidy >= _TIDY_OFTEN:
            self._untidy = 0
            await self._writing.call(Store.tend)

    def _due(self, jobs: Sequence[Job]) -> bool:
        """Tell whether complete files are to be stored now: not each by itself while many come."""
        if not self.embedding.tasks and not self._ready and not self._reading():
            return True
        many = len(jobs) >= _GROUP_FILES or sum(len(job.item.chunks) for job in jobs) >= _GROUP_CHUNKS
        return many or time.monotonic() >= self._stored + _GROUP_SECONDS

    def _end(self, item: Prepared, record: Record | None, embedded: int) -> None:
        self.busy.pop(item.file.path, None)
        self._dropped.discard(item.file.path)
        if item.gone:
            event = FileIndexed(item.file.path, "failed", 0, "It does not exist.")
        elif record is None:
            event = FileIndexed(item.file.path, "skipped", 0, "It was cancelled or removed.")
        else:
            event = event_of(item, record)
        self._hub.ended(event, embedded)

    def _let_go(self, path: str) -> None:
        self.busy.pop(path, None)
        self._dropped.discard(path)
        self._hub.ended(FileIndexed(path, "skipped", 0, "It was cancelled or removed."))

    # -- another model -----------------------------------------------------------------------------------------------

    async def _maybe_reembed(self) -> None:
        if await self._writing.call(lambda store: store.records.fact("wanted")):
            await self._reembed()  # a search has met another embedding model than the store's

    async def _reembed(self) -> None:
        await self.embedding.stop()
        await self.again(reembed)
        await self._writing.call(lambda store: store.records.queue.clear_vectors())
        self.embedding.begin_anew()

    async def again(self, how: Callable[..., AsyncGenerator[tuple[Progress, int], None]]) -> None:
        """Embed what is known again, by `reembed` or `restore`."""
        async with aclosing(how(self._writing, self._embedder, self._rules())) as steps:
            async for progress, count in steps:
                for listener in self._hub.listeners:
                    listener.embedded(count)
                self._hub.tell(progress)

    # -- the course --------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        jobs = self.embedding.jobs
        missing = {job.waiting.path: len(job.missing) for job in jobs}
        for job in jobs[:8]:
            self._hub.step(job.waiting.path, "embedding", round(job.fraction, 3))
        for listener in tuple(self._hub.listeners):
            if listener.done and listener.waits and (self.busy or self._looking):
                listener.finish()  # others have still files in the queue
            else:
                listener.progress(self._hub.course, self._hub.working, missing, self._readers)

    async def _over(self) -> bool:
        if self.busy or self._ready or self._looking or self._reading():
            return False
        roots = self._work().roots
        if await self._writing.call(lambda store: store.records.queue.next(1, (), roots)):
            self._drained = False  # a file that changed while it was worked on
            return False
        if await self._writing.call(lambda store: store.records.queue.size()) == 0:
            await self._writing.call(lambda store: store.records.queue.clear_kept())
        return True

    async def _wait(self) -> None:
        if self._ready or self._looking or not (self.embedding.tasks or self._reading()):
            return  # nothing is on its way that could wake us: what was stored just now made room
        wake = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait(
                {wake, *self.embedding.tasks, *(worker for worker in self._workers if not worker.done())},
                timeout=max(0.0, self._stored + _GROUP_SECONDS - time.monotonic()) if self._held else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            wake.cancel()

    async def tidy(self) -> None:
        """Bring the indexes up to date when enough is new."""
        if await self._writing.call(Store.tend):
            self._hub.tell(Progress("Updating the index; searching and adding go on meanwhile"))
