"""One model on this machine: what is known of it, where its files lie, and its manifest on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodeworker.models.catalogue import CatalogueEntry, InstalledPackage

MANIFEST = "manifest.json"
ROLES = ("chat", "embed", "transcribe", "rerank", "ocr", "speak", "wake", "vad")
"""Roles that have an engine in this version."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model that is here."""

    role: str
    """chat, embed, transcribe, rerank, ocr or speak."""
    name: str
    sha256: str
    """Of the weights file, lower-case hex."""
    path: Path
    """The GGUF file, or the folder of an embedding or speech model."""
    bytes: int
    quantisation: str = ""
    context: int = 0
    """Tokens; 0 where it has no meaning."""
    licence: str = ""
    trustworthy: bool = True
    dimension: int = 0
    parameters: int = 0
    note: str = ""
    weights: str = ""
    """Name of the weights file when `path` is a folder."""
    elsewhere: tuple[tuple[str, Path], ...] = ()
    """(file of the model, where it lies) when not in `path`: a starter model may be spread over several packages."""
    language: str = ""
    """Of a voice, such as "en-GB"."""
    vision: bool = False
    """A chat model that sees pictures."""

    @property
    def main_file(self) -> Path:
        """The weights: what `sha256` is the hash of."""
        return self.file(self.weights) if self.weights else self.path

    @property
    def needs(self) -> tuple[str, ...]:
        """Python packages that its engine imports and that a node may be without."""
        if self.role == "ocr":
            return ("onnxruntime", "cv2")
        if self.role == "speak":
            return ("onnxruntime", "hibari") if self.main_file.suffix == ".onnx" else ()
        if self.role == "wake":
            return ("pymicro_wakeword", "pymicro_features")
        if self.role == "vad":
            return ("onnxruntime",)
        if self.role not in ("embed", "rerank"):
            return ()
        onnx = self.role == "rerank" or self.main_file.suffix == ".onnx"
        return ("onnxruntime", "tokenizers") if onnx else ("sentence_transformers",)

    @property
    def extra(self) -> str:
        """The extra of this project that brings what `needs` says."""
        if self.role in ("ocr", "speak", "wake"):
            return self.role
        return "embed" if "sentence_transformers" in self.needs else "node"

    @property
    def spread(self) -> tuple[Path, ...]:
        """All files of a model that lies in several packages: what lies beside them there is not the model's."""
        return (self.main_file, *(path for _, path in self.elsewhere)) if self.elsewhere else ()

    def file(self, name: str) -> Path:
        """Where a file of a model that is a folder lies."""
        return dict(self.elsewhere).get(name, self.path / name)


def of_entry(entry: CatalogueEntry, folder: Path, elsewhere: tuple[tuple[str, Path], ...] = ()) -> ModelFile:
    """A catalogue entry whose files lie in `folder`, but for those that lie `elsewhere`."""
    main = entry.files[0].name
    return ModelFile(
        role=entry.role,
        name=entry.name,
        sha256=entry.sha256,
        path=folder if entry.is_folder else folder / main,
        bytes=entry.bytes,
        quantisation=entry.quantisation,
        context=entry.context,
        licence=entry.licence,
        trustworthy=entry.trustworthy,
        dimension=entry.dimension,
        parameters=entry.parameters,
        note=entry.note,
        language=entry.language,
        weights=main if entry.is_folder else "",
        elsewhere=elsewhere,
    )


def in_packages(entry: CatalogueEntry) -> ModelFile | None:
    """An entry whose files all lie inside installed packages, which are found without importing them."""
    folders = [
        folder for source in entry.sources if isinstance(source, InstalledPackage) for folder in _folders(source)
    ]
    main, *others = (file.name for file in entry.files)
    home = next((folder for folder in folders if (folder / main).is_file()), None)
    if home is None:
        return None
    elsewhere: list[tuple[str, Path]] = []
    for name in others:
        if (home / name).is_file():
            continue
        folder = next((folder for folder in folders if (folder / name).is_file()), None)
        if folder is None:
            return None
        elsewhere.append((name, folder / name))
    return of_entry(entry, home, tuple(elsewhere))


def rank(model: ModelFile) -> tuple[bool, int, bool, str]:
    """Trustworthy first, then the most parameters.

    Of two forms of one model the ONNX one: it is ready in a second, without torch, and finds the same passages.
    """
    return model.trustworthy, model.parameters, model.main_file.suffix == ".onnx", model.name


def is_installed(package: str) -> bool:
    """Whether a Python package could be imported; nothing is."""
    return find_spec(package) is not None


def _folders(source: InstalledPackage) -> list[Path]:
    try:
        spec = find_spec(source.package)
    except (ImportError, ValueError):
        return []
    return [Path(place, source.folder) for place in (spec.submodule_search_locations or ())] if spec else []


def write_manifest(files: Path, model: ModelFile) -> None:
    """Write the manifest of `model` beside its files."""
    record: dict[str, Any] = asdict(model)
    record["file"] = "" if model.weights else model.path.name
    del record["path"], record["elsewhere"]
    (files / MANIFEST).write_text(json.dumps(record, indent=1), encoding="utf-8")


def read_manifest(manifest: Path) -> ModelFile:
    """Read a manifest; everything in it is checked, for a model folder may have been copied from elsewhere.

    Raises ValueError, TypeError, KeyError, OSError.
    """
    folder = manifest.parent
    record = json.loads(manifest.read_text(encoding="utf-8"))
    if not isinstance(record, dict) or not isinstance(file := record.get("file"), str):
        raise ValueError("it is no manifest")
    kinds = {field.name: field.type for field in fields(ModelFile) if field.name not in ("path", "elsewhere")}
    values = {key: record[key] for key in kinds if key in record}
    for key, value in values.items():
        if type(value).__name__ != kinds[key]:
            raise ValueError(f"{key} is no {kinds[key]}")
    model = ModelFile(path=folder / file if file else folder, **values)
    for name in (file, model.weights):
        if name and Path(name).name != name:
            raise ValueError(f"{name!r} is no plain file name")
    if model.role not in ROLES or model.sha256 != folder.name or len(model.sha256) != 64:
        raise ValueError("role or hash does not fit")
    if not model.main_file.is_file():
        raise ValueError("its file has gone")
    return model
