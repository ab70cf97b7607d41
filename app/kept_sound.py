"""The sound of spoken questions, where the user wants it kept: one WAV file each, beside the conversations.

`sound/CONVERSATION/MESSAGE.wav` under the home folder. The files are the whole truth: what is not there is not kept. A
sound lives as long as its question: a deleted conversation can be restored for a week, and then goes for good with it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import StoreError

FOLDER = "sound"
RATE = 16_000
"""Hz, 16-bit mono."""
_HEAD_BYTES = 44
_PART_SECONDS = 3600.0
"""Half-written files older than this were left by a kill."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One spoken question."""

    conversation: str
    message: int
    path: Path
    bytes: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(0, self.bytes - _HEAD_BYTES) / (2 * RATE)


class KeptSound:
    """The kept sound of one home. Every call reads or writes the disk."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def keep(self, conversation: str, message: int, pcm16: bytes) -> Kept:
        """Write the sound of a question, whole or not at all. Raises VoiceError or StoreError, as for a full disk."""
        from app.voice.wave_file import WaveFile

        place = self._place(conversation, message)
        try:
            for folder in (self.folder, place.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _failed(error) from error
        with WaveFile(place) as file:
            file.add(pcm16, RATE)
        return Kept(conversation, message, place, place.stat().st_size)

    def of(self, conversation: str) -> dict[int, Kept]:
        """Return what is kept of a conversation, by the id of the question."""
        return {kept.message: kept for kept in self._in(self.folder / conversation)}

    def all(self) -> list[Kept]:
        """Return everything that is kept, deleted conversations that can be restored included."""
        return [kept for folder in _folders(self.folder) for kept in self._in(folder)]

    def delete(self, conversation: str, message: int) -> None:
        """Delete the sound of one question; nothing happens when there is none. Raises StoreError."""
        try:
            self._place(conversation, message).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(error) from error

    def delete_all(self) -> list[Kept]:
        """Delete everything that is kept, and return what it was. Raises StoreError when something stays."""
        kept = self.all()
        try:
            shutil.rmtree(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _failed(error) from error
        return kept

    def sweep(self, conversations: Collection[str], *, now: float | None = None) -> None:
        """Delete the sound of conversations that are none of these, and what kills left. `now`: seconds since 1970."""
        limit = (time.time() if now is None else now) - _PART_SECONDS
        for folder in _folders(self.folder):
            if folder.name not in conversations:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for part in folder.glob("*.part"):
                if _changed(part) < limit:
                    part.unlink(missing_ok=True)

    def _place(self, conversation: str, message: int) -> Path:
        return self.folder / conversation / f"{message}.wav"

    def _in(self, folder: Path) -> list[Kept]:
        try:
            files = [entry for entry in os.scandir(folder) if entry.name.endswith(".wav") and entry.name[:-4].isdigit()]
            found = [(int(file.name[:-4]), Path(file.path), file.stat().st_size) for file in files]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [Kept(folder.name, message, path, size) for message, path, size in sorted(found)]


def summary(kept: Sequence[Kept], state: str) -> str:
    """Say how much sound is `state`, kept or deleted."""
    if not kept:
        return "No sound is kept."
    megabytes = sum(one.bytes for one in kept) / 1_000_000
    many = "1 spoken question" if len(kept) == 1 else f"{len(kept)} spoken questions"
    return f"The sound of {many} ({megabytes:.1f} MB) is {state}."


def _folders(place: Path) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _failed(error: OSError) -> StoreError:
    return StoreError(
        f"The kept sound cannot be changed: {error.strerror or error}.",
        code="kept_sound",
        hint="Check the free space and the permissions of the folder sound in the home folder.",
    )
