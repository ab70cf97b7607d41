"""SQLite's write-ahead log: switched on, however many open the same new database at once."""

from __future__ import annotations

import sqlite3
import time

_LOOK_SECONDS = 0.01


def write_ahead(db: sqlite3.Connection, wait_s: float) -> None:
    """Keep the database of `db` by a write-ahead log from now on; waits up to `wait_s` seconds for who else opens it.

    SQLite's own time-out does not hold here: of two connections that switch a database over at the same moment one is
    told "locked" at once (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
    Raises sqlite3.OperationalError when it stays locked or cannot be written.
    """
    end = time.monotonic() + wait_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(_LOOK_SECONDS)  # another connection is at the same switch: a matter of one write
