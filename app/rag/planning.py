"""Decides what is to be done: compares the disk with the records. Runs in the store's thread."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.rag.mounts import mount_of, mounts
from app.rag.queue import Folder, is_below
from app.rag.records import Record
from app.rag.scanning import FoundFile, scan
from app.rag.store import Store
from app.rag.versions import RULES


@dataclass(slots=True)
class Plan:
    """What is to be done."""

    unchanged: list[Record] = field(default_factory=list)
    """Same size and time as when they were looked at last."""
    todo: list[FoundFile] = field(default_factory=list)
    moved: list[tuple[Record, FoundFile]] = field(default_factory=list)
    """Documents whose file has another name now."""
    gone: list[str] = field(default_factory=list)
    """Documents whose file is no longer there."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """Chosen paths that do not exist and were never documents."""


def plan(store: Store, paths: Sequence[str], *, by_user: bool = True, watched: Sequence[Folder] = ()) -> Plan:
    """Look at `paths` and say what is new, changed, unchanged, moved and gone.

    Args:
        store: Where the records are.
        paths: Files and folders.
        by_user: The user named them: what was cancelled or removed before is wanted again.
        watched: Folders whose drives may be gone; what is missing below the others was deleted.
    """
    table = mounts()
    away = {folder.path for folder in watched if mount_of(folder.path, table).point != folder.mount}
    found = scan([path for path in paths if not any(is_below(path, folder) for folder in away)])
    records = store.records.all() if found.complete or found.absent else _records(store, found.files)
    result = Plan(refused=found.refused)
    todo: list[FoundFile] = []
    for file in found.files:
        record = records.get(file.path)
        if record is not None and _same(record, file, by_user):
            result.unchanged.append(record)
        else:
            todo.append(file)
    gone: list[str] = []
    for path in found.absent:
        known = [record.path for record in records.values() if is_below(record.path, path)]
        # A chosen folder that is gone may be a drive that is not there now: its documents stay, shown as missing.
        inside = any(is_below(path, one.path) and path != one.path and os.path.isdir(one.path) for one in watched)
        if known == [path] or (known and inside):
            gone.extend(known)
        elif not inside:
            result.absent.append(path)
    there = {file.path for file in found.files}
    complete, unlisted = _prefixes(found.complete), _prefixes(found.unlisted)
    for path in records:
        if path not in there and path.startswith(complete) and not path.startswith(unlisted):
            gone.append(path)
    _moves(result, todo, [records[path] for path in dict.fromkeys(gone)])
    return result


def hash_file(path: str) -> str:
    """Return the SHA-256 of a file; "" if it cannot be read now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _moves(result: Plan, todo: Sequence[FoundFile], gone: Sequence[Record]) -> None:
    """Part what is new and what is gone into files that have another name now, and the rest."""
    sources: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for record in gone:
        if record.state == "indexed" and record.revision and record.rules == RULES and not record.retry:
            sources[record.size, _extension(record.path)].append(record)
    taken: set[str] = set()
    for file in todo:
        left = [one for one in sources.get((file.size, _extension(file.path)), ()) if one.path not in taken]
        sha256 = hash_file(file.path) if left else ""
        source = next((record for record in left if record.sha256 == sha256), None)
        if source is None:
            result.todo.append(file)
        else:
            taken.add(source.path)
            result.moved.append((source, file))
    result.gone = [record.path for record in gone if record.path not in taken]


def _records(store: Store, files: Sequence[FoundFile]) -> dict[str, Record]:
    found = (store.records.get(file.path) for file in files)
    return {record.path: record for record in found if record is not None}


def _same(record: Record, file: FoundFile, by_user: bool) -> bool:
    if record.state in ("removed", "cancelled") and by_user:
        return False
    if record.state == "removed":
        return True
    return not record.retry and record.rules == RULES and (record.size, record.mtime_ns) == (file.size, file.mtime_ns)


def _extension(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _prefixes(folders: Sequence[str]) -> tuple[str, ...]:
    return tuple(folder.rstrip("/") + "/" for folder in folders)
