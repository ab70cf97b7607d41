"""Private folders for sockets: a lock in each tells whether its process lives, so that those of dead ones can go.

Only what is provably nobody's is removed: a folder of this user alone, whose lock no process holds, or that has none
(as earlier versions made them) and a socket that nobody listens at. No symbolic link is followed, and a folder with
anything in it but sockets, links and the lock stays as it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LOCK = "owner.lock"
UNLOCKED_SECONDS = 60.0
"""A socket in a folder without a lock has to be so old: between binding and listening it refuses like a dead one."""


def take(folder: Path) -> int | None:
    """Own a folder: return the descriptor of its lock, which the kernel frees when this process ends.

    Returns None while another process holds it. Raises OSError, FileNotFoundError when the folder is gone.
    """
    while True:
        # os.open makes it close-on-exec: a child that held the lock would keep it beyond this process.
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError:
            os.close(lock)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), os.lstat(folder / LOCK)):
                return lock
        os.close(lock)  # it was removed between opening and locking


def remove(folder: Path, lock: int) -> bool:
    """Remove a folder whose lock is held here, and let go of the lock; returns whether it is gone."""
    try:
        opened = _opened(folder)
        return opened is not None and _emptied(folder, opened)
    finally:
        os.close(lock)


def remove_dead(base: Path, pattern: re.Pattern[str], *, but: Path | None = None) -> int:
    """Remove the folders in `base` with such a whole name whose process is dead; returns how many.

    Args:
        base: Where they are.
        pattern: What their names look like.
        but: One that stays.
    """
    if sys.platform == "win32":
        return 0
    try:
        names = [name for name in os.listdir(base) if pattern.fullmatch(name)]
    except OSError:
        return 0
    return sum(_remove_dead(base / name) for name in names if base / name != but)


def _remove_dead(folder: Path) -> bool:
    opened = _opened(folder)
    if opened is None:
        return False
    try:
        lock = os.open(LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened)
    except FileNotFoundError:
        if _silent(folder, opened):
            return _emptied(folder, opened)
        os.close(opened)
        return False
    except OSError:
        os.close(opened)
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # its process lives
        os.close(opened)
        return False
    else:
        return _emptied(folder, opened)
    finally:
        os.close(lock)


def _opened(folder: Path) -> int | None:
    """Return a descriptor of a folder that is this user's alone; None for anything else."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    status = os.fstat(opened)
    if status.st_uid == os.geteuid() and not status.st_mode & 0o077:
        return opened
    os.close(opened)
    return None


def _silent(folder: Path, opened: int) -> bool:
    """Return whether sockets are in a folder and each of them is old and refuses."""
    found = False
    for name in os.listdir(opened):
        status = os.stat(name, dir_fd=opened, follow_symlinks=False)
        if not stat.S_ISSOCK(status.st_mode):
            return False
        if time.time() - status.st_mtime < UNLOCKED_SECONDS:
            return False
        with socket.socket(socket.AF_UNIX) as caller:
            caller.setblocking(False)
            try:
                caller.connect(str(folder / name))
            except ConnectionRefusedError:
                found = True
                continue
            except OSError:
                return False
        return False
    return found


def _emptied(folder: Path, opened: int) -> bool:
    """Remove what is in a folder, the lock last, and the folder; closes `opened`.

    A child that outlived its killed owner by a moment takes its socket away itself: what is gone meanwhile is no fault.
    """
    try:
        names = sorted(os.listdir(opened), key=lambda name: name == LOCK)
        if not all(_removable(name, opened) for name in names):
            return False
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=opened)
        folder.rmdir()
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(opened)


def _removable(name: str, opened: int) -> bool:
    """Return whether a name in an open folder is a socket, a link, the lock, or gone. Raises OSError."""
    try:
        mode = os.stat(name, dir_fd=opened, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return True
    return stat.S_ISSOCK(mode) or stat.S_ISLNK(mode) or (name == LOCK and stat.S_ISREG(mode))
