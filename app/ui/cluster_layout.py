"""Where zones and nodes stand on the map: pure geometry. Zones are areas side by side, their nodes tiles inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.ui.tokens import SPACE

DENSE_FROM = 40
"""So many nodes and more get small tiles."""
LARGE, SMALL = (188, 84), (142, 50)
HEADING = 20
"""Height of the line with a zone's name, in logical pixels at the usual size of letters."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in logical pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Area:
    """One zone: its ground, and the numbers of its rows in the list of rows."""

    box: Box
    heading: int | None
    """Row of its name; None for this machine, which needs none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole map."""

    areas: tuple[Area, ...]
    tiles: dict[int, Box]
    """By number of the row."""
    height: int
    dense: bool


def plan(headings: Sequence[bool], width: int, scale: float = 1.0) -> Plan:
    """Place rows on a map `width` pixels wide; `headings` tells of each row whether it names those below it.

    `scale`: size of letters against the usual one.
    """
    groups: list[tuple[int | None, list[int]]] = []
    for row, names in enumerate(headings):
        if names:
            groups.append((row, []))
        else:
            if not groups:
                groups.append((None, []))
            groups[-1][1].append(row)
    dense = sum(not names for names in headings) >= DENSE_FROM
    tall, wide = round((SMALL if dense else LARGE)[1] * scale), round((SMALL if dense else LARGE)[0] * scale)
    gap, pad = SPACE.S, SPACE.M
    most = max(1, (width - 2 * pad + gap) // (wide + gap))
    areas: list[Area] = []
    tiles: dict[int, Box] = {}
    x = y = shelf = 0
    began = 0
    for heading, rows in groups:
        columns = max(1, min(most, len(rows), math.ceil(math.sqrt(len(rows) * 1.7))))
        lines = math.ceil(len(rows) / columns)
        name = round(HEADING * scale) if heading is not None else 0
        across = max(2 * pad + columns * (wide + gap) - gap, 0)
        down = 2 * pad + name + lines * (tall + gap) - gap
        if x and x + across > width:
            _level(areas, began, shelf)
            x, y, shelf, began = 0, y + shelf + SPACE.M, 0, len(areas)
        for at, row in enumerate(rows):
            tiles[row] = Box(
                x + pad + at % columns * (wide + gap), y + pad + name + at // columns * (tall + gap), wide, tall
            )
        areas.append(Area(Box(x, y, across, down), heading))
        shelf = max(shelf, down)
        x += across + SPACE.M
    _level(areas, began, shelf)
    return Plan(tuple(areas), tiles, y + shelf, dense)


def _level(areas: list[Area], since: int, height: int) -> None:
    """Make the areas that stand side by side equally tall."""
    for at in range(since, len(areas)):
        box = areas[at].box
        areas[at] = Area(Box(box.x, box.y, box.width, height), areas[at].heading)
