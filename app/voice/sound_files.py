"""Sound files by their names: what of a folder is worth opening, and how long a file seems to be."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from app.voice.audio_file import AudioFileInfo

_NAMES = (
    "3gp,aac,ac3,aif,aiff,amr,ape,asf,au,avi,caf,flac,flv,g722,gsm,m4a,m4b,m4v,mka,mkv,mov,mp3,mp4,mpeg,mpg,oga,ogg,opus,"
    "rm,snd,tta,voc,w64,wav,webm,wma,wmv,wv"
)
SUFFIXES = frozenset(f".{name}" for name in _NAMES.split(","))
_GUESSED_BYTES_A_SECOND = 16_000
"""128 kbit/s."""
_LEAST_SECONDS = 0.1


def sound_files(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are named, and the sound files in and below folders by name, each once and in that order.

    Hidden files and folders are left out, and links to folders are not followed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                    found[Path(folder, name)] = None
    return list(found)


def seems_long(path: Path, info: AudioFileInfo) -> float:
    """Return the seconds that a file says it lasts, or that its size makes likely; over 0."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # it has gone; opening it says so
    return max(info.seconds or size / _GUESSED_BYTES_A_SECOND, _LEAST_SECONDS)
