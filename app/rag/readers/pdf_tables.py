"""Tables of a PDF: lines that stand in aligned columns become rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

from app.rag.document import Line, Piece
from app.rag.readers.pdf_layout import Zone
from app.rag.readers.pdf_page import Run

SEPARATOR = " | "
_SAME_ROW = 0.5
_WRAPPED = 1.45
"""A line this close below another (in letter sizes, from feet to feet) may go on in its cells."""
_NUMBER = re.compile(r"[-+$€£(%]?\s?[\d.,'\s]*\d[\d.,'%)\s€$£-]*")
_Row = list[list[Run]]


def table(runs: Sequence[Run], page: int, section: tuple[str, ...]) -> Piece | None:
    """Return the table that these runs make; None where it has not two columns and two rows."""
    edges = _edges(runs)
    rows = [_cells(row, edges) for row in _rows(runs)]
    rows = _unwrapped(rows)
    if len(edges) < 1 or sum(sum(bool(cell) for cell in row) >= 2 for row in rows) < 2:
        return None
    texts = [[" ".join(run.text for run in cell) for cell in row] for row in rows]
    written = []
    lines = []
    position = 0
    for row, cells in zip(rows, texts, strict=True):
        line = SEPARATOR.join(cells).rstrip(" |").lstrip() if not cells[0] else SEPARATOR.join(cells).rstrip(" |")
        inside = [run for cell in row for run in cell]
        lines.append(
            Line(
                position,
                position + len(line),
                min(run.left for run in inside),
                min(run.top for run in inside),
                max(run.right for run in inside),
                max(run.bottom for run in inside),
            )
        )
        written.append(line)
        position += len(line) + 1
    header = written[0] if _is_header(rows, texts) else ""
    return Piece("\n".join(written), page, section, "table", header, tuple(lines))


def divided(zone: Zone) -> list[Zone]:
    """Return a table as the tables in it, and the headings between those: lines of their own in other letters."""
    if zone.kind != "table":
        return [zone]
    size = median(run.size for run in zone.runs)
    plain = sum(run.bold for run in zone.runs) * 2 < len(zone.runs)
    found: list[Zone] = []
    for row in _rows(zone.runs):
        alone = len(row) == 1 and (row[0].size > 1.1 * size or (plain and row[0].bold)) and len(row[0].text) > 2
        kind: Literal["text", "table"] = "text" if alone else "table"
        if found and found[-1].kind == kind:
            found[-1].runs.extend(row)
        else:
            found.append(Zone(list(row), kind))
    return found


def _edges(runs: Sequence[Run]) -> list[float]:
    """Return where columns part: strips of white that no line crosses, or hardly one where rows have more cells."""
    rows = _rows(runs)
    edges = _white(runs, 0)
    if sum(len(row) > len(edges) + 1 for row in rows) * 2 > len(rows):
        return _white(runs, max(1, len(rows) // 8))
    return edges


def _white(runs: Sequence[Run], allowed: int) -> list[float]:
    """Return the middles of strips that at most so many runs cross."""
    start, end = min(run.left for run in runs), max(run.right for run in runs)
    covered = [0] * (int(end - start) + 3)
    for run in runs:
        covered[int(run.left - start) + 1] += 1
        covered[int(run.right - start) + 1] -= 1
    wide = max(2.0, 0.35 * median(run.size for run in runs))
    edges: list[float] = []
    depth, white = 0, 0
    seen = False
    for place, change in enumerate(covered):
        depth += change
        if depth <= allowed:
            white += 1
            continue
        if seen and white >= wide:
            edges.append(start + place - 1 - white / 2)
        seen, white = True, 0
    return edges


def _rows(runs: Sequence[Run]) -> list[list[Run]]:
    rows: list[list[Run]] = []
    base = 0.0
    for run in sorted(runs, key=lambda run: run.base):
        if rows and run.base - base < _SAME_ROW * run.size:
            rows[-1].append(run)
        else:
            rows.append([run])
            base = run.base
    return rows


def _cells(row: list[Run], edges: Sequence[float]) -> _Row:
    cells: _Row = [[] for _ in range(len(edges) + 1)]
    for run in sorted(row, key=lambda run: run.left):
        middle = (run.left + run.right) / 2
        crossing = sum(run.left + 2 < edge < run.right - 2 for edge in edges)
        place = run.left if crossing else middle
        cells[sum(edge <= place for edge in edges)].append(run)
    return cells


def _unwrapped(rows: list[_Row]) -> list[_Row]:
    """Join lines that go on in the cells of the row above: those nearer to it than rows are to each other."""
    bases = [max(run.base for cell in row for run in cell) for row in rows]
    steps = [after - before for before, after in pairwise(bases)]
    between = [step for step, row in zip(steps, rows[1:], strict=True) if row[0]]
    usual = median(between) if between else 0.0
    joined: list[_Row] = []
    for index, row in enumerate(rows):
        size = max(run.size for cell in row for run in cell)
        filled = [place for place, cell in enumerate(row) if cell]
        goes_on = False
        if joined and steps[index - 1] < _WRAPPED * size and all(joined[-1][place] for place in filled):
            near = steps[index - 1] < 0.87 * usual and (not row[0] or len(filled) == 1)
            goes_on = near or (not row[0] and all(row[place][0].text[:1].islower() for place in filled))
        if goes_on:
            for place in filled:
                joined[-1][place].extend(row[place])
        else:
            joined.append([list(cell) for cell in row])
    return joined


def _is_header(rows: Sequence[_Row], texts: Sequence[Sequence[str]]) -> bool:
    """Return True if the first row names the columns: words where numbers follow, or letters of another weight."""
    first, rest = texts[0], texts[1:]
    named = [index for index, cell in enumerate(first) if cell]
    if len(named) < 2 or len(named) * 2 < len(first) or any(_NUMBER.fullmatch(first[index]) for index in named):
        return False
    bold = all(run.bold for cell in rows[0] for run in cell)
    if bold and not all(run.bold for cell in rows[1] for run in cell):
        return True
    counted = 0
    for index in named:
        below = [row[index] for row in rest if row[index]]
        counted += bool(below) and sum(_NUMBER.fullmatch(cell) is not None for cell in below) * 2 > len(below)
    return counted > 0
