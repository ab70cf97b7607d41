"""Lines that were recognised on a page, put into reading order and joined to paragraphs. Pure.

The page may lie on its side or be tilted: the lines' own direction says what is up. Columns are told from tables by
what stands in them: lines of text, or short cells, which are joined row by row.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from app.rag.document import Line, Piece
from app.thinking import RecognisedLine, RecognisedPage

_GUTTER = 0.8
"""Least width of the white between two columns, in heights of a line."""
_FEWEST = 3
"""Lines of a column, at least."""
_MOST_CROSSING = 0.34
"""Share of the lines that may cross the white: titles, and notes at the foot."""
_COLUMN_WIDTH = 7.0
"""Least width of the usual line of a column, in heights of a line: below that they are cells."""
_SAME_ROW = 0.5
"""Least share of the lower line's height at which two lines stand in one row."""
_PARAGRAPH_GAP = 0.75
"""White between two lines, in heights of a line, from which a new paragraph begins if it is also more than usual."""
_SHORT = 0.75
"""A line shorter than that share of its column ends a paragraph."""
_OTHER_SIZE = 1.35


@dataclass(frozen=True, slots=True)
class _Box:
    """A line as it stands when the page is turned upright, in pixels."""

    line: RecognisedLine
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return max(self.bottom - self.top, 1.0)


def pieces(page: RecognisedPage, number: int, width: float, height: float) -> list[Piece]:
    """Return the paragraphs of a page.

    Args:
        page: What a node read.
        number: Of the page, from 1.
        width: Of the page in points, as it is shown.
        height: The same.
    """
    scale = width / page.width, height / page.height
    found: list[Piece] = []
    for column in columns(_upright(page.lines)):
        for paragraph in _paragraphs(column):
            found.append(_piece(paragraph, number, scale))
    return found


def confidence(page: RecognisedPage) -> float:
    """Return how sure recognition is of a page, each character counted; 1 where it found none."""
    characters = sum(len(line.text) for line in page.lines)
    return sum(len(line.text) * line.confidence for line in page.lines) / characters if characters else 1.0


def _upright(lines: Sequence[RecognisedLine]) -> list[_Box]:
    """Turn all lines by the angle in which most of the text runs."""
    if not lines:
        return []
    longest = sorted(lines, key=lambda line: -len(line.text))[:25]
    along = [_direction(line) for line in longest]
    # Directions are summed as vectors, for angles near half a turn have no mean.
    angle = math.atan2(sum(y for _, y in along), sum(x for x, _ in along))
    cosine, sine = math.cos(angle), math.sin(angle)
    boxes = []
    for line in lines:
        xs = [x * cosine + y * sine for x, y in line.corners]
        ys = [y * cosine - x * sine for x, y in line.corners]
        # Half of the corners' spread: a line that is still tilted a little must not seem higher than it is.
        boxes.append(_Box(line, (xs[0] + xs[3]) / 2, (ys[0] + ys[1]) / 2, (xs[1] + xs[2]) / 2, (ys[2] + ys[3]) / 2))
    return boxes


def _direction(line: RecognisedLine) -> tuple[float, float]:
    (x0, y0), (x1, y1) = line.corners[0], line.corners[1]
    return x1 - x0, y1 - y0


def columns(boxes: Sequence[_Box]) -> list[list[list[_Box]]]:
    """Return the columns in reading order, each as rows, each from left to right."""
    if not boxes:
        return []
    cut = _gutter(boxes)
    if cut is None:
        return [_rows(boxes)]
    across = sorted((box for box in boxes if box.left < cut < box.right), key=lambda box: box.top)
    found: list[list[list[_Box]]] = []
    waiting = [box for box in boxes if not box.left < cut < box.right]
    for title in [*across, None]:
        above = [box for box in waiting if title is None or (box.top + box.bottom) / 2 < title.top]
        waiting = [box for box in waiting if box not in above]
        for side in ([box for box in above if box.right <= cut], [box for box in above if box.left >= cut]):
            found.extend(columns(side))
        if title is not None:
            found.append([[title]])
    return found


