"""Facts on disk that the user asked to remember: SQLite (WAL), readable for the user alone.

A forgotten fact can be brought back until `purge`, or until the store is opened a day later; then nothing of it is left
in the file. Calls block for a few milliseconds and may come from any thread.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.errors import StoreError, UsageError
from app.write_ahead import write_ahead

FILE = "memory.sqlite3"
LONGEST = 500
"""Characters of a fact; more belongs into a document."""
PURGE_AFTER_DAYS = 1
_BUSY_SECONDS = 5.0
_COLUMNS = "id, text, created_at, conversation, private"
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, created_at TEXT NOT NULL,
    conversation TEXT NOT NULL, private INTEGER NOT NULL, forgotten_at TEXT,
    model TEXT NOT NULL DEFAULT '', vector BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS declined (digest TEXT PRIMARY KEY) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to remember, in the user's words; the time is ISO 8601, UTC."""

    id: int
    text: str
    created_at: str
    conversation: str = ""
    """Where it was said; "" = written by hand."""
    private: bool = False
    """Said in a conversation that stays on this machine, so it is told to no other."""


class Facts:
    """The facts under one home. `notice` is a sentence when a damaged file had to be moved aside."""

    def __init__(self, home: Path) -> None:
        """Open nothing yet."""
        self.path = home / FILE
        self.notice = ""
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None

    def all(self) -> list[Fact]:
        """Return all facts, the newest first. Raises StoreError."""
        with self._using() as db:
            query = f"SELECT {_COLUMNS} FROM facts WHERE forgotten_at IS NULL ORDER BY id DESC"
            return [_fact(row) for row in db.execute(query)]

    def get(self, id: int) -> Fact:
        """Return a fact. Raises UsageError when there is none, StoreError."""
        with self._using() as db:
            query = f"SELECT {_COLUMNS} FROM facts WHERE id = ? AND forgotten_at IS NULL"
            row = db.execute(query, (id,)).fetchone()
        if row is None:
            raise UsageError(
                f"There is no fact {id}.", code="fact_missing", hint="It may have been forgotten meanwhile."
            )
        return _fact(row)

    def search(self, text: str) -> list[Fact]:
        """Return the facts that hold every word of `text`, whatever the case, the newest first. Raises StoreError."""
        wanted = text.casefold().split()
        return [fact for fact in self.all() if all(word in fact.text.casefold() for word in wanted)]

    def remember(self, text: str, conversation: str = "", *, private: bool = False) -> Fact:
        """Keep a fact; one that is there already is returned as it is. Raises UsageError, StoreError."""
        text = _checked(text)
        with self._using() as db:
            known = next((fact for fact in self.all() if _same(fact.text) == _same(text)), None)
            if known is not None:
                return known
            cursor = db.execute(
                "INSERT INTO facts (text, created_at, conversation, private) VALUES (?, ?, ?, ?)",
                (text, _now(), conversation, int(private)),
            )
            assert cursor.lastrowid is not None
            return self.get(cursor.lastrowid)

    def edit(self, id: int, text: str) -> Fact:
        """Give a fact other words. Raises UsageError, StoreError."""
        text = _checked(text)
        with self._using() as db:
            self.get(id)
            db.execute("UPDATE facts SET text = ?, model = '', vector = NULL WHERE id = ?", (text, id))
            return self.get(id)

    def forget(self, ids: Sequence[int]) -> None:
        """Hide facts; `restore` brings them back until `purge`. Raises StoreError."""
        self._mark(ids, _now())

    def restore(self, ids: Sequence[int]) -> None:
        """Undo `forget`. Raises StoreError."""
        self._mark(ids, None)

    def purge(self) -> None:
        """Delete for good what was forgotten. Raises StoreError."""
        with self._using() as db:
            db.execute("DELETE FROM facts WHERE forgotten_at IS NOT NULL")

    def decline(self, text: str) -> None:
        """The user does not want this remembered: `may_propose` is False from now on. Raises StoreError."""
        with self._using() as db:
            db.execute("INSERT OR IGNORE INTO declined VALUES (?)", (_digest(text),))

    def may_propose(self, text: str) -> bool:
        """Tell whether a fact is neither known nor declined. Raises StoreError."""
        with self._using() as db:
            if db.execute("SELECT 1 FROM declined WHERE digest = ?", (_digest(text),)).fetchone():
                return False
            return all(_same(fact.text) != _same(text) for fact in self.all())

    def vectors(self, model: str) -> dict[int, bytes]:
        """Return the vectors of a model (sha256) by the facts' ids. Raises StoreError."""
        with self._using() as db:
            query = "SELECT id, vector FROM facts WHERE model = ? AND vector IS NOT NULL"
            return dict(db.execute(query, (model,)).fetchall())

    def lacking(self, model: str) -> list[Fact]:
        """Return the facts without a vector of a model; "" = without any. Raises StoreError."""
        with self._using() as db:
            query = f"SELECT {_COLUMNS} FROM facts WHERE forgotten_at IS NULL"
            query += " AND (vector IS NULL OR ? NOT IN ('', model))"
            return [_fact(row) for row in db.execute(query, (model,))]

    def keep_vectors(self, model: str, vectors: dict[int, bytes]) -> None:
        """Keep vectors of a model. Raises StoreError."""
        with self._using() as db:
            rows = [(model, vector, id) for id, vector in vectors.items()]
            db.executemany("UPDATE facts SET model = ?, vector = ? WHERE id = ?", rows)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _mark(self, ids: Sequence[int], when: str | None) -> None:
        with self._using() as db:
            db.executemany("UPDATE facts SET forgotten_at = ? WHERE id = ?", [(when, id) for id in ids])

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._db is None:
                    self._db = self._open()
                yield self._db
            except (sqlite3.Error, OSError) as error:
                raise StoreError(
                    f"What is remembered in {self.path} cannot be used: {error}.",
                    code="memory",
                    hint="Check the free space and the permissions of that folder.",
                ) from error

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return self._connected()
        except sqlite3.OperationalError:
            raise  # locked or full: what is in it is good
        except sqlite3.DatabaseError as error:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
            os.replace(self.path, aside)
            for ending in ("-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            self.notice = f"What was remembered is damaged ({error}). It is kept as {aside}; a new store begins."
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        os.chmod(self.path, 0o600)
        db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            write_ahead(db, _BUSY_SECONDS)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")
            db.executescript(_TABLES)
            limit = (datetime.now(UTC) - timedelta(days=PURGE_AFTER_DAYS)).isoformat(timespec="milliseconds")
            db.execute("DELETE FROM facts WHERE forgotten_at < ?", (limit,))
        except BaseException:
            db.close()
            raise
        return db


def _fact(row: tuple[int, str, str, str, int]) -> Fact:
    return Fact(row[0], row[1], row[2], row[3], bool(row[4]))


def _checked(text: str) -> str:
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    if not text:
        raise UsageError("There is nothing to remember.", code="usage", hint="Write what shall be remembered.")
    if len(text) > LONGEST:
        raise UsageError(
            f"{len(text)} characters are too many to remember; {LONGEST} are the most.",
            code="fact_too_long",
            hint="Put a long text into a file and add it to the library.",
        )
    return text


def _same(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")


def _digest(text: str) -> str:
    return hashlib.sha256(_same(text).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
