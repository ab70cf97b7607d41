"""Conversations on disk: SQLite (WAL), every question and answer as it happens, with citations and passages.

A process that is killed loses nothing that was committed: WAL with synchronous=NORMAL survives the end of the process
(only a power cut can take the last commits). Answers being written carry the process that writes them, so that the
next one to open the file can tell an interrupted answer from one that another window is still writing.
Calls block, each for a few milliseconds; a change of the schema is a new numbered entry in MIGRATIONS.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.errors import StoreError, UsageError
from app.events import Passage
from app.messages import PREFERENCES, Conversation, MessageState, Outcome, StoredMessage, decode, encode
from app.turn_trace import TurnTrace
from app.write_ahead import write_ahead

__all__ = ["Conversation", "Conversations", "MessageState", "Outcome", "StoredMessage"]

PURGE_AFTER_DAYS = 7
_BUSY_SECONDS = 5.0
Listing = list[Conversation]
Messages = list[StoredMessage]
TITLE_LENGTH = 60

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "0001_conversations_and_messages",
        """
        CREATE TABLE conversations (
            id TEXT PRIMARY KEY, title TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            deleted_at TEXT
        ) STRICT;
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            role TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL,
            writer TEXT NOT NULL DEFAULT '', details TEXT NOT NULL DEFAULT '{}'
        ) STRICT;
        CREATE INDEX messages_by_conversation ON messages(conversation, id);
        CREATE INDEX messages_being_written ON messages(id) WHERE state = 'writing';
        """,
    ),
    ("0002_where_to_answer", "ALTER TABLE conversations ADD COLUMN prefer TEXT NOT NULL DEFAULT ''"),
    ("0003_collection", "ALTER TABLE conversations ADD COLUMN collection TEXT NOT NULL DEFAULT ''"),
)


class Conversations:
    """The conversation store at one path. `notice` is a sentence when a damaged file had to be moved aside."""

    def __init__(self, path: Path) -> None:
        """Open or create the database. Raises StoreError when that is impossible; a damaged file is moved aside."""
        self.path = path
        self.notice = ""
        self._lock = threading.RLock()
        self._writer = _process_mark(os.getpid())
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
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
            db.create_function("folded", 1, lambda text: str(text).casefold(), deterministic=True)
            answer = db.execute("PRAGMA quick_check(1)").fetchone()
            if answer is None or answer[0] != "ok":
                raise _Damaged(str(answer[0]) if answer else "no answer to the integrity check")
            self._migrate(db)
            self._tidy(db)
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT")
            done = {row[0] for row in db.execute("SELECT name FROM migrations")}
            unknown = sorted(done - {name for name, _ in MIGRATIONS})
            if unknown:
                raise StoreError(
                    f"{self.path} was written by a newer version of Tangnet ({unknown[-1]}).",
                    code="conversations_newer",
                    hint="Update Tangnet, or set TANGNET_HOME to another folder.",
                )
            for name, statements in MIGRATIONS:
                if name in done:
                    continue
                for statement in statements.split(";"):
                    if statement.strip():
                        db.execute(statement)
                db.execute("INSERT INTO migrations VALUES (?, ?)", (name, _now()))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _tidy(self, db: sqlite3.Connection) -> None:
        """Mark answers whose writer is gone; forget what was deleted more than PURGE_AFTER_DAYS ago."""
        writing = db.execute("SELECT id, writer FROM messages WHERE state = 'writing'").fetchall()
        for message in [id for id, writer in writing if not _alive(writer)]:
            db.execute("UPDATE messages SET state = 'interrupted' WHERE id = ? AND state = 'writing'", (message,))
        limit = (datetime.now(UTC) - timedelta(days=PURGE_AFTER_DAYS)).isoformat(timespec="milliseconds")
        db.execute("DELETE FROM conversations WHERE deleted_at IS NOT NULL AND deleted_at < ?", (limit,))

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
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One write transaction; all or nothing."""
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise StoreError(
                    f"The conversations in {self.path} cannot be used: {error}.",
                    code="conversations",
                    hint="Check the free space; a damaged file is moved aside at the next start.",
                ) from error

    def create(self, title: str = "") -> Conversation:
        """Start a conversation; without a title the first question gives it one. Raises StoreError."""
        now = _now()
        made = Conversation(secrets.token_hex(6), _title(title), now, now, 0)
        with self._change() as db:
            db.execute(
                "INSERT INTO conversations (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)",
                (made.id, made.title, now, now),
            )
        return made

    def list(self) -> Listing:
        """Return all conversations, the one used last first."""
        return self._select("c.deleted_at IS NULL", ())

    def get(self, id: str) -> Conversation:
        """Return the conversation with that id, or with the only id that begins so. Raises UsageError."""
        escaped = id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = self._select("c.deleted_at IS NULL AND c.id LIKE ? ESCAPE '\\'", (escaped + "%",)) if id else []
        exact = [one for one in found if one.id == id]
        if len(exact or found) != 1:
            reason = "is not there" if not found else "could be several"
            raise UsageError(
                f"Conversation {id!r} {reason}.",
                code="conversation_missing",
                hint="`tangnet conversations list` shows them.",
            )
        return (exact or found)[0]

    def messages(self, id: str) -> Messages:
        """Return the messages of a conversation, oldest first. Raises UsageError."""
        conversation = self.get(id)
        with self._reading() as db:
            rows = db.execute(
                "SELECT id, conversation, role, text, state, created_at, details FROM messages"
                " WHERE conversation = ? ORDER BY id",
                (conversation.id,),
            ).fetchall()
        return [decode(row) for row in rows]

    def search(self, text: str) -> Listing:
        """Return the conversations with `text` in the title or a message, whatever the case; last used first."""
        wanted = text.casefold()
        return self._select(
            "c.deleted_at IS NULL AND (instr(folded(c.title), ?) OR EXISTS"
            " (SELECT 1 FROM messages m WHERE m.conversation = c.id AND instr(folded(m.text), ?)))",
            (wanted, wanted),
        )

    def export(self, id: str) -> dict[str, Any]:
        """Return the whole conversation as plain JSON values. Raises UsageError."""
        conversation = self.get(id)
        return {**asdict(conversation), "messages": [asdict(message) for message in self.messages(conversation.id)]}

    def export_markdown(self, id: str) -> str:
        """Return the conversation as Markdown, with the sources under each answer. Raises UsageError."""
        conversation = self.get(id)
        lines = [f"# {conversation.title or 'Conversation'}", "", f"Begun {conversation.created_at}", ""]
        for message in self.messages(conversation.id):
            who = "Question" if message.role == "user" else "Answer"
            note = "" if message.state == "complete" else f" ({message.state})"
            lines += [f"## {who}{note}", "", message.text.strip(), ""]
            if message.error:
                lines += [f"> {message.error}", ""]
            for citation in message.citations:
                page = f", page {citation.page}" if citation.page is not None else ""
                lines.append(f"- [{citation.n}] {citation.path}{page}")
            if message.citations:
                lines.append("")
        return "\n".join(lines)

    def rename(self, id: str, title: str) -> Conversation:
        """Give a conversation another title. Raises UsageError."""
        conversation = self.get(id)
        with self._change() as db:
            db.execute("UPDATE conversations SET title = ? WHERE id = ?", (_title(title), conversation.id))
        return self.get(conversation.id)

    def prefer(self, id: str, where: str) -> Conversation:
        """Say where the answers of a conversation may be made: one of PREFERENCES, or "". Raises UsageError."""
        if where and where not in PREFERENCES:
            raise UsageError(
                f"Answers cannot be made {where!r}.", code="usage", hint=f"Known: {', '.join(PREFERENCES)}."
            )
        conversation = self.get(id)
        with self._change() as db:
            db.execute("UPDATE conversations SET prefer = ? WHERE id = ?", (where, conversation.id))
        return self.get(conversation.id)

    def collect(self, id: str, name: str) -> Conversation:
        """Hold a conversation to a collection; "" = to the whole library. Raises UsageError."""
        conversation = self.get(id)
        with self._change() as db:
            db.execute("UPDATE conversations SET collection = ? WHERE id = ?", (_clean(name), conversation.id))
        return self.get(conversation.id)

    def delete(self, id: str) -> Conversation:
        """Hide a conversation; `restore` brings it back until it is purged after a week. Raises UsageError."""
        conversation = self.get(id)
        with self._change() as db:
            db.execute("UPDATE conversations SET deleted_at = ? WHERE id = ?", (_now(), conversation.id))
        return conversation

    def restore(self, id: str) -> Conversation:
        """Undo `delete`; needs the whole id. Raises UsageError when it is gone for good."""
        with self._change() as db:
            db.execute("UPDATE conversations SET deleted_at = NULL WHERE id = ?", (id,))
        return self.get(id)

    def ask(self, id: str, text: str) -> int:
        """Store a question and return its message id; gives the conversation its title if it has none."""
        now = _now()
        with self._change() as db:
            message = _insert(db, id, "user", _clean(text), "complete", now, "")
            db.execute(
                "UPDATE conversations SET updated_at = ?, title = iif(title = '', ?, title) WHERE id = ?",
                (now, _title(text), id),
            )
        return message

    def begin(self, id: str) -> int:
        """Store an empty answer that is being written; returns its message id."""
        with self._change() as db:
            return _insert(db, id, "assistant", "", "writing", _now(), self._writer)

    def passages(self, message: int, passages: Sequence[Passage]) -> None:
        """Remember what the model was given to read for an answer."""
        with self._change() as db:
            row = db.execute("SELECT details FROM messages WHERE id = ?", (message,)).fetchone()
            details = json.loads(row[0]) if row else {}
            details["passages"] = [asdict(passage) for passage in passages]
            db.execute("UPDATE messages SET details = ? WHERE id = ?", (encode(details), message))

    def append(self, message: int, text: str) -> None:
        """Add text to an answer that is being written; it is on disk when this returns."""
        with self._change() as db:
            db.execute("UPDATE messages SET text = text || ? WHERE id = ?", (_clean(text), message))

    def finish(self, message: int, outcome: Outcome) -> None:
        """Close an answer: its state and all that belongs to it."""
        with self._change() as db:
            row = db.execute("SELECT details, conversation FROM messages WHERE id = ?", (message,)).fetchone()
            if row is None:
                return  # the conversation was deleted for good meanwhile
            details = encode(json.loads(row[0]) | outcome.details())
            db.execute("UPDATE messages SET state = ?, details = ? WHERE id = ?", (outcome.state, details, message))
            db.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (_now(), row[1]))

    def traced(self, message: int, trace: TurnTrace) -> None:
        """Keep where the time of a spoken question went, once more of it is known."""
        with self._change() as db:
            row = db.execute("SELECT details FROM messages WHERE id = ?", (message,)).fetchone()
            if row is not None:
                details = encode(json.loads(row[0]) | {"trace": asdict(trace)})
                db.execute("UPDATE messages SET details = ? WHERE id = ?", (details, message))

    def close(self) -> None:
        """Close the file; the store is not used again."""
        with self._lock:
            self._db.close()

    def _select(self, where: str, values: Sequence[Any]) -> Listing:
        query = (
            "SELECT c.id, c.title, c.created_at, c.updated_at,"
            " (SELECT count(*) FROM messages m WHERE m.conversation = c.id), c.prefer, c.collection"
            f" FROM conversations c WHERE {where} ORDER BY c.updated_at DESC, c.rowid DESC"
        )
        with self._reading() as db:
            return [Conversation(*row) for row in db.execute(query, values)]


class _Damaged(sqlite3.DatabaseError):
    """The integrity check found something."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return (code & 0xFF) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _insert(db: sqlite3.Connection, id: str, role: str, text: str, state: str, now: str, writer: str) -> int:
    cursor = db.execute(
        "INSERT INTO messages (conversation, role, text, state, created_at, writer) VALUES (?, ?, ?, ?, ?, ?)",
        (id, role, text, state, now, writer),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


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


def _title(text: str) -> str:
    line = " ".join(_clean(text).split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _clean(text: str) -> str:
    """SQLite keeps UTF-8: a lone surrogate, as in a file name that is no valid text, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
