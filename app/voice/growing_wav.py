"""A WAV file that grows while it is recorded, whole whenever the program is killed. It blocks: not for the loop.

While it grows it is called NAME.wav.part, is locked by its writer, and its header is put right with every `sync`. One
that is found without a writer was cut short; `finished` makes a WAV file of it, too.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import struct
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.errors import VoiceError
from app.voice.audio_input import SAMPLE_BYTES
from nodeworker.protocol import SAMPLE_RATE

if sys.platform != "win32":
    import fcntl

PART = ".part"
SHORTEST_SECONDS = 0.3
"""What is shorter was a slip of the hand."""
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class GrowingWav:
    """One recording, 16 kHz mono PCM16. All raise VoiceError; `write` and `sync` may run in two threads."""

    def __init__(self, folder: Path, name: str) -> None:
        """Begin NAME.wav in `folder`, which is made; where that name is taken a number is added."""
        self._samples = 0
        with _sentences(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path, self._file = _begun(folder, name)
            _own(self._file)
            self._file.write(_header(0))

    @property
    def seconds(self) -> float:
        """Length of what was written."""
        return self._samples / SAMPLE_RATE

    def write(self, pcm: bytes) -> None:
        """Append sound. It outlives this program from now on, and the computer's power from the next `sync` on."""
        with _sentences(self.path):
            view = memoryview(pcm)
            while view:  # a full disk may take a part of it
                view = view[self._file.write(view) :]
            self._samples += len(pcm) // SAMPLE_BYTES

    def sync(self) -> None:
        """Put the header right and have all of it on the disk."""
        with _sentences(self.path):
            descriptor = self._file.fileno()
            os.pwrite(descriptor, _header(self._samples * SAMPLE_BYTES), 0)
            os.fsync(descriptor)

    def close(self) -> None:
        """Let go of it, as it is: `finished` makes a WAV file of it."""
        self._file.close()


def name_of(now: datetime) -> str:
    """Return what a recording that begins now is called: "Recording 2026-11-23 14.05"."""
    return f"Recording {now:%Y-%m-%d %H.%M}"


def cut_short(folder: Path) -> list[Path]:
    """Return what was not ended in `folder` and is not being recorded now, by name."""
    found = []
    for path in sorted(folder.glob(f"*.wav{PART}")):
        with contextlib.suppress(OSError), path.open("rb") as file:
            _own(file)
            found.append(path)
    return found


def finished(path: Path) -> tuple[Path, float] | None:
    """Make a WAV file of NAME.wav.part; nothing is ever overwritten.

    Returns:
        The file and its seconds; None where hardly anything was recorded, which is deleted.

    Raises:
        VoiceError: another program is recording it, or it cannot be written.
    """
    with _sentences(path), path.open("r+b", buffering=0) as file:
        _own(file)
        samples = max(0, os.fstat(file.fileno()).st_size - _HEADER.size) // SAMPLE_BYTES
        if samples < SHORTEST_SECONDS * SAMPLE_RATE:
            path.unlink()
            return None
        file.truncate(_HEADER.size + samples * SAMPLE_BYTES)
        file.seek(0)
        file.write(_header(samples * SAMPLE_BYTES))
        os.fsync(file.fileno())
        return _renamed(path), samples / SAMPLE_RATE


def _header(size: int) -> bytes:
    rate = SAMPLE_RATE * SAMPLE_BYTES
    return _HEADER.pack(
        *(b"RIFF", size + _HEADER.size - 8, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE, rate, SAMPLE_BYTES),
        *(8 * SAMPLE_BYTES, b"data", size),
    )


def _begun(folder: Path, name: str) -> tuple[Path, BinaryIO]:
    for path in _names(folder / f"{name}.wav"):
        part = Path(f"{path}{PART}")
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
                return part, os.fdopen(descriptor, "r+b", buffering=0)
    raise AssertionError("names never end")


def _renamed(part: Path) -> Path:
    for path in _names(Path(str(part).removesuffix(PART))):
        try:
            os.link(part, path)
        except FileExistsError:
            continue
        except OSError:  # a file system without links; there nobody else makes names of this kind in this moment
            if path.exists():
                continue
            part.rename(path)
            return path
        part.unlink()
        return path
    raise AssertionError("names never end")


def _names(path: Path) -> Iterator[Path]:
    more = (path.with_stem(f"{path.stem} ({number})") for number in itertools.count(2))
    return itertools.chain([path], more)


def _own(file: BinaryIO) -> None:
    """Take the lock, which ends with this process at the latest. Raises BlockingIOError where another has it."""
    if sys.platform != "win32":
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except BlockingIOError as error:
        raise VoiceError(f"{path.name} is being recorded by another program.", code="voice_recording") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise VoiceError(
                "The disk is full.", code="voice_disk_full", hint="What was recorded until then is kept."
            ) from error
        raise VoiceError(f"{path} cannot be written: {error.strerror}.", code="voice_unwritable") from error
