"""The database of the library: one connection in one thread, its tables by numbered migrations, and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.errors import StoreError
from app.write_ahead import write_ahead

_BUSY_SECONDS = 30.0


_FIRST = """
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
_OUTLINES = "CREATE TABLE outlines (revision INTEGER PRIMARY KEY, chunks BLOB NOT NULL)"
_QUEUE_AND_PLACES = """
ALTER TABLE documents ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT '';
CREATE INDEX documents_size ON documents (size);
CREATE TABLE places (revision INTEGER NOT NULL, page INTEGER, label TEXT NOT NULL, marks BLOB NOT NULL);
CREATE INDEX places_page ON places (revision, page);
CREATE TABLE asked (path TEXT PRIMARY KEY, by_user INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE queue (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, place INTEGER NOT NULL,
    number INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX queue_order ON queue (place, number);
CREATE TABLE prepared (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content BLOB NOT NULL
);
CREATE TABLE made (
    model TEXT NOT NULL, digest TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (model, digest)
) WITHOUT ROWID;
CREATE TABLE dropped (revision INTEGER PRIMARY KEY);
CREATE TABLE folders (path TEXT PRIMARY KEY, mount TEXT NOT NULL, added_at TEXT NOT NULL) WITHOUT ROWID;
"""
_PASSAGES = """
DROP TABLE outlines;
CREATE TABLE passages (
    key INTEGER PRIMARY KEY, page INTEGER, section TEXT NOT NULL, header TEXT NOT NULL, start INTEGER NOT NULL,
    stop INTEGER NOT NULL, parent_start INTEGER NOT NULL, parent_stop INTEGER NOT NULL,
    language TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX passages_digest ON passages (digest);
CREATE TABLE vectors (key INTEGER PRIMARY KEY, vector BLOB NOT NULL);
"""
_TOTALS = "DROP INDEX documents_revision; CREATE INDEX documents_revision ON documents (revision, chunks)"
MIGRATIONS = (_FIRST, _OUTLINES, _QUEUE_AND_PLACES, _PASSAGES, _TOTALS)
"""Each is run once, in the transaction that also raises the version: statements parted by semicolons."""


def _outside(error: sqlite3.Error) -> bool:
    """Tell whether the disk or the rights are in the way, and the file itself may be as good as ever."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_PERM,
    )


class Database:
    """A connection to `documents.db`. Raises StoreError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            write_ahead(self._db, _BUSY_SECONDS)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreError(
                f"The list of documents cannot be opened: {error}.",
                code="store_open",
                hint="Check the free space and the permissions of that folder."
                if _outside(error)
                else f"Move {path.parent} away and add your documents again.",
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._db.execute(sql, values)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        self._db.executemany(sql, rows)

    def transaction(self) -> Transaction:
        """Return a context: BEGIN IMMEDIATE … COMMIT, or ROLLBACK when it is left by an error."""
        return Transaction(self._db)

    def _migrate(self) -> None:
        if int(self._db.execute("PRAGMA user_version").fetchone()[0]) == len(MIGRATIONS):
            return  # without a lock: who only reads must never wait for a writer
        self._db.execute("BEGIN IMMEDIATE")
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            self._db.execute("ROLLBACK")
            raise StoreError("The library was written by a newer version of Tangnet.", code="store_version")
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";"):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        self._db.execute("COMMIT")


class Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK; a locked or full database becomes a StoreError."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise failed(error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        try:
            # A full disk may have ended the transaction by itself.
            if self._db.in_transaction:
                self._db.execute("COMMIT" if kind is None else "ROLLBACK")
        except sqlite3.Error as failure:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise failed(failure) from failure
        if isinstance(error, sqlite3.Error):
            raise failed(error) from error


def failed(error: sqlite3.Error) -> StoreError:
    """Return the error for a database that cannot be written."""
    return StoreError(
        f"The list of documents cannot be written: {error}.", code="store_write", hint="Is the disk full?"
    )
