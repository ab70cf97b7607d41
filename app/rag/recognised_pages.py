"""Pages that were recognised and whose document is not in the library yet: kept, so that none is read twice.

A database of its own, `recognised.db`: it only saves work. Where it is damaged or cannot be written, pages are read
again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.thinking import RecognisedLine, RecognisedPage
from app.write_ahead import write_ahead

log = logging.getLogger(__name__)
MOST_PAGES = 20_000
"""Kept at the same time; beyond, the oldest go."""
_CLEAR_EVERY = 500
_BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands on a page, and its size in points."""

    page: RecognisedPage
    width: float
    height: float


class RecognisedPages:
    """By content (SHA-256), language and page. From any thread; several processes may share it."""

    def __init__(self, file: Path) -> None:
        """`file` is opened with the first call."""
        self._file = file
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._puts = 0

    def get(self, sha256: str, language: str, page: int) -> Kept | None:
        """Return a page that was read before."""
        try:
            with self._lock:
                row = (
                    self._open()
                    .execute(
                        "SELECT found FROM pages WHERE sha256 = ? AND language = ? AND page = ?",
                        (sha256, language, page),
                    )
                    .fetchone()
                )
            return _unpacked(row[0]) if row else None
        except (sqlite3.Error, OSError, ValueError, TypeError, KeyError, zlib.error) as error:
            log.warning("a recognised page cannot be used and is read again: %s", error)
            return None

    def put(self, sha256: str, language: str, page: int, found: Kept) -> None:
        """Keep a page, at once and for good."""
        try:
            with self._lock:
                db = self._open()
                db.execute("INSERT OR REPLACE INTO pages VALUES (?,?,?,?)", (sha256, language, page, _packed(found)))
                self._puts += 1
                if self._puts % _CLEAR_EVERY == 0:
                    db.execute(
                        "DELETE FROM pages WHERE rowid <= (SELECT max(rowid) FROM pages) - ?",
                        (MOST_PAGES,),
                    )
        except (sqlite3.Error, OSError) as error:
            log.warning("a recognised page cannot be kept: %s", error)

    def forget(self, contents: Iterable[str]) -> None:
        """Delete all pages of these contents."""
        if not self._file.exists():
            return
        try:
            with self._lock:
                self._open().executemany("DELETE FROM pages WHERE sha256 = ?", [(sha256,) for sha256 in contents])
        except (sqlite3.Error, OSError) as error:
            log.warning("recognised pages cannot be deleted: %s", error)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._connected()
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
                "CREATE TABLE IF NOT EXISTS pages (sha256 TEXT, language TEXT, page INTEGER, found BLOB NOT NULL, "
                "PRIMARY KEY (sha256, language, page))"
            )
        except sqlite3.Error:
            db.close()
            raise
        return db


def _packed(kept: Kept) -> bytes:
    page = kept.page
    lines = [[line.text, line.corners, line.confidence] for line in page.lines]
    return zlib.compress(
        json.dumps([page.width, page.height, lines, page.model, page.sha256, kept.width, kept.height]).encode()
    )


def _unpacked(data: bytes) -> Kept:
    width, height, lines, model, sha256, across, down = json.loads(zlib.decompress(data))
    found = tuple(
        RecognisedLine(str(text), tuple((float(x), float(y)) for x, y in corners), float(sure))
        for text, corners, sure in lines
    )
    page = RecognisedPage(int(width), int(height), found, str(model), str(sha256))
    return Kept(page, float(across), float(down))
