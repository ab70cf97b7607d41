"""Voices that are programs of the user's own, such as espeak-ng or piper: named in voices.toml of the node's home.

    [espeak-de]
    command = ["/usr/bin/espeak-ng", "-v", "de", "--stdin", "--stdout"]
    language = "de"
    sample_rate = 0        # of raw PCM16 mono on standard output; 0: it writes a WAV

Such a program is started anew for each sentence with exactly these arguments and no shell; the sentence goes in by
standard input, and its time, memory and output are bounded. It is linked to nothing here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import struct
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodeworker.engines import Progress, Spoken
from nodeworker.engines.speaking.cutting import readable
from nodeworker.errors import EngineError, ModelDamaged, Unsupported
from nodeworker.models.folder import ModelFile

FILE = "voices.toml"
LONGEST_SECONDS = 30.0
MEMORY_BYTES = 2 * 1024**3
MOST_BYTES = 32 * 1024 * 1024
"""Of the sound of one sentence: five minutes."""
MOST_ARGUMENTS = 64
_RATES = range(8_000, 48_001)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_LOOK_SECONDS = 0.05
_KEPT = ("PATH", "HOME", "LD_LIBRARY_PATH", "ESPEAK_DATA_PATH")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProgramVoice:
    """One entry of voices.toml."""

    name: str
    command: tuple[str, ...]
    language: str
    sample_rate: int = 0

    @property
    def model(self) -> ModelFile:
        """The voice as the node lists it: its hash is that of what is run, not of the program's file."""
        said = json.dumps([self.name, self.command, self.language, self.sample_rate])
        return ModelFile(
            role="speak",
            name=self.name,
            sha256=hashlib.sha256(said.encode()).hexdigest(),
            path=Path(self.command[0]),
            bytes=0,
            language=self.language,
            licence="its own",
            note="A program of your own.",
        )

    @property
    def options(self) -> dict[str, int | float | str | bool]:
        """What `ProgramEngine` is made with."""
        return {"command": json.dumps(self.command), "sample_rate": self.sample_rate}


