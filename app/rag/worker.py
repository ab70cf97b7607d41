"""Keeps the reading process (`app.rag.reading`): starts it, sends it files, replaces it when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from app.rag import reading, replies
from app.rag.document import Document, assemble
from app.rag.library import ReadResult, ReadStatus
from app.rag.replies import BadReply, Part, Picture

Reply = TypeVar("Reply")

TIMEOUT_SECONDS = 60.0
_REQUESTS_PER_PROCESS = 500
_LARGE_MB = 400.0


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
    needs_ocr: tuple[int, ...] = ()
    """Pages, from 1, that hold pictures and no text; set with the statuses ok and empty."""
    recording: bool = False
    """Sound or video: rejected here, but a node can turn it into text."""
    confidence: float | None = None
    """How sure text recognition is of the pages that it read, 0 to 1; None where it read none."""

    def result(self) -> ReadResult:
        """Return what `Library.read` shows of it."""
        text = self.document.text if self.document else ""
        sure = None if self.confidence is None else round(self.confidence, 3)
        return ReadResult(
            printable(self.path), self.status, text, self.pages, self.seconds, self.peak_mb, self.reason, sure
        )


class Reader:
    """Reads files one after the other in a limited process that is kept while it behaves."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        """`timeout`: seconds by the clock for one request; a long document is read by several."""
        self._timeout = timeout
        self._process: asyncio.subprocess.Process | None = None
        self._requests = 0
        self._turn = asyncio.Lock()

    async def read(self, path: Path, *, password: str = "", told: Callable[[float], None] | None = None) -> Reading:
        """Read one file. Never raises for a bad file; cancelling ends the process.

        Args:
            path: The file. A symlink is not followed.
            password: Of a protected file.
            told: Called after each part of a long document with the share that is read, 0 to 1.
        """
        refusal = await asyncio.to_thread(_refusal, path)
        if refusal is not None:
            return refusal
        parts: list[Part] = []
        first, broken_off = 1, ""
        async with self._turn:
            while first:
                request = {"do": "read", "path": str(path), "password": password, "first": first}
                part = await self._twice(request, partial(replies.part, first=first))
                if parts and part.status not in ("ok", "empty"):
                    broken_off = f"Pages from {first} on could not be read. {part.reason}"
                    break
                if parts and part.sha256 != parts[0].sha256:
                    parts = [replace(parts[0], status="error", reason="It was changed while it was read.")]
                    break
                parts.append(part)
                first = part.more
                if told is not None and first and part.pages:
                    told((first - 1) / part.pages)
        return await asyncio.to_thread(_joined, str(path), parts, broken_off)

    async def picture(self, path: Path, page: int, width: int, *, password: str = "") -> Picture | Reading:
        """Draw a page (from 1) of a PDF or a picture file, `width` pixels wide; what a Reading says is why it failed.

        The picture is narrower where a page would get higher than 8,000 pixels. Never raises for a bad file.
        """
        refusal = await asyncio.to_thread(_refusal, path)
        if refusal is not None:
            return refusal
        request = {"do": "picture", "path": str(path), "password": password, "page": page, "width": width}
        async with self._turn:
            drawn = await self._twice(request, replies.picture)
        return drawn if isinstance(drawn, Picture) else _joined(str(path), [drawn], "")

    async def close(self) -> None:
        """End the process."""
        await self._end()

    async def _twice(self, request: dict[str, Any], check: Callable[[bytes], Reply]) -> Reply | Part:
        """Ask, and ask a fresh process once more if this one went away: it may have been ended from outside."""
        started = time.perf_counter()
        for last in (False, True):
            try:
                async with asyncio.timeout(self._timeout):
                    answer = await self._ask(request)
                reply = await asyncio.to_thread(check, answer)
            except TimeoutError:
                await self._end()
                return _failed("rejected", f"Reading it took longer than {self._timeout:.0f} seconds.", started)
            except (asyncio.IncompleteReadError, ConnectionError):
                reason, certain = await self._post_mortem()
                if last or certain:
                    return _failed("rejected", reason, started)
            except BadReply:
                await self._end()
                return _failed("error", "The reading process failed.", started)
            except BaseException:
                await self._end()  # cancelled: the reply that is still to come must not answer the next file
                raise
            else:
                self._requests += 1
                if self._requests >= _REQUESTS_PER_PROCESS or (isinstance(reply, Part) and reply.peak_mb > _LARGE_MB):
                    await self._end()
                return reply
        raise AssertionError  # the second round always returns

    async def _ask(self, request: dict[str, Any]) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await _start()
            self._requests = 0
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(4), "big")
        if size > replies.MAX_REPLY_BYTES:
            raise BadReply
        return await process.stdout.readexactly(size)

    async def _post_mortem(self) -> tuple[str, bool]:
        """Return why the process went away by itself, and True if it would do so again."""
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
            return "Reading it takes more computing time than a document may.", True
        return "Reading it made the reader fail: it is damaged, or made to use up memory.", False

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
    if os.fsencode(path).decode("utf-8", "replace") != str(path):
        return Reading(str(path), "rejected", "Its name is not valid UTF-8.")
    return None


def _failed(status: ReadStatus, reason: str, started: float) -> Part:
    return Part(status, reason, seconds=time.perf_counter() - started)


def _joined(path: str, parts: Sequence[Part], broken_off: str) -> Reading:
    """Make one reading of the parts of a document."""
    first, last = parts[0], parts[-1]
    pieces = [piece for part in parts for piece in part.pieces]
    status, reason = last.status, broken_off or last.reason
    if status in ("ok", "empty"):
        status = "ok" if pieces else "empty"
    if sum(len(piece.text) for piece in pieces) > reading.MAX_CHARACTERS:
        million = reading.MAX_CHARACTERS // 10**6
        status, reason = "rejected", f"It has more than {million} million characters of text."
    document = None
    if status == "ok":
        document = assemble(pieces, last.pages, title=first.title, labels=first.labels)
        if not document.blocks:
            status, document = "empty", None
    return Reading(
        path,
        status,
        reason,
        document,
        last.pages,
        first.sha256,
        first.size,
        first.mtime_ns,
        sum(part.seconds for part in parts),
        max(part.peak_mb for part in parts),
        tuple(page for part in parts for page in part.needs_ocr),
        first.recording,
    )
