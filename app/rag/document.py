"""A document as every reader returns it: one text and the blocks in it. Pure; no reader library is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SECTION_SEPARATOR = " › "
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a reader found: one heading, paragraph or table, in reading order."""

    text: str
    page: int | None = None
    """From 1; None where the format has no pages."""
    section: tuple[str, ...] = ()
    """Headings above it, outermost first."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece with its place in the document: `document.text[start:end] == text`."""

    text: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The extracted text and its blocks, which are in order and don't overlap; between them is only white space."""

    text: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    """Number of pages, those without text included; None where the format has none."""


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


def assemble(pieces: Iterable[Piece], pages: int | None = None) -> Document:
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
        blocks.append(Block(text, piece.page, piece.section, position, position + len(text)))
        parts.append(text)
        position += len(text)
    return Document("".join(parts), tuple(blocks), pages)


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
