"""The file of the conversation store: opened, checked, moved aside when it is damaged, changed as a whole.

A process that is killed loses nothing that was committed: WAL with synchronous=NORMAL survives the end of the process.
A power cut can take the last commits, except those made as `sure`: questions, ends of answers, drafts.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.conversations.schema import migrate
from app.conversations.snippets import folded
from app.errors import StoreError
from app.write_ahead import write_ahead

PURGE_AFTER_DAYS = 7
_BUSY_SECONDS = 5.0


class Database:
    """One SQLite file. `notice` is a sentence when a damaged one had to be moved aside."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises StoreError when that is impossible; a damaged file is moved aside."""
        self.path = path
        self.notice = ""
        self.writer = _process_mark(os.getpid())
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                aside = self._move_aside()
                self.notice = f"The conversations were damaged ({error}). They are kept as {aside}; a new store begins."
                self._db = self._open()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"The conversations in {path} cannot be opened: {error}.",
                code="conversations",
                hint="Check the free space and the permissions of that folder.",
            ) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            os.chmod(self.path, 0o600)
            write_ahead(db, _BUSY_SECONDS)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            db.create_function("folded", 1, lambda text: folded(str(text)), deterministic=True)
            answer = db.execute("PRAGMA quick_check(1)").fetchone()
            if answer is None or answer[0] != "ok":
                raise _Damaged(str(answer[0]) if answer else "no answer to the integrity check")
            migrate(db, self.path)
            self._tidy(db)
        except BaseException:
            db.close()
            raise
        return db

    def _tidy(self, db: sqlite3.Connection) -> None:
        """Mark answers whose writer is gone; forget what was deleted more than PURGE_AFTER_DAYS ago."""
        writing = db.execute("SELECT id, writer FROM messages WHERE state = 'writing'").fetchall()
        for message in [id for id, writer in writing if not _alive(writer)]:
            db.execute("UPDATE messages SET state = 'interrupted' WHERE id = ? AND state = 'writing'", (message,))
        limit = (datetime.now(UTC) - timedelta(days=PURGE_AFTER_DAYS)).isoformat(timespec="milliseconds")
        gone = db.execute("DELETE FROM conversations WHERE deleted_at IS NOT NULL AND deleted_at < ?", (limit,))
        if gone.rowcount:  # tells the index of words to forget them, too
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute(f"PRAGMA user_version = {version + 1}")
        db.execute("DELETE FROM drafts WHERE conversation != '' AND conversation NOT IN (SELECT id FROM conversations)")

    def _move_aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        os.replace(self.path, aside)
        for ending in ("-wal", "-shm"):
            beside = self.path.with_name(self.path.name + ending)
            if beside.exists():
                os.replace(beside, aside.with_name(aside.name + ending))
        return aside

    @contextmanager
    def change(self, *, sure: bool = False) -> Iterator[sqlite3.Connection]:
        """One write transaction; all or nothing. `sure`: not even a power cut takes it, once this has returned."""
        with self.reading() as db:
            if sure:
                db.execute("PRAGMA synchronous = FULL")
            try:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
            finally:
                if sure:
                    db.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone. Raises StoreError for what SQLite raises."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise StoreError(
                    f"The conversations in {self.path} cannot be used: {error}.",
                    code="conversations",
                    hint="Check the free space; a damaged file is moved aside at the next start.",
                ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class _Damaged(sqlite3.DatabaseError):
    """The integrity check found something."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell whether the file itself is bad, not its place or who holds it."""
    code = getattr(error, "sqlite_errorcode", 0)
    return (code & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _process_mark(pid: int) -> str:
    """Return "pid:start time", which no later process with the same number shares; start is "" where unknown."""
    try:
        # The name in brackets may hold spaces and brackets itself; field 22 of the line is the start time.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return f"{pid}:{fields[19]}" if fields[0] != "Z" else f"{pid}:gone"  # Z: dead, only its parent has not looked
    except (OSError, IndexError):
        return f"{pid}:"


def _alive(mark: str) -> bool:
    number, _, start = mark.partition(":")
    if not number.isdigit():
        return False
    if start:
        return _process_mark(int(number)) == mark
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and belongs to somebody else
    return True
