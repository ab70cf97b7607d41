"""Pieces on disk: manifests of real files, gathering, resuming after any end, files that are not what was said."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from nodeworker.errors import DownloadFailed, ModelDamaged, ModelMissing, ModelUnsafe, NoSpace
from nodeworker.models.fetch import Cancelled
from nodeworker.models.folder import ModelFolder
from nodeworker.models.model_file import ModelFile
from nodeworker.models.pieces import Gathering, PieceReader, make_manifest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.manifest import checked
from tests.distribution_nodes import MIB, put_model


def manifest_of(model: ModelFile) -> tuple[pb.Manifest, PieceReader]:
    made, reader = make_manifest(model, None, lambda done, total: None, threading.Event())
    return checked(made.SerializeToString()), reader


def fill(gathering: Gathering, reader: PieceReader, *indexes: int) -> None:
    for index in indexes or range(gathering.count):
        assert gathering.put(index, reader.read(index))


def test_gathered_pieces_become_the_same_model(tmp_path: Path) -> None:
    manifest, reader = manifest_of(put_model(tmp_path / "from", 3 * MIB))
    folder = ModelFolder(tmp_path / "to", packages=False)
    gathering = folder.gather(manifest)
    assert (gathering.done, gathering.have, gathering.complete) == (0, 0, False)
    fill(gathering, reader)
    assert gathering.complete and gathering.done == manifest.bytes
    gathering.verify(lambda done, total: None, threading.Event())
    model = folder.admit(gathering)
    assert folder.find("chat", "spread-me") == model
    folder.verify(model)
    assert model.path.read_bytes() == reader._files[0][2].read_bytes()
    assert not gathering.folder.exists()


def test_pieces_run_over_the_borders_of_files(tmp_path: Path) -> None:
    place = tmp_path / "from" / "m"
    (place / "sub").mkdir(parents=True)
    sizes = {"model.onnx": MIB + 5, "config.json": 100, "sub/x.json": 2 * MIB, "tokenizer.json": 1}
    for number, (name, size) in enumerate(sizes.items()):
        (place / name).write_bytes(bytes([number]) * size)
    weights = ModelFolder(tmp_path)._hashes.of(place / "model.onnx")
    model = ModelFile("rerank", "mine", weights, place, sum(sizes.values()), weights="model.onnx", licence="mit")
    manifest, reader = manifest_of(model)
    assert [file.name for file in manifest.files] == ["model.onnx", "config.json", "sub/x.json", "tokenizer.json"]
    gathering = Gathering(tmp_path / "to", manifest)
    fill(gathering, reader)
    gathering.verify(lambda done, total: None, threading.Event())
    for name in sizes:
        assert (gathering.files / name).read_bytes() == (place / name).read_bytes()
    assert gathering.read(1) == reader.read(1)


def test_a_wrong_piece_is_not_written(tmp_path: Path) -> None:
    manifest, reader = manifest_of(put_model(tmp_path / "from", 2 * MIB))
    gathering = Gathering(tmp_path / "to", manifest)
    assert not gathering.put(0, reader.read(1))
    assert not gathering.put(0, reader.read(0)[:-1])
    assert gathering.have == 0


def test_a_later_process_goes_on_and_hashes_again_what_it_finds(tmp_path: Path) -> None:
    model = put_model(tmp_path / "from", 4 * MIB)
    manifest, reader = manifest_of(model)
    first = Gathering(tmp_path / "to", manifest)
    fill(first, reader, 0, 1, 3)
    first.note()
    path = first.files / manifest.files[0].name
    data = bytearray(path.read_bytes())
    data[MIB + 7] ^= 1  # a disk that lost power
    path.write_bytes(data)
    second = Gathering(tmp_path / "to", manifest)
    assert second.have == 0b1001 and second.found == 2 * MIB
    fill(second, reader, 1, 2)
    second.verify(lambda done, total: None, threading.Event())


@pytest.mark.parametrize("damage", [b"", b"{", b'{"manifest": "other", "have": "f"}', b'{"have": 3}', b"\xff\xfe"])
def test_a_damaged_or_foreign_bitmap_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    manifest, reader = manifest_of(put_model(tmp_path / "from", 2 * MIB))
    first = Gathering(tmp_path / "to", manifest)
    fill(first, reader)
    (tmp_path / "to" / "have").write_bytes(damage)
    assert Gathering(tmp_path / "to", manifest).have == 0


def test_pieces_of_another_manifest_are_not_taken_over(tmp_path: Path) -> None:
    manifest, reader = manifest_of(put_model(tmp_path / "from", 2 * MIB))
    first = Gathering(tmp_path / "to", manifest)
    fill(first, reader)
    first.note()
    other = pb.Manifest()
    other.CopyFrom(manifest)
    other.files[0].name = "other.gguf"
    assert Gathering(tmp_path / "to", other).have == 0


def test_a_manifest_whose_whole_hash_is_wrong_gives_no_model(tmp_path: Path) -> None:
    manifest, reader = manifest_of(put_model(tmp_path / "from", 2 * MIB))
    manifest.files[0].sha256 = manifest.sha256 = "ab" * 32
    gathering = Gathering(tmp_path / "to", manifest)
    with pytest.raises(DownloadFailed):
        gathering.verify(lambda done, total: None, threading.Event())
    fill(gathering, reader)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        gathering.verify(lambda done, total: None, stop)
    with pytest.raises(ModelDamaged):
        gathering.verify(lambda done, total: None, threading.Event())
    assert not gathering.folder.exists()


def test_files_that_can_run_code_are_never_admitted(tmp_path: Path) -> None:
    model = put_model(tmp_path / "from", 2 * MIB)
    manifest, reader = manifest_of(model)
    manifest.files[0].name = "model.pt"
    folder = ModelFolder(tmp_path / "to", packages=False)
    gathering = folder.gather(manifest)
    fill(gathering, reader)
    gathering.verify(lambda done, total: None, threading.Event())
    with pytest.raises(ModelUnsafe):
        folder.admit(gathering)
    assert folder.all() == [] and not gathering.folder.exists()


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    manifest, _ = manifest_of(put_model(tmp_path / "from", 2 * MIB))
    with pytest.raises(NoSpace, match="free"):
        Gathering(tmp_path / "to", manifest, free=lambda place: 200 * MIB)
    assert not (tmp_path / "to").exists()


def test_a_model_that_changed_is_not_offered(tmp_path: Path) -> None:
    model = put_model(tmp_path / "from", 2 * MIB)
    _, reader = manifest_of(model)
    with model.path.open("r+b") as file:
        file.truncate(MIB)
    with pytest.raises(ModelMissing):
        reader.read(1)
    with pytest.raises(ModelDamaged):
        manifest_of(model)
    model.path.unlink()
    with pytest.raises(ModelMissing):
        reader.read(0)
    with pytest.raises(ModelMissing):
        manifest_of(model)
