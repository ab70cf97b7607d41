"""Where the local node's socket lies: a private folder, and the lock that says which process owns the node."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
from pathlib import Path

from app.errors import NodeError
from nodeworker.protocol import leftovers

LONGEST = 70
"""Bytes of the folder's path: a Unix socket's whole path has to stay below 100."""
SOCKET = "node.sock"
"""A symbolic link to the socket of the child that serves now, replaced in one step."""


def private_folder(home: Path) -> Path:
    """Return the folder of this home's socket, made with mode 0700 and checked to be ours alone.

    Raises:
        NodeError: it belongs to somebody else, is open to others, or cannot be made.
    """
    if sys.platform == "win32":
        raise NodeError("Tangnet cannot run models on Windows yet.", code="unsupported", hint="Pair with a node.")
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.geteuid()}"):
        folder = Path(base) / f"tangnet-{digest}"
        if base.startswith("/") and len(os.fsencode(folder)) <= LONGEST and _ours(Path(base)):
            return _made(folder)
    return _made(Path(f"/tmp/tangnet-{os.geteuid()}-{digest}"))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise NodeError(f"{folder} cannot be made: {error.strerror}.", code="local_node") from error
    if not _ours(folder):
        raise NodeError(
            f"{folder} is not private to you, so this machine's node is not started.",
            code="local_node",
            hint=f"Somebody else may have made it; remove it, or: chmod 700 {folder}",
        )
    return folder


def _ours(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def remove_dead(folder: Path) -> int:
    """Remove the folders beside this one whose program is dead; returns how many."""
    name = re.escape(folder.name.rpartition("-")[0])
    return leftovers.remove_dead(folder.parent, re.compile(name + "-[0-9a-f]{12}"), but=folder)


class OwnerLock:
    """Held by the one process that runs the local node's child; the kernel frees it when that process ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """True while this process owns the local node."""
        return self._file is not None

    def take(self) -> bool:
        """Try to become the owner; returns whether this process is it now. Raises NodeError when it cannot tell."""
        if self._file is not None:
            return True
        try:
            self._file = leftovers.take(self._folder)
        except FileNotFoundError:
            _made(self._folder)  # the owner before took it along when it ended; the next try may succeed
        except OSError as error:
            raise NodeError(
                f"{self._folder / leftovers.LOCK} cannot be opened: {error.strerror}.", code="local_node"
            ) from error
        return self._file is not None

    def release(self) -> None:
        """Stop being the owner; the folder goes with it."""
        if self._file is not None:
            file, self._file = self._file, None
            leftovers.remove(self._folder, file)


def publish(folder: Path, socket: str) -> None:
    """Point SOCKET at the file `socket` in one step and remove the sockets of children before it."""
    link = folder / f"{socket}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(socket)
    os.replace(link, folder / SOCKET)
    for old in folder.glob("node-*.sock*"):
        if not old.name.startswith(socket):
            with contextlib.suppress(OSError):
                old.unlink()