def read_programs(path: Path) -> tuple[ProgramVoice, ...]:
    """Return the voices of a voices.toml; none without it. What makes no sense is left out and logged, never raised."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        log.error("%s cannot be read: %s", path, error)
        return ()
    found = []
    for name, entry in document.items():
        try:
            found.append(_voice(name, entry))
        except ValueError as error:
            log.error("%s: the voice %r is left out: %s", path, name, error)
    return tuple(found)


def _voice(name: str, entry: Any) -> ProgramVoice:
    if not _NAME.fullmatch(name):
        raise ValueError("a name has small letters, digits, dots and dashes")
    if not isinstance(entry, dict) or not entry.keys() <= {"command", "language", "sample_rate"}:
        raise ValueError("it has command, language and sample_rate, and nothing else")
    command, language, rate = entry.get("command"), entry.get("language", ""), entry.get("sample_rate", 0)
    if not isinstance(command, list) or not 0 < len(command) <= MOST_ARGUMENTS:
        raise ValueError("command is a list of texts: the program's full path, then its arguments")
    if not all(isinstance(one, str) and "\0" not in one for one in command) or not os.path.isabs(command[0]):
        raise ValueError("command is a list of texts: the program's full path, then its arguments")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise ValueError('language is one such as "de" or "en-GB"')
    if type(rate) is not int or (rate and rate not in _RATES):
        raise ValueError("sample_rate is 0 or 8000 to 48000")
    return ProgramVoice(name, tuple(command), language, rate)


class ProgramEngine:
    """Speaks with another program. It has one pace: `speed` is left to its own arguments."""

    slots = 2

    def __init__(self, model: ModelFile, *, command: str, sample_rate: int) -> None:
        """`command` is a JSON list; `sample_rate` in Hz of raw sound, 0 for WAV."""
        self.model = model
        self._command: list[str] = json.loads(command)
        self._rate = sample_rate

    def load(self, progress: Progress) -> None:
        """See whether the program is there. Raises Unsupported."""
        if not os.access(self._command[0], os.X_OK) or not os.path.isfile(self._command[0]):
            raise Unsupported(f"{self._command[0]} is not there, or is no program.", f"It is named in {FILE}.")
        progress(1.0)

    def speak(
        self, texts: Iterator[str], *, speed: float, cancelled: threading.Event, background: bool = False
    ) -> Iterator[Spoken]:
        """Yield the sound of each text; the program is ended within a moment after `cancelled`. Raises EngineError."""
        rate = self._rate or 24_000
        for number, text in enumerate(texts):
            said, sound = readable(text), b""
            if said and not cancelled.is_set():
                out = self._run(said, cancelled)
                rate, sound = (self._rate, out) if self._rate else wav_sound(out, self.model.name)
            if cancelled.is_set():
                return
            piece = 2 * rate
            starts = range(0, max(1, len(sound)), piece)
            for start in starts:
                yield Spoken(sound[start : start + piece], rate, number, last=start == starts[-1])

    def close(self) -> None:
        """Nothing is held."""

    def _run(self, text: str, cancelled: threading.Event) -> bytes:
        program = self._command[0]
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name in _KEPT} | {"LC_ALL": "C.UTF-8"},
                cwd="/",
            )
        except (OSError, ValueError) as error:
            raise EngineError(f"{program} cannot be started: {error}.") from error
        with process:
            try:
                _limit(process.pid)
                return self._output(process, f"{text}\n".encode(), cancelled)
            finally:
                if process.poll() is None:
                    process.kill()

    def _output(self, process: subprocess.Popen[bytes], given: bytes, cancelled: threading.Event) -> bytes:
        assert process.stdin is not None and process.stdout is not None
        held, source = bytearray(), process.stdout

        def take() -> None:
            while len(held) <= MOST_BYTES and (block := os.read(source.fileno(), 65_536)):
                held.extend(block)

        # A sentence fits into any pipe, so it is written at once; the sound is read beside the watch on the clock.
        with contextlib.suppress(OSError):
            process.stdin.write(given)
            process.stdin.close()
        reading = threading.Thread(target=take, name="sound", daemon=True)
        reading.start()
        end = time.monotonic() + LONGEST_SECONDS
        while reading.is_alive() and not cancelled.is_set() and time.monotonic() < end:
            reading.join(_LOOK_SECONDS)
        late = reading.is_alive()
        if late or len(held) > MOST_BYTES:
            process.kill()
        status = process.wait()
        reading.join(1.0)  # not for ever: a child of the program may hold the pipe
        if cancelled.is_set():
            return b""
        name = self.model.name
        if late:
            raise EngineError(f"{name} took longer than {LONGEST_SECONDS:.0f} s for a sentence.")
        if len(held) > MOST_BYTES:
            raise EngineError(f"{name} made more sound than a sentence can have.")
        if status:
            raise EngineError(f"{name} failed (status {status}).", f"Its command stands in {FILE}.")
        return bytes(held[: len(held) // 2 * 2]) if self._rate else bytes(held)


def wav_sound(data: bytes, name: str) -> tuple[int, bytes]:
    """Return rate and mono PCM16 of a WAV as programs write it to a pipe: the lengths in it may be wrong.

    Raises:
        ModelDamaged: it is no such WAV.
    """
    rate = 0
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        at = 12
        while at + 8 <= len(data):
            kind, size = struct.unpack_from("<4sI", data, at)
            at += 8
            if kind == b"fmt " and at + 16 <= len(data):
                form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
                if (form, channels, bits) != (1, 1, 16) or rate not in _RATES:
                    break
            elif kind == b"data" and rate:
                sound = data[at : at + size]
                return rate, sound[: len(sound) // 2 * 2]
            at += size + size % 2
    raise ModelDamaged(f"{name} did not write a WAV of 16 bits in one channel.", f"Its command stands in {FILE}.")


def _limit(pid: int) -> None:
    """Bound what the program may take, where the system can: from here, for code between fork and exec is unsafe."""
    if sys.platform == "linux":
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, int(LONGEST_SECONDS)),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with contextlib.suppress(OSError, ValueError):  # it has ended already, or the limit is lower
                resource.prlimit(pid, what, (most, most))
