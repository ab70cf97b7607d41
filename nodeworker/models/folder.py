"""The models on this machine: the folder of fetched ones and the starter models inside installed packages.

A model lies in <folder>/<sha256 of its weights>/ beside a manifest.json. What is being fetched lies in
<folder>/partial/ and is moved here in one step when its hash is right. Every weights file is hashed before its first
use; the result is remembered in <folder>/verified.json until the file changes.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nodeworker.errors import (
    BadRequest,
    Busy,
    EngineError,
    ModelDamaged,
    ModelMissing,
    ModelUnsafe,
    NoSpace,
    NotAllowed,
    Unsupported,
)
from nodeworker.models import address
from nodeworker.models.catalogue import CATALOGUE, CatalogueEntry, entry_named
from nodeworker.models.fetch import (
    SPARE_BYTES,
    Fetch,
    FetchProgress,
    FreeBytes,
    PackageDownloader,
    free_bytes,
    pip_download,
    raise_if,
)
from nodeworker.models.gguf import read_gguf
from nodeworker.models.hashes import RememberedHashes, sha256_of
from nodeworker.models.loose import loose_models
from nodeworker.models.model_file import (
    MANIFEST,
    ModelFile,
    in_packages,
    is_installed,
    of_entry,
    rank,
    read_manifest,
    write_manifest,
)
from nodeworker.models.pieces import Gathering, described
from nodeworker.models.safety import check_file, check_folder
from nodeworker.protocol import node_pb2 as pb

__all__ = ["FetchProgress", "ModelFile", "ModelFolder"]

TRUSTED_PARAMETERS = 1_000_000_000
"""A chat model of the user's own with fewer parameters is marked as too weak to be trusted unchecked."""
PROBE_SECONDS = 300.0
_BLOCK = 1024 * 1024
_log = logging.getLogger(__name__)

Probe = Callable[[Path], str]
"""Loads a model file in a process of its own; returns "" or why that failed."""


