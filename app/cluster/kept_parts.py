"""Transcripts of parts of recordings that are not read to their end: kept, so that a restart goes on where it was.

A database of its own, `heard.db`: it only saves work. Where it is damaged or cannot be written, parts are read again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

from app.events import Transcribed, Word
from app.saved_work import SavedWork

log = logging.getLogger(__name__)
KEPT_SECONDS = 30 * 86_400.0
"""A recording that nobody goes on with is forgotten."""
_FORM = "1"
"""Changes when nodes read otherwise than before."""
Key = tuple[str, str, str]
"""SHA-256 of the sound, the language that was asked for, SHA-256 of the model."""


class KeptParts:
    """By sound, language and model. From any thread; several processes may share it."""

    def __init__(self, file: Path) -> None:
        """`file` is opened with the first call."""
        self._saved = SavedWork(file, _tables)

    def get(self, key: Key) -> Transcribed | None:
        """Return what was heard before; times from the beginning of the part."""
        try:
            with self._saved.lock:
                query = "SELECT found FROM parts WHERE sound = ? AND language = ? AND model = ?"
                row = self._saved.open().execute(query, _row(key)).fetchone()
            return _unpacked(row[0]) if row else None
        except (sqlite3.Error, OSError, ValueError, TypeError, zlib.error) as error:
            log.warning("a part of a transcript cannot be used and is made again: %s", error)
            return None

    def put(self, key: Key, heard: Transcribed) -> None:
        """Keep what was heard, at once and for good."""
        try:
            with self._saved.lock:
                self._saved.open().execute(
                    "INSERT OR REPLACE INTO parts VALUES (?,?,?,?,?)", (*_row(key), time.time(), _packed(heard))
                )
        except (sqlite3.Error, OSError) as error:
            log.warning("a part of a transcript cannot be kept: %s", error)

    def forget(self, keys: Iterable[Key]) -> None:
        """Delete them."""
        try:
            with self._saved.lock:
                self._saved.open().executemany(
                    "DELETE FROM parts WHERE sound = ? AND language = ? AND model = ?", list(map(_row, keys))
                )
        except (sqlite3.Error, OSError) as error:
            log.warning("parts of a transcript cannot be deleted: %s", error)

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        self._saved.close()


def _tables(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS parts (sound TEXT, language TEXT, model TEXT, made REAL NOT NULL, "
        "found BLOB NOT NULL, PRIMARY KEY (sound, language, model))"
    )
    db.execute("DELETE FROM parts WHERE made < ?", (time.time() - KEPT_SECONDS,))


def _row(key: Key) -> Key:
    sound, language, model = key
    return sound, language, f"{_FORM}:{model}"


def _packed(heard: Transcribed) -> bytes:
    words = [[word.text, word.start, word.end] for word in heard.words]
    return zlib.compress(
        json.dumps([heard.text, heard.language, heard.seconds, heard.audio_seconds, words, heard.node]).encode()
    )


def _unpacked(data: bytes) -> Transcribed:
    text, language, seconds, length, words, node = json.loads(zlib.decompress(data))
    said = tuple(Word(str(one), float(start), float(end)) for one, start, end in words)
    return Transcribed(str(text), str(language), float(seconds), float(length), said, str(node))
