"""RememberedHashes: the sha256 of large files, computed once until the file changes, also over restarts."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from pathlib import Path

_log = logging.getLogger(__name__)


class RememberedHashes:
    """Kept in one JSON file: path -> [size, time, inode, sha256]. Safe to use from several threads."""

    def __init__(self, memory: Path) -> None:
        """`memory` need not exist; a damaged one counts as empty."""
        self._memory = memory
        self._lock = threading.Lock()
        self._known: dict[str, list[int | str]] = {}

    def of(self, file: Path) -> str:
        """Return the sha256 of a file, lower-case hex. Raises OSError."""
        seen = _seen(file)
        with self._lock:
            for again in (False, True):  # another process, or another part of this one, may have hashed it meanwhile
                known = self._read(again=again).get(str(file), [])
                if known[:-1] == seen:
                    return str(known[-1])
        sha256 = sha256_of(file)
        self._keep(file, seen, sha256)
        return sha256

    def learn(self, file: Path, sha256: str) -> None:
        """Take note of a hash that has just been computed elsewhere. Raises OSError."""
        self._keep(file, _seen(file), sha256)

    def _keep(self, file: Path, seen: list[int | str], sha256: str) -> None:
        with self._lock:
            self._read(again=True)[str(file)] = [*seen, sha256]
            temporary = self._memory.with_suffix(f".{os.getpid()}.new")
            try:
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                temporary.write_text(json.dumps(self._known), encoding="utf-8")
                os.replace(temporary, self._memory)
            except OSError as error:
                _log.info("%s cannot be written (%s): files are hashed again in the next start", self._memory, error)

    def _read(self, *, again: bool) -> dict[str, list[int | str]]:
        if again or not self._known:
            try:
                stored = json.loads(self._memory.read_text(encoding="utf-8"))
                self._known |= {str(key): list(value) for key, value in stored.items()}
            except (OSError, ValueError, TypeError, AttributeError):
                pass  # a missing or damaged memory only means hashing again
        return self._known


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file, lower-case hex. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _seen(file: Path) -> list[int | str]:
    now = file.stat()
    return [now.st_size, now.st_mtime_ns, now.st_ino]
