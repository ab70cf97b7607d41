"""Decides what `add` has to do: compares the disk with the records. Runs in the store's thread."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.rag.records import Record
from app.rag.scanning import FoundFile, scan
from app.rag.store import RULES, Store


@dataclass(slots=True)
class Plan:
    """What `add` has to do."""

    unchanged: list[Record] = field(default_factory=list)
    """Same size and time as when they were looked at last."""
    todo: list[FoundFile] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Documents whose file is no longer there."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """Chosen paths that do not exist and were never documents."""
    sizes: frozenset[int] = frozenset()
    """Sizes of all known documents: a file of another size cannot be a copy of one."""


def plan(store: Store, paths: Sequence[str]) -> Plan:
    """Look at `paths` and say what is new, changed, unchanged and gone."""
    found = scan(paths)
    records = store.records.all()
    result = Plan(refused=found.refused, sizes=frozenset(record.size for record in records.values()))
    for file in found.files:
        record = records.get(file.path)
        if record is not None and _same(record, file):
            result.unchanged.append(record)
        else:
            result.todo.append(file)
    for path in found.absent:
        known = [record.path for record in records.values() if _is_under(record.path, path)]
        # A chosen folder that is gone may be a drive that is not there now: its documents stay, shown as missing.
        if known == [path]:
            result.gone.append(path)
        else:
            result.absent.append(path)
    there = {file.path for file in found.files}
    for path in records:
        listed = any(_is_under(path, folder) for folder in found.complete)
        unknown = any(_is_under(path, folder) for folder in found.unlisted)
        if listed and not unknown and path not in there:
            result.gone.append(path)
    return result


def hash_file(path: str) -> str:
    """Return the SHA-256 of a file; "" if it cannot be read now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _same(record: Record, file: FoundFile) -> bool:
    return not record.retry and record.rules == RULES and (record.size, record.mtime_ns) == (file.size, file.mtime_ns)


def _is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
