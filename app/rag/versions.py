"""New versions of documents as they come to the store, and their chunks as the two halves of it take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.rag.chunking import RULES as CHUNK_RULES
from app.rag.chunking import Chunk
from app.rag.document import Extent
from app.rag.passages import Kept, Passages, key_of
from app.rag.places import PagePlaces
from app.rag.records import Record
from app.rag.scanning import FoundFile

if TYPE_CHECKING:
    from app.rag.chunk_table import Rows

RULES = 100 * 2 + CHUNK_RULES
"""Rules of reading (the hundreds) and of chunking; documents made by others are read again."""


@dataclass(frozen=True, slots=True)
class Version:
    """A new version of a document, ready to be stored; without chunks it only records a failure."""

    record: Record
    texts: Sequence[Extent] = ()
    words: dict[str, int] | None = None
    chunks: Sequence[Chunk] = ()
    vectors: Any = None
    places: Sequence[PagePlaces] = ()
    seen: FoundFile | None = None
    """The file as it waited in the queue, which it leaves in the same step."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with the content of a document that is known already."""

    record: Record
    source: Record
    moved: bool = False
    """The source's file is gone: it has become this one."""
    seen: FoundFile | None = None


def keep_chunks(
    passages: Passages, *, revision: int, chunks: Sequence[Chunk], vectors: Any, spoken: str, generation: int
) -> None:
    """Keep the chunks of a version in SQLite."""
    passages.put(revision, chunks, spoken)
    passages.put_vectors(generation, ((key_of(revision, n), _bytes(row)) for n, row in enumerate(vectors)))


def rows_of(record: Record, bodies: Sequence[str], vectors: Any, spoken: str) -> Rows:
    """Return chunks as the table takes them."""
    from app.rag.chunk_table import Rows

    return Rows(record.revision, record.path, bodies, vectors, spoken, record.mtime_ns // 10**9)


def rows_of_kept(record: Record, chunks: Sequence[Kept]) -> Rows:
    """Return chunks that are kept with their vectors as the table takes them."""
    import numpy

    vectors = numpy.stack([numpy.frombuffer(chunk.vector or b"", "<f4") for chunk in chunks])
    return rows_of(record, [chunk.chunk().body for chunk in chunks], vectors, chunks[0].language)


def _bytes(vector: Any) -> bytes:
    return bytes(vector.astype("<f4").tobytes())
