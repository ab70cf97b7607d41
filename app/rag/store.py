"""The library's store: records in SQLite and chunks in LanceDB, kept in step. One instance per thread.

Order of writing, so that being killed anywhere loses nothing: chunks of a new version first (they don't count yet),
then the record that makes the version current, in one SQLite transaction, then the chunks of the old version go.
What a kill leaves over is found and cleared by `repair` at the next `add`. Writers take turns by a lock on a file.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import DocumentError, StoreError
from app.events import DocumentInfo
from app.rag.catalogue import Catalogue, Entry, kind_of
from app.rag.chunking import RULES as CHUNK_RULES
from app.rag.chunking import Chunk
from app.rag.document import Extent
from app.rag.library import Surroundings
from app.rag.records import Record, Records

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable, Hit

RULES = 100 * 1 + CHUNK_RULES
"""Rules of reading (the hundreds) and of chunking; documents made by others are read again."""
AROUND_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Version:
    """A new version of a document, ready to be stored; without chunks it only records a failure."""

    record: Record
    texts: Sequence[Extent] = ()
    words: dict[str, int] | None = None
    chunks: Sequence[Chunk] = ()
    vectors: Any = None


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of a search, and how common the question's words are."""

    matching: list[Hit]
    nearest: list[Hit]
    counts: dict[str, int]
    total: int


