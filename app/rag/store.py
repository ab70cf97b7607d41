"""The library's store: records in SQLite and chunks in LanceDB, kept in step. One instance per thread.

Order of writing, so that being killed anywhere loses nothing: chunks of a new version first (they don't count yet),
then the record that makes the version current, in one SQLite transaction, then the chunks of the old version go.
What a kill leaves over is found and cleared by `repair` at the next `add`. Writers take turns by a lock on a file.

Here is what writes; what reads stands in `app.rag.finding` (questions) and `app.rag.listing` (the list of documents).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.errors import StoreError
from app.events import DocumentInfo
from app.rag import language, summary_notes
from app.rag.finding import Finding
from app.rag.listing import HIDDEN, Listing, info_of
from app.rag.migrating import migrate, old_table
from app.rag.passages import Kept, Passages
from app.rag.pictures import forget
from app.rag.queue import is_below
from app.rag.records import Change, Record
from app.rag.tending import SMALL, stale_words
from app.rag.versions import Copy, Version, keep_chunks, rows_of, rows_of_kept

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable, Rows

_COPIES = 500
"""Documents that are copied in one commit of the table."""


class Store(Finding, Listing):
    """The whole store; writing only with the lock."""

    def repair(self) -> int:
        """Clear what a killed process left, and mark documents whose chunks are lost. Returns how many those are.

        Documents whose chunks are in SQLite are not lost, only not yet in the index: `incomplete` names them.
        """
        if old_table(self):
            migrate(self)
        table = self._sound_table()
        stored = table.counts() if table is not None else {}
        wanted = self.records.revisions()
        garbage = [revision for revision in stored if revision not in wanted]
        if table is not None and garbage:
            table.delete(garbage)
        kept = self.records.passages.numbers()
        lost = {revision for revision, chunks in wanted.items() if kept.get(revision, 0) != chunks}
        self.give_up(lost)
        if table is not None and lost:
            table.delete(lost)
        return len(lost)

    def _sound_table(self) -> ChunkTable | None:
        """Return the table in use, an empty one in its place when it turns out to be damaged."""
        try:
            table = self.table()
            if table is not None:
                table.check()
        except StoreError as error:
            if error.code != "store_damaged":
                raise
            self.quarantine()
            table = self.table()
        return table

    def tend(self) -> bool:
        """See to the indexes: those of a small table here, in some milliseconds, else in a process of its own.

        Returns at once; whether that process was begun.
        """
        table = self.table()
        waiting = table.unindexed() if table is not None else 0
        if table is not None and waiting and table.count() <= SMALL:
            table.tidy()
        elif table is not None and (waiting >= stale_words(table.count()) or table.wants_index()):
            return self.tending.start(self.place.uri, dict(self.place.options), table.name)
        return False

    def give_up(self, revisions: Iterable[int]) -> None:
        """Mark documents whose chunks are lost: they are read again when they are added again."""
        lost = set(revisions)
        reason = "Its chunks were lost; adding it again brings them back."
        changes = [
            Change(replace(record, state="failed", revision=0, chunks=0, reason=reason, retry=True))
            for record in (self.records.all().values() if lost else ())
            if record.revision in lost
        ]
        if changes:
            self.records.put(changes)

    def incomplete(self, table: ChunkTable) -> list[int]:
        """Return the current versions whose chunks are not, or not all, in `table`."""
        stored = table.counts()
        return sorted(r for r, chunks in self.records.revisions().items() if stored.get(r, 0) != chunks)

    def kept(self, revision: int, generation: int) -> tuple[Record, list[Kept]] | None:
        """Return a version's record and its chunks; None if it is not current."""
        record = self.records.of_revision(revision)
        return (record, self.records.passages.of_version(revision, generation)) if record is not None else None

    def vectors_of(self, digests: Iterable[str]) -> dict[str, Any]:
        """Return the vectors (numpy float32) of chunks that are known already, by digest."""
        import numpy

        found = self.records.passages.vectors_of(digests, self.generation())
        return {digest: numpy.frombuffer(vector, "<f4") for digest, vector in found.items()}

    def quarantine(self) -> str:
        """Put a damaged table aside, kept under another name, and begin an empty one. Returns the old one's new name.

        Only with the lock. The chunks come back by `app.rag.reembedding.restore`.
        """
        from app.rag.chunk_table import table_name

        sha256 = self.model()
        name = self.records.fact("table") or table_name(sha256)
        self.forget_table()
        number = int(self.records.fact("tables") or 0) + 1
        aside = name
        if self.place.folder is not None:
            kept = self.folder / "quarantine"
            kept.mkdir(mode=0o700, exist_ok=True)
            aside = str(kept / f"{name}.{number}.lance")
            source = self.place.folder / f"{name}.lance"
            if source.exists():
                os.replace(source, aside)
        # In a bucket nothing can be renamed in one step: the new table simply has another name.
        self.records.set_facts({"tables": str(number), "table": f"{table_name(sha256)}_{number}", "damaged": aside})
        return aside

    def commit(self, versions: Sequence[Version]) -> list[Record | None]:
        """Store new versions; returns their records with their revisions, None for files cancelled meanwhile."""
        changes: list[Change] = []
        rows: list[Rows] = []
        spread: Counter[str] = Counter()
        generation = self.generation()
        for version in versions:
            record, keep = version.record, None
            if version.chunks:
                spoken = self._language_of(version)
                revision = self.records.new_revision()
                record = replace(record, revision=revision, chunks=len(version.chunks), language=spoken)
                keep = partial(
                    keep_chunks,
                    revision=revision,
                    chunks=version.chunks,
                    vectors=version.vectors,
                    spoken=spoken,
                    generation=generation,
                )
                spread[spoken] += len(version.chunks)
                rows.append(rows_of(record, [chunk.body for chunk in version.chunks], version.vectors, spoken))
            changes.append(Change(record, version.texts, version.words or {}, version.places, keep, version.seen))
        table = self.table()
        if rows:
            assert table is not None, "a model is set before anything is committed"
            table.add(rows)
        refused = self.records.put(changes)
        self._count_languages(spread)
        if refused and table is not None:
            table.delete(change.record.revision for change in changes if change.keep and change.record.path in refused)
        self.sweep()
        return [None if change.record.path in refused else change.record for change in changes]

    def commit_copies(self, copies: Sequence[Copy]) -> list[Record | None]:
        """Store documents whose content is known, without reading or embedding; None where its source is gone."""
        table = self.table()
        if table is None:
            return [None] * len(copies)
        generation = self.generation()
        changes: list[Change] = []
        moves: list[tuple[str, Record]] = []
        rows: list[Rows] = []
        records: list[Record | None] = []
        for copy in copies:
            source = copy.source
            chunks = self.records.passages.of_version(source.revision, generation) if source.revision else []
            if not chunks or len(chunks) != source.chunks or any(chunk.vector is None for chunk in chunks):
                records.append(None)
                continue
            revision = self.records.new_revision()
            new = replace(copy.record, revision=revision, chunks=source.chunks, pages=source.pages)
            rows.append(rows_of_kept(new, chunks))
            if copy.moved:
                moves.append((source.path, new))
            else:
                texts, words, places = self.records.copy_of_version(source.revision)
                again = partial(Passages.copy, revision=source.revision, to=revision, generation=generation)
                changes.append(Change(new, texts, words, places, again, copy.seen))
            records.append(new)
            if len(rows) >= _COPIES:
                table.add(rows)
                rows = []
        table.add(rows)
        refused = self.records.put(changes) if changes else set()
        if moves:
            self.records.move(moves)
        if refused:
            table.delete(change.record.revision for change in changes if change.record.path in refused)
        self.sweep()
        return records

    def sweep(self) -> None:
        """Delete the chunks of versions that are no longer current."""
        dropped = self.records.dropped()
        table = self.table()
        if dropped and table is not None:
            table.delete(dropped)
        if dropped:
            self.records.swept(dropped)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget documents and delete their chunks, pictures and the notes for summaries of them."""
        gone = list(paths)
        contents = {record.sha256 for path in gone if (record := self.records.get(path)) is not None}
        self.records.remove(gone)
        self.sweep()
        forget(self.folder / "pictures", contents)
        summary_notes.forget(self.folder.parent / summary_notes.FOLDER, gone)

    def remove(self, paths: Sequence[str]) -> list[DocumentInfo]:
        """Forget documents at once; their chunks go now, or, while another process writes, when it has finished.

        Files that stay in a watched folder are remembered as removed; a watched folder that is removed as a whole is
        no longer watched.
        """
        records = {record.path: record for path in paths for record in self.records.under(path)}
        queue = self.records.queue
        kept = []
        for folder in queue.folders():
            if any(is_below(folder.path, path) for path in paths):
                queue.unwatch(folder.path)
            else:
                kept.append(folder.path)
        tombstones = [
            Record(path, "removed", size=record.size, mtime_ns=record.mtime_ns, rules=record.rules)
            for path, record in records.items()
            if any(is_below(path, folder) for folder in kept) and os.path.lexists(path)
        ]
        queue.drop(paths)
        self.records.remove(records, tombstones)
        summary_notes.forget(self.folder.parent / summary_notes.FOLDER, records)
        if self.try_lock():
            try:
                self.sweep()
            finally:
                self.unlock()
        return [info_of(record) for record in records.values() if record.state not in HIDDEN]

    def _count_languages(self, spread: Mapping[str, int]) -> None:
        if spread:
            counts = Counter(json.loads(self.records.fact("languages") or "{}"))
            counts.update(spread)
            self.records.set_facts({"languages": json.dumps(counts)})

    def _language_of(self, version: Version) -> str:
        sample = "\n".join(text.text[:4000] for text in version.texts[:5])
        return language.of_document(sample or "\n".join(chunk.text for chunk in version.chunks[:5]))
