"""Rerankers put into the model folder by hand: found by their files, hashed once, removed by name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from nodeworker.errors import ModelDamaged, ModelMissing, ModelUnsafe, Unsupported
from nodeworker.models.folder import ModelFolder
from nodeworker.models.loose import loose_models
from tests.unit.nodeworker.test_onnx_file import INSIDE, _held, onnx

WEIGHTS = onnx(_held(5, INSIDE))
CONFIG = {"architectures": ["BertForSequenceClassification"], "max_position_embeddings": 512}


def _put(home: Path, *, config: object = CONFIG, weights: bytes = WEIGHTS, tokenizer: bool = True) -> Path:
    home.mkdir(parents=True)
    (home / "model.onnx").write_bytes(weights)
    (home / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    if tokenizer:
        (home / "tokenizer.json").write_text("{}")
    return home


def _folder(root: Path, *, installed: bool = True) -> ModelFolder:
    return ModelFolder(root, packages=False, installed=lambda _package: installed)


def test_a_reranker_is_found_verified_and_removed(tmp_path: Path) -> None:
    home = _put(tmp_path / "MS-MiniLM")
    folder = _folder(tmp_path)
    model = folder.find("rerank")
    assert (model.role, model.name, model.context) == ("rerank", "ms-minilm", 512)
    assert model.sha256 == hashlib.sha256(WEIGHTS).hexdigest() and model.main_file == home / "model.onnx"
    assert folder.find("rerank", "ms-minilm") == folder.find("rerank", model.sha256) == model
    folder.verify(model)
    assert folder.remove("ms-minilm") == model
    assert not home.exists()
    with pytest.raises(ModelMissing):
        folder.find("rerank")


def test_its_hash_is_computed_once_and_again_when_it_changes(tmp_path: Path) -> None:
    home = _put(tmp_path / "one")
    folder = _folder(tmp_path)
    old = folder.find("rerank")
    other = onnx(_held(5, INSIDE), _held(2, b"other"))
    (home / "model.onnx").write_bytes(other)
    assert folder.find("rerank").sha256 == hashlib.sha256(other).hexdigest() != old.sha256
    with pytest.raises(ModelDamaged):
        folder.verify(old)
    hashed: list[Path] = []

    def count(path: Path) -> str:
        hashed.append(path)
        return "0" * 64

    assert [model.sha256 for model in loose_models(tmp_path, count)] == ["0" * 64]
    assert hashed == [home / "model.onnx"]


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    _put(tmp_path / "embedding", config={"architectures": ["BertModel"]})
    _put(tmp_path / "nothing-said", config={})
    _put(tmp_path / "broken", config="{")
    _put(tmp_path / "list", config=[])
    _put(tmp_path / "odd", config={"architectures": 5})
    _put(tmp_path / "large", config=json.dumps(CONFIG) + " " * 2**20)
    _put(tmp_path / "half", tokenizer=False)
    (_put(tmp_path / "fetched") / "manifest.json").write_text("{}")
    assert _folder(tmp_path).all() == []


def test_what_could_run_code_beside_it_is_refused_when_it_is_verified(tmp_path: Path) -> None:
    home = _put(tmp_path / "one")
    (home / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    folder = _folder(tmp_path)
    with pytest.raises(ModelUnsafe):
        folder.verify(folder.find("rerank"))


def test_without_onnxruntime_it_is_listed_and_not_taken(tmp_path: Path) -> None:
    _put(tmp_path / "one")
    folder = _folder(tmp_path, installed=False)
    assert [model.note for model in folder.all()] == ["It needs onnxruntime and tokenizers, not installed here."]
    with pytest.raises(ModelMissing):
        folder.find("rerank")
    with pytest.raises(Unsupported):
        folder.find("rerank", "one")
