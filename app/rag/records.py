"""What is known of each document, in SQLite: state, hash, extracted text, word counts. One connection, one thread.

A document's current version is named by its `revision`. Chunks in the table of `app.rag.chunk_table` count only while
their revision is the current one of a document here, so that setting it is the one step that makes a new version
appear, or an old one vanish.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from app.rag.database import Database
from app.rag.document import Extent
from app.rag.passages import Passages
from app.rag.places import PagePlaces
from app.rag.queue import BELOW, Queue, below
from app.rag.scanning import FoundFile

_BATCH = 500  # below SQLite's limit on parameters


@dataclass(frozen=True, slots=True)
class Record:
    """One document as it was last seen."""

    path: str
    state: str
    """indexed, failed, skipped, cancelled, or removed: taken out by the user, and not to come back by itself."""
    sha256: str = ""
    size: int = -1
    mtime_ns: int = -1
    revision: int = 0
    """0 = it has no chunks."""
    chunks: int = 0
    pages: int | None = None
    added_at: str = ""
    reason: str = ""
    retry: bool = False
    """Look at the file again even if it is unchanged: the failure may have been of the moment."""
    rules: int = 0
    """Rules of reading and chunking that made it."""
    title: str = ""
    """As the document itself says."""
    language: str = ""
    """ISO 639-1; "" when unknown."""


_NAMES = tuple(field.name for field in fields(Record))
_COLUMNS = ", ".join(_NAMES)
_MARKS = ", ".join("?" * len(_NAMES))


@dataclass(frozen=True, slots=True)
class Change:
    """A record to store, and what was read for it; without chunks there is only the record."""

    record: Record
    texts: Sequence[Extent] = ()
    words: Mapping[str, int] = field(default_factory=dict)
    """In how many chunks each word occurs."""
    places: Sequence[PagePlaces] = ()
    keep: Callable[[Passages], object] | None = None
    """Writes the version's chunks, in the same step."""
    seen: FoundFile | None = None
    """The file as it waited in the queue, from where it goes in the same step."""


