"""The search in all conversations: a word index (SQLite FTS5) in its own file, which can be made anew at any time.

Words are found by their beginnings, whatever the case and the accents. Scripts that write no spaces (Chinese, Japanese,
Thai …) are indexed sign by sign and searched as phrases, so any part of a text is found there. The index follows the
store: messages are added before each search, and when something was deleted for good all of it is made anew, so that
nothing of it stays. The order: what the title has comes first, then how often and how well the words stand in the
messages, newer before older. Of a word that stands in very many messages the newest CONSIDERED count.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.conversations.database import Database
from app.conversations.snippets import words_of
from app.write_ahead import write_ahead

log = logging.getLogger(__name__)

CONSIDERED = 400
AT_ONCE = 500
"""Messages indexed between two looks at whether the store is being closed."""
_FORM = "1"
"""Another one when the index is made differently: the old one is thrown away then."""
_BUSY_SECONDS = 5.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS waiting (message INTEGER PRIMARY KEY) STRICT",
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5("
    "text, content='', detail=full, prefix='1 2 3', tokenize='unicode61 remove_diacritics 2')",
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that has all the words; `weight`: how well, 1 for the best."""

    message: int
    conversation: str
    weight: float


class SearchIndex:
    """The index beside the store of `file`."""

    def __init__(self, file: Database) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._closed = False
        self.path = file.path.with_name(f"{file.path.name}.words")

    def find(self, text: str) -> list[Hit]:
        """Return the newest messages that have all words of `text`, each as a beginning. Raises StoreError.

        The index is brought up to date first.
        """
        asked = expression(text)
        if not asked:
            return []
        self.update()
        with self._lock:
            if self._closed:
                return []
            rows = self._opened().execute(
                "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (asked, CONSIDERED)
            )
            found = [row[0] for row in rows]
        places = self._conversations(found)
        return [
            Hit(message, places[message], 1.0 - at / (2 * CONSIDERED))
            for at, message in enumerate(found)
            if message in places
        ]

    def update(self) -> None:
        """Add what was written since last time; it may take seconds the first time. Raises StoreError."""
        with self._lock:
            while not self._closed and self._step():
                pass

    def close(self) -> None:
        """Close the file; what is being added stops soon."""
        self._closed = True
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                log.warning("the index of words is made anew: %s", error)
                self._remove()
                self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            os.chmod(self.path, 0o600)
            write_ahead(db, _BUSY_SECONDS)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")
            for statement in _TABLES:
                db.execute(statement)
        except BaseException:
            db.close()
            raise
        return db

    def _remove(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _step(self) -> bool:
        """Add up to AT_ONCE messages; True when there may be more."""
        with self._file.reading() as store:
            born = store.execute("SELECT min(applied_at) FROM migrations").fetchone()[0]
            gone = store.execute("PRAGMA user_version").fetchone()[0]
        mark = f"{_FORM} {born} {gone}"
        db = self._opened()
        try:
            known = dict(db.execute("SELECT name, value FROM state").fetchall())
            if known.get("mark", mark) != mark:
                _empty(db)
                return True
            newest = int(known.get("newest", "0"))
            waiting = [row[0] for row in db.execute("SELECT message FROM waiting")]
            with self._file.reading() as store:
                rows = store.execute(
                    "SELECT id, text, state FROM messages WHERE id > ? ORDER BY id LIMIT ?", (newest, AT_ONCE)
                ).fetchall()
                for message in waiting:
                    rows += store.execute(
                        "SELECT id, text, state FROM messages WHERE id = ? AND state != 'writing'", (message,)
                    ).fetchall()
            if not rows and "mark" in known:
                return False
            self._add(db, mark, newest, rows)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                log.warning("the index of words is made anew: %s", error)
                self._remove()
                return True
            raise
        return len(rows) >= AT_ONCE

    @staticmethod
    def _add(db: sqlite3.Connection, mark: str, newest: int, rows: Sequence[tuple[int, str, str]]) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            now = dict(db.execute("SELECT name, value FROM state").fetchall())
            if int(now.get("newest", "0")) == newest and now.get("mark", mark) == mark:  # else another was quicker
                for id, text, state in rows:
                    if state == "writing":
                        db.execute("INSERT OR IGNORE INTO waiting VALUES (?)", (id,))
                    elif id > newest or db.execute("DELETE FROM waiting WHERE message = ?", (id,)).rowcount:
                        db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (id, " ".join(words_of(text))))
                last = max((row[0] for row in rows), default=newest)
                for name, value in (("mark", mark), ("newest", str(max(last, newest)))):
                    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _conversations(self, messages: Sequence[int]) -> dict[int, str]:
        places = ",".join("?" * len(messages))
        with self._file.reading() as store:
            rows = store.execute(f"SELECT id, conversation FROM messages WHERE id IN ({places})", tuple(messages))
            return dict(rows.fetchall())


def _empty(db: sqlite3.Connection) -> None:
    """Forget everything."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for table in ("words", "waiting", "state"):
            db.execute(f"DROP TABLE {table}")
        for statement in _TABLES:
            db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def expression(text: str) -> str:
    """Return what FTS5 shall match: all words, each as a beginning; "" when there is no word.

    Words without a space between them, and signs of unspaced scripts, are a phrase.
    """
    parts: list[str] = []
    for run in re.split(r"\s+", text):
        words = words_of(run)
        if words:
            parts.append('"' + " ".join(words) + '" *')
    return " AND ".join(parts)
