"""Writing a transcript: a file whole or not at all, and over another one only where somebody said so."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from app.errors import VoiceError


def write(path: Path, text: str, *, over: bool) -> None:
    """Write a file; `over`: in the place of one that is there.

    Raises:
        VoiceError: it cannot be written, or is there already (file_exists).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".", suffix=".part", delete=False
        ) as file:
            part = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                if not over:
                    path.touch(exist_ok=False)  # nobody else makes it from here on
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise VoiceError(f"{path} is there already.", code="file_exists", hint="Choose another name.") from error
    except OSError as error:
        raise VoiceError(f"{path} cannot be written: {error.strerror}.", code="voice_unwritable") from error
