"""Rows of cells as one piece: a row a line, cells joined by " | ", with the header where the first row is one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from app.rag.document import Piece

MAX_HEADER = 600
"""A first row with more characters than this is text in cells, and repeating it with every passage would not help."""
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\d[\d.,:/ %€$£-]*\)?%?$")
_SPACE = re.compile(r"\s+")


def table(
    rows: Iterable[Sequence[str]],
    section: tuple[str, ...] = (),
    page: int | None = None,
    *,
    header: bool | None = None,
) -> Piece:
    """Return a table as a piece; its text is "" where no cell holds anything.

    Args:
        rows: Cells as text; white space in them becomes single blanks.
        section: Headings above it.
        page: Page or slide.
        header: Whether the first row is a header; None: judged by what is in it.
    """
    cells = [[_SPACE.sub(" ", cell).strip() for cell in row] for row in rows]
    cells = _without_empty_columns([row for row in cells if any(row)])
    lines = [_line(row) for row in cells]
    has = seems_header(cells) if header is None else header and len(cells) > 1
    first = lines[0].strip() if has and len(lines[0]) <= MAX_HEADER else ""
    return Piece("\n".join(lines), page, section, "table", first)


def tables(rows: Iterable[Sequence[str]], section: tuple[str, ...] = ()) -> Iterator[Piece]:
    """Yield what is on a sheet: empty rows part tables, rows with one cell before a table are its title."""
    block: list[Sequence[str]] = []
    for row in (*rows, ()):
        if any(row):
            block.append(row)
        elif block:
            yield from _block(block, section)
            block = []


def _block(rows: list[Sequence[str]], section: tuple[str, ...]) -> Iterator[Piece]:
    used = [sum(cell != "" for cell in row) for row in rows]
    first = 0
    while max(used) > 1 and first < len(rows) - 1 and used[first] == 1:
        first += 1
    for row in rows[:first]:
        yield Piece("".join(row), None, section, "caption")
    left = min(next((at for at, cell in enumerate(row) if cell), len(row)) for row in rows[first:])
    yield table((row[left:] for row in rows[first:]), section)


def seems_header(cells: Sequence[Sequence[str]]) -> bool:
    """Return True if the first row names the columns: every column that is used has a name, and no name is a number."""
    if len(cells) < 2:
        return False
    width = max((at + 1 for row in cells[:50] for at, cell in enumerate(row) if cell), default=0)
    first = [cell for cell in cells[0][:width] if cell]
    # The first column of a table with names on both sides is often left without one.
    named = len(first) == width or (len(first) == width - 1 > 1 and not cells[0][0])
    return width > 1 and named and not any(_NUMBER.match(cell) for cell in first)


def _without_empty_columns(cells: list[list[str]]) -> list[list[str]]:
    width = max(map(len, cells), default=0)
    used = [False] * width
    for row in cells:
        for at, cell in enumerate(row):
            used[at] = used[at] or cell != ""
    if all(used):
        return cells
    return [[cell for at, cell in enumerate(row) if used[at]] for row in cells]


def _line(row: Sequence[str]) -> str:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return " | ".join(row[:end])
