"""The library's store: records in SQLite and chunks in LanceDB, kept in step. One instance per thread.

Order of writing, so that being killed anywhere loses nothing: chunks of a new version first (they don't count yet),
then the record that makes the version current, in one SQLite transaction, then the chunks of the old version go.
What a kill leaves over is found and cleared by `repair` at the next `add`. Writers take turns by a lock on a file.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.errors import DocumentError, StoreError
from app.events import DocumentInfo
from app.library_state import WatchedFolder
from app.rag import fulltext, language
from app.rag.catalogue import Catalogue, Entry, kind_of
from app.rag.chunking import RULES as CHUNK_RULES
from app.rag.chunking import Chunk
from app.rag.document import Extent
from app.rag.library import Surroundings
from app.rag.migrating import migrate, old_table
from app.rag.mounts import mount_of
from app.rag.passages import Kept, Passages, key_of, revision_of
from app.rag.pictures import forget
from app.rag.place import Place, place_of
from app.rag.places import PagePlaces, boxes, marks_of, seconds
from app.rag.queue import Folder, is_below
from app.rag.records import Change, Record, Records
from app.rag.scanning import FoundFile
from app.rag.tending import SMALL, STALE_WORDS, Tending
from app.words import content

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable, Rows

RULES = 100 * 2 + CHUNK_RULES
"""Rules of reading (the hundreds) and of chunking; documents made by others are read again."""
AROUND_CHARACTERS = 2000
_COMPLETIONS = 5
"""The commonest words that a half-typed one may become."""
_COPIES = 500
"""Documents that are copied in one commit of the table."""
_HIDDEN = ("skipped", "removed")


@dataclass(frozen=True, slots=True)
class Version:
    """A new version of a document, ready to be stored; without chunks it only records a failure."""

    record: Record
    texts: Sequence[Extent] = ()
    words: dict[str, int] | None = None
    chunks: Sequence[Chunk] = ()
    vectors: Any = None
    places: Sequence[PagePlaces] = ()
    seen: FoundFile | None = None
    """The file as it waited in the queue, which it leaves in the same step."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with the content of a document that is known already."""

    record: Record
    source: Record
    moved: bool = False
    """The source's file is gone: it has become this one."""
    seen: FoundFile | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of a search, and how common the question's words are."""

    matching: list[Hit]
    nearest: list[Hit]
    counts: dict[str, int]
    total: int
    scores: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """BM25 by the key of a chunk, of more than those in `matching`."""
    floor: float = 0.0
    """No other chunk has more than this."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found."""

    revision: int
    chunk_id: int
    path: str
    page: int | None
    section: str
    start: int
    end: int
    text: str
    vector: Any
    """numpy float32, as the model gave it."""
    header: str = ""
    parent: tuple[int, int] = (0, 0)
    """The section around it, in characters of the document."""

    @property
    def key(self) -> tuple[int, int]:
        """Names the chunk."""
        return self.revision, self.chunk_id


