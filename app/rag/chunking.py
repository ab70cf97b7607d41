"""Cuts a document into chunks that an embedding model can read whole. Pure.

A chunk is a run of the document's own text: `document.text[chunk.start:chunk.end] == chunk.text`. It never spans
pages, starts and ends with a character that is no white space, and starts anew at a heading unless what came before is
very short. Every character that is no white space is in exactly one chunk. Neither a row of a table nor a line of code
is cut, with one exception: one that is longer than a model reads. The heading path, and the header of a table whose
later rows a chunk holds, are put before the text for embedding and full-text search only; they are not part of the text
that is shown. Where a document is changed, chunks become the same again nearby, see app/rag/packing.py.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.rag.document import Block, Document, section_name
from app.rag.packing import BLOCK, FRAGMENT, ITEM, SENTENCE, STRANDED, Atom, drawn, pack
from app.rag.tokens import estimate_tokens, is_english

RULES = 2
"""Number of these rules; raised when they change, so that documents are cut anew."""
MAX_TOKENS = 240
"""Bound on the estimated tokens of what is embedded. MiniLM reads 256, two of which are marks of its own."""
TARGET_TOKENS = 200
"""Chosen by measurement, see docs/documents.md."""
SHORT_TOKENS = 40
"""A section shorter than this shares a chunk with the next one of its page."""
_SECTION_CHARACTERS = 120
_HEADER_CHARACTERS = 240
_SENTENCE_END = re.compile(r"(?:[.!?…؟۔।]+[\"'”’»)\]]*(?=\s))|(?:[。！？｡]+[」』”’）]*)|\n")
_LINE_END = re.compile(r"\n")
_JUDGED_CHARACTERS = 100
"""A block shorter than this is taken to be in the language of the document."""


@dataclass(frozen=True)
class Chunk:
    """A run of a document's text."""

    text: str
    page: int | None
    section: tuple[str, ...]
    start: int
    end: int
    header: str = ""
    """Header row of the table whose rows the chunk begins with; "" if it holds that row itself, or there is none."""
    parent: tuple[int, int] = (0, 0)
    """Range of the section around it, in the document's text: from its heading to the next one."""

    @cached_property
    def body(self) -> str:
        """What is embedded and searched: the heading path and the table's header, then the text."""
        return _body(self.section, self.header, self.text)

    @cached_property
    def digest(self) -> str:
        """Equal for chunks that are embedded alike: 32 hex digits of the SHA-256 of `body`."""
        return hashlib.sha256(self.body.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, row or line: the smallest thing that is not cut."""

    start: int
    end: int
    tokens: int
    block: Block
    first: bool
    """It begins its block."""
    cut: float
    """Cost of beginning a chunk here."""


def chunks_of(document: Document) -> list[Chunk]:
    """Cut `document` into chunks, in order."""
    found: list[Chunk] = []
    english = is_english(document.text)
    sections = _sections(document.blocks)
    first = 0
    blocks = document.blocks
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or blocks[index].page != blocks[first].page:
            found.extend(_page(document.text, blocks[first:index], english, sections))
            first = index
    return found


def _page(text: str, blocks: Sequence[Block], english: bool, sections: dict[int, tuple[int, int]]) -> Iterator[Chunk]:
    """Cut the blocks of one page."""
    held: list[_Unit] = []
    size = last = 0
    for block in blocks:
        units = list(_units(text, block, english, held[-1] if held else None))
        tokens = sum(unit.tokens for unit in units)
        # Two paragraphs that cannot share a chunk whole are parted: what is changed in one leaves the other alone.
        long = min(last, tokens) >= MAX_TOKENS / 2
        if held and (long or (size >= SHORT_TOKENS and block.section != held[-1].block.section)):
            yield from _cut(text, held, sections)
            held, size = [], 0
        held += units
        size, last = size + tokens, tokens
    if held:
        yield from _cut(text, held, sections)


def _cut(text: str, units: Sequence[_Unit], sections: dict[int, tuple[int, int]]) -> Iterator[Chunk]:
    """Cut one section, or several short ones, into chunks."""
    heading = max(_heading_tokens(unit.block.section) for unit in units)
    atoms = [Atom(unit.tokens, unit.cut, _header_tokens(unit)) for unit in units]
    room = max(1, MAX_TOKENS - heading)
    places = [0, *pack(atoms, target=min(TARGET_TOKENS, room), limit=room), len(units)]
    for begin, end in itertools.pairwise(places):
        part = units[begin:end]
        start, last = part[0].start, part[-1].end
        section = part[0].block.section
        for unit in part:
            if unit.block.section != section:
                section = _common(section, unit.block.section)
        block = part[0].block
        parent = (sections[block.start][0], sections[part[-1].block.start][1])
        yield Chunk(text[start:last], block.page, section, start, last, _header(part[0]), parent)


def _sections(blocks: Sequence[Block]) -> dict[int, tuple[int, int]]:
    """Return by the start of each block the range of the section that it is in."""
    found: dict[int, tuple[int, int]] = {}
    first = 0
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or blocks[index].section != blocks[first].section:
            whole = (blocks[first].start, blocks[index - 1].end)
            found.update((block.start, whole) for block in blocks[first:index])
            first = index
    return found


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the headings that both sections are under."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _units(text: str, block: Block, english: bool, before: _Unit | None) -> Iterator[_Unit]:
    """Yield what is not cut of a block; `before` is the last unit of the block before it."""
    if block.end - block.start >= _JUDGED_CHARACTERS:
        english = is_english(text[block.start : block.end])
    rows = block.kind in ("table", "code", "list")
    ends = _LINE_END if block.kind in ("table", "code") else _SENTENCE_END
    limit = MAX_TOKENS - _heading_tokens(block.section)
    if block.kind == "table":
        limit -= estimate_tokens(block.header[:_HEADER_CHARACTERS], english)
    first = True
    line = block.start
    for start, end in _pieces(text, block.start, block.end, ends):
        broken = False
        for a, b, tokens in _fitting(text, start, end, max(limit, 20), english):
            if first:
                cut = STRANDED if before is not None and _is_heading(before.block) else BLOCK
            elif broken:
                cut = FRAGMENT
            elif rows and "\n" in text[line:a]:
                # An empty line parts code as paragraphs are parted.
                cut = BLOCK if "\n\n" in text[line:a] else ITEM
            else:
                cut = SENTENCE
            yield _Unit(a, b, tokens, block, first, cut + drawn(text[a:b]))
            first = False
            line = b
            broken = True


def _is_heading(block: Block) -> bool:
    if block.kind == "heading":
        return True
    return bool(block.section) and block.text.strip("#=- \n") == block.section[-1]


def _header(unit: _Unit) -> str:
    """Return the header row that a chunk which begins here would lack."""
    if unit.first or unit.block.kind != "table":
        return ""
    return unit.block.header


def _header_tokens(unit: _Unit) -> int:
    header = _header(unit)
    return estimate_tokens(header[:_HEADER_CHARACTERS]) if header else 0


def _pieces(text: str, start: int, end: int, ends: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of sentences or lines, without the white space around them."""
    position = start
    while position < end:
        match = ends.search(text, position, end)
        stop = match.end() if match else end
        trimmed = _trim(text, position, stop)
        if trimmed is not None:
            yield trimmed
        position = stop


def _fitting(text: str, start: int, end: int, limit: int, english: bool) -> Iterator[tuple[int, int, int]]:
    """Yield ranges of at most `limit` tokens: the whole sentence, or pieces of it cut between words if possible."""
    # A token has at most twelve characters on average, so long lines are never counted whole.
    while end - start > limit * 12 or estimate_tokens(text[start:end], english) > limit:
        stop = min(end, start + limit * 12)
        while estimate_tokens(text[start:stop], english) > limit:
            stop = start + max(1, (stop - start) * 3 // 4)
        space = max(text.rfind(mark, start + 1, stop) for mark in " \t|")
        if space > start + (stop - start) // 2:
            stop = space
        trimmed = _trim(text, start, stop)
        if trimmed is not None:
            yield (*trimmed, estimate_tokens(text[trimmed[0] : trimmed[1]], english))
        start = stop
    trimmed = _trim(text, start, end)
    if trimmed is not None:
        yield (*trimmed, estimate_tokens(text[trimmed[0] : trimmed[1]], english))


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


def _body(section: tuple[str, ...], header: str, text: str) -> str:
    name = section_name(section)[-_SECTION_CHARACTERS:]
    # A chunk that begins with its own heading needs it only once.
    if section and text.lstrip("# ").startswith(section[-1]):
        name = section_name(section[:-1])[-_SECTION_CHARACTERS:]
    return "\n".join(part for part in (name, header[:_HEADER_CHARACTERS], text) if part)
