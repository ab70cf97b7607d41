"""The durable queue in `documents.db`: what was asked for, what waits, what has been read, vectors that wait.

A path that was asked for stays in `asked` until all below it has been looked at; a file stays in `queue` until its
record is written in the same transaction that takes it out. What was read waits in `prepared`, vectors of files that
are not complete in `made`. So a killed process loses only the step that it was in the middle of.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.rag.database import Database
    from app.rag.scanning import FoundFile

BELOW = "(path = ? OR (path >= ? AND path < ?))"
"""A file, or all below a folder; its values are what `below` returns."""
_BATCH = 500  # below SQLite's limit on parameters


@dataclass(frozen=True, slots=True)
class Asked:
    """A path that is to be looked at."""

    path: str
    by_user: bool
    """False: a watch or a rescan has asked; those come after what a user waits for."""
    place: int
    """Smaller is sooner."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file of the queue as it was when it was found."""

    path: str
    size: int
    mtime_ns: int
    place: int
    ready: bool
    """It has been read and cut; it waits for its vectors."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder."""

    path: str
    mount: str
    """Where the drive that holds it is mounted; if that is another place now, the folder is not there."""
    added_at: str


class Queue:
    """The tables of the queue. Every call is a transaction of its own, unless it says otherwise."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- asked: discover ---------------------------------------------------------------------------------------------

    def ask(self, paths: Sequence[str], *, by_user: bool) -> None:
        """Note paths to be looked at: those of a user before all others, the newest call first."""
        with self._db.transaction():
            for path in reversed(paths) if by_user else paths:
                known = self._db.execute("SELECT 1 FROM asked WHERE path = ?", (path,)).fetchone()
                if known is None or by_user:
                    place = self._place(front=by_user)
                    self._db.execute("INSERT OR REPLACE INTO asked VALUES (?,?,?)", (path, by_user, place))

    def asked(self) -> list[Asked]:
        """Return what is to be looked at, in order."""
        rows = self._db.execute("SELECT * FROM asked ORDER BY place, path")
        return [Asked(row["path"], bool(row["by_user"]), row["place"]) for row in rows]

    def discovered(self, asked: Sequence[Asked], files: Iterable[FoundFile]) -> None:
        """Put what was found into the queue, in place of what was asked, in one step."""
        places = {one.place for one in asked}
        user = any(one.by_user for one in asked)
        with self._db.transaction():
            number = int(self._db.execute("SELECT coalesce(max(number), 0) FROM queue").fetchone()[0])
            for file in files:
                number += 1
                place = min(places, default=0)
                if len(places) > 1:
                    place = min((one.place for one in asked if is_below(file.path, one.path)), default=place)
                self._db.execute(
                    "INSERT INTO queue VALUES (?,?,?,?,?) ON CONFLICT (path) DO UPDATE SET size = excluded.size,"
                    " mtime_ns = excluded.mtime_ns, place = CASE WHEN ? THEN excluded.place ELSE place END,"
                    " number = CASE WHEN ? THEN excluded.number ELSE number END",
                    (file.path, file.size, file.mtime_ns, place, number, user, user),
                )
            self._db.many("DELETE FROM asked WHERE path = ?", [(one.path,) for one in asked])

    # -- queue: what waits -------------------------------------------------------------------------------------------

    def next(self, count: int, without: Iterable[str] = (), roots: Sequence[str] | None = None) -> list[Waiting]:
        """Return the next files, those in `without` left out; with `roots` only those that are below."""
        skipped = set(without)
        where, values = _any_below(roots)
        rows = self._db.execute(
            "SELECT queue.*, EXISTS (SELECT 1 FROM prepared WHERE prepared.path = queue.path) AS ready FROM queue"
            f" WHERE {where} ORDER BY place, number LIMIT ?",
            (*values, count + len(skipped)),
        )
        found = [_waiting(row) for row in rows if row["path"] not in skipped]
        return found[:count]

    def all(self, roots: Sequence[str] | None = None) -> list[Waiting]:
        """Return all that waits, in order."""
        where, values = _any_below(roots)
        rows = self._db.execute(
            "SELECT queue.*, EXISTS (SELECT 1 FROM prepared WHERE prepared.path = queue.path) AS ready FROM queue"
            f" WHERE {where} ORDER BY place, number",
            values,
        )
        return [_waiting(row) for row in rows]

    def size(self, roots: Sequence[str] | None = None) -> int:
        """Return how many files wait."""
        where, values = _any_below(roots)
        return int(self._db.execute(f"SELECT count(*) FROM queue WHERE {where}", values).fetchone()[0])

    def has(self, path: str) -> bool:
        """Tell whether a file waits; False when it was cancelled or removed meanwhile."""
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM queue WHERE path = ?)", (path,)).fetchone()[0])

    def busy(self, roots: Sequence[str] | None) -> bool:
        """Tell whether there is anything to do; with `roots` only with what is below."""
        for table in ("asked", "queue"):
            where, values = _any_below(roots, table)
            if self._db.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {where})", values).fetchone()[0]:
                return True
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM dropped)").fetchone()[0])

    def waiting(self) -> int:
        """Return how many files wait; what a user asked for and was not looked at yet is one."""
        asked = self._db.execute("SELECT count(*) FROM asked WHERE by_user").fetchone()[0]
        return self.size() + int(asked)

    def leave(self, seen: FoundFile, size: int, mtime_ns: int) -> None:
        """Take a file out that was seen so, or is so now; if it waits anew because it changed, it stays.

        Part of a transaction of the caller.
        """
        known = "path = ? AND ((size = ? AND mtime_ns = ?) OR (size = ? AND mtime_ns = ?))"
        values = (seen.path, seen.size, seen.mtime_ns, size, mtime_ns)
        self._db.execute(f"DELETE FROM queue WHERE {known}", values)
        self._db.execute(f"DELETE FROM prepared WHERE {known}", values)
        # If it does not wait any more, what was read of it before it changed goes with it.
        gone = "path = ? AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.path = prepared.path)"
        self._db.execute(f"DELETE FROM prepared WHERE {gone}", (seen.path,))

    def left(self, files: Sequence[FoundFile]) -> None:
        """Take files out that are no longer there."""
        with self._db.transaction():
            for file in files:
                self.leave(file, file.size, file.mtime_ns)

    def drop(self, paths: Sequence[str]) -> list[Waiting]:
        """Take out files, and all below folders; returns what waited."""
        found = {waiting.path: waiting for path in paths for waiting in self.all([path])}
        with self._db.transaction():
            self._db.many("DELETE FROM queue WHERE path = ?", [(path,) for path in found])
            self._db.many("DELETE FROM prepared WHERE path = ?", [(path,) for path in found])
            for path in paths:
                self._db.execute(f"DELETE FROM asked WHERE {BELOW}", below(path))
        return list(found.values())

    def first(self, paths: Sequence[str]) -> None:
        """Put files, and all below folders, before everything else."""
        with self._db.transaction():
            place = self._place(front=True)
            for path in paths:
                for table in ("queue", "asked"):
                    self._db.execute(f"UPDATE {table} SET place = ? WHERE {BELOW}", (place, *below(path)))

    # -- prepared: what has been read --------------------------------------------------------------------------------

    def keep(self, file: FoundFile, content: bytes) -> None:
        """Keep what was read of a file until its vectors are there; not if it was cancelled or removed meanwhile."""
        with self._db.transaction():
            values = (file.path, file.size, file.mtime_ns, content)
            if self.has(file.path):
                self._db.execute("INSERT OR REPLACE INTO prepared VALUES (?,?,?,?)", values)

    def kept(self, path: str) -> tuple[int, int, bytes] | None:
        """Return size and time of the file that was read, and what was kept of it."""
        row = self._db.execute("SELECT * FROM prepared WHERE path = ?", (path,)).fetchone()
        return (row["size"], row["mtime_ns"], row["content"]) if row else None

    def kept_paths(self) -> list[str]:
        """Return the files of which something is kept."""
        return [row["path"] for row in self._db.execute("SELECT path FROM prepared ORDER BY path")]

    # -- made: vectors of finished batches ---------------------------------------------------------------------------

    def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Keep vectors, by digest, until the files that they belong to are complete."""
        with self._db.transaction():
            rows = [(model, digest, vector) for digest, vector in vectors.items()]
            self._db.many("INSERT OR REPLACE INTO made VALUES (?,?,?)", rows)

    def vectors(self, model: str, digests: Sequence[str]) -> dict[str, bytes]:
        """Return those of these vectors that are kept."""
        found: dict[str, bytes] = {}
        for start in range(0, len(digests), _BATCH):
            part = digests[start : start + _BATCH]
            rows = self._db.execute(
                f"SELECT digest, vector FROM made WHERE model = ? AND digest IN ({','.join('?' * len(part))})",
                (model, *part),
            )
            found |= {row["digest"]: row["vector"] for row in rows}
        return found

    def forget_vectors(self, model: str, digests: Iterable[str]) -> None:
        """Forget kept vectors of files that are complete."""
        with self._db.transaction():
            rows = [(model, digest) for digest in digests]
            self._db.many("DELETE FROM made WHERE model = ? AND digest = ?", rows)

    def clear_vectors(self) -> None:
        """Forget kept vectors: all files are complete, or the model has changed."""
        if self._db.execute("SELECT EXISTS (SELECT 1 FROM made)").fetchone()[0]:
            with self._db.transaction():
                self._db.execute("DELETE FROM made")

    def clear_kept(self) -> None:
        """Forget what was read and embedded for files that are complete: nothing waits any more."""
        self.clear_vectors()
        with self._db.transaction():
            self._db.execute("DELETE FROM prepared WHERE path NOT IN (SELECT path FROM queue)")

    # -- folders -----------------------------------------------------------------------------------------------------

    def folders(self) -> list[Folder]:
        """Return the watched folders by path."""
        rows = self._db.execute("SELECT * FROM folders ORDER BY path")
        return [Folder(row["path"], row["mount"], row["added_at"]) for row in rows]

    def watch(self, folder: Folder) -> None:
        """Remember a watched folder."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO folders VALUES (?,?,?)", (folder.path, folder.mount, folder.added_at)
            )

    def unwatch(self, path: str) -> bool:
        """Forget a watched folder; False if it was none."""
        with self._db.transaction():
            return self._db.execute("DELETE FROM folders WHERE path = ?", (path,)).rowcount > 0

    def _place(self, *, front: bool) -> int:
        """Return a place before, or after, all that are taken."""
        first, last = 0, 0
        for table in ("queue", "asked"):
            row = self._db.execute(f"SELECT min(place), max(place) FROM {table}").fetchone()
            first, last = min(first, row[0] or 0), max(last, row[1] or 0)
        return first - 1 if front else last + 1


def below(path: str) -> tuple[str, str, str]:
    """Return the values of BELOW."""
    prefix = path.rstrip("/") + "/"
    return path, prefix, prefix[:-1] + "0"  # "0" is the character after "/"


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is this file, or below this folder."""
    return path == folder.rstrip("/") or path.startswith(folder.rstrip("/") + "/")


def _any_below(roots: Sequence[str] | None, table: str = "queue") -> tuple[str, tuple[str, ...]]:
    if roots is None:
        return "1", ()
    if not roots:
        return "0", ()
    parts = [below(root) for root in roots]
    return " OR ".join([BELOW.replace("path", f"{table}.path")] * len(parts)), tuple(
        value for part in parts for value in part
    )


def _waiting(row: sqlite3.Row) -> Waiting:
    return Waiting(row["path"], row["size"], row["mtime_ns"], row["place"], bool(row["ready"]))
