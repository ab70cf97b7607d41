"""The write-ahead log: many who open a new database at once, a database that stays locked, one that is none."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from app.write_ahead import write_ahead

AT_ONCE = 8


def test_all_who_open_a_new_database_at_once_get_it(tmp_path: Path) -> None:
    def opened(path: Path, together: Barrier) -> str:
        together.wait()
        db = sqlite3.connect(path, timeout=30.0, isolation_level=None)
        try:
            write_ahead(db, 30.0)
            return str(db.execute("PRAGMA journal_mode").fetchone()[0])
        finally:
            db.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(40):
            together = Barrier(AT_ONCE)
            asked = [pool.submit(opened, tmp_path / f"{number}.db", together) for _ in range(AT_ONCE)]
            assert [one.result() for one in asked] == ["wal"] * AT_ONCE


def test_a_database_that_stays_locked_is_told_in_the_end(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    holder.execute("CREATE TABLE facts (name TEXT)")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(tmp_path / "held.db", timeout=0.0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(other, 0.05)
    holder.execute("COMMIT")
    write_ahead(other, 0.05)
    other.close()
    holder.close()


def test_what_is_no_database_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "none.db").write_bytes(b"no database at all " * 100)
    db = sqlite3.connect(tmp_path / "none.db", isolation_level=None)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        write_ahead(db, 30.0)
    db.close()
