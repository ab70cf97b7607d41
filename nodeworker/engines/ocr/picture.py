"""Pictures that a node is asked to read: what they say of themselves, checked before any of their bytes is unpacked."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nodeworker.errors import BadRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 12 * 1024 * 1024
"""Of a file; a message holds 16 MiB."""
MOST_PIXELS = 24_000_000
"""Unpacked that is 72 MB. A page of A4 at 300 dots an inch has 8.7 million."""
MOST_SIDE = 12_000
LEAST_SIDE = 8
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Second bytes of the JPEG markers that give the size."""
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Those of markers without a length behind them."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the first bytes of a picture say; sides in pixels."""

    kind: Literal["png", "jpeg"]
    width: int
    height: int


def look(data: bytes) -> Head:
    """Return what a picture says of itself, without unpacking it.

    Raises:
        BadRequest: it is neither PNG nor JPEG, is damaged, or would be too large unpacked.
    """
    if len(data) > MOST_BYTES:
        raise BadRequest(f"A picture has at most {MOST_BYTES // 2**20} MiB.", "Send a smaller one.")
    try:
        head = _png(data) if data.startswith(_PNG) else _jpeg(data) if data.startswith(_JPEG_START) else None
    except (struct.error, IndexError) as error:
        raise BadRequest("The picture is damaged: it ends before it says its size.") from error
    if head is None:
        raise BadRequest("The picture is neither PNG nor JPEG.", "Send it as PNG.")
    if max(head.width, head.height) > MOST_SIDE or head.width * head.height > MOST_PIXELS:
        most = f"{MOST_PIXELS // 10**6} million pixels and {MOST_SIDE:,} a side"
        raise BadRequest(f"A picture of {head.width} x {head.height} pixels is too large: at most {most}.")
    if min(head.width, head.height) < LEAST_SIDE:
        raise BadRequest(f"A picture of {head.width} x {head.height} pixels cannot hold any text.")
    return head


def unpack(data: bytes) -> NDArray[Any]:
    """Return a picture as rows of blue, green and red bytes; what is transparent is white. Raises BadRequest."""
    import cv2
    import numpy

    head = look(data)
    try:
        found = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise BadRequest("The picture cannot be unpacked.") from error
    if found is None or found.shape[:2] != (head.height, head.width):
        raise BadRequest("The picture is damaged.")
    if found.dtype == numpy.uint16:
        found = numpy.asarray(found / 257, dtype=numpy.uint8)
    if found.ndim == 2:
        return cv2.cvtColor(found, cv2.COLOR_GRAY2BGR)
    if found.shape[2] == 4:
        opaque = found[:, :, 3:].astype(numpy.float32) / 255
        return (found[:, :, :3] * opaque + 255 * (1 - opaque)).astype(numpy.uint8)
    return found


def _png(data: bytes) -> Head:
    length, name, width, height = struct.unpack_from(">I4sII", data, len(_PNG))
    if name != b"IHDR" or length != 13:
        raise BadRequest("The picture is damaged: a PNG begins with its size.")
    return Head("png", width, height)


def _jpeg(data: bytes) -> Head | None:
    at = 2
    while True:
        if data[at] != 0xFF:
            return None
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return Head("jpeg", width, height)
        if length < 2:
            return None
        at += length
