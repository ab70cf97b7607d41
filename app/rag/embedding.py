"""Gives the chunks of prepared files their vectors: several batches on their way to the nodes at the same time.

A chunk that is known already, anywhere in the library, is not embedded; a text of several files is embedded once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.errors import NodeError
from app.rag.prepared import Prepared
from app.rag.queue import Waiting
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rag.vectors import Vectors, matrix
from app.rules import Rules
from app.thinking import Embedder, Embeddings

FEWEST, MOST = 128, 1024
"""Chunks of a batch."""
BATCH_SECONDS = 2.0
"""What a batch should take, within those bounds."""
IN_FLIGHT = 3
"""Batches on their way at once, so that no node waits while another finishes a batch or the store writes."""


@dataclass(eq=False, slots=True)
class Job:
    """A prepared file whose chunks need vectors."""

    waiting: Waiting
    item: Prepared
    digests: frozenset[str] = frozenset()
    missing: set[str] = field(default_factory=set)
    """Chunks without a vector."""
    looked: bool = False
    """What is known already has been looked up."""
    embedded: int = 0
    """Chunks that were embedded for it, the others being known already."""
    alone: bool = False
    """It may be why a node refused a batch: it is embedded when no others are left, by itself."""
    kept: set[str] = field(default_factory=set)
    """Vectors that are in the queue's table until all are there."""

    @property
    def fraction(self) -> float:
        """How much of it has vectors, 0 to 1."""
        return 1 - len(self.missing) / max(1, len(self.digests))


@dataclass(frozen=True, slots=True)
class _Batch:
    chunks: list[tuple[str, str]]
    """Digest and text."""
    begun: float


class ModelChanged(Exception):
    """The embedder has another model than the store."""


class Refused(Exception):
    """No node embedded a batch; these files had texts in it."""

    def __init__(self, error: NodeError, jobs: Sequence[Job]) -> None:
        super().__init__(error.message)
        self.error = error
        self.jobs = jobs


