"""Frames: cut anywhere they come out whole; what is no frame is refused before it is held."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from nodeworker.hosting.frames import MAX_BLOB, MAX_HEAD, BadFrame, FrameReader, pack


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_frames_cut_anywhere_come_out_whole(size: int) -> None:
    frames: list[tuple[dict[str, Any], bytes]] = [
        ({"is": "x", "text": "Straße 日本 🙂 \ud800 \0"}, b""),
        ({"is": "y", "n": [1, 2.5, None]}, bytes(range(256))),
        ({}, b"\0"),
    ]
    data = b"".join(pack(*frame) for frame in frames)
    reader = FrameReader()
    found = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
    assert found == frames


def test_many_large_frames_at_once() -> None:
    data = pack({"n": 1}, b"x" * 700_000)
    reader = FrameReader()
    assert [len(blob) for _, blob in reader.feed(data * 5 + data[:10])] == [700_000] * 5
    assert [len(blob) for _, blob in reader.feed(data[10:])] == [700_000]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<II", MAX_HEAD + 1, 0),
        struct.pack("<II", 2, MAX_BLOB + 1),
        struct.pack("<II", 2, 0) + b"[]",
        struct.pack("<II", 4, 0) + b"null",
        struct.pack("<II", 0, 0),
        struct.pack("<II", 2, 0) + b"\xff\xff",
        struct.pack("<II", 100_000, 0) + b"[" * 100_000,
        struct.pack("<II", 10_001, 0) + b'{"n":' + b"9" * 9995 + b"}",
    ],
    ids=["head", "blob", "list", "null", "nothing", "bytes", "deep", "number"],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        list(FrameReader().feed(data))


def test_a_frame_that_would_be_refused_is_not_made() -> None:
    with pytest.raises(BadFrame):
        pack({"text": "x" * 100}, most=50)
    with pytest.raises(TypeError):
        pack({"n": object()})
    assert json.loads(pack({"n": float("inf")})[8:]) == {"n": float("inf")}
