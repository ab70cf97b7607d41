"""Frames between a node and its engine processes: two lengths, a JSON head, raw bytes. Bounded, and never trusted.

    u32 length of the head · u32 length of the blob (both little-endian) · head (a JSON object) · blob

An engine process runs native code on files from strangers, so what it says is checked like anything from outside.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

MAX_HEAD = 8 * 1024 * 1024
"""Bytes of a head that an engine process may send: a long transcript with its words is some hundred kilobytes."""
MAX_REQUEST = 96 * 1024 * 1024
"""Bytes of a head that a node may send: the largest gRPC message with every character written as an escape."""
MAX_BLOB = 64 * 1024 * 1024
SOUND_WINDOW = 256 * 1024
"""Bytes of sound that may be on their way to an engine that has not taken them yet (8 s)."""
_LENGTHS = struct.Struct("<II")
_SKIP_AT_ONCE = 1024 * 1024


class BadFrame(ValueError):
    """What came is no frame, or one that makes no sense: whoever sent it cannot be talked to any more."""


def pack(head: dict[str, Any], blob: bytes = b"", *, most: int = MAX_HEAD) -> bytes:
    """Return one frame. Raises BadFrame when it would be refused, TypeError for what JSON cannot hold."""
    # ASCII only: lone surrogates, as in file names that are no UTF-8, come out as they went in.
    written = json.dumps(head, separators=(",", ":")).encode("ascii")
    if len(written) > most or len(blob) > MAX_BLOB:
        raise BadFrame(f"a frame of {len(written)} and {len(blob)} bytes is too large")
    return _LENGTHS.pack(len(written), len(blob)) + written + blob


class FrameReader:
    """Cuts a stream of bytes into frames; holds one unfinished frame at most."""

    def __init__(self, most: int = MAX_HEAD) -> None:
        """`most` bytes of a head are taken."""
        self._most = most
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Take what came and yield (head, blob) of each whole frame. Raises BadFrame; nothing can be read after it."""
        held = self._held
        held += data
        start = 0
        try:
            while len(held) - start >= _LENGTHS.size:
                head_length, blob_length = _LENGTHS.unpack_from(held, start)
                if head_length > self._most or blob_length > MAX_BLOB:
                    raise BadFrame(f"a frame of {head_length} and {blob_length} bytes is announced")
                body = start + _LENGTHS.size
                end = body + head_length + blob_length
                if len(held) < end:
                    break
                head = _read_head(bytes(held[body : body + head_length]))
                blob = bytes(held[body + head_length : end])
                start = end
                if start > _SKIP_AT_ONCE:
                    del held[:start]
                    start = 0
                yield head, blob
        finally:
            del held[:start]


def _read_head(written: bytes) -> dict[str, Any]:
    try:
        head = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"a head is no JSON: {type(error).__name__}") from error
    if not isinstance(head, dict):
        raise BadFrame("a head is no JSON object")
    return head
