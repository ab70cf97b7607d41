"""One model on this machine: what is known of it, where its files lie, and its manifest on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodeworker.catalogue import CatalogueEntry, InstalledPackage

MANIFEST = "manifest.json"
ROLES = ("chat", "embed", "transcribe")
"""Roles that have an engine in this version."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model that is here."""

    role: str
    """chat, embed or transcribe."""
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

    @property
    def main_file(self) -> Path:
        """The weights: what `sha256` is the hash of."""
        return self.path / self.weights if self.weights else self.path


def of_entry(entry: CatalogueEntry, folder: Path) -> ModelFile:
    """A catalogue entry whose files lie in `folder`."""
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
        weights=main if entry.is_folder else "",
    )


def in_package(entry: CatalogueEntry) -> Path | None:
    """The folder of an entry inside an installed package, found without importing it."""
    for source in entry.sources:
        if not isinstance(source, InstalledPackage):
            continue
        try:
            spec = find_spec(source.package)
        except (ImportError, ValueError):
            continue
        for place in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(place, source.folder)
            if (folder / entry.files[0].name).is_file():
                return folder
    return None


def write_manifest(files: Path, model: ModelFile) -> None:
    """Write the manifest of `model` beside its files."""
    record: dict[str, Any] = asdict(model)
    record["file"] = "" if model.weights else model.path.name
    del record["path"]
    (files / MANIFEST).write_text(json.dumps(record, indent=1), encoding="utf-8")


def read_manifest(manifest: Path) -> ModelFile:
    """Read a manifest; everything in it is checked, for a model folder may have been copied from elsewhere.

    Raises ValueError, TypeError, KeyError, OSError.
    """
    folder = manifest.parent
    record = json.loads(manifest.read_text(encoding="utf-8"))
    if not isinstance(record, dict) or not isinstance(file := record.get("file"), str):
        raise ValueError("it is no manifest")
    kinds = {field.name: field.type for field in fields(ModelFile) if field.name != "path"}
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
