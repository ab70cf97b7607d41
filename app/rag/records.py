"""What is known of each document, in SQLite: state, hash, extracted text, word counts. One connection, one thread.

A document's current version is named by its `revision`. Chunks in the table of `app.rag.chunk_table` count only while
their revision is the current one of a document here, so that setting it is the one step that makes a new version
appear, or an old one vanish.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import StoreError
from app.rag.document import Extent

_BUSY_SECONDS = 30.0
_BATCH = 500  # below SQLite's limit on parameters


@dataclass(frozen=True, slots=True)
class Record:
    """One document as it was last seen."""

    path: str
    state: str
    """indexed, failed or skipped."""
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


def _first(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """
        CREATE TABLE documents (
            path TEXT PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL, revision INTEGER NOT NULL, chunks INTEGER NOT NULL, pages INTEGER,
            added_at TEXT NOT NULL, reason TEXT NOT NULL, retry INTEGER NOT NULL, rules INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX documents_revision ON documents (revision);
        CREATE INDEX documents_sha256 ON documents (sha256);
        CREATE TABLE texts (revision INTEGER, page INTEGER, start INTEGER, text TEXT NOT NULL);
        CREATE INDEX texts_place ON texts (revision, page);
        CREATE TABLE words (word TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE document_words (revision INTEGER PRIMARY KEY, words BLOB NOT NULL);
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE revisions (last INTEGER NOT NULL);
        INSERT INTO revisions VALUES (0);
        """
    )


def _outlines(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE outlines (revision INTEGER PRIMARY KEY, chunks BLOB NOT NULL)")


_MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first, _outlines)


class Records:
    """The database `documents.db`. Raises StoreError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreError(
                f"The list of documents cannot be opened: {error}.",
                code="store_open",
                hint=f"Move {path.parent} away and add your documents again.",
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _migrate(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(_MIGRATIONS):
            self._db.execute("ROLLBACK")
            raise StoreError("The library was written by a newer version of Tangnet.", code="store_version")
        for number in range(version, len(_MIGRATIONS)):
            if self._db.in_transaction:
                self._db.execute("COMMIT")  # executescript() has transactions of its own
            _MIGRATIONS[number](self._db)
            self._db.execute(f"PRAGMA user_version={number + 1}")
        if self._db.in_transaction:
            self._db.execute("COMMIT")

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
        prefix = path.rstrip("/") + "/"
        rows = self._db.execute(
            "SELECT * FROM documents WHERE path = ? OR substr(path, 1, ?) = ? ORDER BY path",
            (path, len(prefix), prefix),
        )
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

    def revisions(self) -> dict[int, int]:
        """Return the number of chunks that each current revision must have."""
        rows = self._db.execute("SELECT revision, chunks FROM documents WHERE revision > 0")
        return {row["revision"]: row["chunks"] for row in rows}

    def current(self, revisions: Iterable[int]) -> set[int]:
        """Return which of these revisions are current."""
        wanted = sorted(set(revisions))
        found: set[int] = set()
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT revision FROM documents WHERE revision IN ({marks})", part)
            found |= {row["revision"] for row in rows}
        return found

    def new_revision(self) -> int:
        """Return a number that no version ever had."""
        row = self._db.execute("UPDATE revisions SET last = last + 1 RETURNING last").fetchone()
        return int(row["last"])

    def put(
        self,
        changes: Sequence[tuple[Record, Sequence[Extent], Mapping[str, int]]],
        outlines: Mapping[int, bytes] | None = None,
    ) -> None:
        """Make these versions the current ones, in one step.

        Args:
            changes: Record, extracted text and number of chunks per word; without chunks both are empty.
            outlines: By revision, how its text is cut: see `app.rag.outline`.
        """
        with self._transaction():
            self.put_outlines(outlines or {})
            for record, texts, words in changes:
                old = self.get(record.path)
                if old is not None and old.revision not in (0, record.revision):
                    self._drop_version(old.revision)
                self._db.execute(
                    "INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                    (
                        *(record.path, record.state, record.sha256, record.size, record.mtime_ns, record.revision),
                        *(record.chunks, record.pages, record.added_at, record.reason, record.retry, record.rules),
                    ),
                )
                if record.revision and (old is None or old.revision != record.revision):
                    self._add_version(record.revision, texts, words)

    def copy_of_version(self, revision: int) -> tuple[list[Extent], dict[str, int]]:
        """Return text and word counts of a version, for a file with the same content."""
        rows = self._db.execute("SELECT * FROM texts WHERE revision = ? ORDER BY start", (revision,))
        return [Extent(row["page"], row["start"], row["text"]) for row in rows], self._words_of(revision)

    def put_outlines(self, outlines: Mapping[int, bytes]) -> None:
        """Keep how versions are cut."""
        self._db.executemany("INSERT OR REPLACE INTO outlines VALUES (?, ?)", list(outlines.items()))

    def outline_of(self, revision: int) -> bytes | None:
        """Return how a version is cut; None where an earlier program did not keep it."""
        row = self._db.execute("SELECT chunks FROM outlines WHERE revision = ?", (revision,)).fetchone()
        return bytes(row["chunks"]) if row else None

    def outlined(self) -> set[int]:
        """Return the versions of which it is known how they are cut."""
        return {int(row["revision"]) for row in self._db.execute("SELECT revision FROM outlines")}

    def remove(self, paths: Iterable[str]) -> None:
        """Forget documents, in one step."""
        with self._transaction():
            for path in paths:
                record = self.get(path)
                if record is None:
                    continue
                if record.revision:
                    self._drop_version(record.revision)
                self._db.execute("DELETE FROM documents WHERE path = ?", (path,))

    def text_of(self, revision: int, page: int | None) -> Extent | None:
        """Return the text of one page, or the whole text of a document without pages."""
        row = self._db.execute(
            "SELECT * FROM texts WHERE revision = ? AND page IS ? ORDER BY start LIMIT 1", (revision, page)
        ).fetchone()
        return Extent(row["page"], row["start"], row["text"]) if row else None

    def counts(self, words: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks each word occurs, and how many chunks there are."""
        total = self._db.execute("SELECT coalesce(sum(chunks), 0) FROM documents WHERE revision > 0").fetchone()[0]
        found = {}
        for word in set(words):
            row = self._db.execute("SELECT chunks FROM words WHERE word = ?", (word,)).fetchone()
            found[word] = int(row["chunks"]) if row else 0
        return found, int(total)

    def fact(self, name: str) -> str:
        """Return a fact about the store; "" if there is none of this name."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else ""

    def set_facts(self, values: Mapping[str, str]) -> None:
        """Set facts, all in one step."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(values.items()))

    def _add_version(self, revision: int, texts: Sequence[Extent], words: Mapping[str, int]) -> None:
        self._db.executemany(
            "INSERT INTO texts VALUES (?,?,?,?)", [(revision, text.page, text.start, text.text) for text in texts]
        )
        packed = zlib.compress(json.dumps(words, ensure_ascii=False).encode())
        self._db.execute("INSERT OR REPLACE INTO document_words VALUES (?, ?)", (revision, packed))
        self._db.executemany(
            "INSERT INTO words VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET chunks = chunks + excluded.chunks",
            list(words.items()),
        )

    def _drop_version(self, revision: int) -> None:
        words = self._words_of(revision)
        self._db.executemany(
            "UPDATE words SET chunks = chunks - ? WHERE word = ?", [(count, word) for word, count in words.items()]
        )
        self._db.executemany("DELETE FROM words WHERE word = ? AND chunks <= 0", [(word,) for word in words])
        self._db.execute("DELETE FROM document_words WHERE revision = ?", (revision,))
        self._db.execute("DELETE FROM texts WHERE revision = ?", (revision,))
        self._db.execute("DELETE FROM outlines WHERE revision = ?", (revision,))

    def _words_of(self, revision: int) -> dict[str, int]:
        row = self._db.execute("SELECT words FROM document_words WHERE revision = ?", (revision,)).fetchone()
        return (
            {str(word): int(count) for word, count in json.loads(zlib.decompress(row["words"])).items()} if row else {}
        )

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK; a locked or full database becomes a StoreError."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _failed(error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        try:
            self._db.execute("COMMIT" if kind is None else "ROLLBACK")
        except sqlite3.Error as failure:
            raise _failed(failure) from failure
        if isinstance(error, sqlite3.Error):
            raise _failed(error) from error


def _failed(error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"The list of documents cannot be written: {error}.", code="store_write", hint="Is the disk full?"
    )


def _record(row: sqlite3.Row) -> Record:
    return Record(**{name: row[name] for name in row.keys() if name != "retry"}, retry=bool(row["retry"]))  # noqa: SIM118
