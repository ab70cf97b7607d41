"""Reading order on a page: runs become lines, lines become columns, tables and text between them. Pure.

Columns are found by the white gaps between neighbours: a gap that goes on over several lines divides its part of the
page, and what crosses it (a title, a wide figure's caption) divides the columns above it from those below.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from app.rag.readers.pdf_page import GAP, Run

_SAME_LINE = 0.38
"""Letters whose feet differ by less than this many times their size stand in one line."""
_OVERHANG = 6.0  # points by which both ends of a line must stand over a gap to cross it
_CANDIDATES = 10
_DEPTH = 8
_MOST = 1500
"""Runs of a page that is laid out; maps and drawings have more, and no columns: they are read line by line."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_COLUMN_LINES = 5
"""Of short lines it takes so many on both sides to make columns: fewer are a form or a letterhead."""
_PROSE_CHARACTERS = 22.0
"""Lines of a text column hold more characters than this on average, cells of a table fewer."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a page that is read from top to bottom (text), or row by row (table)."""

    runs: list[Run]
    kind: Literal["text", "table"] = "text"


def zones(runs: Sequence[Run]) -> list[Zone]:
    """Return the parts of a page, all of which is upright and reads from left to right, in the order they are read."""
    if len(runs) > _MOST:
        return [Zone(list(runs))]
    return _arranged(merged(runs), 0)


def is_right_to_left(runs: Sequence[Run]) -> bool:
    """Return True if most letters are of a script that is written from right to left."""
    text = "".join(run.text for run in runs)
    return len(_RIGHT_TO_LEFT.findall(text)) * 2 > len(text.replace(" ", ""))


def merged(runs: Sequence[Run]) -> list[Run]:
    """Return the runs from top to bottom, those that follow each other closely in one line joined."""
    lines: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.base, run.left)):
        index = len(lines) - 1
        highest = run.base - 1.5 * run.size
        while index >= 0 and lines[index].base > highest:
            line = lines[index]
            if _follows(line, run):
                lines[index] = _joined(line, run)
                break
            if _follows(run, line):
                lines[index] = _joined(run, line)
                break
            index -= 1
        else:
            lines.append(run)
    lines.sort(key=lambda line: (line.top, line.left))
    return lines


def _follows(line: Run, run: Run) -> bool:
    apart = run.left - line.right
    size = line.size if line.size > run.size else run.size
    if apart > GAP * size or apart < -0.35 * size:
        return False
    if abs(run.base - line.base) < _SAME_LINE * min(line.size, run.size):
        return True
    raised = min(line.size, run.size) < 0.8 * size  # a mark of a footnote, an exponent
    return raised and min(line.bottom, run.bottom) - max(line.top, run.top) > 0.3 * min(line.size, run.size)


def _joined(line: Run, run: Run) -> Run:
    longer = line if len(line.text) >= len(run.text) else run
    apart = run.left - line.right > 0.12 * longer.size and not line.text.endswith(" ")
    return Run(
        line.text + (" " if apart else "") + run.text,
        min(line.left, run.left),
        min(line.top, run.top),
        max(line.right, run.right),
        max(line.bottom, run.bottom),
        longer.base,
        longer.size,
        line.bold and run.bold,
        longer.angle,
        run.hyphen,
    )


def _arranged(lines: list[Run], depth: int) -> list[Zone]:
    if not lines:
        return []
    gap = _best_gap(lines) if depth < _DEPTH else None
    if gap is None:
        return [Zone(lines)]
    found: list[Zone] = []
    flow: list[Run] = []

    def flush() -> None:
        part = flow.copy()
        flow.clear()
        found.extend(_arranged(part, depth + 1) if len(part) < len(lines) else [Zone(part)])

    for band, divided in _bands(lines, gap):
        left, right = _sides(band, gap)
        if not (divided and left and right):
            flow.extend(band)
        elif _are_columns(left, right):
            flush()
            found += _arranged(left, depth + 1) + _arranged(right, depth + 1)
        else:
            above, table, below = _table_part(band, left, right)
            flow.extend(above)
            if table:
                flush()
                found.append(Zone(table, "table"))
            flow.extend(below)
    flush()
    return [zone for zone in found if zone.runs]


def _best_gap(lines: Sequence[Run]) -> float | None:
    """Return where the gap stands that divides most text, if there is one."""
    places: Counter[int] = Counter()
    for index, line in enumerate(lines):
        nearest = None
        for other in lines[index + 1 :]:
            if other.top > line.bottom - 0.3 * line.size:
                break
            if other.left >= line.right - 1:
                space = (line.right, other.left)
            elif other.right <= line.left + 1:
                space = (other.right, line.left)
            else:
                continue
            if nearest is None or space[1] - space[0] < nearest[1] - nearest[0]:
                nearest = space
        if nearest is not None:
            # Text of both sides comes close to a gap from one side only: both edges are tried, not only the middle.
            for place in (nearest[0] + 3, (nearest[0] + nearest[1]) / 2, nearest[1] - 3):
                places[round(place / 4)] += 1
    best, best_score = None, 0.0
    for place, _ in places.most_common(_CANDIDATES):
        score = _score(lines, place * 4.0)
        if score > best_score:
            best, best_score = place * 4.0, score
    return best


