"""Small files that a kernel writes about a machine: read without ever raising, blocking or believing too much."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 4096
"""More than any such file has; what comes after is not read."""
_NUMBER = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def text(path: Path) -> str:
    """Return what the file says, without space around it; "" when it cannot be read."""
    try:
        # Not blocking: should it be a pipe after all, nobody waits for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return ""
    try:
        return os.read(handle, MOST_BYTES).decode(errors="replace").strip(" \t\r\n\0")
    except OSError:
        return ""
    finally:
        os.close(handle)


def number(path: Path) -> int | None:
    """Return the whole decimal number that the file holds; None when it holds anything else."""
    found = text(path)
    return int(found) if _NUMBER.fullmatch(found) else None


def matches(folder: Path, pattern: str) -> tuple[Path, ...]:
    """Return what a glob finds, sorted; nothing when the folder cannot be read."""
    return tuple(sorted(_matches(folder, pattern)))


def _matches(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from folder.glob(pattern)
    except OSError:
        return
