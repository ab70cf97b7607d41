"""The head of a GGUF file: what is read, and that no cut or flipped byte gets past as anything but ModelDamaged."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from nodeworker.errors import ModelDamaged
from nodeworker.models.gguf import read_gguf

TENSOR_BYTES = 32 * 4


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _entry(key: str, value: str | int | list[str]) -> bytes:
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, int):
        return _text(key) + struct.pack("<II", 4, value)
    return _text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))


def small_gguf(tokens: int = 40, name: str = "Tiny") -> bytes:
    """A whole GGUF file with one tensor: enough for the head, no model to run."""
    entries = [
        _entry("general.architecture", "llama"),
        _entry("general.name", name),
        _entry("general.license", "mit"),
        _entry("general.file_type", 2),
        _entry("llama.context_length", 512),
        _entry("llama.block_count", 2),
        _entry("llama.embedding_length", 64),
        _entry("llama.attention.head_count", 4),
        _entry("llama.attention.head_count_kv", 2),
        _entry("tokenizer.ggml.model", "gpt2"),
        _entry("tokenizer.ggml.tokens", [f"t{n}" for n in range(tokens)]),
        _entry("tokenizer.ggml.eos_token_id", 1),
        _entry("tokenizer.chat_template", "{{ messages }}"),
    ]
    tensor = _text("token_embd.weight") + struct.pack("<IQIQ", 1, 32, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries)) + b"".join(entries) + tensor
    return head + bytes(-len(head) % 32) + bytes(TENSOR_BYTES)


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(small_gguf())
    info = read_gguf(path)
    assert (info.architecture, info.name, info.licence, info.quantisation) == ("llama", "Tiny", "mit", "Q4_0")
    assert (info.context, info.parameters, info.layers, info.vocabulary) == (512, 32, 2, 40)
    assert info.kv_bytes_per_token == 2 * 2 * 16 * 2 * 2
    assert info.chat_template == "{{ messages }}"


def test_a_file_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    whole = small_gguf()
    path = tmp_path / "m.gguf"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelDamaged):
            read_gguf(path)


def test_flipped_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    whole = small_gguf()
    path = tmp_path / "m.gguf"
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data) - TENSOR_BYTES)] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read_gguf(path)
        except ModelDamaged:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GGUF", b"GGML"),
        (struct.pack("<IQQ", 3, 1, 13), struct.pack("<IQQ", 1, 1, 13)),
        (struct.pack("<IQQ", 3, 1, 13), struct.pack("<IQQ", 3, 1 << 60, 13)),
        (struct.pack("<IQQ", 3, 1, 13), struct.pack("<IQQ", 3, 1, 1 << 60)),
        (struct.pack("<IQIQ", 1, 32, 0, 0), struct.pack("<IQIQ", 1, 1 << 62, 0, 0)),
        (struct.pack("<IQIQ", 1, 32, 0, 0), struct.pack("<IQIQ", 1, 32, 0, 1 << 63)),
        (struct.pack("<IQIQ", 1, 32, 0, 0), struct.pack("<IQIQ", 1, 32, 200, 0)),
        (struct.pack("<IQIQ", 1, 32, 0, 0), struct.pack("<IQIQ", 9, 32, 0, 0)),
        (b"eos_token_id" + struct.pack("<II", 4, 1), b"eos_token_id" + struct.pack("<II", 4, 4000)),
    ],
)
def test_impossible_figures_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    whole = small_gguf()
    assert old in whole
    path = tmp_path / "m.gguf"
    path.write_bytes(whole.replace(old, new, 1))
    with pytest.raises(ModelDamaged):
        read_gguf(path)
