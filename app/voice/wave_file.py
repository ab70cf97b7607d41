"""A WAV file that appears whole or not at all: written beside its place and moved there in the end."""

from __future__ import annotations

import os
import tempfile
import wave
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from app.errors import VoiceError
from app.voice.resampler import SAMPLE_BYTES, resampled

EMPTY_RATE = 24_000
"""Hz of a file without sound."""


class WaveFile:
    """16-bit mono sound on its way into a file; the rate is that of the first piece. Blocks only for writing.

    A context: left in order, the file stands there (another one of that name is replaced); left by an error, nothing
    is there that was not before.
    """

    def __init__(self, path: Path) -> None:
        """Begin. Raises VoiceError where nothing can be written."""
        self._path = path
        self._rate = 0
        self._open = ExitStack()
        try:
            if path.is_dir():
                raise IsADirectoryError(f"{path.name} is a folder")
            number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
            self._part = Path(name)
            file = self._open.enter_context(os.fdopen(number, "wb"))
            self._wave = self._open.enter_context(wave.Wave_write(file))
        except OSError as error:
            raise self._failed(error) from error
        self._wave.setnchannels(1)
        self._wave.setsampwidth(SAMPLE_BYTES)

    def add(self, pcm16: bytes, rate: int) -> None:
        """Append mono sound of `rate` Hz. Raises VoiceError, as for a full disk."""
        if not pcm16:
            return
        try:
            if not self._rate:
                self._rate = rate
                self._wave.setframerate(rate)
            self._wave.writeframesraw(resampled(pcm16, rate, self._rate))
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> WaveFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if not self._rate:
                self._wave.setframerate(EMPTY_RATE)
            self._open.close()  # writes the true length, too
            if kind is None:
                os.chmod(self._part, 0o666 & ~_umask())
                self._part.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> VoiceError:
        return VoiceError(
            f"The sound cannot be written to {self._path}: {error.strerror or error}.",
            code="voice_write_failed",
            hint="Choose another folder with --speak, or make room on the disk.",
        )


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
