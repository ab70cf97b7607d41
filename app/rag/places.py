"""Where the text of a page stands: rectangles of its lines, seconds of a recording; packed for the database. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.rag.document import Document, Line

WORDS = 0
"""The page that none has: the words of a recording are kept there, because a question needs only their paragraphs."""


@dataclass(frozen=True, slots=True)
class PagePlaces:
    """What is stored of one page, or of a document without pages."""

    page: int | None
    label: str
    """What is printed on the page as its number; "" where that is `page`."""
    marks: bytes
    """Lines and seconds, packed: see `marks_of`."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Lines with their rectangles, and ranges of text with their seconds; ranges count in the document's text."""

    lines: tuple[Line, ...] = ()
    seconds: tuple[tuple[int, int, float, float], ...] = ()


def places_of(document: Document) -> list[PagePlaces]:
    """Return what is to be stored; pages of which nothing is known are left out."""
    lines: dict[int | None, list[list[float]]] = {}
    seconds: dict[int | None, list[list[float]]] = {}
    for block in document.blocks:
        for line in block.lines:
            sides = (round(side, 1) for side in (line.left, line.top, line.right, line.bottom))
            lines.setdefault(block.page, []).append([line.start, line.end, *sides])
        if block.seconds is not None:
            seconds.setdefault(block.page, []).append([block.start, block.end, *block.seconds])
    labels = {number: label for number, label in enumerate(document.labels, 1) if label and label != str(number)}
    pages = dict.fromkeys([*(block.page for block in document.blocks), *labels])
    found = []
    for page in pages:
        label = labels.get(page, "") if page is not None else ""
        if label or page in lines or page in seconds:
            packed = json.dumps([lines.get(page, []), seconds.get(page, [])], separators=(",", ":"))
            found.append(PagePlaces(page, label, zlib.compress(packed.encode(), 6)))
    spoken = [span for block in document.blocks for span in block.spoken]
    if spoken:
        found.append(PagePlaces(WORDS, "", zlib.compress(json.dumps([[], spoken], separators=(",", ":")).encode(), 6)))
    return found


def marks_of(packed: bytes) -> Marks:
    """Unpack the marks of a page."""
    lines, seconds = json.loads(zlib.decompress(packed))
    return Marks(
        tuple(Line(int(start), int(end), *sides) for start, end, *sides in lines),
        tuple((int(start), int(end), float(begin), float(stop)) for start, end, begin, stop in seconds),
    )


def boxes(marks: Marks, start: int, end: int) -> tuple[Line, ...]:
    """Return the lines that the range touches, whole."""
    return tuple(line for line in marks.lines if line.start < end and line.end > start)


def seconds(marks: Marks, start: int, end: int) -> tuple[float, float] | None:
    """Return from when to when the range is said; None in what is no recording."""
    said: Sequence[tuple[int, int, float, float]] = [
        span for span in marks.seconds if span[0] < end and span[1] > start
    ]
    return (min(span[2] for span in said), max(span[3] for span in said)) if said else None
