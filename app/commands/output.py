"""Where commands write: JSON lines or text on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, is_dataclass
from typing import Any, TextIO

from app.errors import TangnetError
from app.events import Passage


class Output:
    """stdout and stderr of one command. With `json` stdout holds one object a line and nothing else."""

    def __init__(self, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._err = err or sys.stderr
        self._out = out or _private_stdout()
        self._progress = False

    @property
    def is_terminal(self) -> bool:
        """Whether somebody watches stderr."""
        return self._err.isatty()

    def line(self, value: Any) -> None:
        """Print one JSON object; a dataclass or a dictionary."""
        if is_dataclass(value) and not isinstance(value, type):
            value = asdict(value)
        self._write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")

    def text(self, text: str, end: str = "\n") -> None:
        """Print text for people; control characters that could drive the terminal are left out."""
        self.clear()
        self._write(printable(text) + end)

    def note(self, text: str) -> None:
        """Print a sentence on stderr."""
        self.clear()
        self._err.write(printable(text) + "\n")
        self._err.flush()

    def progress(self, text: str) -> None:
        """Show a passing line on stderr, if somebody watches."""
        if not self.is_terminal:
            return
        columns = _columns()
        self._err.write("\r\x1b[K" + printable(text).replace("\n", " ")[: columns - 1])
        self._err.flush()
        self._progress = True

    def clear(self) -> None:
        """Take the passing line away."""
        if self._progress:
            self._err.write("\r\x1b[K")
            self._err.flush()
            self._progress = False

    def error(self, error: TangnetError) -> None:
        """Print an error: a sentence and what to do on stderr, and with --json the last line on stdout."""
        self.note(f"tangnet: {error.message}" + (f"\n{error.hint}" if error.hint else ""))
        if self.json:
            self.line({"event": "error", "code": error.code, "message": error.message, "hint": error.hint})

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def printable(text: str) -> str:
    """Return text without control characters, but for line ends and tabs."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or (ord(character) >= 32 and not 127 <= ord(character) < 160)
    )


def counted(number: int, what: str) -> str:
    """Return a number with its noun: "1 document", "2 documents"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def place(passage: Passage) -> str:
    """Return where in its document a passage stands: ", page iv", ", 12:30" in a recording, or ""."""
    if passage.seconds is not None:
        minutes, seconds = divmod(int(passage.seconds[0]), 60)
        hours, minutes = divmod(minutes, 60)
        return f", {hours}:{minutes:02}:{seconds:02}" if hours else f", {minutes}:{seconds:02}"
    return "" if passage.page is None else f", page {passage.label or passage.page}"


def size(bytes: int) -> str:
    """Return a size in words: "98 MB"."""
    for limit, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if bytes >= limit:
            value = bytes / limit
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{bytes} B"


def _columns() -> int:
    try:
        return max(20, os.get_terminal_size(2).columns)
    except OSError:
        return 80


def _private_stdout() -> TextIO:
    """Take stdout for ourselves; what a library or a child process prints from now on goes to stderr."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:
        return sys.stdout  # no real descriptors here, so nothing else can write there either
    # backslashreplace turns a file name's lone surrogate into the escape that JSON uses for it, too.
    return os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace", newline="\n")
