"""Files whose text no node will embed: found by trying them alone, so that they never stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.errors import NodeError
from app.rag.embedding import Job, Refused
from app.rag.prepared import Prepared
from app.rag.records import Record
from app.rag.versions import RULES
from app.thinking import Embedder

PROBE = "The lighthouse keeper wrote down every ship that passed."
"""A text that every node embeds which embeds at all."""
STRIKES = 2
"""How often a file must be refused alone, where the error says that another try may succeed."""


class Refusals:
    """What is suspected, as long as the program runs: a node that a text makes crash is not there for a while."""

    def __init__(self) -> None:
        self._strikes: Counter[str] = Counter()
        self._alone: set[str] = set()

    def suspects(self, path: str) -> bool:
        """Tell whether a file is to be embedded by itself."""
        return path in self._alone

    def clear(self, path: str) -> None:
        """Take note that a file is done, or is not wanted any more."""
        self._alone.discard(path)
        self._strikes.pop(path, None)

    async def judge(self, refused: Refused, embedder: Embedder) -> Sequence[Job]:
        """Return the files that are to be set aside; the others of the batch are tried again by themselves.

        Raises:
            NodeError: it is not these texts, since no node embeds any other one either.
        """
        jobs, error = refused.jobs, refused.error
        alone = len(jobs) == 1 and (jobs[0].alone or not error.retryable)
        for job in jobs:
            job.alone = True
            self._alone.add(job.waiting.path)
            self._strikes[job.waiting.path] += alone
        try:
            await embedder.embed([PROBE], "passage")
        except NodeError:
            raise error from None
        if not alone:
            return ()
        (job,) = jobs
        return (job,) if not error.retryable or self._strikes[job.waiting.path] >= STRIKES else ()


def set_aside(item: Prepared, error: NodeError) -> Prepared:
    """Return a file as one that failed; an earlier version that is indexed stays in use."""
    reason = f"Its text could not be embedded: {error.message}"
    before = item.before
    if before is not None and before.revision:
        return Prepared(item.file, before, failed=replace(before, reason=reason, retry=True), reason=reason)
    assert item.record is not None
    read = item.record
    record = Record(
        path=read.path,
        state="failed",
        sha256=read.sha256,
        size=read.size,
        mtime_ns=read.mtime_ns,
        pages=read.pages,
        added_at=read.added_at,
        reason=reason,
        retry=True,
        rules=RULES,
        title=read.title,
    )
    return Prepared(item.file, before, failed=record, reason=reason)
