"""Reads and checks the head of a GGUF file in plain Python, before native code ever sees it.

Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian). Everything is checked
against the file's size: counts, string lengths, tensor offsets. Nothing is read into memory beyond the head.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from nodeworker.errors import ModelDamaged

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_ENTRIES = 65_536
_MOST_TENSORS = 200_000
_MOST_ARRAY = 4_000_000
_LONGEST_STRING = 8 * 1024 * 1024
_LONGEST_KEY = 65_535
_MOST_DIMENSIONS = 4
_KEPT_ARRAY = 16
"""Elements of an array that are kept; vocabularies are walked over, not stored."""

Value = int | float | bool | str | tuple["Value", ...]

_SCALARS = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_STRING, _ARRAY = 8, 9
_U32, _U64 = _SCALARS[4], _SCALARS[10]

_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""Tensor type -> (values in a block, bytes of a block)."""

_QUANTISATIONS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS",
    20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M",
    28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GgufInfo:
    """What a GGUF file says of itself."""

    architecture: str
    name: str
    licence: str
    quantisation: str
    context: int
    """Tokens the model was trained for."""
    parameters: int
    layers: int
    kv_bytes_per_token: int
    """Bytes of a half-precision key/value cache for one token; 0 where the file does not tell."""
    vocabulary: int
    """Number of token texts."""
    chat_template: str
    """Jinja; "" when the file brings none."""


def read_gguf(path: Path) -> GgufInfo:
    """Check the whole head of a file and say what it holds.

    Raises:
        ModelDamaged: it is no GGUF file, it is cut off, or a figure in it cannot be true.
    """
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=1024 * 1024) as file:
            return _Head(file, size, path.name).read()
    except OSError as error:
        raise ModelDamaged(f"{path.name} cannot be read: {error.strerror or error}.") from error


