"""What a session has the store do with files that are done, and how it tells of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from app.events import FileIndexed
from app.rag.embedding import Job
from app.rag.listening import seen
from app.rag.pictures import forget
from app.rag.prepared import Prepared
from app.rag.records import Record
from app.rag.store import Store
from app.rag.versions import Version


def kept(jobs: Sequence[Job]) -> list[str]:
    """Return the digests whose vectors the queue keeps for these files."""
    return [digest for job in jobs for digest in job.kept]


def outdated(items: Iterable[Prepared]) -> set[str]:
    """Return the contents (SHA-256) that these files had before."""
    pairs = ((item.before, item.record or item.failed) for item in items)
    return {old.sha256 for old, new in pairs if old is not None and new is not None and old.sha256 != new.sha256}


def store_versions(
    store: Store, versions: Sequence[Version], digests: Sequence[str], contents: Collection[str]
) -> list[Record | None]:
    """Store new versions; the kept vectors of these digests and the pictures of these contents go."""
    records = store.commit(versions)
    forget(store.folder / "pictures", contents)
    if digests:
        store.records.queue.forget_vectors(store.model(), digests)
    return records


def version_of(item: Prepared, vectors: object) -> Version:
    """Return a file with its vectors as the store takes it."""
    record = item.touched or item.failed or item.record
    assert record is not None
    return Version(record, item.texts, item.words, item.chunks, vectors, item.places, item.file)


def event_of(item: Prepared, record: Record) -> FileIndexed:
    """Return what is told of a file that is done."""
    if item.failed is not None:
        return FileIndexed(item.file.path, "skipped" if item.failed.state == "skipped" else "failed", 0, item.reason)
    if item.touched is not None:
        return FileIndexed(record.path, seen(record), record.chunks, record.reason)
    before = item.before is not None and item.before.revision > 0
    return FileIndexed(record.path, "changed" if before else "added", record.chunks, record.reason)
