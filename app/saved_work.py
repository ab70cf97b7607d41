"""Databases of work that could be done again: opened with the first call, begun anew where they are damaged."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from app.write_ahead import write_ahead

log = logging.getLogger(__name__)
_BUSY_SECONDS = 10.0


class SavedWork:
    """One such database. From any thread, under `lock`; several processes may share the file."""

    def __init__(self, file: Path, begin: Callable[[sqlite3.Connection], object]) -> None:
        """`begin` makes the tables where they are missing, each time that the file is opened."""
        self._file, self._begin = file, begin
        self.lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        """Return the database. Raises sqlite3.Error and OSError: locked, full or not writable."""
        if self._db is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._connected()
            except sqlite3.OperationalError:
                raise  # what is in it may be good
            except sqlite3.DatabaseError as error:
                log.warning("%s is damaged and is begun anew: %s", self._file, error)
                for name in ("", "-wal", "-shm"):
                    Path(f"{self._file}{name}").unlink(missing_ok=True)
                self._db = self._connected()
        return self._db

    def close(self) -> None:
        """Close the database; the next `open` opens it again."""
        with self.lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            write_ahead(db, _BUSY_SECONDS)
            db.execute("PRAGMA secure_delete=ON")
            self._begin(db)
        except sqlite3.Error:
            db.close()
            raise
        return db
