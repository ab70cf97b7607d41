"""Replies of the reading process, checked value by value: it reads hostile input and is not trusted. Pure."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import dataclass
from typing import Any, cast, get_args

from app.rag.document import Kind, Line, Piece
from app.rag.library import ReadStatus

MAX_REPLY_BYTES = 256 * 2**20
MAX_PICTURE_BYTES = 64 * 2**20
MAX_PICTURE_SIDE = 8000
_STATUSES = frozenset({"ok", "empty", "password", "rejected", "error"})
_PNG = b"\x89PNG\r\n\x1a\n"
_PAGES = 10**7
_SIDE = 10.0**6


class BadReply(Exception):
    """The process sent what no honest reader sends."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a picture."""

    width: int
    height: int
    """Of the picture, in pixels."""
    png: bytes
    page_width: float
    page_height: float
    """Of the page as it is shown, in the points that `Line` counts in."""
    sha256: str = ""
    """Of the file it was made from."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reply: a document, or some pages of it."""

    status: ReadStatus
    reason: str
    pieces: tuple[Piece, ...] = ()
    pages: int | None = None
    title: str = ""
    labels: tuple[str, ...] = ()
    needs_ocr: tuple[int, ...] = ()
    more: int = 0
    sha256: str = ""
    size: int = 0
    mtime_ns: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    recording: bool = False
    """Sound or video, which only a node can turn into text."""


def part(reply: bytes, first: int) -> Part:
    """Return the checked reply to a request for the pages from `first` on. Raises BadReply."""
    try:
        values: dict[str, Any] = json.loads(reply)
        known = _known(values)
        if known.status not in ("ok", "empty"):
            return known
        pages = values["pages"]
        if not (pages is None or _is_page(pages) or pages == 0):
            raise BadReply
        more = values["more"]
        if type(more) is not int or not (more == 0 or (pages is not None and first < more <= pages)):
            raise BadReply
        pieces = tuple(_piece(row) for row in values["pieces"])
        if (known.status == "ok") != bool(pieces):
            raise BadReply
        scans = tuple(page for page in values["needs_ocr"][: pages or 0] if _is_page(page) and page <= (pages or 0))
        return Part(
            known.status,
            known.reason,
            pieces,
            pages,
            str(values["title"])[:300],
            tuple(str(label)[:20] for label in values["labels"][: pages or 0]),
            scans,
            more,
            known.sha256,
            known.size,
            known.mtime_ns,
            known.seconds,
            known.peak_mb,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise BadReply from error


def picture(reply: bytes) -> Picture | Part:
    """Return the checked picture, or why there is none. Raises BadReply."""
    try:
        values: dict[str, Any] = json.loads(reply)
        known = _known(values)
        if known.status != "ok":
            return known
        png = base64.b64decode(values["png"], validate=True)
        width, height = int(values["width"]), int(values["height"])
        size = float(values["page_width"]), float(values["page_height"])
        if not (is_png(png, width, height) and all(math.isfinite(side) and 0 < side < _SIDE for side in size)):
            raise BadReply
        return Picture(width, height, png, *size, known.sha256)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise BadReply from error


def is_png(data: bytes, width: int, height: int) -> bool:
    """Return True if this begins as a PNG of that size, which is one that may be shown."""
    sides = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return (
        len(data) <= MAX_PICTURE_BYTES
        and data.startswith(_PNG)
        and data[12:16] == b"IHDR"
        and sides == (width, height)
        and all(0 < side <= MAX_PICTURE_SIDE for side in sides)
    )


def _known(values: dict[str, Any]) -> Part:
    status, sha256 = str(values["status"]), str(values["sha256"])
    if status not in _STATUSES or not re.fullmatch(r"([0-9a-f]{64})?", sha256):
        raise BadReply
    return Part(
        cast(ReadStatus, status),
        str(values["reason"])[:500],
        sha256=sha256,
        size=int(values["size"]),
        mtime_ns=int(values["mtime_ns"]),
        seconds=float(values["seconds"]),
        peak_mb=float(values["peak_mb"]),
        recording=values.get("recording") is True,
    )


def _is_page(value: Any) -> bool:
    return type(value) is int and 0 < value < _PAGES


def _piece(row: Any) -> Piece:
    text, page, section, kind, header, lines, seconds = row
    if not isinstance(text, str) or not text or not (page is None or _is_page(page)) or kind not in get_args(Kind):
        raise BadReply
    return Piece(
        text,
        page,
        tuple(str(title)[:300] for title in section[:20]),
        kind,
        str(header)[:1000],
        tuple(_line(line, len(text)) for line in lines),
        _seconds(seconds),
    )


def _seconds(values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    start, end = map(float, values)
    if not 0 <= start <= end < _SIDE:
        raise BadReply
    return start, end


def _line(values: Any, length: int) -> Line:
    start, end, left, top, right, bottom = values
    # A sum is finite only if each of them is: one check for four.
    if not (0 <= int(start) <= int(end) <= length and math.isfinite(left + top + right + bottom)):
        raise BadReply
    return Line(int(start), int(end), float(left), float(top), float(right), float(bottom))
