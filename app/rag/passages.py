"""Chunks as SQLite keeps them: their text, place and vector. A part of `documents.db`, in its transactions.

This is what is true; the table in LanceDB is an index over it that can be made anew from here at any time, without a
file and, for the model in use, without embedding. A chunk's key is revision · 2^20 + its number; a vector's also says
which generation of models made it, so that a new model's can be written beside the old one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.rag.chunking import Chunk
from app.rag.database import Database
from app.rag.document import SECTION_SEPARATOR, section_name

_CHUNK_BITS = 20
_GENERATION_BITS = 56
_BATCH = 500  # below SQLite's limit on parameters
_COLUMNS = "key, page, section, header, start, stop, parent_start, parent_stop, language, digest, text"


def key_of(revision: int, number: int) -> int:
    """Return the key of a chunk."""
    return (revision << _CHUNK_BITS) + number


def revision_of(key: int) -> int:
    """Return the version that a chunk belongs to."""
    return key >> _CHUNK_BITS


@dataclass(frozen=True, slots=True)
class Kept:
    """A chunk as it is kept."""

    key: int
    page: int | None
    section: str
    header: str
    start: int
    stop: int
    parent_start: int
    parent_stop: int
    language: str
    digest: str
    text: str
    vector: bytes | None = None
    """float32, little-endian; None where there is none of the generation asked for."""

    def chunk(self) -> Chunk:
        """Return the chunk that was cut."""
        section = tuple(self.section.split(SECTION_SEPARATOR)) if self.section else ()
        more: dict[str, Any] = {"header": self.header} if self.header else {}
        if (self.parent_start, self.parent_stop) != (self.start, self.stop):
            more["parent"] = (self.parent_start, self.parent_stop)
        return Chunk(self.text, self.page, section, self.start, self.stop, **more)


class Passages:
    """The tables of one connection. The caller has the transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, revision: int, chunks: Sequence[Chunk], language: str) -> None:
        """Keep the chunks of a version."""
        rows = []
        for number, chunk in enumerate(chunks):
            parent = getattr(chunk, "parent", None) or (chunk.start, chunk.end)
            place = (chunk.page, section_name(chunk.section), getattr(chunk, "header", ""), chunk.start, chunk.end)
            rows.append((key_of(revision, number), *place, *parent, language, chunk.digest, chunk.text))
        self._db.many(f"INSERT OR REPLACE INTO passages ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", rows)

    def put_vectors(self, generation: int, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Keep vectors by the keys of their chunks."""
        base = generation << _GENERATION_BITS
        self._db.many("INSERT OR REPLACE INTO vectors VALUES (?,?)", [(base + key, vector) for key, vector in vectors])

    def copy(self, revision: int, to: int, generation: int) -> int:
        """Repeat the chunks of a version under another; returns how many there were."""
        shift = (to - revision) << _CHUNK_BITS
        first, last = key_of(revision, 0), key_of(revision + 1, 0)
        names = _COLUMNS.removeprefix("key, ")
        copied = self._db.execute(
            f"INSERT OR REPLACE INTO passages ({_COLUMNS})"
            f" SELECT key + ?, {names} FROM passages WHERE key >= ? AND key < ?",
            (shift, first, last),
        ).rowcount
        base = generation << _GENERATION_BITS
        self._db.execute(
            "INSERT OR REPLACE INTO vectors SELECT key + ?, vector FROM vectors WHERE key >= ? AND key < ?",
            (shift, base + first, base + last),
        )
        return copied

    def drop(self, revision: int, generations: Iterable[int]) -> None:
        """Forget the chunks of a version."""
        first, last = key_of(revision, 0), key_of(revision + 1, 0)
        self._db.execute("DELETE FROM passages WHERE key >= ? AND key < ?", (first, last))
        for generation in generations:
            base = generation << _GENERATION_BITS
            self._db.execute("DELETE FROM vectors WHERE key >= ? AND key < ?", (base + first, base + last))

    def drop_generation(self, generation: int) -> None:
        """Forget the vectors of a model that is not in use any more."""
        first = generation << _GENERATION_BITS
        self._db.execute("DELETE FROM vectors WHERE key >= ? AND key < ?", (first, first + (1 << _GENERATION_BITS)))

    def of_version(self, revision: int, generation: int) -> list[Kept]:
        """Return the chunks of a version in order, with their vectors where there are some."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS}, (SELECT vector FROM vectors WHERE vectors.key = passages.key + ?) AS vector"
            " FROM passages WHERE key >= ? AND key < ? ORDER BY key",
            (generation << _GENERATION_BITS, key_of(revision, 0), key_of(revision + 1, 0)),
        )
        return [Kept(*row) for row in rows]

    def of_keys(self, keys: Iterable[int], generation: int) -> dict[int, Kept]:
        """Return chunks by key, with their vectors; those that are gone are left out."""
        wanted = sorted(set(keys))
        found: dict[int, Kept] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            rows = self._db.execute(
                f"SELECT {_COLUMNS}, (SELECT vector FROM vectors WHERE vectors.key = passages.key + ?) AS vector"
                f" FROM passages WHERE key IN ({','.join('?' * len(part))})",
                (generation << _GENERATION_BITS, *part),
            )
            for row in rows:
                found[row[0]] = Kept(*row)
        return found

    def vectors_at(self, keys: Iterable[int], generation: int) -> dict[int, bytes]:
        """Return vectors by the keys of their chunks; those that are gone are left out."""
        base = generation << _GENERATION_BITS
        wanted = sorted({base + key for key in keys})
        found: dict[int, bytes] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            rows = self._db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({','.join('?' * len(part))})", part)
            found.update((row[0] - base, row[1]) for row in rows)
        return found

    def vectors_of(self, digests: Iterable[str], generation: int) -> dict[str, bytes]:
        """Return the vectors of chunks that are embedded alike, by digest."""
        wanted = sorted(set(digests))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            rows = self._db.execute(
                "SELECT passages.digest, vectors.vector FROM passages JOIN vectors ON vectors.key = passages.key + ?"
                f" WHERE passages.digest IN ({','.join('?' * len(part))})",
                (generation << _GENERATION_BITS, *part),
            )
            found.update((row[0], row[1]) for row in rows)
        return found

    def newest(self, most: int) -> list[str]:
        """Return the texts of the passages that were stored last."""
        return [row["text"] for row in self._db.execute("SELECT text FROM passages ORDER BY key DESC LIMIT ?", (most,))]

    def numbers(self) -> dict[int, int]:
        """Return how many chunks are kept of each version."""
        rows = self._db.execute(f"SELECT key >> {_CHUNK_BITS}, count(*) FROM passages GROUP BY 1")
        return {int(row[0]): int(row[1]) for row in rows}
