"""Running headers, footers and page numbers: what stands at the same place of several pages. Pure."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from app.rag.readers.pdf_layout import merged
from app.rag.readers.pdf_page import Run, Sheet

_EDGE = 0.19
"""Share of a page's height at its top and bottom where running lines stand."""
_ROWS = 3
"""Lines from the top and from the bottom that may be such."""
_NEAR = 6
"""Pages before and after a page that are compared with it."""
_REPEATS = 3
_FULL = 25
"""Lines of a page that is full of text."""
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(
    r"(?:[-–—|\s]*(?:page|seite|página|pagina|p\.)?\s*(?:\d{1,5}|[ivxlc]{1,8})\s*(?:(?:of|/|von|de|sur)\s*\d{1,5})?[-–—|\s]*)",
    re.IGNORECASE,
)
_APART = 1.6
"""Running lines stand this many times their size from what is next to them, from feet to feet."""
_Key = tuple[str, int, bool]
"""What makes running lines the same: words, with # for each number; height on the page in steps of 4 points; top."""
_Row = tuple[_Key, list[Run], float]
"""A line with its distance to the next, inwards."""


class Running:
    """Takes running lines out of the sheets of one document, which are given in their order."""

    def __init__(self) -> None:
        self._past: list[set[_Key]] = []
        """What stood at the edges of the sheets just before those to come."""

    def take_out(self, sheets: Sequence[Sheet]) -> None:
        """Take the running lines out of these sheets."""
        rows_of = [_edge_rows(sheet) for sheet in sheets]
        keys = [*self._past, *({key for key, _, _ in rows} for rows in rows_of)]
        places: dict[_Key, list[int]] = defaultdict(list)
        for index, found in enumerate(keys):
            for key in found:
                places[key].append(index)
        for index, (sheet, rows) in enumerate(zip(sheets, rows_of, strict=True), len(self._past)):
            gone: list[Run] = []
            for top in (True, False):
                repeats = partial(_repeats, index=index, places=places, sheets=len(keys))
                gone += _apart([row for row in rows if row[0][2] == top], repeats)
            gone += _lone_number(sheet, rows)
            if 0 < len(gone) < len(sheet.runs):  # a page that holds nothing else keeps them
                away = {id(run) for run in gone}
                sheet.runs = [run for run in sheet.runs if id(run) not in away]
        self._past = keys[-_NEAR:]


def _lone_number(sheet: Sheet, rows: Sequence[_Row]) -> list[Run]:
    """Return a number that stands alone below a full page of text: that of the page, even if there is no other."""
    if len(sheet.runs) < _FULL:
        return []
    lowest = [row for row in rows if not row[0][2]][:1]
    for (words, _, _), runs, distance in lowest:
        if words == "#" and len(runs) == 1 and distance > 2 * runs[0].size and runs[0].base > 0.8 * sheet.height:
            return list(runs)
    return []


def _repeats(key: _Key, index: int, places: dict[_Key, list[int]], sheets: int) -> bool:
    words, place, top = key
    near = {
        other
        for shift in (-1, 0, 1)
        for other in places.get((words, place + shift, top), ())
        if abs(other - index) <= _NEAR
    }
    return len(near) >= (max(2, min(_REPEATS, sheets)) if _is_number(words) else _REPEATS)


def _apart(rows: Sequence[_Row], repeats: Callable[[_Key], bool]) -> list[Run]:
    """Return the runs of the outermost rows that repeat and stand apart from what follows, as body text does not."""
    count = 0
    for number, (key, runs, distance) in enumerate(rows, 1):
        if not repeats(key):
            break
        if distance > _APART * max(run.size for run in runs):
            count = number
    return [run for _, runs, _ in rows[:count] for run in runs]


def _edge_rows(sheet: Sheet) -> list[_Row]:
    """Return the outermost lines at the top and at the bottom, from the edges inwards."""
    rows: list[list[Run]] = []
    for run in sorted(sheet.runs, key=lambda run: run.base):
        if run.angle:
            continue
        if rows and run.base - rows[-1][0].base < 0.4 * run.size:
            rows[-1].append(run)
        else:
            rows.append([run])
    found = []
    for top in (True, False):
        order = rows if top else rows[::-1]
        for row, inner in zip(order[:_ROWS], [*order[1 : _ROWS + 1], None], strict=False):
            base = row[0].base
            inside = base > sheet.height * _EDGE if top else base < sheet.height * (1 - _EDGE)
            if inside or (top and _is_table_row(row)):
                break
            words = " ".join(run.text for run in sorted(row, key=lambda run: run.left))
            distance = abs(inner[0].base - base) if inner else math.inf
            found.append(((_DIGITS.sub("#", words).lower(), round(base / 4), top), row, distance))
    return found


def _is_table_row(row: Sequence[Run]) -> bool:
    """Return True for the repeated head of a table that goes over several pages."""
    return len(row) > 40 or len(merged(row)) >= 4


def _is_number(words: str) -> bool:
    return _NUMBER.fullmatch(words.replace("#", "1")) is not None
