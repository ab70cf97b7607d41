"""Detector: where lines of text stand in a picture, by a network that marks each pixel (differentiable binarisation).

Method and figures are those of PaddleOCR's PP-OCRv6 as RapidOCR 3.10 runs it (both Apache-2.0): threshold 0.3, a region
counts from 0.5, and is grown by 1.6 x area / perimeter, because the network marks the inner part of a line only.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy
from numpy.typing import NDArray

MOST_PIXELS = 1024 * 724
"""Of the picture as the detector sees it: A4 at 88 dots an inch. Lines are read from the picture as it came. With
1.5 times as many, print of 7 points is read no better, and the engine takes 0.3 s and 100 MB more."""
LEAST_SHORT_SIDE = 736
"""Of the shorter side of small pictures, which are enlarged."""
_MOST_ENLARGED = 2.0
_STEP = 32
_THRESHOLD, _LEAST_SCORE, _GROW = 0.3, 0.5, 1.6
MOST_LINES = 1000
_LEAST_PIXELS = 3.0
_KERNEL = numpy.ones((2, 2), numpy.uint8)

Quads = NDArray[numpy.float32]
"""Lines x four corners x (x, y), from the top left clockwise."""


def size_for(width: int, height: int) -> tuple[int, int]:
    """Return (width, height) in which a picture is looked at: multiples of 32."""
    fitting = (MOST_PIXELS / (width * height)) ** 0.5
    scale = min(1.0, fitting)
    if min(width, height) * scale < LEAST_SHORT_SIDE:
        scale = min(_MOST_ENLARGED, LEAST_SHORT_SIDE / min(width, height), fitting)
    return _stepped(width * scale), _stepped(height * scale)


def network_input(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[numpy.float32]:
    """Return the picture as the network takes it: 1 x 3 x height x width, -1 to 1."""
    smaller = size[0] < picture.shape[1]
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    scaled = resized.astype(numpy.float32) * (2 / 255) - 1
    return numpy.ascontiguousarray(scaled.transpose(2, 0, 1)[numpy.newaxis])


def quads(marks: NDArray[numpy.float32], width: int, height: int) -> Quads:
    """Return where lines stand in a picture of that size, from what the network marked (rows x columns, 0 to 1)."""
    mask = cv2.dilate((marks > _THRESHOLD).astype(numpy.uint8), _KERNEL)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    largest = sorted(contours, key=len, reverse=True)[: 4 * MOST_LINES]
    scale = numpy.array([width / marks.shape[1], height / marks.shape[0]], numpy.float32)
    found = []
    for contour in largest:
        centre, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < _LEAST_PIXELS:
            continue
        box = cv2.boxPoints((centre, (across, down), angle))
        if _score(marks, box) < _LEAST_SCORE:
            continue
        # All sides of a rectangle moved out by a distance: what the polygon offset of the original comes to.
        grow = across * down * _GROW / (2 * (across + down))
        grown = cv2.boxPoints((centre, (across + 2 * grow, down + 2 * grow), angle))
        placed = ordered(grown * scale)
        placed[:, 0] = placed[:, 0].clip(0, width - 1)
        placed[:, 1] = placed[:, 1].clip(0, height - 1)
        if min(sides(placed)) > _LEAST_PIXELS:
            found.append(placed)
        if len(found) == MOST_LINES:
            break
    return numpy.array(found, numpy.float32).reshape(-1, 4, 2)


def ordered(box: NDArray[Any]) -> Quads:
    """Return four corners from the top left one, clockwise."""
    by_side = box[numpy.argsort(box[:, 0], kind="stable")]
    left, right = by_side[:2], by_side[2:]
    left, right = left[numpy.argsort(left[:, 1])], right[numpy.argsort(right[:, 1])]
    return numpy.array([left[0], right[0], right[1], left[1]], numpy.float32)


def sides(quad: Quads) -> tuple[float, float]:
    """Return the longer of the two upper and lower sides, and of the two at left and right."""
    across = max(numpy.linalg.norm(quad[0] - quad[1]), numpy.linalg.norm(quad[3] - quad[2]))
    down = max(numpy.linalg.norm(quad[0] - quad[3]), numpy.linalg.norm(quad[1] - quad[2]))
    return float(across), float(down)


def _stepped(side: float) -> int:
    return max(_STEP, round(side / _STEP) * _STEP)


def _score(marks: NDArray[numpy.float32], box: NDArray[Any]) -> float:
    """Return the mean of what is marked inside a box."""
    rows, columns = marks.shape
    left, right = (int(side) for side in numpy.clip([box[:, 0].min(), numpy.ceil(box[:, 0].max())], 0, columns - 1))
    top, bottom = (int(side) for side in numpy.clip([box[:, 1].min(), numpy.ceil(box[:, 1].max())], 0, rows - 1))
    mask = numpy.zeros((bottom - top + 1, right - left + 1), numpy.uint8)
    cv2.fillPoly(mask, [(box - [left, top]).astype(numpy.int32)], 1)
    return float(cv2.mean(marks[top : bottom + 1, left : right + 1], mask)[0])
