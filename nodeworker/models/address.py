"""A model file from an address that the user gave: over TLS, continued where it stopped, hashed where a hash is told.

What has arrived stays when the fetch is cancelled or killed. It goes on only if the server still has the same file, by
its ETag or date; otherwise it begins anew.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nodeworker.errors import BadRequest, DownloadFailed, ModelDamaged, NoSpace, Unsupported
from nodeworker.models.fetch import CONNECT_SECONDS, SPARE_BYTES, FetchProgress, FreeBytes, Report, raise_if

TRIES = 3
"""Without a single new byte."""
_BLOCK = 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address with what is known of the file there."""

    url: str
    name: str
    """Of the file."""
    host: str
    sha256: str
    """"" = its publisher tells none."""


def is_address(source: str) -> bool:
    """Tell whether that is an address, not a name or a path."""
    return source.lower().startswith(("https://", "http://"))


def wanted(source: str) -> Wanted:
    """Read "https://host/path/model.gguf#sha256=HEX". Raises BadRequest, Unsupported."""
    parts = urllib.parse.urlsplit(source.strip())
    if not _allowed(parts):
        raise BadRequest(f"{source} cannot be used.", "Give an address that begins with https:// and has no password.")
    name = urllib.parse.unquote(parts.path.rpartition("/")[2])
    if not name.lower().endswith(".gguf"):
        raise Unsupported("Only GGUF files can be fetched from an address.", "Its path ends in .gguf.")
    sha256 = ""
    if parts.fragment:
        found = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", parts.fragment)
        if found is None:
            raise BadRequest("That is no SHA-256.", "It has 64 digits and letters from a to f.")
        sha256 = found.group(1).lower()
    url = urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
    return Wanted(url, name, parts.hostname or "", sha256)


def download(source: Wanted, folder: Path, report: Report, cancelled: threading.Event, free: FreeBytes) -> Path:
    """Bring the file into `folder` and return it. Blocking.

    Raises:
        NoSpace: the disk has no room for it.
        DownloadFailed: it cannot be had.
        ModelDamaged: it has another hash than the one that was told.
        Cancelled: see `raise_if`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target, mark = folder / "download", folder / "version"
    failures = 0
    while True:
        raise_if(cancelled)
        had = target.stat().st_size if target.exists() else 0
        try:
            total = _read(source, target, mark, had, report, cancelled, free)
            break
        except (OSError, http.client.HTTPException) as error:
            now = target.stat().st_size if target.exists() else 0
            failures = 0 if now > had else failures + 1
            if failures >= TRIES or isinstance(error, urllib.error.HTTPError):
                why = f"{source.host} answers {error}." if isinstance(error, urllib.error.HTTPError) else f"{error}."
                raise DownloadFailed(
                    f"{source.name} could not be fetched. {why}", "Check the address and try again: it goes on."
                ) from error
            cancelled.wait(0.2 * (1 + failures))
    if source.sha256:
        _check(source, target, mark, total, report, cancelled)
    return target


def _read(
    source: Wanted,
    target: Path,
    mark: Path,
    had: int,
    report: Report,
    cancelled: threading.Event,
    free: FreeBytes,
) -> int:
    version = mark.read_text(encoding="utf-8") if had and mark.exists() else ""
    request = urllib.request.Request(source.url, headers={"User-Agent": "tangnet", "Accept-Encoding": "identity"})
    if version:
        request.add_header("Range", f"bytes={had}-")
        request.add_header("If-Range", version)
    try:
        answer = _OPENER.open(request, timeout=CONNECT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()  # all of it is here, or it is shorter now: begin anew
        target.unlink(missing_ok=True)
        raise OSError("the file there is another one now") from error
    with answer:
        length = str(answer.headers.get("Content-Length", ""))
        if not length.isdigit():
            raise DownloadFailed(f"{source.host} does not tell how large {source.name} is.")
        goes_on = answer.status == 206 and str(answer.headers.get("Content-Range", "")).startswith(f"bytes {had}-")
        start = had if goes_on else 0
        total = start + int(length)
        if free(target.parent) < total - start + SPARE_BYTES:
            raise NoSpace(f"{source.name} needs {total // 10**6} MB.", "Free some space and try again: it goes on.")
        mark.write_text(str(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""), encoding="utf-8")

        def tell(at: int) -> None:
            report(FetchProgress(at, total, "download", source.host))

        with target.open("ab" if goes_on else "wb") as out:
            done = _pour(answer.read, out, start, total, tell, cancelled)
    if done < total:
        raise OSError("the connection was cut")
    return total


def _pour(
    read: Callable[[int], bytes],
    out: IO[bytes],
    done: int,
    total: int,
    tell: Callable[[int], None],
    cancelled: threading.Event,
) -> int:
    tell(done)
    while block := read(_BLOCK):
        raise_if(cancelled)
        done += len(block)
        if done > total:
            raise OSError("more came than was told")
        try:
            out.write(block)
        except OSError as error:
            raise NoSpace(f"Writing failed: {error.strerror or error}.", "Free some space and try again.") from error
        tell(done)
    return done


def _check(source: Wanted, target: Path, mark: Path, total: int, report: Report, cancelled: threading.Event) -> None:
    digest = hashlib.sha256()
    done = 0
    with target.open("rb") as file:
        while block := file.read(_BLOCK):
            raise_if(cancelled)
            digest.update(block)
            done += len(block)
            report(FetchProgress(done, total, "verify", source.host))
    if digest.hexdigest() != source.sha256:
        target.unlink()
        mark.unlink(missing_ok=True)
        raise ModelDamaged(
            f"{source.name} from {source.host} has another SHA-256 than the one that was told; it was thrown away.",
            "Look whether address and SHA-256 belong together.",
        )


def _allowed(parts: urllib.parse.SplitResult) -> bool:
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class _OnlySafe(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where the address given could have led to."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request that follows. Raises DownloadFailed."""
        if not _allowed(urllib.parse.urlsplit(newurl)):
            raise DownloadFailed("The address leads to one that is not safe; nothing was fetched.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_OnlySafe)