class Embedding:
    """The prepared files that need vectors, and the batches that are on their way."""

    def __init__(self, thread: StoreThread, embedder: Embedder, rules: Callable[[], Rules]) -> None:
        self._thread = thread
        self._embedder = embedder
        self._rules = rules
        self._jobs: dict[str, Job] = {}
        self._vectors = Vectors()
        self._uses: Counter[str] = Counter()
        self._asked: set[str] = set()
        self._away: dict[asyncio.Task[Embeddings], _Batch] = {}
        self._rate = 0.0
        self.characters = 0
        """How much text waits here."""

    @property
    def tasks(self) -> Sequence[asyncio.Task[Embeddings]]:
        """Batches on their way."""
        return tuple(self._away)

    @property
    def jobs(self) -> Sequence[Job]:
        """Files that wait for vectors, in the order in which they are embedded."""
        return sorted(self._jobs.values(), key=lambda job: job.waiting.place)

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def missing(self) -> int:
        """How many chunks have no vector yet."""
        return sum(len(job.missing) for job in self._jobs.values())

    def __contains__(self, path: str) -> bool:
        return path in self._jobs

    def add(self, waiting: Waiting, item: Prepared) -> Job:
        """Take a file."""
        digests = frozenset(chunk.digest for chunk in item.chunks)
        job = self._jobs[waiting.path] = Job(waiting, item, digests, set(digests))
        self._uses.update(digests)
        self.characters += item.characters
        return job

    def drop(self, path: str) -> None:
        """Let a file go: it was cancelled or removed, or is stored."""
        job = self._jobs.pop(path, None)
        if job is None:
            return
        self.characters -= job.item.characters
        self._uses.subtract(job.digests)
        unused = [digest for digest in job.digests if self._uses[digest] <= 0]
        self._vectors.drop(unused)
        for digest in unused:
            del self._uses[digest]

    def hungry(self, *, more: bool) -> bool:
        """Tell whether it is time to look up what is known of new files: not for each of many small ones."""
        fresh = sum(len(job.digests) for job in self._jobs.values() if not job.looked)
        if not fresh or len(self._away) >= IN_FLIGHT:
            return False
        return not more or not self._away or fresh >= self._size

    @property
    def _size(self) -> int:
        return max(FEWEST, min(MOST, int(self._rate * BATCH_SECONDS)))

    async def look_up(self) -> list[Job]:
        """Find what is known already for the files that are new here; returns those files."""
        fresh = [job for job in self._jobs.values() if not job.looked]
        wanted = list({digest for job in fresh for digest in job.digests if digest not in self._vectors})
        if wanted:
            self._vectors.put(await self._thread.call(partial(_known, digests=wanted)))
        for job in fresh:
            job.looked = True
            job.missing = {digest for digest in job.digests if digest not in self._vectors}
        return fresh

    def start(self, *, more: bool) -> None:
        """Send batches on their way, as many as may be.

        Args:
            more: Further files are being read, so that a batch that is not full may wait for them.
        """
        while len(self._away) < IN_FLIGHT:
            zones, chunks = self._batch(self._size)
            if not chunks or (more and self._away and len(chunks) < self._size):
                return
            texts = [text for _, text in chunks]
            call = self._embedder.embed(texts, "passage", zones=zones)
            task = asyncio.ensure_future(call)
            self._asked |= {digest for digest, _ in chunks}
            self._away[task] = _Batch(chunks, asyncio.get_running_loop().time())

    async def finish(self, task: asyncio.Task[Embeddings]) -> int:
        """Take the vectors of a batch that has come back; returns how many.

        Raises:
            Refused: no node could do it.
            StoreError: the vectors cannot be used.
            ModelChanged: the store's vectors are of another model.
        """
        batch = self._away.pop(task)
        digests = [digest for digest, _ in batch.chunks]
        self._asked.difference_update(digests)
        try:
            embeddings = await task
        except NodeError as error:
            raise Refused(error, [job for job in self.jobs if job.missing.intersection(digests)]) from error
        rows = matrix(embeddings, len(digests))
        if not await self._thread.call(partial(_fits, embeddings=embeddings)):
            raise ModelChanged
        seconds = max(1e-3, asyncio.get_running_loop().time() - batch.begun) / (len(self._away) + 1)
        rate = len(digests) / seconds
        self._rate += 0.3 * (rate - self._rate) if self._rate else rate
        self._vectors.put({digest: rows[row] for row, digest in enumerate(digests) if self._uses[digest] > 0})
        come = set(digests)
        for job in self._jobs.values():
            found = job.missing & come
            job.embedded += len(found)
            job.missing -= found
            come -= found  # the first file that needs a text is the one that it was embedded for
        for job in self._jobs.values():
            job.missing = {digest for digest in job.missing if digest not in self._vectors}
        return len(digests)

    def complete(self) -> list[Job]:
        """Return the files of which all vectors are there."""
        return [job for job in self.jobs if job.looked and not job.missing]

    def vectors_of(self, job: Job) -> Any:
        """Return the vectors of a complete file, one row a chunk."""
        return self._vectors.of(job.item.chunks)

    async def keep(self) -> None:
        """Make the vectors of files that are not complete durable."""
        fresh: dict[str, bytes] = {}
        for job in self._jobs.values():
            there = {digest for digest in job.digests - job.missing - job.kept if job.looked and job.missing}
            fresh |= {digest: self._vectors.packed(digest) for digest in there}
            job.kept |= there
        if fresh:
            await self._thread.call(partial(_keep, vectors=fresh))

    async def stop(self) -> None:
        """End the batches that are on their way."""
        for task in self._away:
            task.cancel()
        await asyncio.gather(*self._away, return_exceptions=True)
        self._away.clear()
        self._asked.clear()

    def begin_anew(self) -> None:
        """Forget all vectors: the model has changed."""
        self._vectors.clear()
        for job in self._jobs.values():
            job.looked, job.missing, job.kept = False, set(job.digests), set()

    def _batch(self, size: int) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
        """Return the next chunks to embed that may go to the same nodes, and to which zones."""
        rules = self._rules()
        zones: tuple[str, ...] | None = None
        found: dict[str, str] = {}
        wanting = [job for job in self.jobs if job.looked and job.missing]
        if all(job.alone for job in wanting):
            wanting = wanting[:1] if not self._away else []
        for job in wanting:
            if job.alone and len(wanting) > 1:
                continue
            for chunk in job.item.chunks:
                if chunk.digest not in job.missing or chunk.digest in self._asked or chunk.digest in found:
                    continue
                own = rules.zones(self._paths(chunk.digest, job)) if rules.rules else ()
                if zones is None:
                    zones = own
                if own == zones:
                    found[chunk.digest] = chunk.body
                if len(found) >= size:
                    return zones, list(found.items())
        return zones or (), list(found.items())

    def _paths(self, digest: str, job: Job) -> list[str]:
        """Return the files that have this text; it may go only where all of them may."""
        if self._uses[digest] <= 1:
            return [job.waiting.path]
        return [path for path, other in self._jobs.items() if digest in other.digests]


def _known(store: Store, digests: Sequence[str]) -> dict[str, Any]:
    import numpy

    found = store.vectors_of(digests)
    left = [digest for digest in digests if digest not in found]
    kept = store.records.queue.vectors(store.model(), left)
    return found | {digest: numpy.frombuffer(vector, dtype="<f4") for digest, vector in kept.items()}


def _keep(store: Store, vectors: dict[str, bytes]) -> None:
    store.records.queue.keep_vectors(store.model(), vectors)


def _fits(store: Store, embeddings: Embeddings) -> bool:
    """Return whether these vectors can stand in the table in use; the first ones choose it."""
    model = store.model()
    if not model:
        store.set_model(embeddings.sha256, embeddings.model, embeddings.dimension)
    return model in ("", embeddings.sha256)