class Store:
    """Opens or makes the store in `folder`. Raises StoreError."""

    def __init__(self, folder: Path, address: str = "") -> None:
        """`address`: setting documents.store, "" for a folder beside the list of documents."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made: {error.strerror}.", code="store_open") from error
        self.folder = folder
        self.place: Place = place_of(folder / "chunks", address, folder.parent, os.environ)
        self.tending = Tending(folder)
        self.records = Records(folder / "documents.db")
        self._open: ChunkTable | None = None
        self._lock: int | None = None

    def close(self) -> None:
        """Close files and give up the lock."""
        self.unlock()
        self.tending.stop()
        self.forget_table()
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

    def set_model(self, sha256: str, name: str, dimension: int, table: str = "", generation: int = 0) -> None:
        """Make a table of this model the one in use, in one step; without a name it is the model's own."""
        facts = {"model": sha256, "model_name": name, "dimension": str(dimension), "wanted": "", "table": table}
        facts |= {"generation": str(generation), "coming": ""}
        self.records.set_facts(facts)

    def new_table(self, name: str, dimension: int) -> ChunkTable:
        """Open or make a table that is not in use yet."""
        os.environ.setdefault("LANCE_LOG", "error")  # read at import; its warnings are not for users
        from app.rag.chunk_table import ChunkTable

        return ChunkTable(self.place, name, dimension)

    def table(self) -> ChunkTable | None:
        """Return the table in use; None while nothing was ever embedded. Raises StoreError when it is damaged."""
        sha256 = self.model()
        if not sha256:
            return None
        from app.rag.chunk_table import table_name

        name = self.records.fact("table") or table_name(sha256)
        if self._open is None or self._open.name != name:
            self.forget_table()
            self._open = self.new_table(name, int(self.records.fact("dimension")))
        return self._open

    def forget_table(self) -> None:
        """Close the table in use; the next call that needs it opens it again."""
        table, self._open = self._open, None
        if table is not None:
            table.close()

    # -- writing; only with the lock ---------------------------------------------------------------------------------

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
        elif table is not None and (waiting >= STALE_WORDS or table.wants_index()):
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

    def generation(self) -> int:
        """Return the number of models that were in use before this one."""
        return int(self.records.fact("generation") or 0)

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
                    _keep,
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
        """Forget documents and delete their chunks and pictures."""
        gone = list(paths)
        contents = {record.sha256 for path in gone if (record := self.records.get(path)) is not None}
        self.records.remove(gone)
        self.sweep()
        forget(self.folder / "pictures", contents)

    def catalogue(self) -> Catalogue:
        """Return what the library holds, for `query.understand`; loaded when a question may name something."""
        return Catalogue(
            lambda: (Entry(path, kind_of(path), changed // 10**9) for path, changed in self.records.searchable()),
            self.languages(),
        )

    def languages(self) -> tuple[str, ...]:
        """Return the languages of the library, ISO 639-1, the most frequent first."""
        counts: dict[str, int] = json.loads(self.records.fact("languages") or "{}")
        return tuple(name for name in sorted(counts, key=lambda name: -counts[name]) if name)

    def _count_languages(self, spread: Mapping[str, int]) -> None:
        if spread:
            counts = Counter(json.loads(self.records.fact("languages") or "{}"))
            counts.update(spread)
            self.records.set_facts({"languages": json.dumps(counts)})

    def _language_of(self, version: Version) -> str:
        sample = "\n".join(text.text[:4000] for text in version.texts[:5])
        return language.of_document(sample or "\n".join(chunk.text for chunk in version.chunks[:5]))

    # -- for everyone ------------------------------------------------------------------------------------------------

    def documents(self) -> list[DocumentInfo]:
        """Return what `Library.documents` tells."""
        records = self.records.all()
        infos = [_info(record) for record in records.values() if record.state not in _HIDDEN]
        for waiting in self.records.queue.all():
            if waiting.path not in records:
                infos.append(DocumentInfo(waiting.path, "waiting", 0, None, "", "", size=waiting.size))
        return sorted(infos, key=lambda info: info.path)

    def chunks_of(self, path: str) -> list[Hit]:
        """Return the chunks of a document in order. Raises DocumentError."""
        record = self._known(path)
        generation = self.generation()
        hits = self._hits((kept.key for kept in self.records.passages.of_version(record.revision, generation)), ())
        return sorted(hits.values(), key=lambda hit: hit.chunk_id)

    def text_around(self, path: str, start: int, end: int, characters: int) -> str:
        """Return what `Library.text_around` tells. Raises DocumentError."""
        record = self._known(path)
        first = max(0, start - max(0, characters - (end - start)) // 2)
        text = self.records.text_between(record.revision, first, first + characters)
        ahead = text[: max(0, start - first)]
        if first and " " in ahead:
            text = text[ahead.index(" ") :]  # not from the middle of a word
        return text.strip()

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
        if self.try_lock():
            try:
                self.sweep()
            finally:
                self.unlock()
        return [_info(record) for record in records.values() if record.state not in _HIDDEN]

    def find(
        self,
        words: str,
        stems: Sequence[str],
        vector: Any,
        limit: int,
        where: str,
        *,
        spoken: str = "",
        half: str = "",
        phrases: Sequence[str] = (),
    ) -> Found:
        """Return candidates by full text (if `words`) and by vector (if `vector`), each best first.

        Args:
            words: What is searched by full text; it has no syntax.
            stems: Of which it is told how common they are.
            vector: numpy float32, or None.
            limit: How many of each.
            where: A condition on the columns of the table; "" for none.
            spoken: Language of the question, if known.
            half: Its last word, when that may be half typed.
            phrases: Must occur in every candidate.

        Raises:
            StoreError: with code store_damaged, the table cannot be read.
        """
        counts, total = self.records.counts(stems)
        table = self.table()
        if table is None:
            return Found([], [], counts, total)
        from app.rag.chunk_table import Wanted, broken

        known = self.languages()
        languages = tuple(filter(None, dict.fromkeys((spoken or language.of_query(words, known), *known))))
        completed = self._completed(half, languages) if half else ()
        matching: list[Hit] = []
        nearest: list[Hit] = []
        hits: dict[int, Hit] = {}
        scores: Mapping[int, float] = {}
        floor = 0.0
        try:
            for asked in (limit, 4 * limit, 16 * limit):
                wanted = Wanted(words, languages, completed, tuple(phrases), vector, asked, where)
                found, near, scores, floor = table.search(wanted)
                hits = self._hits((*found, *near), phrases)
                matching = [hits[key] for key in found if key in hits][:limit]
                nearest = _in_true_order([hits[key] for key in near if key in hits], vector)[:limit]
                # Versions that are being replaced may stand before the current ones: then look further down.
                if all(
                    len(kept) == limit or len(kept) == len(all_) or len(all_) < asked
                    for kept, all_ in ((matching, found), (nearest, near))
                ):
                    break
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            self.forget_table()
            raise broken(self.place, table.name, error) from error
        ranked = {hit.key: scores[key] for key, hit in hits.items() if key in scores}
        return Found(matching, nearest, counts, total, ranked, floor)

    def _completed(self, half: str, languages: Sequence[str]) -> tuple[str, ...]:
        """Return what a word that no document has may become when it is typed on."""
        stems = content(half)
        if not stems or any(self.records.counts(stems)[0].values()):
            return ()
        begun = {fulltext.folded(half), *stems}
        known = [word for prefix in begun for word in self.records.completions(prefix, _COMPLETIONS)]
        return tuple(fulltext.completed(known, languages))

    def _hits(self, keys: Iterable[int], phrases: Sequence[str]) -> dict[int, Hit]:
        """Return what was found, without chunks of versions that are not current, or without one of the phrases."""
        import numpy

        kept = self.records.passages.of_keys(keys, self.generation())
        paths = self.records.paths_of(map(revision_of, kept))
        hits = {}
        for key, chunk in kept.items():
            path = paths.get(revision_of(key))
            if path is None or chunk.vector is None:
                continue
            if phrases and not fulltext.contains(f"{chunk.section}\n{chunk.header}\n{chunk.text}", phrases):
                continue
            hits[key] = Hit(
                revision_of(key),
                key - key_of(revision_of(key), 0),
                path,
                chunk.page,
                chunk.section,
                chunk.start,
                chunk.stop,
                chunk.text,
                numpy.frombuffer(chunk.vector, "<f4"),
                chunk.header,
                (chunk.parent_start, chunk.parent_stop),
            )
        return hits

    def unfinished(self, within: Sequence[str]) -> tuple[int, int]:
        """Return what `Library.unfinished` tells. What a user asked for counts as one file until it is looked at."""
        roots = within or None
        queue = self.records.queue
        waiting = {one.path for one in queue.all(roots)}
        for asked in queue.asked():
            if not asked.by_user:
                continue  # a rescan mostly finds nothing new
            if roots is None or any(is_below(asked.path, root) or is_below(root, asked.path) for root in roots):
                waiting.add(asked.path)
        records = (
            self.records.all()
            if roots is None
            else {record.path: record for root in roots for record in self.records.under(root)}
        )
        indexed = {path for path, record in records.items() if record.revision}
        return len(waiting), len(waiting | indexed)

    def watch(self, path: str) -> None:
        """Remember a folder as watched, and have it looked at."""
        self.records.queue.watch(Folder(path, mount_of(path).point, now()))
        self.records.queue.ask([path], by_user=True)

    def watched(self, polled: Callable[[str], bool]) -> list[WatchedFolder]:
        """Return what `Library.folders` tells."""
        found = []
        for folder in self.records.queue.folders():
            there = os.path.isdir(folder.path) and mount_of(folder.path).point == folder.mount
            state: Literal["watched", "polled", "missing"] = "missing"
            if there:
                state = "polled" if polled(folder.path) or mount_of(folder.path).network else "watched"
            count = sum(record.revision > 0 for record in self.records.under(folder.path))
            found.append(WatchedFolder(folder.path, state, count, folder.added_at))
        return found

    def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return what `Library.surroundings` tells. Raises DocumentError."""
        record = self._known(path)
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
        places = self.records.places(record.revision, page)
        marks = marks_of(places.marks) if places is not None else None
        return Surroundings(
            *(path, page, record.pages, before, text[first:last], after, exists, changed),
            boxes=boxes(marks, start, end) if marks else (),
            seconds=seconds(marks, start, end) if marks else None,
            label=places.label if places else "",
        )

    def _known(self, path: str) -> Record:
        record = self.records.get(path)
        if record is None or not record.revision:
            raise DocumentError(
                f"{path} is not in the library.", code="document_unknown", hint="Add it again to see its text."
            )
        return record


def _keep(
    passages: Passages, *, revision: int, chunks: Sequence[Chunk], vectors: Any, spoken: str, generation: int
) -> None:
    passages.put(revision, chunks, spoken)
    passages.put_vectors(generation, ((key_of(revision, n), _bytes(row)) for n, row in enumerate(vectors)))


def rows_of(record: Record, bodies: Sequence[str], vectors: Any, spoken: str) -> Rows:
    """Return chunks as the table takes them."""
    from app.rag.chunk_table import Rows

    return Rows(record.revision, record.path, bodies, vectors, spoken, record.mtime_ns // 10**9)


def rows_of_kept(record: Record, chunks: Sequence[Kept]) -> Rows:
    """Return chunks that are kept with their vectors as the table takes them."""
    import numpy

    vectors = numpy.stack([numpy.frombuffer(chunk.vector or b"", "<f4") for chunk in chunks])
    return rows_of(record, [chunk.chunk().body for chunk in chunks], vectors, chunks[0].language)


def _bytes(vector: Any) -> bytes:
    return bytes(vector.astype("<f4").tobytes())


def _in_true_order(hits: list[Hit], vector: Any) -> list[Hit]:
    """Return hits by their cosine to `vector`, closest first."""
    if len(hits) < 2:
        return hits
    import numpy

    vectors = numpy.stack([hit.vector for hit in hits])
    cosines = vectors @ vector / numpy.maximum(numpy.linalg.norm(vectors, axis=1), 1e-12)
    return [hits[place] for place in numpy.argsort(-cosines, kind="stable")]


def now() -> str:
    """Return the time as records keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _info(record: Record) -> DocumentInfo:
    state = record.state if os.path.exists(record.path) else "missing"
    modified = datetime.fromtimestamp(record.mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
    return DocumentInfo(
        *(record.path, state, record.chunks, record.pages, record.added_at, record.sha256, record.reason),
        size=max(record.size, 0),
        modified=modified if record.mtime_ns > 0 else "",
        title=record.title,
        language=record.language,
    )
