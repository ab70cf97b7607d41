"""What was asked and answered in earlier conversations, ready to be found again: SQLite with full text, and vectors.

A copy of what the conversations hold, made as answers are finished; it is begun anew when it is damaged, and what was
deleted there is deleted here. Calls block for a few milliseconds and may come from any thread.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import words
from app.errors import StoreError
from app.saved_work import SavedWork

FILE = "recall.sqlite3"
LONGEST_QUESTION, LONGEST_ANSWER = 400, 700
"""Characters of a turn that are kept here; the conversation has all of it."""
MOST = 20_000
"""Turns that are searched, the newest."""
_WORD = re.compile(r"\w+")
_MOST_WORDS = 24
_COLUMNS = "id, conversation, message, question, answer, created_at, paths, private"
_TABLES = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL, message INTEGER NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, created_at TEXT NOT NULL, paths TEXT NOT NULL,
    private INTEGER NOT NULL, model TEXT NOT NULL DEFAULT '', vector BLOB, UNIQUE (conversation, message)
) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS turn_words USING fts5(
    question, answer, content='turns', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS turn_in AFTER INSERT ON turns BEGIN
    INSERT INTO turn_words (rowid, question, answer) VALUES (new.id, new.question, new.answer);
END;
CREATE TRIGGER IF NOT EXISTS turn_out AFTER DELETE ON turns BEGIN
    INSERT INTO turn_words (turn_words, rowid, question, answer) VALUES ('delete', old.id, old.question, old.answer);
END;
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A question of an earlier conversation and the beginning of its answer; the time is ISO 8601, UTC."""

    conversation: str
    message: int
    """Id of the stored answer."""
    question: str
    answer: str
    created_at: str
    paths: tuple[str, ...] = ()
    """Documents that the answer rests on."""
    private: bool = False
    """Said in a conversation that stays on this machine."""
    id: int = 0


class Turns:
    """The turns under one home."""

    def __init__(self, home: Path) -> None:
        """Open nothing yet."""
        self._path = home / FILE
        self._work = SavedWork(self._path, self._begin)

    def add(self, said: Sequence[Said]) -> None:
        """Take turns; one that is known is left as it is. Raises StoreError."""
        rows = [
            (one.conversation, one.message, _short(one.question, LONGEST_QUESTION), _short(one.answer, LONGEST_ANSWER),
             one.created_at, json.dumps(one.paths), int(one.private))
            for one in said
        ]  # fmt: skip
        with self._using() as db:
            db.executemany(
                "INSERT OR IGNORE INTO turns (conversation, message, question, answer, created_at, paths, private)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def known(self) -> set[str]:
        """Return the ids of the conversations that turns were taken of. Raises StoreError."""
        with self._using() as db:
            return {row[0] for row in db.execute("SELECT DISTINCT conversation FROM turns")}

    def sweep(self, conversations: Collection[str]) -> int:
        """Delete the turns of conversations that are none of these; returns of how many. Raises StoreError."""
        gone = [(one,) for one in self.known() if one not in conversations]
        if gone:
            with self._using() as db:
                db.executemany("DELETE FROM turns WHERE conversation = ?", gone)
        return len(gone)

    def worded(self, text: str, most: int) -> list[Said]:
        """Return turns with words of `text`, those with the most and the rarest first. Raises StoreError."""
        held = [word for word in words.all_words(text) if words.content(word)]
        asked = list(dict.fromkeys(_WORD.findall(" ".join(held))))[:_MOST_WORDS]
        if not asked:
            return []
        query = " OR ".join(f'"{word}"' for word in asked)
        with self._using() as db:
            rows = db.execute(
                f"SELECT {', '.join('t.' + name for name in _COLUMNS.split(', '))} FROM turn_words w"
                " JOIN turns t ON t.id = w.rowid WHERE turn_words MATCH ? ORDER BY bm25(turn_words) LIMIT ?",
                (query, most),
            )
            return [_said(row) for row in rows]

    def some(self, ids: Sequence[int]) -> list[Said]:
        """Return the turns with these ids, in any order. Raises StoreError."""
        with self._using() as db:
            marks = ",".join("?" * len(ids))
            return [_said(row) for row in db.execute(f"SELECT {_COLUMNS} FROM turns WHERE id IN ({marks})", ids)]

    def vectors(self, model: str, after: int = 0) -> list[tuple[int, bytes]]:
        """Return id and vector of turns newer than id `after`, oldest first, MOST at most. Raises StoreError."""
        with self._using() as db:
            query = (
                "SELECT id, vector FROM turns WHERE id > ? AND model = ? AND vector IS NOT NULL"
                " ORDER BY id DESC LIMIT ?"
            )
            return db.execute(query, (after, model, MOST)).fetchall()[::-1]

    def lacking(self, model: str, most: int) -> list[Said]:
        """Return turns without a vector of a model ("" = without any), the newest first. Raises StoreError."""
        with self._using() as db:
            query = (
                f"SELECT {_COLUMNS} FROM turns WHERE vector IS NULL OR ? NOT IN ('', model) ORDER BY id DESC LIMIT ?"
            )
            return [_said(row) for row in db.execute(query, (model, most))]

    def keep_vectors(self, model: str, vectors: dict[int, bytes]) -> None:
        """Keep vectors of a model. Raises StoreError."""
        with self._using() as db:
            rows = [(model, vector, id) for id, vector in vectors.items()]
            db.executemany("UPDATE turns SET model = ?, vector = ? WHERE id = ?", rows)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._work.close()

    def _begin(self, db: sqlite3.Connection) -> None:
        os.chmod(self._path, 0o600)
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_TABLES)

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._work.lock:
            try:
                yield self._work.open()
            except (sqlite3.Error, OSError) as error:
                raise StoreError(
                    f"What was said before, in {self._path}, cannot be used: {error}.",
                    code="recall",
                    hint="Check the free space and the permissions of that folder.",
                ) from error


def _said(row: tuple[int, str, int, str, str, str, str, int]) -> Said:
    id, conversation, message, question, answer, created_at, paths, private = row
    return Said(conversation, message, question, answer, created_at, tuple(json.loads(paths)), bool(private), id)


def _short(text: str, most: int) -> str:
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
