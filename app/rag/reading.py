"""The reading process: `python -m app.rag.reading`. Reads one file per request under hard limits.

Documents come from anywhere, so their bytes are parsed here and never in the program itself. The process may not
write files, open sockets, start processes, take more than 1 GiB of memory, or compute for more than 30 seconds per
request; its parent ends it after 60 seconds by the clock. A long document is answered in parts, each with a request of
its own; a page of it can be asked for as a picture. Requests are JSON lines on standard input; a reply is its length
in 4 bytes, big-endian, and JSON in UTF-8. Never pickle: the parent must not trust what a broken-into reader sends.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import resource
import stat
import sys
import time
from typing import TYPE_CHECKING, Any, BinaryIO

from app.rag.document import Piece
from app.rag.readers import sniffing
from app.rag.readers.outcome import Outcome, Refused

if TYPE_CHECKING:
    from app.rag.readers.pdf import Book

MEMORY_BYTES = 1024 * 2**20
CPU_SECONDS = 30
MAX_FILE_BYTES = 256 * 2**20
MAX_CHARACTERS = 32_000_000


def main() -> None:
    """Serve requests until standard input ends."""
    replies = _private_stdout()
    _limit()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _more_cpu()
        reply = json.dumps(_answer(request), ensure_ascii=True).encode()
        replies.write(len(reply).to_bytes(4, "big") + reply)
        replies.flush()
        del reply


def _private_stdout() -> BinaryIO:
    """Keep the reply pipe for ourselves: what a library prints must not get into it."""
    private = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return os.fdopen(private, "wb")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse sockets, processes and writing: an audit hook cannot be taken away again."""
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.fork", "os.system", "ftplib.")):
        raise PermissionError("the reading process may not do this")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise PermissionError("the reading process may not write")


def _more_cpu() -> None:
    """Give this request its own share of computing time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS + 1, hard))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    _reset_peak()
    reply = _guarded(request)
    reply["seconds"] = round(time.perf_counter() - started, 4)
    reply["peak_mb"] = round(_peak_bytes() / 2**20, 1)
    return reply


def _guarded(request: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"sha256": "", "size": 0, "mtime_ns": 0}
    try:
        data, facts = _bytes_of(request["path"])
        if request["do"] == "picture":
            return facts | _picture(data, request)
        return facts | _reply(_outcome(request["path"], data, request["password"], request["first"]))
    except Refused as refusal:
        return facts | {"status": refusal.status, "reason": refusal.reason, "recording": refusal.recording}
    except MemoryError:
        return facts | {"status": "rejected", "reason": "Reading it needs more memory than a document may take."}
    except RecursionError:
        return facts | {"status": "rejected", "reason": "It is nested too deeply to be a document."}
    except OSError as error:
        return facts | {"status": "error", "reason": f"It cannot be opened: {error.strerror or error}."}
    except Exception as error:  # the rim of the process: whatever a parser raises on a broken file ends as a sentence
        return facts | {"status": "error", "reason": f"The file is damaged ({type(error).__name__})."}


class _Held:
    """The last PDF: its parts and its pages as pictures are asked for one after the other."""

    def __init__(self, identity: tuple[Any, ...], data: bytes, facts: dict[str, Any]) -> None:
        self.identity = identity
        self.data = data
        self.facts = facts
        self._password = ""
        self._book: Book | None = None

    def book(self, password: str) -> Book:
        """Return it opened for reading on. Raises Refused."""
        from app.rag.readers.pdf import Book

        if self._book is None or password != self._password:
            self.close()
            self._book, self._password = Book(self.data, password), password
        return self._book

    def close(self) -> None:
        book, self._book = self._book, None
        if book is not None:
            book.close()


_held: _Held | None = None


def _bytes_of(path: str) -> tuple[bytes, dict[str, Any]]:
    global _held
    # O_NONBLOCK: a FIFO put in the file's place after the parent looked must not stop us.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Refused("rejected", "It is not a regular file.")
        identity = (path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        if _held is not None and _held.identity == identity:
            return _held.data, _held.facts
        if _held is not None:
            _held.close()
            _held = None
        data = file.read(sniffing.HEAD_BYTES)
        digest, size = hashlib.sha256(data), len(data)
        if sniffing.is_sound(data):
            while block := file.read(2**20):  # of any size, since it is not parsed here
                digest.update(block)
                size += len(block)
        elif found.st_size > MAX_FILE_BYTES:
            raise Refused("rejected", f"It is larger than {MAX_FILE_BYTES // 2**20} MiB.")
        else:
            rest = file.read(MAX_FILE_BYTES + 1 - size)
            digest.update(rest)
            data, size = data + rest, size + len(rest)
    facts = {"sha256": digest.hexdigest(), "size": size, "mtime_ns": found.st_mtime_ns}
    if sniffing.is_pdf(data):
        _held = _Held(identity, data, facts)
    return data, facts


def _outcome(path: str, data: bytes, password: str, first: int) -> Outcome:
    if _held is not None and _held.data is data:
        return _held.book(password).read(first)
    from app.rag.readers import opening

    return opening.read(data, os.path.basename(path), password)


def _reply(outcome: Outcome) -> dict[str, Any]:
    pieces = [piece for piece in outcome.pieces if piece.text.strip()]
    if sum(len(piece.text) for piece in pieces) > MAX_CHARACTERS:
        raise Refused("rejected", f"It has more than {MAX_CHARACTERS // 10**6} million characters of text.")
    return {
        "status": "ok" if pieces else "empty",
        "reason": outcome.reason or ("" if pieces else "It holds no text."),
        "pages": outcome.pages,
        "title": outcome.title,
        "labels": list(outcome.labels),
        "needs_ocr": list(outcome.needs_ocr),
        "more": outcome.more,
        "pieces": [_row(piece) for piece in pieces],
    }


def _picture(data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    from app.rag.readers import rendering

    drawn = rendering.draw(data, request["page"], request["width"], request["password"])
    return {
        "status": "ok",
        "reason": "",
        "width": drawn.width,
        "height": drawn.height,
        "page_width": round(drawn.page_width, 2),
        "page_height": round(drawn.page_height, 2),
        "png": base64.b64encode(drawn.png).decode("ascii"),
    }


def _row(piece: Piece) -> list[Any]:
    lines = [
        [line.start, line.end, *(round(side, 1) for side in (line.left, line.top, line.right, line.bottom))]
        for line in piece.lines
    ]
    return [piece.text, piece.page, list(piece.section), piece.kind, piece.header, lines, piece.seconds]


def _reset_peak() -> None:
    try:
        # Linux: starts VmHWM anew, so that the peak is this file's own. open() would be refused by the hook above.
        descriptor = os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(descriptor, b"5")
    except OSError:
        return  # the peak of all files so far is told instead
    finally:
        os.close(descriptor)


def _peak_bytes() -> int:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux: the figure below has no reset but is always there
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
