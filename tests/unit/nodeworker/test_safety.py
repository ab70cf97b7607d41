"""Formats that can run code are refused, whatever they are called."""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from nodeworker.errors import ModelDamaged, ModelUnsafe
from nodeworker.models.safety import check_file, check_folder

CTRANSLATE2 = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + bytes(64)


@pytest.mark.parametrize("name", ["m.pt", "m.pth", "m.ckpt", "m.pkl", "m.npy", "m.py", "m.exe", "m"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"anything")
    with pytest.raises(ModelUnsafe):
        check_file(path)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", ["pytorch_model.bin", "m.gguf", "m.safetensors", "config.json"])
def test_a_pickle_is_refused_under_any_name(tmp_path: Path, name: str, protocol: int) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"weights": [1.0]}, protocol=protocol))
    with pytest.raises(ModelUnsafe):
        check_file(path)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "m.gguf"])
def test_an_archive_with_a_pickle_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02.")
    with pytest.raises(ModelUnsafe):
        check_file(path)


def test_a_ctranslate2_file_is_accepted_and_other_bin_files_are_not(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(CTRANSLATE2)
    check_file(path)
    path.write_bytes(b"\x06\0\0\0\xff\xff" + bytes(64))
    with pytest.raises(ModelUnsafe):
        check_file(path)


def test_a_safetensors_head_must_fit_its_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2) + b"{}")
    check_file(path)
    path.write_bytes(struct.pack("<Q", 1 << 40) + b"{}")
    with pytest.raises(ModelDamaged):
        check_file(path)


def test_a_folder_is_looked_through_and_links_out_of_it_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.bin").write_bytes(CTRANSLATE2)
    check_folder(folder)
    secret = tmp_path / "outside.json"
    secret.write_text("{}")
    (folder / "link.json").symlink_to(secret)
    with pytest.raises(ModelUnsafe):
        check_folder(folder)
    (folder / "link.json").unlink()
    (folder / "1_Pooling" / "code.py").write_text("import os")
    with pytest.raises(ModelUnsafe):
        check_folder(folder)