class Records:
    """The database `documents.db`. Raises StoreError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._db = Database(path)
        self.queue = Queue(self._db)
        self.passages = Passages(self._db)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def all(self) -> dict[str, Record]:
        """Return every record by path."""
        return {row["path"]: _record(row) for row in self._db.execute("SELECT * FROM documents ORDER BY path")}

    def get(self, path: str) -> Record | None:
        """Return the record of one document."""
        row = self._db.execute("SELECT * FROM documents WHERE path = ?", (path,)).fetchone()
        return _record(row) if row else None

    def of_revision(self, revision: int) -> Record | None:
        """Return the record whose current version this is."""
        row = self._db.execute("SELECT * FROM documents WHERE revision = ?", (revision,)).fetchone()
        return _record(row) if row else None

    def under(self, path: str) -> list[Record]:
        """Return the records of a file, or of all files below a folder."""
        rows = self._db.execute(f"SELECT * FROM documents WHERE {BELOW} ORDER BY path", below(path))
        return [_record(row) for row in rows]

    def searchable(self) -> list[tuple[str, int]]:
        """Return path and time of change (ns since 1970) of every document that has chunks."""
        rows = self._db.execute("SELECT path, mtime_ns FROM documents WHERE revision > 0")
        return [(row["path"], row["mtime_ns"]) for row in rows]

    def same_content(self, sha256: str, rules: int) -> list[Record]:
        """Return indexed documents with this content."""
        rows = self._db.execute(
            "SELECT * FROM documents WHERE sha256 = ? AND rules = ? AND state = 'indexed'", (sha256, rules)
        )
        return [_record(row) for row in rows]

    def has_size(self, size: int) -> bool:
        """Tell whether a document has this size: a file of another size cannot be a copy of one."""
        row = self._db.execute("SELECT EXISTS (SELECT 1 FROM documents WHERE size = ?)", (size,)).fetchone()
        return bool(row[0])

    def revisions(self) -> dict[int, int]:
        """Return the number of chunks that each current revision must have."""
        rows = self._db.execute("SELECT revision, chunks FROM documents WHERE revision > 0")
        return {row["revision"]: row["chunks"] for row in rows}

    def paths_of(self, revisions: Iterable[int]) -> dict[int, str]:
        """Return the path of each of these revisions that is current."""
        wanted = sorted(set(revisions))
        found: dict[int, str] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT revision, path FROM documents WHERE revision IN ({marks})", part)
            found.update((row["revision"], row["path"]) for row in rows)
        return found

    def new_revision(self) -> int:
        """Return a number that no version ever had."""
        row = self._db.execute("UPDATE revisions SET last = last + 1 RETURNING last").fetchone()
        return int(row["last"])

    def put(self, changes: Sequence[Change]) -> set[str]:
        """Make these versions the current ones, in one step.

        Returns:
            The paths that were left as they are, because they have left the queue: cancelled, or removed.
        """
        refused: set[str] = set()
        with self._db.transaction():
            gone: list[int] = []
            added: list[Change] = []
            for change in changes:
                record = change.record
                if change.seen is not None and not self.queue.has(record.path):
                    refused.add(record.path)
                    continue
                old = self.get(record.path)
                if old is not None and old.revision not in (0, record.revision):
                    gone.append(old.revision)
                self._write(record)
                if record.revision and (old is None or old.revision != record.revision):
                    added.append(change)
                if change.seen is not None:
                    self.queue.leave(change.seen, record.size, record.mtime_ns)
            self._drop_versions(gone)
            self._add_versions(added)
        return refused

    def move(self, moves: Sequence[tuple[str, Record]]) -> None:
        """Replace documents by those with the same content under another path, in one step.

        Args:
            moves: the old path, and the new record; its revision is the one that the copied chunks have.
        """
        with self._db.transaction():
            for path, record in moves:
                old = self.get(path)
                before = self.get(record.path)
                if before is not None and before.revision:
                    self._drop_versions([before.revision])
                if old is None or not old.revision:
                    continue
                self._db.execute("DELETE FROM documents WHERE path = ?", (path,))
                self._write(record)
                for generation in self._generations():
                    self.passages.copy(old.revision, record.revision, generation)
                self.passages.drop(old.revision, self._generations())
                for table in ("texts", "places", "document_words"):
                    values = (record.revision, old.revision)
                    self._db.execute(f"UPDATE {table} SET revision = ? WHERE revision = ?", values)
                self._db.execute("INSERT OR REPLACE INTO dropped VALUES (?)", (old.revision,))

    def copy_of_version(self, revision: int) -> tuple[list[Extent], dict[str, int], list[PagePlaces]]:
        """Return text, word counts and places of a version, for a file with the same content."""
        rows = self._db.execute("SELECT * FROM texts WHERE revision = ? ORDER BY start", (revision,))
        texts = [Extent(row["page"], row["start"], row["text"]) for row in rows]
        rows = self._db.execute("SELECT * FROM places WHERE revision = ?", (revision,))
        places = [PagePlaces(row["page"], row["label"], row["marks"]) for row in rows]
        return texts, self._words_of(revision), places

    def keep(self, write: Callable[[Passages], object]) -> None:
        """Let `write` change what is kept of chunks, in one step."""
        with self._db.transaction():
            write(self.passages)

    def remove(self, paths: Iterable[str], tombstones: Sequence[Record] = ()) -> None:
        """Forget documents, in one step; they also leave the queue.

        Args:
            paths: Of the documents.
            tombstones: Records without a version, put in their place: files that shall not come back by themselves.
        """
        wanted = list(paths)
        with self._db.transaction():
            records = [record for path in wanted if (record := self.get(path)) is not None]
            self._drop_versions([record.revision for record in records if record.revision])
            self._db.many("DELETE FROM documents WHERE path = ?", [(path,) for path in wanted])
            self._db.many("DELETE FROM queue WHERE path = ?", [(path,) for path in wanted])
            self._db.many("DELETE FROM prepared WHERE path = ?", [(path,) for path in wanted])
            for record in tombstones:
                self._write(record)

    def dropped(self) -> list[int]:
        """Return versions whose chunks are still to be deleted."""
        return [row["revision"] for row in self._db.execute("SELECT revision FROM dropped")]

    def swept(self, revisions: Iterable[int]) -> None:
        """Note that the chunks of these versions are deleted."""
        with self._db.transaction():
            self._db.many("DELETE FROM dropped WHERE revision = ?", [(revision,) for revision in revisions])

    def text_of(self, revision: int, page: int | None) -> Extent | None:
        """Return the text of one page, or the whole text of a document without pages."""
        row = self._db.execute(
            "SELECT * FROM texts WHERE revision = ? AND page IS ? ORDER BY start LIMIT 1", (revision, page)
        ).fetchone()
        return Extent(row["page"], row["start"], row["text"]) if row else None

    def text_between(self, revision: int, start: int, end: int) -> str:
        """Return the text from character `start` to `end` of a document; pages are parted by an empty line."""
        rows = self._db.execute(
            "SELECT start, substr(text, max(1, ? - start + 1), ? - max(?, start)) AS part FROM texts"
            " WHERE revision = ? AND start < ? AND start + length(text) > ? ORDER BY start",
            (start, end, start, revision, end, start),
        )
        return "\n\n".join(row["part"] for row in rows)

    def places(self, revision: int, page: int | None) -> PagePlaces | None:
        """Return where the lines of a page stand; None where that is not known."""
        row = self._db.execute("SELECT * FROM places WHERE revision = ? AND page IS ?", (revision, page)).fetchone()
        return PagePlaces(row["page"], row["label"], row["marks"]) if row else None

    def counts(self, words: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks each word occurs, and how many chunks there are."""
        total = self._db.execute("SELECT coalesce(sum(chunks), 0) FROM documents WHERE revision > 0").fetchone()[0]
        found = {}
        for word in set(words):
            row = self._db.execute("SELECT chunks FROM words WHERE word = ?", (word,)).fetchone()
            found[word] = int(row["chunks"]) if row else 0
        return found, int(total)

    def completions(self, prefix: str, limit: int) -> list[str]:
        """Return the words of the library, cut as `app.words.content` cuts them, that begin so: the commonest first."""
        rows = self._db.execute(
            "SELECT word FROM words WHERE word >= ? AND word < ? ORDER BY chunks DESC LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
        return [row["word"] for row in rows]

    def fact(self, name: str) -> str:
        """Return a fact about the store; "" if there is none of this name."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else ""

    def set_facts(self, values: Mapping[str, str]) -> None:
        """Set facts, all in one step."""
        with self._db.transaction():
            self._db.many("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(values.items()))

    def _generations(self) -> tuple[int, int]:
        """Return that of the vectors in use, and of those that are being made."""
        generation = int(self.fact("generation") or 0)
        return generation, generation + 1

    def _write(self, record: Record) -> None:
        values = [getattr(record, name) for name in _NAMES]
        self._db.execute(f"INSERT OR REPLACE INTO documents ({_COLUMNS}) VALUES ({_MARKS})", values)

    def _add_versions(self, changes: Sequence[Change]) -> None:
        spread: Counter[str] = Counter()
        for change in changes:
            revision = change.record.revision
            spread.update(change.words)
            self._db.many(
                "INSERT INTO texts VALUES (?,?,?,?)",
                [(revision, text.page, text.start, text.text) for text in change.texts],
            )
            packed = zlib.compress(json.dumps(dict(change.words), ensure_ascii=False).encode())
            self._db.execute("INSERT OR REPLACE INTO document_words VALUES (?, ?)", (revision, packed))
            if change.keep is not None:
                change.keep(self.passages)
            self._db.many(
                "INSERT INTO places VALUES (?,?,?,?)",
                [(revision, page.page, page.label, page.marks) for page in change.places],
            )
        self._db.many(
            "INSERT INTO words VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET chunks = chunks + excluded.chunks",
            spread.items(),
        )

    def _drop_versions(self, revisions: Sequence[int]) -> None:
        """Take versions away; each word is counted once for all of them, for there may be very many."""
        spread: Counter[str] = Counter()
        for revision in revisions:
            spread.update(self._words_of(revision))
        self._db.many("UPDATE words SET chunks = chunks - ? WHERE word = ?", [(n, word) for word, n in spread.items()])
        self._db.many("DELETE FROM words WHERE word = ? AND chunks <= 0", [(word,) for word in spread])
        self._db.many("INSERT OR REPLACE INTO dropped VALUES (?)", [(revision,) for revision in revisions])
        for revision in revisions:
            self.passages.drop(revision, self._generations())
        for table in ("document_words", "texts", "places"):
            self._db.many(f"DELETE FROM {table} WHERE revision = ?", [(revision,) for revision in revisions])

    def _words_of(self, revision: int) -> dict[str, int]:
        row = self._db.execute("SELECT words FROM document_words WHERE revision = ?", (revision,)).fetchone()
        return (
            {str(word): int(count) for word, count in json.loads(zlib.decompress(row["words"])).items()} if row else {}
        )


def _record(row: sqlite3.Row) -> Record:
    values = dict(row)
    return Record(**values | {"retry": bool(values["retry"])})


def now() -> str:
    """Return the time as records keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
