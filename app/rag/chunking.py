"""Cuts a document into chunks that an embedding model can read whole. Pure.

A chunk is a run of the document's own text: `document.text[chunk.start:chunk.end] == chunk.text`. It never spans
pages, starts and ends with a character that is no white space, and starts anew at a heading unless what came before is
very short. Every character that is no white space is in at least one chunk. The heading path is put before the text
for embedding and full-text search only; it is not part of the text that is shown.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.rag.document import Block, Document, section_name

RULES = 1
"""Number of these rules; raised when they change, so that documents are cut anew."""
MAX_TOKENS = 230
"""Bound on the estimated tokens of what is embedded. MiniLM reads 256, two of which are marks of its own."""
TARGET_TOKENS = 200
OVERLAP_TOKENS = 30
"""At most this much of the end of a chunk is repeated where a paragraph had to be cut."""
SHORT_TOKENS = 40
"""A section shorter than this shares a chunk with the next one of its page."""
_SECTION_CHARACTERS = 120
_PIECE = re.compile(r"[a-zA-Z]+|[0-9]+|[^\W\d_]+|[^\w\s]|_")
_SENTENCE_END = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*(?=\s))|(?:[。！？]+[」』”]*)|\n")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Chunk:
    """A run of a document's text."""

    text: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int

    @cached_property
    def body(self) -> str:
        """What is embedded and searched: the heading path, then the text."""
        return _body(self.section, self.text)

    @cached_property
    def digest(self) -> str:
        """Equal for chunks that are embedded alike: 32 hex digits of the SHA-256 of `body`."""
        return hashlib.sha256(self.body.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or line: the smallest thing that is not cut."""

    start: int
    end: int
    tokens: int
    section: tuple[str, ...]
    first: bool
    """It begins a block."""


def estimate_tokens(text: str) -> int:
    """Return about how many WordPiece tokens `text` has; on the high side for English prose."""
    total = 0
    for match in _PIECE.finditer(text):
        piece = match.group()
        size = len(piece)
        if size == 1:
            total += 1
        elif piece.isascii():
            if piece.isdigit():
                total += (size + 2) // 3
            else:
                total += 1 if size <= 8 else 1 + (size - 5) // 4
        else:
            wide = len(_WIDE.findall(piece))
            total += wide + (size - wide + 3) // 4 + (size > wide)
    return total


def chunks_of(document: Document) -> list[Chunk]:
    """Cut `document` into chunks, in order."""
    found: list[Chunk] = []
    first = 0
    blocks = document.blocks
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or blocks[index].page != blocks[first].page:
            found.extend(_pack(document.text, blocks[first:index]))
            first = index
    return found


def _pack(text: str, blocks: Sequence[Block]) -> Iterator[Chunk]:
    """Cut the blocks of one page."""
    page = blocks[0].page
    held: list[_Unit] = []
    fresh = False  # held has more than the overlap with the chunk before
    for unit in _units(text, blocks):
        size = sum(item.tokens for item in held)
        if held and fresh:
            heading = unit.section != held[-1].section
            room = _room(held, unit)
            full = size + unit.tokens > room
            if full or (heading and size >= SHORT_TOKENS) or (unit.first and size >= 0.7 * TARGET_TOKENS):
                yield _chunk(text, page, held)
                held = [] if unit.first else _tail(held, unit)
                fresh = False
        while held and not fresh and sum(item.tokens for item in held) + unit.tokens > _room(held, unit):
            held.pop(0)
        held.append(unit)
        fresh = True
    if held and fresh:
        yield _chunk(text, page, held)


def _room(held: Sequence[_Unit], unit: _Unit) -> int:
    """Return how many tokens of text a chunk of these units may have."""
    heading = max(_heading_tokens(held[0].section), _heading_tokens(unit.section))
    return min(TARGET_TOKENS, MAX_TOKENS - heading)


def _tail(held: Sequence[_Unit], unit: _Unit) -> list[_Unit]:
    """Return the last units of a chunk that the next one repeats: those of the paragraph that goes on."""
    kept: list[_Unit] = []
    size = 0
    for item in reversed(held[1:]):  # never all of it
        size += item.tokens
        if size > OVERLAP_TOKENS or item.section != unit.section:
            break
        kept.insert(0, item)
        if item.first:
            break
    return kept


def _chunk(text: str, page: int | None, units: Sequence[_Unit]) -> Chunk:
    start, end = units[0].start, units[-1].end
    section = units[0].section
    for unit in units:
        if unit.section != section:
            section = _common(section, unit.section)
    return Chunk(text[start:end], page, section, start, end)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the headings that both sections are under."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _units(text: str, blocks: Sequence[Block]) -> Iterator[_Unit]:
    for block in blocks:
        limit = MAX_TOKENS - _heading_tokens(block.section)
        first = True
        for start, end in _sentences(text, block.start, block.end):
            for a, b, tokens in _fitting(text, start, end, min(limit, TARGET_TOKENS)):
                yield _Unit(a, b, tokens, block.section, first)
                first = False


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of sentences and lines, without the white space around them."""
    position = start
    while position < end:
        match = _SENTENCE_END.search(text, position, end)
        stop = match.end() if match else end
        trimmed = _trim(text, position, stop)
        if trimmed is not None:
            yield trimmed
        position = stop


def _fitting(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """Yield ranges of at most `limit` tokens: the whole sentence, or pieces of it cut between words if possible."""
    # A token has at least one character, so this much always fits and long lines are never counted whole.
    while end - start > limit * 12 or estimate_tokens(text[start:end]) > limit:
        stop = min(end, start + limit * 12)
        while estimate_tokens(text[start:stop]) > limit:
            stop = start + max(1, (stop - start) * 3 // 4)
        space = max(text.rfind(" ", start + 1, stop), text.rfind("\t", start + 1, stop))
        if space > start + (stop - start) // 2:
            stop = space
        trimmed = _trim(text, start, stop)
        if trimmed is not None:
            yield (*trimmed, estimate_tokens(text[trimmed[0] : trimmed[1]]))
        start = stop
    trimmed = _trim(text, start, end)
    if trimmed is not None:
        yield (*trimmed, estimate_tokens(text[trimmed[0] : trimmed[1]]))


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None


@functools.lru_cache(maxsize=1024)
def _heading_tokens(section: tuple[str, ...]) -> int:
    """Return the most that this heading path, or the part of it that neighbours share, may take."""
    names = (section_name(section[:length])[-_SECTION_CHARACTERS:] for length in range(1, len(section) + 1))
    return max((estimate_tokens(name) for name in names), default=0)


def _body(section: tuple[str, ...], text: str) -> str:
    name = section_name(section)[-_SECTION_CHARACTERS:]
    # A chunk that begins with its own heading needs it only once.
    if section and text.lstrip("# ").startswith(section[-1]):
        name = section_name(section[:-1])[-_SECTION_CHARACTERS:]
    return f"{name}\n{text}" if name else text