class Store:
    """Opens or makes the store in `folder`. Raises StoreError."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}.", code="store_open") from error
        self.folder = folder
        self.records = Records(folder / "documents.db")
        self._open: tuple[str, ChunkTable] | None = None
        self._lock: int | None = None

    def close(self) -> None:
        """Close files and give up the lock."""
        self.unlock()
        self._open = None
        self.records.close()

    # -- writers take turns ------------------------------------------------------------------------------------------

    def try_lock(self) -> bool:
        """Become the only writer of all processes; False if there is another. Ends with the process at the latest."""
        if self._lock is not None:
            return True
        descriptor = os.open(self.folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True

    def unlock(self) -> None:
        """Let others write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # -- the table of the embedding model in use ---------------------------------------------------------------------

    def model(self) -> str:
        """Return the SHA-256 of the model that made the vectors; "" while there are none."""
        return self.records.fact("model")

    def set_model(self, sha256: str, name: str, dimension: int) -> ChunkTable:
        """Make the table of this model the one in use."""
        table = self.new_table(sha256, dimension)
        facts = {"model": sha256, "model_name": name, "dimension": str(dimension), "wanted": ""}
        self.records.set_facts(facts)
        return table

    def new_table(self, sha256: str, dimension: int) -> ChunkTable:
        """Open the table of a model that is not in use yet."""
        os.environ.setdefault("LANCE_LOG", "error")  # read at import; its warnings are not for users
        from app.rag.chunk_table import ChunkTable, table_name

        return ChunkTable(self.folder / "chunks", table_name(sha256), dimension)

    def table(self) -> ChunkTable | None:
        """Return the table in use; None while nothing was ever embedded."""
        sha256 = self.model()
        if not sha256:
            return None
        if self._open is None or self._open[0] != sha256:
            self._open = (sha256, self.new_table(sha256, int(self.records.fact("dimension"))))
        return self._open[1]

    # -- writing; only with the lock ---------------------------------------------------------------------------------

    def repair(self) -> int:
        """Clear what a killed process left, and mark documents whose chunks are lost. Returns how many those are."""
        table = self.table()
        stored = table.counts() if table is not None else {}
        wanted = self.records.revisions()
        garbage = [revision for revision in stored if revision not in wanted]
        if table is not None and garbage:
            table.delete(garbage)
        lost = {revision for revision, chunks in wanted.items() if stored.get(revision, 0) != chunks}
        if lost:
            reason = "Its chunks were lost; adding it again brings them back."
            changes: list[tuple[Record, tuple[Extent, ...], dict[str, int]]] = []
            for record in self.records.all().values():
                if record.revision in lost:
                    changes.append(
                        (replace(record, state="failed", revision=0, chunks=0, reason=reason, retry=True), (), {})
                    )
            self.records.put(changes)
            if table is not None:
                table.delete(lost)
        return len(lost)

    def commit(self, versions: Sequence[Version]) -> list[Record]:
        """Store new versions; returns their records, revision filled in."""
        from app.rag.chunk_table import Rows

        finished: list[Version] = []
        rows: list[Rows] = []
        old: list[int] = []
        for version in versions:
            record = version.record
            if version.chunks:
                record = replace(record, revision=self.records.new_revision(), chunks=len(version.chunks))
                rows.append(Rows(record.revision, record.path, record.sha256, version.chunks, version.vectors))
            before = self.records.get(record.path)
            if before is not None and before.revision not in (0, record.revision):
                old.append(before.revision)
            finished.append(replace(version, record=record))
        table = self.table()
        if rows:
            assert table is not None, "a model is set before anything is committed"
            table.add(rows)
        self.records.put([(version.record, version.texts, version.words or {}) for version in finished])
        if old and table is not None:
            table.delete(old)
        return [version.record for version in finished]

    def commit_copy(self, record: Record, source: Record) -> Record | None:
        """Store a document whose content is that of `source`, without reading or embedding; None if that is gone."""
        table = self.table()
        if table is None or not source.revision:
            return None
        texts, words = self.records.copy_of_version(source.revision)
        before = self.records.get(record.path)
        revision = self.records.new_revision()
        if table.copy(source.revision, record.path, revision) != source.chunks:
            table.delete([revision])
            return None
        record = replace(record, revision=revision, chunks=source.chunks, pages=source.pages)
        self.records.put([(record, texts, words)])
        if before is not None and before.revision:
            table.delete([before.revision])
        return record

    def drop(self, paths: Iterable[str]) -> None:
        """Forget documents and delete their chunks."""
        gone = [record for path in paths if (record := self.records.get(path)) is not None]
        self.records.remove(record.path for record in gone)
        table = self.table()
        revisions = [record.revision for record in gone if record.revision]
        if table is not None and revisions:
            table.delete(revisions)

    def catalogue(self) -> Catalogue:
        """Return what the library holds, for `query.understand`; loaded when a question may name something."""
        return Catalogue(
            lambda: (Entry(path, kind_of(path), changed // 10**9) for path, changed in self.records.searchable()),
            tuple(filter(None, self.records.fact("languages").split())),
        )

    # -- for everyone ------------------------------------------------------------------------------------------------

    def documents(self) -> list[DocumentInfo]:
        """Return what `Library.documents` tells."""
        return [_info(record) for record in self.records.all().values() if record.state != "skipped"]

    def remove(self, paths: Iterable[str]) -> list[DocumentInfo]:
        """Forget documents at once; their chunks go now, or, while another process writes, when it has finished."""
        records = {record.path: record for path in paths for record in self.records.under(path)}
        self.records.remove(records)
        revisions = [record.revision for record in records.values() if record.revision]
        table = self.table()
        if revisions and table is not None and self.try_lock():
            try:
                table.delete(revisions)
            finally:
                self.unlock()
        return [_info(record) for record in records.values() if record.state != "skipped"]

    def find(self, words: str, stems: Sequence[str], vector: Any, limit: int, where: str) -> Found:
        """Return candidates by full text (if `words`) and by vector (if `vector`), each best first."""
        counts, total = self.records.counts(stems)
        table = self.table()
        if table is None:
            return Found([], [], counts, total)
        matching: list[Hit] = []
        nearest: list[Hit] = []
        try:
            for asked in (limit, 4 * limit, 16 * limit):
                found = table.matching(words, asked, where) if words else []
                close = table.nearest(vector, asked, where) if vector is not None else []
                current = self.records.current(hit.revision for hit in (*found, *close))
                matching = [hit for hit in found if hit.revision in current][:limit]
                nearest = [hit for hit in close if hit.revision in current][:limit]
                # Versions that are being replaced may stand before the current ones: then look further down.
                if all(
                    len(kept) == limit or len(kept) == len(all_) or len(all_) < asked
                    for kept, all_ in ((matching, found), (nearest, close))
                ):
                    break
        except (OSError, RuntimeError, ValueError) as error:
            from app.rag.chunk_table import broken

            raise broken(self.folder / "chunks", error) from error
        return Found(matching, nearest, counts, total)

    def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return what `Library.surroundings` tells. Raises DocumentError."""
        record = self.records.get(path)
        if record is None or not record.revision:
            raise DocumentError(
                f"{path} is not in the library.", code="document_unknown", hint="Add it again to see its text."
            )
        extent = self.records.text_of(record.revision, page)
        text, offset = (extent.text, extent.start) if extent is not None else ("", 0)
        first = min(max(0, start - offset), len(text))
        last = min(max(first, end - offset), len(text))
        before, after = text[:first], text[last:]
        if page is None:
            before, after = before[-AROUND_CHARACTERS:], after[:AROUND_CHARACTERS]
        try:
            found = os.stat(path)
        except OSError:
            exists, changed = False, True
        else:
            exists = True
            changed = (found.st_size, found.st_mtime_ns) != (record.size, record.mtime_ns)
        return Surroundings(path, page, record.pages, before, text[first:last], after, exists, changed)


def now() -> str:
    """Return the time as records keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _info(record: Record) -> DocumentInfo:
    state = record.state if os.path.exists(record.path) else "missing"
    return DocumentInfo(record.path, state, record.chunks, record.pages, record.added_at, record.sha256, record.reason)