def probe_in_child(path: Path) -> str:
    """Load a GGUF file in a child process, so that a file that kills the engine kills only that."""
    command = [sys.executable, "-m", "nodeworker.engines.llama.probe", str(path)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"it did not load within {PROBE_SECONDS:.0f} s"
    if done.returncode == 0:
        return ""
    said = done.stdout.decode("utf-8", errors="replace").strip().splitlines()
    return said[-1] if said and done.returncode == 1 else "the engine stopped while it loaded it"


class ModelFolder:
    """All models here. Safe to use from several threads; two processes may share one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        packages: bool = True,
        catalogue: tuple[CatalogueEntry, ...] = CATALOGUE,
        download: PackageDownloader = pip_download,
        free: FreeBytes = free_bytes,
        probe: Probe = probe_in_child,
        installed: Callable[[str], bool] = is_installed,
    ) -> None:
        self._folder = folder
        self._packages = packages
        self._catalogue = catalogue
        self._download = download
        self._free = free
        self._probe = probe
        self._installed = installed
        self._hashes = RememberedHashes(folder / "verified.json")

    @property
    def path(self) -> Path:
        """Where the models lie; it need not exist yet."""
        return self._folder

    def free(self) -> int:
        """Bytes that may still be written where the models lie. Raises OSError."""
        return self._free(next(place for place in (self._folder, *self._folder.parents) if place.exists()))

    def gather(self, manifest: pb.Manifest) -> Gathering:
        """Begin or resume to gather a model in pieces; to be called under `alone(manifest.sha256)`. Raises NoSpace."""
        return Gathering(self._folder / "partial" / f"{manifest.sha256}.pieces", manifest, free=self._free)

    def admit(self, gathering: Gathering) -> ModelFile:
        """Take in a model that was gathered and verified whole, if its files are of kinds that only hold numbers.

        Raises:
            ModelUnsafe, ModelDamaged: it is thrown away.
        """
        manifest = gathering.manifest
        entry = self.entry(manifest.sha256)
        try:
            check_folder(gathering.files)
            if manifest.files[0].name.lower().endswith(".gguf"):
                read_gguf(gathering.files / manifest.files[0].name)
            elif manifest.role == pb.ROLE_CHAT:
                raise ModelUnsafe(f"{manifest.files[0].name} is not a GGUF file.")
        except EngineError:
            gathering.discard()
            raise
        place = self._folder / manifest.sha256
        same = entry is not None and entry.files[0].name == manifest.files[0].name
        self._publish(gathering.files, of_entry(entry, place) if entry and same else described(manifest, place))
        return next(model for model in self.all() if model.sha256 == manifest.sha256)

    def forget_pieces(self, sha256: str) -> None:
        """Delete what was gathered of a model; to be called under `alone(sha256)`."""
        shutil.rmtree(self._folder / "partial" / f"{sha256}.pieces", ignore_errors=True)

    def has_hash(self, file: Path, sha256: str) -> bool:
        """Whether a file has that hash; it is hashed again only when it changed. Raises OSError."""
        return self._hashes.of(file) == sha256

    def entry(self, sha256: str) -> CatalogueEntry | None:
        """Return what the catalogue says of a model; None when it is not in it."""
        return next((entry for entry in self._catalogue if entry.sha256 == sha256), None)

    def all(self) -> list[ModelFile]:
        """Every model here, fetched ones first; a damaged manifest is left out and logged, never raised.

        A model whose engine is not installed is among them: its note says what is missing.
        """
        found: dict[str, ModelFile] = {}
        for manifest in sorted(self._folder.glob(f"*/{MANIFEST}")):
            try:
                model = read_manifest(manifest)
            except (OSError, ValueError, TypeError, KeyError, ModelDamaged) as error:
                _log.warning("model %s is left out: %s", manifest.parent.name, error)
                continue
            found[model.sha256] = model
        found |= {model.sha256: model for model in loose_models(self._folder, self._hashes.of)} | found
        if self._packages:
            for entry in self._catalogue:
                starter = in_packages(entry) if entry.sha256 not in found else None
                if starter is not None:
                    found[entry.sha256] = starter
        return [replace(model, note=lack) if (lack := self._lack(model)) else model for model in found.values()]

    def catalogue(self) -> list[CatalogueEntry]:
        """Every model that could be fetched."""
        return list(self._catalogue)

    def find(self, role: str, name: str = "") -> ModelFile:
        """The model of that name or sha256; "" means the best of those that can run here, as `rank` says.

        Raises:
            ModelMissing: there is none; the hint names one to add.
            Unsupported: the one of that name needs an engine that is not installed.
        """
        here = [model for model in self.all() if model.role == role]
        if name:
            wanted = name.strip().lower()
            for model in here:
                if wanted in (model.name.lower(), model.sha256):
                    if lack := self._lack(model):
                        raise Unsupported(
                            f"{model.name} cannot run on this node. {lack}", f"Install tangnet with: [{model.extra}]"
                        )
                    return model
            known = entry_named(wanted)
            raise ModelMissing(
                f"There is no {role} model {name!r} here.",
                f"Add it with: tangnet models add {known.name}" if known else self._suggest(wanted),
            )
        able = [model for model in here if not self._lack(model)]
        if not able:
            entry = next((e for e in self._catalogue if e.role == role and e.trustworthy), None)
            hint = f"Add one with: tangnet models add {entry.name}" if entry else ""
            lacks = "".join(f" {model.name}: {self._lack(model)}" for model in here)
            raise ModelMissing(f"There is no model for {role} here{' that can run' if here else ''}.{lacks}", hint)
        return max(able, key=rank)

    def verify(self, model: ModelFile) -> None:
        """Hash the weights unless that was done since the file last changed; look at the other files' formats.

        Raises:
            ModelMissing: the file has gone.
            ModelDamaged: the hash is another.
            ModelUnsafe: a file is of a kind that can run code.
        """
        main = model.main_file
        if not main.is_file():
            raise ModelMissing(f"The file of {model.name} has gone.", f"tangnet models add {model.name}")
        if model.path.is_dir() and not model.spread:
            check_folder(model.path)
        for path in model.spread or (main,):
            check_file(path)
        self._verify_small_files(model)
        if self._hashes.of(main) != model.sha256:
            raise ModelDamaged(
                f"{model.name} is damaged: its file has another hash than it should have.",
                f"Remove it and fetch it again: tangnet models remove {model.name}",
            )

    def _verify_small_files(self, model: ModelFile) -> None:
        """Settings and vocabularies of a catalogue model: small enough to be hashed every time."""
        entry = next((e for e in self._catalogue if e.sha256 == model.sha256), None)
        for file in entry.files[1:] if entry and model.path.is_dir() else ():
            path = model.file(file.name)
            if not path.is_file() or sha256_of(path) != file.sha256:
                raise ModelDamaged(
                    f"{model.name} is damaged: {file.name} is not the file that it should be.",
                    f"Fetch it again: tangnet models add {model.name}",
                )

    def fetch(self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        """Bring a model here: a catalogue name, the path or the address of a GGUF file. Blocking; resumes.

        Raises:
            ModelMissing: no such name or file.
            Busy: somebody else is fetching it right now.
            Unsupported, BadRequest, ModelUnsafe, ModelDamaged, NoSpace, DownloadFailed, Cancelled.
        """
        source = source.strip()
        entry = next((e for e in self._catalogue if source.lower() in (e.name, e.sha256)), None)
        if entry is None:
            if address.is_address(source):
                return self._add_address(source, progress, cancelled)
            if os.sep in source or source.lower().endswith((".gguf", ".bin", ".pt", ".pth", ".safetensors", ".onnx")):
                return self._add_file(Path(source), progress, cancelled)
            raise ModelMissing(f"There is no model {source!r} in the catalogue.", self._suggest(source))
        present = next((model for model in self.all() if model.sha256 == entry.sha256), None)
        if present is not None:
            try:
                self.verify(present)
            except (ModelDamaged, ModelMissing):
                _log.warning("%s is damaged and is fetched again", entry.name)
            else:
                progress(FetchProgress(present.bytes, present.bytes, "done", "already here"))
                return present
        with self.alone(entry.sha256) as partial:
            fetch = Fetch(entry, partial, progress, cancelled, download=self._download, free=self._free)
            files, origin = fetch.run()
            check_folder(files)
            model = of_entry(entry, self._folder / entry.sha256)
            self._publish(files, model)
        progress(FetchProgress(model.bytes, model.bytes, "done", origin))
        return next(m for m in self.all() if m.sha256 == entry.sha256)

    def remove(self, name: str) -> ModelFile:
        """Delete a fetched model by name or sha256.

        Raises:
            ModelMissing: it is not here.
            NotAllowed: it belongs to an installed package.
        """
        wanted = name.strip().lower()
        model = next((m for m in self.all() if wanted in (m.name.lower(), m.sha256)), None)
        if model is None:
            raise ModelMissing(f"There is no model {name!r} here.", "tangnet models list shows what is here.")
        folder = model.path if model.path.parent == self._folder else self._folder / model.sha256
        if not folder.is_dir():
            raise NotAllowed(
                f"{model.name} is a starter model inside an installed package; it is not in the model folder.",
                "It goes when that package is uninstalled.",
            )
        gone = self._folder / "partial" / f"removed-{model.sha256}"
        gone.parent.mkdir(exist_ok=True)
        shutil.rmtree(gone, ignore_errors=True)
        os.replace(folder, gone)  # out of sight in one step, whatever happens to the deleting
        shutil.rmtree(gone, ignore_errors=True)
        return model

    def _add_file(self, path: Path, progress: Callable[[FetchProgress], None], cancelled: threading.Event) -> ModelFile:
        if not path.is_absolute():
            raise BadRequest(f"{path} is not an absolute path.", "Give the whole path of the file.")
        if not path.is_file():
            raise ModelMissing(f"There is no file {path}.")
        check_file(path)
        if path.suffix.lower() != ".gguf":
            raise Unsupported(f"{path.name} is not a GGUF file.", "Only GGUF files can be added by path.")
        info = read_gguf(path)
        size = path.stat().st_size
        self._folder.mkdir(parents=True, exist_ok=True)
        if (free := self._free(self._folder)) < size + SPARE_BYTES:
            raise NoSpace(f"{path.name} needs {size // 10**6} MB, but only {free // 10**6} MB are free.")
        key = hashlib.sha256(str(path).encode()).hexdigest()
        with self.alone(f"file-{key[:32]}") as partial:
            shutil.rmtree(partial, ignore_errors=True)
            files = partial / "files"
            files.mkdir(parents=True)
            name = _plain_name(path.name)
            sha256 = _copy_and_hash(path, files / name, progress, cancelled, size)
            read_gguf(files / name)  # what counts is what was copied
            known = next((e for e in self._catalogue if e.sha256 == sha256), None)
            if known is None and (why := self._probe(files / name)):
                raise ModelDamaged(f"{path.name} cannot be loaded: {why}.", "Try another file of this model.")
            if known is not None and name != known.files[0].name:
                os.replace(files / name, files / known.files[0].name)
            model = (
                of_entry(known, self._folder / sha256)
                if known
                else ModelFile(
                    role="chat",
                    name=self._free_name(path.stem, sha256),
                    sha256=sha256,
                    path=self._folder / sha256 / name,
                    bytes=size,
                    quantisation=info.quantisation,
                    context=info.context,
                    licence=info.licence or "unknown",
                    trustworthy=info.parameters >= TRUSTED_PARAMETERS,
                    parameters=info.parameters,
                    note=f"Added from {path.name}.",
                )
            )
            self._publish(files, model)
        progress(FetchProgress(size, size, "done", str(path)))
        return model

    def _add_address(
        self, source: str, progress: Callable[[FetchProgress], None], cancelled: threading.Event
    ) -> ModelFile:
        asked = address.wanted(source)
        key = hashlib.sha256(asked.url.encode()).hexdigest()
        with self.alone(f"address-{key[:32]}") as partial:
            arrived = address.download(asked, partial, progress, cancelled, self._free)
            try:
                return self._add_file(arrived.replace(partial / _plain_name(asked.name)), progress, cancelled)
            finally:
                shutil.rmtree(partial, ignore_errors=True)

    def _publish(self, files: Path, model: ModelFile) -> None:
        """Write the manifest beside the files and move the folder to its place in one step."""
        write_manifest(files, model)
        target = self._folder / model.sha256
        if target.exists():
            shutil.rmtree(target)
        os.replace(files, target)
        shutil.rmtree(files.parent, ignore_errors=True)
        self._hashes.learn(model.main_file, model.sha256)

    @contextmanager
    def alone(self, key: str) -> Iterator[Path]:
        """A folder for one fetch, locked against other threads and processes. Raises Busy."""
        import fcntl

        partial = self._folder / "partial"
        partial.mkdir(parents=True, exist_ok=True)
        with (partial / f"{key}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy("This model is being fetched right now.", "Wait until that is done.") from error
            yield partial / key

    def _lack(self, model: ModelFile) -> str:
        """What the engine of this model lacks here, as a sentence; "" when nothing."""
        missing = [package.replace("_", "-") for package in model.needs if not self._installed(package)]
        return f"It needs {' and '.join(missing)}, not installed here." if missing else ""

    def _free_name(self, stem: str, sha256: str) -> str:
        name = stem.lower().replace(" ", "-")[:80]
        taken = {model.name for model in self.all() if model.sha256 != sha256} | {e.name for e in self._catalogue}
        return f"{name}-{sha256[:8]}" if name in taken else name

    def _suggest(self, name: str) -> str:
        known = [entry.name for entry in self._catalogue]
        close = difflib.get_close_matches(name.lower(), known, n=1)
        if close:
            return f"Did you mean: tangnet models add {close[0]}"
        return f"Known models for tangnet models add: {', '.join(known)}; or the path of a GGUF file."


def _copy_and_hash(
    path: Path, target: Path, progress: Callable[[FetchProgress], None], cancelled: threading.Event, size: int
) -> str:
    digest = hashlib.sha256()
    done = 0
    try:
        with path.open("rb") as source, target.open("wb") as out:
            while block := source.read(_BLOCK):
                raise_if(cancelled)
                digest.update(block)
                out.write(block)
                done += len(block)
                progress(FetchProgress(done, size, "join", str(path)))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise NoSpace(f"{path.name} could not be copied: {error.strerror or error}.") from error
    return digest.hexdigest()


def _plain_name(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "._-+" else "_" for c in name).lstrip(".")
    return kept[-120:] or "model.gguf"
