"""Which files may be a model at all: formats that only hold numbers. Anything that can run code is refused."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from nodeworker.errors import ModelDamaged, ModelUnsafe
from nodeworker.models.onnx_file import check_onnx

ALLOWED = (".gguf", ".safetensors", ".onnx", ".tflite", ".json", ".txt", ".md", ".bin")
"""Endings of files in a model folder; .bin is looked into, it may only be a CTranslate2 file."""
_PICKLE_ENDINGS = (".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".keras", ".py")
_IGNORED = (".gitattributes", ".gitignore", ".gitkeep")
_HINT = "Only GGUF, safetensors, ONNX and CTranslate2 files are used; ask for the model in one of these formats."
_CTRANSLATE2_VERSIONS = range(2, 12)
_SAFETENSORS_HEAD = 100 * 1024 * 1024
_ONNX_MOST = 2**31


def check_file(path: Path) -> None:
    """Look at one file's name and first bytes.

    Raises:
        ModelUnsafe: it is a pickle, an archive with a pickle, of an unknown kind, or wants to read other files.
        ModelDamaged: it cannot be read, or is not what its ending says.
    """
    ending = path.suffix.lower()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ModelDamaged(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if ending in _PICKLE_ENDINGS or head.startswith(b"PK") or _is_pickle(head):
        raise ModelUnsafe(f"{path.name} is in a format that can run code when it is loaded.", _HINT)
    if ending not in ALLOWED:
        raise ModelUnsafe(f"{path.name} is not in a format that is known to be safe.", _HINT)
    if ending == ".bin" and not _is_ctranslate2(head):
        raise ModelUnsafe(f"{path.name} is not a CTranslate2 file.", _HINT)
    if ending == ".gguf" and not head.startswith(b"GGUF"):
        raise ModelDamaged(f"{path.name} is not a GGUF file.", _HINT)
    if ending == ".safetensors" and not _is_safetensors(head, size):
        raise ModelDamaged(f"{path.name} is not a safetensors file.", _HINT)
    if ending == ".tflite" and head[4:8] != b"TFL3":
        raise ModelDamaged(f"{path.name} is not a TensorFlow Lite file.", _HINT)
    if ending == ".onnx":
        _check_onnx(path, size)


def check_folder(folder: Path) -> None:
    """Look at every file of a model folder; links that lead out of it are refused too.

    Raises:
        ModelUnsafe, ModelDamaged: as check_file.
    """
    root = folder.resolve()
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if not path.resolve().is_relative_to(root):
                raise ModelUnsafe(f"{name} in {folder.name} leads out of the model's folder.")
            if name in files and name not in _IGNORED:
                check_file(path)


def _check_onnx(path: Path, size: int) -> None:
    if size > _ONNX_MOST:
        raise ModelDamaged(f"{path.name} is larger than an ONNX file can be.", _HINT)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelDamaged(f"{path.name} cannot be read: {error.strerror or error}.") from error
    check_onnx(data, path.name)


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5 begin with 0x80 and the protocol; 0 and 1 hold an opcode that names a module."""
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and len(head) > 1) or head.startswith(
        (b"c__builtin__", b"cposix", b"cos\n", b"ctorch", b"(lp", b"(dp")
    )


def _is_ctranslate2(head: bytes) -> bool:
    """Layout of a CTranslate2 model: version (u32), then the length (u16) and text of the specification's name."""
    if len(head) < 8:
        return False
    version, length = struct.unpack_from("<IH", head)
    name = head[6 : 6 + length]
    return (
        version in _CTRANSLATE2_VERSIONS
        and 1 < length < 64
        and name.endswith(b"\0")
        and name[:-1].isascii()
        and name[:-1].isalnum()
    )


def _is_safetensors(head: bytes, size: int) -> bool:
    if len(head) < 10:
        return False
    (length,) = struct.unpack_from("<Q", head)
    return bool(2 <= length <= min(_SAFETENSORS_HEAD, size - 8)) and head[8:9] == b"{"
