"""A document as every reader returns it: one text and the blocks in it. Pure; no reader library is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

SECTION_SEPARATOR = " › "
_GAP = "\n\n"

Kind = Literal["text", "heading", "list", "table", "code", "caption"]
"""What a piece is. A table has one row a line; neither a row nor a line of code is ever cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """A run of text and where it stands on its page: points (1/72 inch) from the top left corner as it is shown."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Piece:
    """What a reader found: one heading, paragraph or table, in reading order."""

    text: str
    page: int | None = None
    """From 1; None where the format has no pages."""
    section: tuple[str, ...] = ()
    """Headings above it, outermost first."""
    kind: Kind = "text"
    header: str = ""
    """Header row of a table, as it stands in its first line; "" if it has none."""
    lines: tuple[Line, ...] = ()
    """Where its lines stand on the page, ranges counted in `text`; empty where that is not known."""
    seconds: tuple[float, float] | None = None
    """From when to when it is said, in a recording."""
    confidence: float = 1.0
    """How sure recognition is of the text, 0 to 1; 1 for text that was not recognised but written."""
    spoken: tuple[tuple[int, int, float, float], ...] = ()
    """Its words where it is said: from which to which character of `text`, and from when to when, in seconds."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece with its place in the document: `document.text[start:end] == text`."""

    text: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int
    kind: Kind = "text"
    header: str = ""
    lines: tuple[Line, ...] = ()
    """Ranges counted in the document's text."""
    seconds: tuple[float, float] | None = None
    confidence: float = 1.0
    spoken: tuple[tuple[int, int, float, float], ...] = ()
    """Ranges counted in the document's text."""


@dataclass(frozen=True, slots=True)
class Document:
    """The extracted text and its blocks, which are in order and don't overlap; between them is only white space."""

    text: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    """Number of pages, those without text included; None where the format has none."""
    title: str = ""
    """As the document itself says; "" if it does not."""
    labels: tuple[str, ...] = ()
    """What is printed on each page as its number ("iv", "12"), where that differs from counting; else empty."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The text of one page, or of the whole document where there are no pages."""

    page: int | None
    start: int
    text: str


def clean(text: str) -> str:
    """Return `text` with Unix line ends and without NUL, lone surrogates and outer white space."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "ignore").decode("utf-8").strip()


def assemble(
    pieces: Iterable[Piece], pages: int | None = None, *, title: str = "", labels: Sequence[str] = ()
) -> Document:
    """Join `pieces` into a document; empty ones are dropped."""
    blocks: list[Block] = []
    parts: list[str] = []
    position = 0
    for piece in pieces:
        text = clean(piece.text)
        if not text:
            continue
        if parts:
            parts.append(_GAP)
            position += len(_GAP)
        blocks.append(
            Block(
                text,
                piece.page,
                piece.section,
                position,
                position + len(text),
                piece.kind,
                piece.header,
                _moved(piece, text, position),
                piece.seconds,
                piece.confidence,
                _spoken(piece, text, position),
            )
        )
        parts.append(text)
        position += len(text)
    return Document("".join(parts), tuple(blocks), pages, title, tuple(labels))


def _moved(piece: Piece, text: str, position: int) -> tuple[Line, ...]:
    """Return the lines with ranges in the document; none when cleaning changed more than the ends of the text."""
    cut = piece.text.find(text)
    if cut < 0:
        return ()
    moved = []
    for line in piece.lines:
        start, end = max(line.start - cut, 0), min(line.end - cut, len(text))
        if start < end:
            moved.append(replace(line, start=position + start, end=position + end))
    return tuple(moved)


def _spoken(piece: Piece, text: str, position: int) -> tuple[tuple[int, int, float, float], ...]:
    """Return the words with ranges in the document; none when cleaning changed more than the ends of the text."""
    cut = piece.text.find(text)
    if cut < 0:
        return ()
    last = position + len(text)
    return tuple(
        (max(position, position + start - cut), min(last, position + end - cut), begin, stop)
        for start, end, begin, stop in piece.spoken
    )


def extents(document: Document) -> list[Extent]:
    """Return the text page by page, pages without text left out."""
    found: list[Extent] = []
    first = 0
    blocks: Sequence[Block] = document.blocks
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or blocks[index].page != blocks[first].page:
            start, end = blocks[first].start, blocks[index - 1].end
            found.append(Extent(blocks[first].page, start, document.text[start:end]))
            first = index
    return found


def section_name(section: Sequence[str]) -> str:
    """Return the heading path as it is shown: outermost first, joined by " › "."""
    return SECTION_SEPARATOR.join(section)