class _Head:
    """Reads one head front to back and never beyond the end of the file."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file = file
        self._size = size
        self._name = name
        self._at = 0

    def read(self) -> GgufInfo:
        if self._take(4, "magic") != MAGIC:
            raise ModelDamaged(f"{self._name} is not a GGUF file.", "Only GGUF models can be added.")
        version = self._number(_U32)
        if version not in _VERSIONS:
            raise self._wrong(f"has GGUF version {version}, which cannot be read here")
        tensors = self._count(_MOST_TENSORS, "tensors")
        entries = self._count(_MOST_ENTRIES, "entries")
        values: dict[str, Value] = {}
        lengths: dict[str, int] = {}
        for _ in range(entries):
            key = self._string(_LONGEST_KEY)
            if key in values:
                raise self._wrong(f"names {key[:60]!r} twice")
            values[key], lengths[key] = self._value()
        parameters = self._tensors(tensors, values)
        return self._info(values, lengths, parameters)

    def _tensors(self, count: int, values: dict[str, Value]) -> int:
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 8 <= alignment <= 1 << 20 or alignment % 8:
            raise self._wrong("has an impossible alignment")
        parameters = 0
        names: set[str] = set()
        ends: list[tuple[str, int, int]] = []
        for _ in range(count):
            name = self._string(_LONGEST_KEY)
            dimensions = self._number(_U32)
            if name in names or not 1 <= dimensions <= _MOST_DIMENSIONS:
                raise self._wrong(f"has a bad tensor {name[:60]!r}")
            names.add(name)
            shape = [self._number(_U64) for _ in range(dimensions)]
            kind, offset = self._number(_U32), self._number(_U64)
            elements = prod(shape)
            if not 0 < elements < 1 << 48 or offset % alignment or kind not in _BLOCKS:
                raise self._wrong(f"has a bad tensor {name[:60]!r}")
            block, block_bytes = _BLOCKS[kind]
            if shape[0] % block:
                raise self._wrong(f"has a tensor {name[:60]!r} of uneven length")
            parameters += elements
            ends.append((name, offset, elements // block * block_bytes))
        data = -(-self._at // alignment) * alignment
        for name, offset, length in ends:
            if data + offset + length > self._size:
                raise self._wrong(f"is cut off: tensor {name[:60]!r} ends behind the end of the file")
        return parameters

    def _info(self, values: dict[str, Value], lengths: dict[str, int], parameters: int) -> GgufInfo:
        architecture = _text(values, "general.architecture")
        vocabulary = lengths.get("tokenizer.ggml.tokens", 0)
        if not architecture or not parameters or not vocabulary:
            raise self._wrong("holds no language model")

        def number(key: str, otherwise: int = 0) -> int:
            value = values.get(f"{architecture}.{key}", otherwise)
            value = max(value) if isinstance(value, tuple) and value else value
            return value if isinstance(value, int) and 0 <= value < 1 << 40 else otherwise

        layers, heads, width = number("block_count"), number("attention.head_count"), number("embedding_length")
        kv_heads = number("attention.head_count_kv", heads)
        head_width = number("attention.key_length", width // heads if heads else 0)
        for special in ("bos", "eos", "eot", "padding", "unknown"):
            token = values.get(f"tokenizer.ggml.{special}_token_id", 0)
            if not isinstance(token, int) or not (0 <= token < vocabulary or token == 0xFFFFFFFF):
                raise self._wrong(f"names a {special} token that is not in its vocabulary")
        file_type = values.get("general.file_type", -1)
        return GgufInfo(
            architecture=architecture,
            name=_text(values, "general.name") or _text(values, "general.basename"),
            licence=_text(values, "general.license"),
            quantisation=_QUANTISATIONS.get(file_type, "") if isinstance(file_type, int) else "",
            context=number("context_length"),
            parameters=parameters,
            layers=layers,
            kv_bytes_per_token=layers * kv_heads * head_width * 2 * 2,
            vocabulary=vocabulary,
            chat_template=_text(values, "tokenizer.chat_template"),
        )

    def _value(self) -> tuple[Value, int]:
        kind = self._number(_U32)
        if kind == _ARRAY:
            kind, count = self._number(_U32), self._count(_MOST_ARRAY, "array elements")
            if kind == _ARRAY:
                raise self._wrong("has an array of arrays")
            return self._array(kind, count), count
        return self._scalar(kind), 1

    def _array(self, kind: int, count: int) -> tuple[Value, ...]:
        if kind == _STRING:
            kept = tuple(self._string(_LONGEST_STRING) for _ in range(min(count, _KEPT_ARRAY)))
            for _ in range(count - len(kept)):
                self._skip(self._number(_U64))
            return kept
        if kind not in _SCALARS:
            raise self._wrong(f"has a value of unknown type {kind}")
        head = min(count, _KEPT_ARRAY)
        numbers = tuple(self._scalar(kind) for _ in range(head))
        self._skip((count - head) * _SCALARS[kind].size)
        return numbers

    def _scalar(self, kind: int) -> Value:
        if kind == _STRING:
            return self._string(_LONGEST_STRING)
        if kind not in _SCALARS:
            raise self._wrong(f"has a value of unknown type {kind}")
        layout = _SCALARS[kind]
        value: Value = layout.unpack(self._take(layout.size, "value"))[0]
        return value

    def _number(self, layout: struct.Struct) -> int:
        value: int = layout.unpack(self._take(layout.size, "number"))[0]
        return value

    def _count(self, most: int, what: str) -> int:
        count = self._number(_U64)
        if count > min(most, self._size):
            raise self._wrong(f"claims {count} {what}")
        return count

    def _string(self, longest: int) -> str:
        length = self._number(_U64)
        if length > longest:
            raise self._wrong("has a text longer than a model can need")
        return self._take(length, "text").decode("utf-8", errors="replace")

    def _take(self, length: int, what: str) -> bytes:
        piece = self._file.read(length) if self._at + length <= self._size else b""
        if len(piece) != length:
            raise self._wrong(f"is cut off in a {what}")
        self._at += length
        return piece

    def _skip(self, length: int) -> None:
        if self._at + length > self._size:
            raise self._wrong("is cut off in an array")
        # Short hops stay inside the read buffer: a seek would throw the buffer away for each token text.
        if length <= 4096:
            self._take(length, "array")
        else:
            self._file.seek(length, 1)
            self._at += length

    def _wrong(self, what: str) -> ModelDamaged:
        return ModelDamaged(f"{self._name} {what}.", "Fetch or copy the file again.")


def _text(values: dict[str, Value], key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else ""
