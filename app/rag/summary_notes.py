"""Where the notes for summaries of a document stand, and how they go with it: they are made of its text."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

FOLDER = "summaries"
"""Below `$TANGNET_HOME`."""


def notes_of(folder: Path, path: str) -> Path:
    """Return the folder with the notes on the document at `path`, whether or not there are any."""
    return folder / hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()[:32]


def forget(folder: Path, paths: Iterable[str]) -> None:
    """Delete the notes on these documents."""
    if folder.is_dir():
        for path in paths:
            shutil.rmtree(notes_of(folder, path), ignore_errors=True)
