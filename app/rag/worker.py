"""Keeps the reading process (`app.rag.reading`): starts it, sends it files, replaces it when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from app.rag.document import Document, Kind, Line, Piece, assemble
from app.rag.library import ReadResult, ReadStatus

TIMEOUT_SECONDS = 60.0
MAX_REPLY_BYTES = 256 * 2**20
_FILES_PER_PROCESS = 500
_LARGE_MB = 400.0
_STATUSES = frozenset({"ok", "empty", "password", "rejected", "error"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What came back for one file. `document` is set exactly when the status is ok."""

    path: str
    status: ReadStatus
    reason: str = ""
    document: Document | None = None
    pages: int | None = None
    sha256: str = ""
    """Of the bytes that were read; "" if none were."""
    size: int = 0
    mtime_ns: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0

    def result(self) -> ReadResult:
        """Return what `Library.read` shows of it."""
        text = self.document.text if self.document else ""
        return ReadResult(printable(self.path), self.status, text, self.pages, self.seconds, self.peak_mb, self.reason)


class _BadReply(Exception):
    """The process sent what no honest reader sends."""


class Reader:
    """Reads files one after the other in a limited process that is kept while it behaves."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._process: asyncio.subprocess.Process | None = None
        self._files = 0
        self._turn = asyncio.Lock()

    async def read(self, path: Path, *, password: str = "") -> Reading:
        """Read one file. Never raises for a bad file; cancelling ends the process."""
        refusal = await asyncio.to_thread(_refusal, path)
        if refusal is not None:
            return refusal
        async with self._turn:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._timeout):
                    reply = await self._ask(path, password)
                reading = await asyncio.to_thread(_reading, str(path), reply)
            except TimeoutError:
                await self._end()
                reason = f"Reading it took longer than {self._timeout:.0f} seconds."
                return Reading(str(path), "rejected", reason, seconds=time.perf_counter() - started)
            except (asyncio.IncompleteReadError, ConnectionError):
                reason = await self._post_mortem()
                return Reading(str(path), "rejected", reason, seconds=time.perf_counter() - started)
            except _BadReply:
                await self._end()
                return Reading(str(path), "error", "The reading process failed.", seconds=time.perf_counter() - started)
            except BaseException:
                await self._end()  # cancelled: the reply that is still to come must not answer the next file
                raise
            self._files += 1
            if self._files >= _FILES_PER_PROCESS or reading.peak_mb > _LARGE_MB:
                await self._end()
            return reading

    async def close(self) -> None:
        """End the process."""
        await self._end()

    async def _ask(self, path: Path, password: str) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await _start()
            self._files = 0
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"path": str(path), "password": password}).encode() + b"\n")
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(4), "big")
        if size > MAX_REPLY_BYTES:
            raise _BadReply
        return await process.stdout.readexactly(size)

    async def _post_mortem(self) -> str:
        """Return why the process went away by itself."""
        process = self._process
        status = None
        if process is not None:
            try:
                async with asyncio.timeout(2):
                    status = await process.wait()
            except TimeoutError:
                status = None  # it closed its pipes and lives on: ended below
        await self._end()
        if status is not None and -status == signal.SIGXCPU:
            return "Reading it takes more computing time than a document may."
        return "Reading it made the reader fail: it is damaged, or made to use up memory."

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # gone by itself just now
                process.kill()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _start() -> asyncio.subprocess.Process:
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": str(root), "PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-B", "-P", "-s", "-m", "app.rag.reading"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # Ctrl+C in a terminal is for the program, which then ends this process
    )


def printable(path: str) -> str:
    """Return a path as text that can be stored and printed, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "replace")


def _refusal(path: Path) -> Reading | None:
    """Return the answer for what is no regular file, without opening it."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return Reading(str(path), "error", "It does not exist.")
    except (OSError, ValueError) as error:
        return Reading(str(path), "error", f"It cannot be opened: {getattr(error, 'strerror', None) or error}.")
    if stat.S_ISDIR(mode):
        return Reading(str(path), "rejected", "It is a folder.")
    if not stat.S_ISREG(mode):
        return Reading(str(path), "rejected", "It is not a regular file.")
    return None


def _reading(path: str, reply: bytes) -> Reading:
    """Check every value of the reply: the process read hostile input and is not trusted."""
    try:
        values: dict[str, Any] = json.loads(reply)
        status, reason = str(values["status"]), str(values["reason"])[:500]
        pages = values.get("pages")
        if status not in _STATUSES or not (pages is None or (isinstance(pages, int) and 0 <= pages < 10**7)):
            raise _BadReply
        document = None
        if status == "ok":
            labels = [str(label)[:20] for label in values["labels"][: pages or 0]]
            document = assemble(
                (_piece(row) for row in values["pieces"]), pages, title=str(values["title"])[:300], labels=labels
            )
            if not document.blocks:
                raise _BadReply
        return Reading(
            path=path,
            status=cast(ReadStatus, status),
            reason=reason,
            document=document,
            pages=pages,
            sha256=str(values["sha256"])[:64],
            size=int(values["size"]),
            mtime_ns=int(values["mtime_ns"]),
            seconds=float(values["seconds"]),
            peak_mb=float(values["peak_mb"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _BadReply from error


def _piece(row: Any) -> Piece:
    text, page, section, kind, header, lines = row
    if not isinstance(text, str) or not (page is None or (isinstance(page, int) and page > 0)):
        raise _BadReply
    if kind not in get_args(Kind):
        raise _BadReply
    return Piece(
        text,
        page,
        tuple(str(title)[:300] for title in section[:20]),
        kind,
        str(header)[:1000],
        tuple(_line(line, len(text)) for line in lines),
    )


def _line(values: Any, length: int) -> Line:
    start, end, *sides = values
    left, top, right, bottom = (float(side) for side in sides)
    if not (0 <= int(start) <= int(end) <= length and all(map(math.isfinite, (left, top, right, bottom)))):
        raise _BadReply
    return Line(int(start), int(end), left, top, right, bottom)
