"""Pages as pictures: drawn in the reading process, kept in a folder of bounded size, gone with their document."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import DocumentError
from app.rag import replies
from app.rag.records import Record
from app.rag.replies import Picture

if TYPE_CHECKING:
    from app.rag.worker import Reader

MAX_BYTES = 200 * 2**20
"""Of the folder; beyond it those that were not looked at for longest go."""
_ROOM = 0.8  # what is left after clearing, so that not every picture clears
_NAME = re.compile(r"[0-9a-f]{64}-\d+-\d+-(\d+\.\d+)x(\d+\.\d+)\.png")


class Pictures:
    """The pictures of one library. A file's name says what is in it: content, page, width, size of the page."""

    def __init__(self, folder: Path, reader: Reader, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._reader = reader
        self._max_bytes = max_bytes
        self._bytes: int | None = None

    async def picture(self, path: Path, page: int, width: int, password: str, record: Record | None) -> Picture:
        """Return a page as a picture (see `Library.picture`); kept only for a document of the library, its `record`.

        Raises:
            DocumentError: it cannot be drawn.
        """
        known = record is not None and not password and await asyncio.to_thread(_unchanged, path, record)
        sha256 = record.sha256 if record is not None and known else ""
        kept = await asyncio.to_thread(self._kept, sha256, page, width) if sha256 else None
        if kept is not None:
            return kept
        drawn = await self._reader.picture(path, page, width, password=password)
        if not isinstance(drawn, Picture):
            raise DocumentError(f"The page cannot be shown. {drawn.reason}", code="no_picture")
        if sha256 and drawn.sha256 == sha256:
            await asyncio.to_thread(self._keep, drawn, page, width)
        return drawn

    async def forget(self, contents: Iterable[str]) -> None:
        """Delete all pictures of these contents (SHA-256)."""
        await asyncio.to_thread(forget, self._folder, frozenset(contents))

    def _kept(self, sha256: str, page: int, width: int) -> Picture | None:
        for name in self._names(f"{sha256}-{page}-{width}-"):
            match = _NAME.fullmatch(name)
            try:
                png = (self._folder / name).read_bytes()
            except OSError:
                continue
            across, down = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
            if match and replies.is_png(png, across, down):
                with contextlib.suppress(OSError):  # gone just now: it is in memory
                    os.utime(self._folder / name)
                return Picture(across, down, png, float(match[1]), float(match[2]), sha256)
        return None

    def _keep(self, picture: Picture, page: int, width: int) -> None:
        """Write it beside its name first: half a picture never stands under it. A full disk is no reason to fail."""
        name = f"{picture.sha256}-{page}-{width}-{picture.page_width:.2f}x{picture.page_height:.2f}.png"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                try:
                    file.write(picture.png)
                    file.flush()
                    os.replace(file.name, self._folder / name)
                except OSError:
                    os.unlink(file.name)
                    raise
            self._bytes = self._size() if self._bytes is None else self._bytes + len(picture.png)
            if self._bytes > self._max_bytes:
                self._clear()
        except OSError:
            self._bytes = None

    def _size(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _clear(self) -> None:
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, name in files:
            if left <= self._max_bytes * _ROOM:
                break
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()
            left -= size
        self._bytes = left

    def _files(self) -> list[tuple[float, int, str]]:
        """Return when each file was last looked at, its size, and its name."""
        found = []
        for name in self._names(""):
            with contextlib.suppress(OSError):  # another process of the same library cleared it
                status = (self._folder / name).stat()
                found.append((status.st_mtime, status.st_size, name))
        return found

    def _names(self, start: str) -> list[str]:
        return [name for name in _listed(self._folder) if name.startswith(start)]


def forget(folder: Path, contents: Collection[str]) -> None:
    """Delete all pictures of these contents (SHA-256) in a library's folder of pictures."""
    for name in _listed(folder) if contents else ():
        if name.partition("-")[0] in contents:
            with contextlib.suppress(OSError):  # gone already
                (folder / name).unlink()


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _unchanged(path: Path, record: Record) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (record.size, record.mtime_ns)
