"""Which recordings there are: those of the library, and the files of the program that are in none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.events import DocumentInfo
from app.ui import shelf
from app.ui.core_words import in_language
from app.ui.numbers import size
from app.ui.translation import tr
from app.ui.two_line import Row

KIND = "Recordings"
ELSEWHERE = "elsewhere"
"""State of a file that is in no library."""


@dataclass(frozen=True, slots=True)
class Found:
    """One recording."""

    path: str
    state: str
    """Of DocumentInfo, or ELSEWHERE."""
    reason: str
    size: int
    """Bytes."""
    when: str
    """ISO 8601."""


def found(documents: Sequence[DocumentInfo], folder: Path) -> list[Found]:
    """Return all recordings, the newest first; reads `folder`, blocking."""
    known = [
        Found(one.path, one.state, one.reason, one.size, one.modified or one.added_at)
        for one in documents
        if shelf.kind_of(one.path) == KIND
    ]
    paths = {one.path for one in known}
    for path in sorted(folder.glob("*.wav")) if folder.is_dir() else ():
        if str(path) not in paths:
            about = path.stat()
            when = datetime.fromtimestamp(about.st_mtime).astimezone().isoformat()
            known.append(Found(str(path), ELSEWHERE, "", about.st_size, when))
    return sorted(known, key=lambda one: (one.when, one.path), reverse=True)


def state(one: Found) -> str:
    """Return how it is with a recording, in words."""
    known = {
        "indexed": tr("written down"),
        "waiting": tr("waits to be written down"),
        "missing": tr("the file is no longer there"),
        "cancelled": tr("not written down"),
        ELSEWHERE: tr("not in your library"),
    }
    if one.state == "failed":
        return in_language(one.reason) or tr("could not be written down")
    return known.get(one.state) or tr("is being written down")


def row(one: Found, now: datetime) -> Row:
    """Return a recording as an entry of the list."""
    parts = [shelf.day(one.when, now), size(one.size), state(one)]
    return Row(one.path, Path(one.path).stem, " · ".join(part for part in parts if part), one.path)
