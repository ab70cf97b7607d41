"""The tables of the conversation store; a change is a new numbered entry in MIGRATIONS."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from app.errors import StoreError

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
    (
        # Each message knows the one it follows, so that a question or an answer can have several versions; `tip` is the
        # newest message of the version that is shown. `titled`: who gave the title, see app.messages.Conversation.
        # `searched`: the title without case and accents.
        "0004_versions_folders_drafts",
        """
        ALTER TABLE messages ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;
        UPDATE messages SET parent = coalesce((SELECT max(before.id) FROM messages before
            WHERE before.conversation = messages.conversation AND before.id < messages.id), 0);
        CREATE INDEX messages_after ON messages(conversation, parent);
        ALTER TABLE conversations ADD COLUMN tip INTEGER NOT NULL DEFAULT 0;
        UPDATE conversations SET tip = coalesce((SELECT max(id) FROM messages
            WHERE conversation = conversations.id), 0);
        ALTER TABLE conversations ADD COLUMN searched TEXT NOT NULL DEFAULT '';
        UPDATE conversations SET searched = folded(title);
        ALTER TABLE conversations ADD COLUMN titled TEXT NOT NULL DEFAULT '';
        ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversations ADD COLUMN folder TEXT NOT NULL DEFAULT '';
        CREATE TABLE drafts (conversation TEXT PRIMARY KEY, text TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT;
        """,
    ),
    ("0005_persona", "ALTER TABLE conversations ADD COLUMN persona TEXT NOT NULL DEFAULT ''"),
    # Paths of the files that are to go with the question, as JSON.
    ("0006_files_of_drafts", "ALTER TABLE drafts ADD COLUMN files TEXT NOT NULL DEFAULT '[]'"),
)


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to what this version knows; all or nothing. Raises StoreError for a newer file."""
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT")
        done = {row[0] for row in db.execute("SELECT name FROM migrations")}
        unknown = sorted(done - {name for name, _ in MIGRATIONS})
        if unknown:
            raise StoreError(
                f"{path} was written by a newer version of Tangnet ({unknown[-1]}).",
                code="conversations_newer",
                hint="Update Tangnet, or set TANGNET_HOME to another folder.",
            )
        for name, statements in MIGRATIONS:
            if name in done:
                continue
            for statement in statements.split(";"):
                if statement.strip():
                    db.execute(statement)
            db.execute("INSERT INTO migrations VALUES (?, ?)", (name, now()))
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def now() -> str:
    """Return the time as it is stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