def _score(lines: Sequence[Run], gap: float) -> float:
    """Return how much text a gap divides: of each band that of its smaller side, less cells that are cut."""
    score = 0.0
    for band, divided in _bands(lines, gap):
        if divided:
            left, right = _sides(band, gap)
            score -= 2 * sum(len(run.text) + 10 for run in band if _crosses(run, gap))
            if len(left) >= 2 and len(right) >= 2:
                score += min(sum(len(run.text) + 10 for run in left), sum(len(run.text) + 10 for run in right))
    return score


def _bands(lines: Sequence[Run], gap: float) -> list[tuple[list[Run], bool]]:
    """Return the lines from top to bottom in bands: those beside the gap (True), and those across it (False)."""
    start, end = min(line.left for line in lines), max(line.right for line in lines)
    beside = Counter(round(line.base) for line in lines)
    bands: list[tuple[list[Run], bool]] = []
    for line in lines:
        over = line.right - gap
        across = _crosses(line, gap)
        if across and line.left < start + 2 * line.size and over < 0.15 * (end - gap):
            across = False  # a long line of the left column
        if across and beside[round(line.base)] > 1:
            across = False  # a wide cell of a row
        if not bands or bands[-1][1] == across:
            bands.append(([line], not across))
        else:
            bands[-1][0].append(line)
    return bands


def _crosses(line: Run, gap: float) -> bool:
    return line.left < gap - _OVERHANG and line.right > gap + _OVERHANG


def _sides(band: Sequence[Run], gap: float) -> tuple[list[Run], list[Run]]:
    left: list[Run] = []
    right: list[Run] = []
    for line in band:
        (left if line.left + line.right < 2 * gap else right).append(line)
    return left, right


def _are_columns(left: Sequence[Run], right: Sequence[Run]) -> bool:
    """Return True for text that is read down one side and then down the other; False for rows of a table."""
    if min(len(left), len(right)) < 2:
        return False
    if all(sum(len(run.text) for run in side) / len(side) >= _PROSE_CHARACTERS for side in (left, right)):
        return _fills(left) or _fills(right)
    if min(len(left), len(right)) < _COLUMN_LINES:
        return False
    paired = sum(any(abs(run.base - other.base) < 0.25 * run.size for other in right) for run in left)
    return paired * 3 < min(len(left), len(right))


def _fills(side: Sequence[Run]) -> bool:
    """Return True if most lines reach the right edge, as those of running text do."""
    edge = max(run.right for run in side)
    width = edge - min(run.left for run in side)
    full = sum(run.right > edge - max(0.12 * width, 2 * run.size) for run in side)
    return full * 2 >= len(side)


def _table_part(
    band: Sequence[Run], left: Sequence[Run], right: Sequence[Run]
) -> tuple[list[Run], list[Run], list[Run]]:
    """Return what of a band stands above its rows, in them, and below: rows have something on both sides."""
    paired = [
        run
        for run in left
        if any(min(run.bottom, other.bottom) - max(run.top, other.top) > 0.4 * run.size for other in right)
    ]
    bases = sorted({round(run.base) for run in paired})
    if len(bases) < 2:
        return list(band), [], []
    first, last = min(run.top for run in paired) - 2, max(run.bottom for run in paired)
    pitch = 1.15 * median(after - before for before, after in pairwise(bases))
    order = sorted(band, key=lambda run: run.top)
    shared = Counter(round(run.base) for run in band)
    start = min(other.left for other in right)
    for run in order:
        beside = shared[round(run.base)] > 1
        near = 0.55 * run.size if run.left < start and not beside else pitch
        if last < run.bottom and run.base - last < max(near, 0.55 * run.size):
            last = run.bottom  # the end of a cell of several lines, or a row whose first cell is empty
    for run in reversed(order):
        beside = shared[round(run.base)] > 1
        if beside and run.top < first and first - run.bottom < pitch:
            first = run.top - 2  # a header without a name for the first column
    above = [run for run in band if run.bottom <= first + 0.3 * run.size]
    below = [run for run in band if run.top >= last - 0.3 * run.size and run not in above]
    table = [run for run in band if run not in above and run not in below]
    return above, table, below


def typical_distance(bases: Sequence[float], size: float) -> float:
    """Return the usual distance of lines, from where their letters stand; 1.2 times the size where there are few."""
    steps = [after - before for before, after in pairwise(bases) if after - before > 0.7 * size]
    near = [step for step in steps if step < 2.2 * size]
    return median(near) if near else 1.2 * size
