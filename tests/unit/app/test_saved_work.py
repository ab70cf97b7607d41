"""Databases of work that could be done again: a damaged one is begun anew, a locked one is left as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app import saved_work
from app.saved_work import SavedWork


def tables(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE IF NOT EXISTS work (what TEXT)")


def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    for expected in (0, 1):
        saved = SavedWork(tmp_path / "made" / "work.db", tables)
        assert saved.open().execute("SELECT count(*) FROM work").fetchone()[0] == expected
        saved.open().execute("INSERT INTO work VALUES ('a page')")
        saved.close()


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "work.db").write_bytes(b"no database at all " * 100)
    saved = SavedWork(tmp_path / "work.db", tables)
    assert saved.open().execute("SELECT count(*) FROM work").fetchone()[0] == 0
    saved.close()


def test_a_locked_file_keeps_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_work, "_BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "work.db", isolation_level=None)
    holder.execute("CREATE TABLE work (what TEXT)")
    holder.execute("INSERT INTO work VALUES ('a page')")
    holder.execute("BEGIN EXCLUSIVE")
    saved = SavedWork(tmp_path / "work.db", tables)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        saved.open()
    holder.execute("COMMIT")
    holder.close()
    assert saved.open().execute("SELECT what FROM work").fetchone()[0] == "a page"
    saved.close()
