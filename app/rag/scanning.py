"""Finds the files to index: what is chosen, and all below chosen folders except what is hidden or made by tools."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "__MACOSX", "venv", "site-packages"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file as it is on disk now."""

    path: str
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """What a look at the disk gave."""

    files: list[FoundFile] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason of what is there but not to be read."""
    absent: list[str] = field(default_factory=list)
    """Chosen paths that do not exist."""
    complete: list[str] = field(default_factory=list)
    """Chosen folders that were listed; what is not in `files` is gone from them."""
    unlisted: list[str] = field(default_factory=list)
    """Folders that could not be listed: nothing is known of what is below."""


def scan(paths: Sequence[str]) -> Scan:
    """Look at files and folders. Links are not followed, so nothing outside a chosen folder is ever read."""
    result = Scan()
    seen: set[str] = set()
    for name in paths:
        try:
            mode = os.lstat(name).st_mode
        except FileNotFoundError:
            result.absent.append(name)
            continue
        except (OSError, ValueError) as error:
            result.refused.append((name, f"It cannot be opened: {getattr(error, 'strerror', None) or error}."))
            continue
        if stat.S_ISDIR(mode):
            result.complete.append(name)
            _folder(name, result, seen)
        else:
            _file(name, result, seen)
    return result


def _folder(top: str, result: Scan, seen: set[str]) -> None:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            result.unlisted.append(folder)
            result.refused.append((folder, f"The folder cannot be listed: {error.strerror or error}."))
            continue
        below = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    below.append(entry.path)
            else:
                _file(entry.path, result, seen)
        waiting.extend(reversed(below))


def _file(name: str, result: Scan, seen: set[str]) -> None:
    if name in seen:
        return
    seen.add(name)
    try:
        found = os.lstat(name)
    except OSError:
        return  # gone between listing and looking
    if stat.S_ISLNK(found.st_mode):
        result.refused.append((name, "It is a link, and links are not followed."))
    elif not stat.S_ISREG(found.st_mode):
        result.refused.append((name, "It is not a regular file."))
    elif not _is_unicode(name):
        result.refused.append((name, "Its name is not valid UTF-8."))
    else:
        result.files.append(FoundFile(name, found.st_size, found.st_mtime_ns))


def look(path: str) -> FoundFile | None:
    """Return a regular file as it is now; None if there is none, or not to be seen."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return FoundFile(path, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
