"""A file that has been read and cut, waiting for its vectors, and how it is kept in the queue until they are there."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from app import words
from app.rag.chunking import Chunk, chunks_of
from app.rag.document import Document, Extent, extents
from app.rag.places import PagePlaces, places_of
from app.rag.records import Record
from app.rag.scanning import FoundFile

_CHUNK = [one.name for one in fields(Chunk)]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that has been looked at. Exactly one of the cases: gone, touched, copy, failed, or chunks."""

    file: FoundFile
    """As it waited in the queue."""
    before: Record | None = None
    gone: bool = False
    """It is no longer there."""
    touched: Record | None = None
    """Same content as before; only this record changes."""
    copy_of: Record | None = None
    failed: Record | None = None
    reason: str = ""
    record: Record | None = None
    texts: Sequence[Extent] = ()
    words: dict[str, int] = field(default_factory=dict)
    chunks: Sequence[Chunk] = ()
    places: Sequence[PagePlaces] = ()

    @property
    def characters(self) -> int:
        """How much text waits here."""
        return sum(len(text.text) for text in self.texts)


def cut(file: FoundFile, before: Record | None, record: Record, document: Document) -> Prepared:
    """Cut what was read of a file."""
    chunks = chunks_of(document)
    spread: Counter[str] = Counter()
    for chunk in chunks:
        spread.update(set(words.content(chunk.body)))
    return Prepared(
        file,
        before,
        record=record,
        reason=record.reason,
        texts=extents(document),
        words=dict(spread),
        chunks=chunks,
        places=places_of(document),
    )


def pack(item: Prepared) -> bytes:
    """Return a file that was read and cut, as it is kept in the queue."""
    assert item.record is not None
    values = {
        "record": asdict(item.record),
        "texts": [[text.page, text.start, text.text] for text in item.texts],
        "words": item.words,
        "names": _CHUNK,
        "chunks": [[getattr(chunk, name) for name in _CHUNK] for chunk in item.chunks],
        "places": [[page.page, page.label, base64.b64encode(page.marks).decode()] for page in item.places],
    }
    return zlib.compress(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode(), 1)


def unpack(content: bytes, file: FoundFile, before: Record | None, rules: int) -> Prepared | None:
    """Return what was kept; None if it was made by other rules of reading and chunking, or by another program."""
    try:
        values: dict[str, Any] = json.loads(zlib.decompress(content))
        record = Record(**values["record"])
        if values["names"] != _CHUNK or record.rules != rules:
            return None
        chunks = [Chunk(*map(_frozen, row)) for row in values["chunks"]]
        places = [PagePlaces(page, label, base64.b64decode(marks)) for page, label, marks in values["places"]]
        texts = [Extent(page, start, text) for page, start, text in values["texts"]]
    except (ValueError, KeyError, TypeError, zlib.error):
        return None
    return Prepared(
        file,
        before,
        record=record,
        reason=record.reason,
        texts=texts,
        words=values["words"],
        chunks=chunks,
        places=places,
    )


def _frozen(value: Any) -> Any:
    """Return a value of JSON as the dataclass has it, which knows tuples but no lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
