"""Pages that were recognised and whose document is not in the library yet: kept, so that none is read twice.

A database of its own, `recognised.db`: it only saves work. Where it is damaged or cannot be written, pages are read
again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.saved_work import SavedWork
from app.thinking import RecognisedLine, RecognisedPage

log = logging.getLogger(__name__)
MOST_PAGES = 20_000
"""Kept at the same time; beyond, the oldest go."""
_CLEAR_EVERY = 500


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
        self._saved = SavedWork(file, _tables)
        self._puts = 0

    def get(self, sha256: str, language: str, page: int) -> Kept | None:
        """Return a page that was read before."""
        try:
            with self._saved.lock:
                row = (
                    self._saved.open()
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
            with self._saved.lock:
                db = self._saved.open()
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
            with self._saved.lock:
                self._saved.open().executemany("DELETE FROM pages WHERE sha256 = ?", [(sha256,) for sha256 in contents])
        except (sqlite3.Error, OSError) as error:
            log.warning("recognised pages cannot be deleted: %s", error)

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        self._saved.close()


def _tables(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS pages (sha256 TEXT, language TEXT, page INTEGER, found BLOB NOT NULL, "
        "PRIMARY KEY (sha256, language, page))"
    )


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
