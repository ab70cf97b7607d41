"""Lines cut out of a picture, and what a network's output says of them: which way up, and which characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray

from nodeworker.engines.ocr.detecting import Quads, sides

LINE_HEIGHT = 48
MOST_WIDTH = 3200
"""Of a line at that height: some 250 characters."""
LEAST_WIDTH = 320
"""Of what the network sees: a shorter line is padded."""
UPRIGHT = (192, LINE_HEIGHT)
"""Width and height in which the network that knows up from down sees a line."""
_STANDING = 1.5
"""Height to width from which a line runs from top to bottom."""


def standing(quad: Quads) -> bool:
    """Tell whether a line runs up or down the picture rather than across."""
    across, down = sides(quad)
    return down >= _STANDING * across


def turned(quad: Quads, quarters: int) -> Quads:
    """Return the corners beginning so many corners further on: the line is read from there."""
    return numpy.roll(quad, -quarters, axis=0)


def cut(picture: NDArray[Any], quad: Quads) -> NDArray[Any]:
    """Return a line lying flat, as it is read from its first corner to its second."""
    across, down = (max(1, round(side)) for side in sides(quad))
    flat = numpy.array([[0, 0], [across, 0], [across, down], [0, down]], numpy.float32)
    matrix = cv2.getPerspectiveTransform(numpy.ascontiguousarray(quad, numpy.float32), flat)
    return cv2.warpPerspective(picture, matrix, (across, down), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)


def width_of(quad: Quads) -> int:
    """Return how wide a line is when it is as high as the network wants it."""
    across, down = sides(quad)
    return int(min(MOST_WIDTH, max(1, numpy.ceil(LINE_HEIGHT * across / max(down, 1)))))


def padded(lines: Sequence[NDArray[Any]], size: tuple[int, int]) -> NDArray[numpy.float32]:
    """Return lines as a network takes them: n x 3 x height x width, -1 to 1; 0 where a line is shorter."""
    width, height = size
    made = numpy.zeros((len(lines), 3, height, width), numpy.float32)
    for at, line in enumerate(lines):
        own = min(width, max(1, int(numpy.ceil(height * line.shape[1] / line.shape[0]))))
        resized = cv2.resize(line, (own, height)).astype(numpy.float32)
        made[at, :, :, :own] = resized.transpose(2, 0, 1) * (2 / 255) - 1
    return made


def beginnings(line: NDArray[Any]) -> NDArray[Any]:
    """Return the first part of a line, which is enough to know up from down."""
    return line[:, : max(1, line.shape[0] * UPRIGHT[0] // UPRIGHT[1])]


def decoded(scores: NDArray[numpy.float32], characters: Sequence[str]) -> tuple[str, float]:
    """Return the text and the mean confidence of one line's output (steps x characters; 0 is "no character")."""
    best = scores.argmax(axis=1)
    kept = best != 0
    kept[1:] &= best[1:] != best[:-1]
    places = numpy.flatnonzero(kept)
    if not len(places):
        return "", 0.0
    text = "".join(characters[best[place]] for place in places)
    return text, float(scores[places, best[places]].mean())
