"""ONNX files: other files are never read, and broken ones are errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeworker.errors import ModelDamaged, ModelUnsafe
from nodeworker.models.onnx_file import MOST_FIELDS, check_onnx
from nodeworker.models.safety import check_file


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _held(number: int, *parts: bytes) -> bytes:
    """One field that holds bytes or a message."""
    data = b"".join(parts)
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


INSIDE = _number(1, 4) + _held(8, b"weights") + _held(9, bytes(16)) + _number(14, 0)
LOCATED = _held(13, _held(1, b"location"), _held(2, b"../../etc/passwd"))
OUTSIDE = _held(8, b"weights") + LOCATED + _number(14, 1)
NODE = 1


def onnx(*fields: bytes) -> bytes:
    """A whole small model with this in its graph."""
    return _number(1, 8) + _held(2, b"tests of tangnet") + _held(7, _held(2, b"main"), *fields)


def test_a_model_in_one_piece_is_accepted() -> None:
    check_onnx(onnx(_held(5, INSIDE), _held(NODE, _held(4, b"Constant"), _held(5, _held(5, INSIDE)))), "m.onnx")


@pytest.mark.parametrize(
    "data",
    [
        onnx(_held(5, OUTSIDE)),
        onnx(_held(5, LOCATED)),
        onnx(_held(5, _number(14, 1))),
        onnx(_held(15, _held(1, OUTSIDE))),
        onnx(_held(15, _held(2, OUTSIDE))),
        onnx(_held(NODE, _held(5, _held(5, OUTSIDE)))),
        onnx(_held(NODE, _held(5, _held(10, OUTSIDE)))),
        onnx(_held(NODE, _held(5, _held(6, _held(5, OUTSIDE))))),
        onnx(_held(NODE, _held(5, _held(11, _held(NODE, _held(5, _held(5, OUTSIDE))))))),
        onnx(_held(NODE, _held(5, _held(22, _held(1, OUTSIDE))))),
        onnx() + _held(25, _held(7, _held(5, _held(5, OUTSIDE)))),
        onnx() + _held(20, _held(1, _held(5, OUTSIDE))),
    ],
)
def test_numbers_in_another_file_are_refused_wherever_they_are_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelUnsafe, match="another file"):
        check_onnx(data, "m.onnx")
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelUnsafe, match="another file"):
        check_file(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello, I am no model at all",
        b"\xff" * 64,
        _held(2, b"no graph"),
        onnx(_held(5, INSIDE))[:-3],
        _held(7, b"\x0b\x0c"),  # groups
        _held(7, b"\x00\x00"),  # field 0
        _held(7, b"\x2a" + b"\xff" * 9 + b"\x01"),  # a length beyond everything
    ],
)
def test_what_is_no_onnx_file_is_damaged(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelDamaged):
        check_onnx(data, "m.onnx")
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelDamaged):
        check_file(path)


def test_every_cut_of_a_model_is_an_error_and_nothing_else() -> None:
    whole = onnx(_held(5, INSIDE), _held(NODE, _held(5, _held(5, INSIDE))))
    for end in range(len(whole)):
        with pytest.raises(ModelDamaged):
            check_onnx(whole[:end], "m.onnx")


def test_onnxruntimes_own_format_is_refused_even_when_it_is_an_onnx_file_too() -> None:
    both = _held(2, b"xxORTM") + onnx(_held(5, INSIDE))
    assert both[4:8] == b"ORTM"
    with pytest.raises(ModelUnsafe, match="own format"):
        check_onnx(both, "m.onnx")


def test_a_file_of_countless_parts_ends_soon() -> None:
    with pytest.raises(ModelDamaged, match="too many"):
        check_onnx(_number(1, 1) * (MOST_FIELDS // 100 * 101), "m.onnx")
