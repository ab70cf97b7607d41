"""Transcripts of parts of recordings that are not read to their end: kept, so that a restart goes on where it was.

A database of its own, `heard.db`: it only saves work. Where it is damaged or cannot be written, parts are read again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

from app.events import Transcribed, Word
from app.write_ahead import write_ahead

log = logging.getLogger(__name__)
KEPT_SECONDS = 30 * 86_400.0
"""A recording that nobody goes on with is forgotten."""
_BUSY_SECONDS = 10.0
_FORM = "1"
"""Changes when nodes read otherwise than before."""
Key = tuple[str, str, str]
"""SHA-256 of the sound, the language that was asked for, SHA-256 of the model."""


class KeptParts:
    """By sound, language and model. From any thread; several processes may share it."""

    def __init__(self, file: Path) -> None:
        """`file` is opened with the first call."""
        self._file = file
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def get(self, key: Key) -> Transcribed | None:
        """Return what was heard before; times from the beginning of the part."""
        try:
            with self._lock:
                query = "SELECT found FROM parts WHERE sound = ? AND language = ? AND model = ?"
                row = self._open().execute(query, _row(key)).fetchone()
            return _unpacked(row[0]) if row else None
        except (sqlite3.Error, OSError, ValueError, TypeError, zlib.error) as error:
            log.warning("a part of a transcript cannot be used and is made again: %s", error)
            return None

    def put(self, key: Key, heard: Transcribed) -> None:
        """Keep what was heard, at once and for good."""
        try:
            with self._lock:
                self._open().execute(
                    "INSERT OR REPLACE INTO parts VALUES (?,?,?,?,?)", (*_row(key), time.time(), _packed(heard))
                )
        except (sqlite3.Error, OSError) as error:
            log.warning("a part of a transcript cannot be kept: %s", error)

    def forget(self, keys: Iterable[Key]) -> None:
        """Delete them."""
        try:
            with self._lock:
                self._open().executemany(
                    "DELETE FROM parts WHERE sound = ? AND language = ? AND model = ?", list(map(_row, keys))
                )
        except (sqlite3.Error, OSError) as error:
            log.warning("parts of a transcript cannot be deleted: %s", error)

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._connected()
            except sqlite3.OperationalError:
                raise  # locked, full or not writable: what is in it may be good
            except sqlite3.DatabaseError as error:
                log.warning("%s is damaged and is begun anew: %s", self._file, error)
                for name in ("", "-wal", "-shm"):
                    Path(f"{self._file}{name}").unlink(missing_ok=True)
                self._db = self._connected()
        return self._db

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            write_ahead(db, _BUSY_SECONDS)
            db.execute("PRAGMA secure_delete=ON")
            db.execute(
                "CREATE TABLE IF NOT EXISTS parts (sound TEXT, language TEXT, model TEXT, made REAL NOT NULL, "
                "found BLOB NOT NULL, PRIMARY KEY (sound, language, model))"
            )
            db.execute("DELETE FROM parts WHERE made < ?", (time.time() - KEPT_SECONDS,))
        except sqlite3.Error:
            db.close()
            raise
        return db


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
