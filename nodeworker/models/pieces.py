"""A model in pieces: making its manifest, reading pieces of one that is here, gathering those of one that is not.

What arrives lies in <model folder>/partial/<sha256>.pieces/: the files at their full length (with holes) and `have`, a
bitmap of the pieces that were written after their hash was right. A process may be killed at any instruction: the
bitmap is replaced in one step, and after a start each piece that it names is hashed again before it counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from nodeworker.errors import DownloadFailed, ModelDamaged, ModelMissing, NoSpace
from nodeworker.models.catalogue import CatalogueEntry
from nodeworker.models.fetch import FreeBytes, free_bytes, raise_if
from nodeworker.models.model_file import MANIFEST, ModelFile
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.files import replace_file
from nodeworker.protocol.manifest import PIECE_BYTES, piece_hash, piece_size, pieces

SPARE_BYTES = 256 * 1024 * 1024
"""Left over on the disk beside what is gathered."""
NOTE_SECONDS = 1.0
"""How much work a killed process may have to do again: the bitmap is written so often."""
_BITMAP = "have"
_FILES = "files"
_ROLES = {
    "chat": pb.ROLE_CHAT,
    "embed": pb.ROLE_EMBED,
    "transcribe": pb.ROLE_TRANSCRIBE,
    "rerank": pb.ROLE_RERANK,
    "ocr": pb.ROLE_OCR,
    "speak": pb.ROLE_SPEAK,
    "wake": pb.ROLE_WAKE,
    "vad": pb.ROLE_VAD,
}

Report = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


def make_manifest(
    model: ModelFile, entry: CatalogueEntry | None, report: Report, cancelled: threading.Event
) -> tuple[pb.Manifest, PieceReader]:
    """Hash a model that is here; `entry` of the catalogue says which files it has. Blocking.

    Raises:
        ModelDamaged: the weights have another hash than the model's.
        ModelMissing: a file has gone.
        Cancelled: `cancelled` was set.
    """
    names = _names(model, entry)
    paths = {name: model.path if model.path.is_file() else model.file(name) for name in names}
    try:
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        total, done = sum(sizes.values()), 0
        whole: dict[str, str] = {}
        hashes, piece, room = bytearray(), hashlib.sha256(), PIECE_BYTES
        for name, path in paths.items():
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while block := file.read(room):
                    raise_if(cancelled)
                    digest.update(block)
                    piece.update(block)
                    room -= len(block)
                    done += len(block)
                    if not room:
                        hashes += piece.digest()
                        piece, room = hashlib.sha256(), PIECE_BYTES
                        report(done, total)
            whole[name] = digest.hexdigest()
    except OSError as error:
        raise ModelMissing(f"A file of {model.name} cannot be read: {error.strerror or error}.") from error
    if room < PIECE_BYTES:
        hashes += piece.digest()
    if whole[names[0]] != model.sha256 or done != total:
        raise ModelDamaged(f"{model.name} is damaged: its file has another hash than it should have.")
    manifest = pb.Manifest(
        sha256=model.sha256,
        name=model.name,
        role=_ROLES[model.role],
        licence=model.licence,
        bytes=total,
        piece_bytes=PIECE_BYTES,
        piece_hashes=bytes(hashes),
        made_at=time.time(),
        trustworthy=model.trustworthy,
        files=[pb.ManifestFile(name=name, bytes=sizes[name], sha256=whole[name]) for name in names],
        quantisation=model.quantisation,
        context=model.context,
        dimension=model.dimension,
        parameters=model.parameters,
    )
    return manifest, PieceReader(manifest, paths)


def _names(model: ModelFile, entry: CatalogueEntry | None) -> list[str]:
    if entry is not None:
        return [file.name for file in entry.files]
    if model.path.is_file():
        return [model.path.name]
    found = (path for path in model.path.rglob("*") if path.is_file() and not path.name.startswith("."))
    names = sorted(path.relative_to(model.path).as_posix() for path in found)
    return [model.weights, *(name for name in names if name not in (model.weights, MANIFEST))]


def described(manifest: pb.Manifest, folder: Path) -> ModelFile:
    """The model of a manifest whose files lie in `folder`."""
    weights = manifest.files[0].name
    role = next(name for name, number in _ROLES.items() if number == manifest.role)
    return ModelFile(
        role=role,
        name=manifest.name,
        sha256=manifest.sha256,
        path=folder / weights if role == "chat" else folder,
        bytes=manifest.bytes,
        quantisation=manifest.quantisation,
        context=manifest.context,
        licence=manifest.licence,
        trustworthy=manifest.trustworthy,
        dimension=manifest.dimension,
        parameters=manifest.parameters,
        note="Deployed by an administrator.",
        weights="" if role == "chat" else weights,
    )


class PieceReader:
    """Pieces of a model whose files lie at `paths` (name in the manifest -> file). Safe to use from several threads."""

    def __init__(self, manifest: pb.Manifest, paths: dict[str, Path]) -> None:
        self.manifest = manifest
        self.count = pieces(manifest)
        self._files: list[tuple[int, int, Path]] = []
        start = 0
        for file in manifest.files:
            self._files.append((start, start + file.bytes, paths[file.name]))
            start += file.bytes

    @property
    def have(self) -> int:
        """The pieces that can be read, bit 0 the first."""
        return (1 << self.count) - 1

    def read(self, index: int) -> bytes:
        """Return one piece. Raises ModelMissing when it is not here."""
        data = bytearray()
        try:
            for path, offset, length in self._spans(index):
                with path.open("rb") as file:
                    data += os.pread(file.fileno(), length, offset)
        except OSError as error:
            raise ModelMissing(f"{self.manifest.name} cannot be read: {error.strerror or error}.") from error
        if len(data) != piece_size(self.manifest, index):
            raise ModelMissing(f"A file of {self.manifest.name} is shorter than it was.")
        return bytes(data)

    def _spans(self, index: int) -> list[tuple[Path, int, int]]:
        """Where a piece lies: (file, offset in it, bytes); a piece may run over the border of files."""
        begin = index * PIECE_BYTES
        end = begin + piece_size(self.manifest, index)
        return [
            (path, max(begin, first) - first, min(end, last) - max(begin, first))
            for first, last, path in self._files
            if first < end and last > begin
        ]


class Gathering(PieceReader):
    """The pieces of one model as they arrive. One process at a time: whoever makes it holds the model's lock."""

    def __init__(self, folder: Path, manifest: pb.Manifest, *, free: FreeBytes = free_bytes) -> None:
        """Blocking: hashes again what the bitmap of an earlier process names.

        Raises:
            NoSpace: the disk has no room for what is missing.
        """
        self.folder = folder
        self.files = folder / _FILES
        super().__init__(manifest, {file.name: self.files / file.name for file in manifest.files})
        self._lock = threading.Lock()
        self._noted = time.monotonic()
        self._have = 0
        self._have = self._resumed()
        self.found = self.done
        """Bytes that were here from an earlier time."""
        room = manifest.bytes - self.done
        if (left := free(_existing(folder))) < room + SPARE_BYTES:
            raise NoSpace(
                f"{manifest.name} needs {_megabytes(room + SPARE_BYTES)} MB more, "
                f"but only {_megabytes(left)} MB are free.",
                "Free some space on that machine; then it goes on by itself.",
            )
        self._make_files()

    @property
    def have(self) -> int:
        """The pieces that are here and were verified by this process, bit 0 the first."""
        return self._have

    @property
    def done(self) -> int:
        """Bytes in verified pieces."""
        last = self.count - 1
        short = PIECE_BYTES - piece_size(self.manifest, last) if self._have >> last & 1 else 0
        return self._have.bit_count() * PIECE_BYTES - short

    @property
    def complete(self) -> bool:
        """Whether every piece is here."""
        return self._have.bit_count() == self.count

    def put(self, index: int, data: bytes) -> bool:
        """Write a piece if its hash is right; returns whether it is. Raises NoSpace when it cannot be written."""
        if hashlib.sha256(data).digest() != piece_hash(self.manifest, index):
            return False
        try:
            at = 0
            for path, offset, length in self._spans(index):
                with path.open("r+b") as file:
                    written = os.pwrite(file.fileno(), memoryview(data)[at : at + length], offset)
                if written != length:
                    raise OSError("the disk is full")
                at += length
            with self._lock:
                self._have |= 1 << index
                if time.monotonic() - self._noted > NOTE_SECONDS:
                    self._note()
        except OSError as error:
            raise _no_space(self.manifest, error) from error
        return True

    def note(self) -> None:
        """Write the bitmap. Raises NoSpace."""
        try:
            with self._lock:
                self._note()
        except OSError as error:
            raise _no_space(self.manifest, error) from error

    def verify(self, report: Report, cancelled: threading.Event) -> None:
        """Hash every whole file and bring all of it to the disk. Blocking.

        Raises:
            ModelDamaged: a file is not what the manifest says, though each piece was: the manifest is wrong. What was
                gathered is thrown away.
            DownloadFailed: pieces are missing.
        """
        if not self.complete:
            raise DownloadFailed(f"Pieces of {self.manifest.name} are missing.")
        done = 0
        for wanted in self.manifest.files:
            digest = hashlib.sha256()
            path = self.files / wanted.name
            with path.open("rb") as file:
                while block := file.read(PIECE_BYTES):
                    raise_if(cancelled)
                    digest.update(block)
                    done += len(block)
                    report(done, self.manifest.bytes)
                os.fsync(file.fileno())
            if digest.hexdigest() != wanted.sha256:
                self.discard()
                raise ModelDamaged(f"{wanted.name} of {self.manifest.name} is not what its manifest says.")

    def discard(self) -> None:
        """Delete everything that was gathered."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _resumed(self) -> int:
        """The pieces that the bitmap names and that still have their hash."""
        try:
            stored = json.loads((self.folder / _BITMAP).read_text(encoding="ascii"))
            if stored["manifest"] != self._key():
                raise ValueError("of another manifest")
            named = int(stored["have"], 16) & ((1 << self.count) - 1)
        except (OSError, ValueError, KeyError, TypeError):
            self.discard()
            return 0
        have = 0
        for index in range(self.count):
            if named >> index & 1:
                try:
                    right = hashlib.sha256(self.read(index)).digest() == piece_hash(self.manifest, index)
                except ModelMissing:
                    right = False
                have |= right << index
        return have

    def _make_files(self) -> None:
        try:
            for file in self.manifest.files:
                path = self.files / file.name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with path.open("ab") as made:
                    made.truncate(file.bytes)
            self._note()
        except OSError as error:
            raise _no_space(self.manifest, error) from error

    def _note(self) -> None:
        record = {"manifest": self._key(), "have": f"{self._have:x}"}
        replace_file(self.folder / _BITMAP, json.dumps(record).encode("ascii"))
        self._noted = time.monotonic()

    def _key(self) -> str:
        """What must be alike for pieces to be of use: another manifest of the same model may have other files."""
        files = "".join(f"{file.name}\0{file.bytes}\0{file.sha256}\0" for file in self.manifest.files)
        return hashlib.sha256(files.encode() + self.manifest.piece_hashes).hexdigest()


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _no_space(manifest: pb.Manifest, error: OSError) -> NoSpace:
    return NoSpace(
        f"{manifest.name} cannot be written: {error.strerror or error}.",
        "Free some space on that machine; then it goes on by itself.",
    )


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)