def _gutter(boxes: Sequence[_Box]) -> float | None:
    """Return where two columns meet; None where there is only one."""
    usual = statistics.median(box.height for box in boxes)
    edges = sorted({box.right for box in boxes} | {min(box.left for box in boxes)})
    best: tuple[int, float, float] | None = None
    for edge in edges:
        begins = min((box.left for box in boxes if box.left > edge), default=None)
        if begins is None or begins - edge < _GUTTER * usual:
            continue
        middle = (edge + begins) / 2
        left = [box for box in boxes if box.right <= middle]
        right = [box for box in boxes if box.left >= middle]
        crossing = len(boxes) - len(left) - len(right)
        if min(len(left), len(right)) < _FEWEST or crossing > _MOST_CROSSING * len(boxes):
            continue
        widths = (statistics.median(box.right - box.left for box in side) for side in (left, right))
        if min(widths) < _COLUMN_WIDTH * usual:
            continue
        found = -crossing, begins - edge, middle
        best = max(best, found) if best else found
    return best[2] if best else None


def _rows(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """Return rows from top to bottom: lines that stand beside each other belong to one."""
    rows: list[list[_Box]] = []
    for box in sorted(boxes, key=lambda box: (box.top + box.bottom) / 2):
        last = rows[-1] if rows else []
        if last and all(_beside(box, other) for other in last):
            last.append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _beside(one: _Box, other: _Box) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    apart = one.left >= other.right - other.height or other.left >= one.right - one.height
    return apart and shared >= _SAME_ROW * min(one.height, other.height)


def _paragraphs(rows: Sequence[Sequence[_Box]]) -> list[list[list[_Box]]]:
    """Join rows that follow each other: by the white between them, their size, and where a line ends early."""
    gaps = [max(0.0, below[0].top - above[0].bottom) for above, below in itertools.pairwise(rows)]
    usual = statistics.median(gaps) if gaps else 0.0
    edge = max(row[-1].right for row in rows)
    start = min(row[0].left for row in rows)
    found: list[list[list[_Box]]] = [[list(rows[0])]]
    for gap, (above, below) in zip(gaps, itertools.pairwise(rows), strict=True):
        high, low = sorted((above[0].height, below[0].height), reverse=True)
        apart = gap > _PARAGRAPH_GAP * low and gap > 1.6 * usual
        ended = above[-1].right - start < _SHORT * (edge - start) and above[-1].line.text[-1:] in ".!?:;。"
        if apart or ended or high > _OTHER_SIZE * low or len(above) > 1 or len(below) > 1:
            found.append([])
        found[-1].append(list(below))
    return found


def _piece(rows: Sequence[Sequence[_Box]], number: int, scale: tuple[float, float]) -> Piece:
    text = ""
    lines: list[Line] = []
    sure = characters = 0.0
    for at, row in enumerate(rows):
        for place, box in enumerate(row):
            said = box.line.text
            if place:
                text += " "
            elif at and text.endswith("-") and text[-2:-1].isalpha() and said[:1].islower():
                text = text[:-1]  # a word divided at the end of a line
                lines[-1] = Line(lines[-1].start, len(text), *_sides(lines[-1]))
            elif at:
                text += " "
            xs, ys = zip(*box.line.corners, strict=True)
            sides = min(xs) * scale[0], min(ys) * scale[1], max(xs) * scale[0], max(ys) * scale[1]
            lines.append(Line(len(text), len(text) + len(said), *sides))
            text += said
            sure += len(said) * box.line.confidence
            characters += len(said)
    return Piece(text, number, lines=tuple(lines), confidence=round(sure / max(characters, 1), 4))


def _sides(line: Line) -> tuple[float, float, float, float]:
    return line.left, line.top, line.right, line.bottom
