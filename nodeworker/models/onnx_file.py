"""Looks through an ONNX file before native code sees it: its structure, and that no tensor lies in another file."""

from __future__ import annotations

from collections.abc import Iterator

from nodeworker.errors import ModelDamaged, ModelUnsafe

MOST_FIELDS = 100_000
"""Fields looked at; a model of this size has some five thousand, and a hostile file must not keep the node busy."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
"""Fields of TensorProto: where in which other file the numbers lie, and whether they do."""
_INNER = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Message of onnx.proto → number of a field → what message it holds; only those through which a tensor is reached."""
_HINT = "Fetch it again, or ask for the model as one ONNX file."


def check_onnx(data: bytes | memoryview, name: str) -> None:
    """Check one whole ONNX file; `name` is for the messages.

    Raises:
        ModelUnsafe: a tensor's numbers lie in another file: its path could lead anywhere.
        ModelDamaged: it is no ONNX file.
    """
    if bytes(data[4:8]) == b"ORTM":  # onnxruntime's own format, which it would tell by these bytes
        raise ModelUnsafe(f"{name} is in onnxruntime's own format.", _HINT)
    left = MOST_FIELDS
    graphs = 0
    waiting = [("model", 0, len(data))]
    try:
        while waiting:
            kind, start, end = waiting.pop()
            graphs += kind == "graph"
            for number, wire, first, last in _fields(data, start, end):
                left -= 1
                if left < 0:
                    raise ModelDamaged(f"{name} has too many parts for a model.", _HINT)
                if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and first != 0)):
                    raise ModelUnsafe(f"{name} keeps a part of its numbers in another file.", _HINT)
                inner = _INNER[kind].get(number)
                if inner is not None and wire == _BYTES:
                    waiting.append((inner, first, last))
    except (IndexError, ValueError) as error:
        raise ModelDamaged(f"{name} is not an ONNX file.", _HINT) from error
    if not graphs:
        raise ModelDamaged(f"{name} is not an ONNX file.", _HINT)


def _fields(data: bytes | memoryview, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (number, wire type, first, last) of a message: where its bytes lie, or the value of a varint as `first`.

    Raises IndexError or ValueError where it is no such message.
    """
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ValueError("field 0")
        if wire == _VARINT:
            value, at = _varint(data, at)
            first = value
        elif wire == _BYTES:
            length, first = _varint(data, at)
            at = first + length
        elif wire in (_FIXED32, _FIXED64):
            first = at
            at += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError("groups are not used in ONNX")
        if at > end:
            raise ValueError("it ends too early")
        yield number, wire, first, at


def _varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return the number at `at` and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is too long")
