"""A file as material of one question: its text in passages, read for that alone and put into no library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from app.events import Passage
from app.rag.chunking import chunks_of
from app.rag.document import Block, Document, extents, section_name
from app.rag.library import ReadStatus, Surroundings
from app.rag.worker import Reading, printable

PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"))
"""Endings of files that are looked at, not read."""
AROUND_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Material:
    """What came of reading one file. `passages` are numbered from 1, in the order of the document."""

    path: str
    status: ReadStatus
    passages: tuple[Passage, ...] = ()
    reason: str = ""
    """Why it has no text, or what of it could not be read, in a sentence; "" = all is there."""
    pages: int | None = None
    size: int = 0
    """Bytes."""
    mtime_ns: int = 0
    sha256: str = ""
    document: Document | None = None

    @property
    def picture(self) -> bool:
        """Whether it is a picture file; its text, if any, was read by text recognition."""
        return is_picture(self.path)

    @property
    def words(self) -> int:
        """How many words it has, roughly."""
        return len(self.document.text.split()) if self.document is not None else 0


def is_picture(path: str) -> bool:
    """Tell by its name whether a file is a picture."""
    return os.path.splitext(path)[1].lower() in PICTURES


def material_of(reading: Reading) -> Material:
    """Return what was read, cut into passages. Takes up to a second for a book: not for the event loop."""
    document = reading.document
    passages = tuple(_passages(reading.path, document)) if document is not None else ()
    return Material(
        printable(reading.path),
        reading.status,
        passages,
        reading.reason,
        reading.pages,
        reading.size,
        reading.mtime_ns,
        reading.sha256,
        document,
    )


def surroundings(material: Material, page: int | None, start: int, end: int) -> Surroundings:
    """Return a passage with the text around it, as `Library.surroundings` does for documents of the library."""
    document = material.document
    text, offset = "", 0
    if document is not None:
        extent = next((one for one in extents(document) if page is not None and one.page == page), None)
        text, offset = (extent.text, extent.start) if extent is not None else (document.text, 0)
    first = min(max(0, start - offset), len(text))
    last = min(max(first, end - offset), len(text))
    before, after = text[:first], text[last:]
    if page is None:
        before, after = before[-AROUND_CHARACTERS:], after[:AROUND_CHARACTERS]
    blocks = [block for block in document.blocks if block.start < end and start < block.end] if document else []
    boxes = tuple(line for block in blocks for line in block.lines if line.start < end and start < line.end)
    return Surroundings(
        *(material.path, page, material.pages, before, text[first:last], after, True, False),
        boxes=boxes,
        seconds=_seconds(blocks),
        label=_label(document, page),
    )


def _passages(path: str, document: Document) -> Iterator[Passage]:
    blocks, first = document.blocks, 0
    for n, chunk in enumerate(chunks_of(document), 1):
        while first < len(blocks) and blocks[first].end <= chunk.start:
            first += 1
        spoken: list[Block] = []
        for block in blocks[first:]:
            if block.start >= chunk.end:
                break
            spoken.append(block)
        yield Passage(
            n,
            printable(path),
            chunk.page,
            section_name(chunk.section),
            chunk.start,
            chunk.end,
            0.0,
            chunk.text,
            header=chunk.header,
            label=_label(document, chunk.page),
            seconds=_seconds(spoken),
        )


def _seconds(blocks: list[Block]) -> tuple[float, float] | None:
    times = [block.seconds for block in blocks if block.seconds is not None]
    return (min(begin for begin, _ in times), max(end for _, end in times)) if times else None


def _label(document: Document | None, page: int | None) -> str:
    if document is None or page is None or not 0 < page <= len(document.labels):
        return ""
    label = document.labels[page - 1]
    return label if label != str(page) else ""
