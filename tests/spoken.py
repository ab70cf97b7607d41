"""Speech for tests: human recordings from packages, and questions spoken by a small packaged voice.

Where it comes from and under which licence: tests/data/README.md. Nothing is downloaded and nothing is committed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_ASTERISK = Path("/usr/share/asterisk/sounds/en")
_POCKETSPHINX = Path("/usr/share/pocketsphinx/test/data")


@dataclass(frozen=True, slots=True)
class Recording:
    """A person speaking, and what they say."""

    path: Path
    text: str
    package: str
    """The apt package that holds it."""

    @property
    def here(self) -> bool:
        """True when it is installed."""
        return self.path.is_file()


RECORDINGS = {
    "library": Recording(
        _POCKETSPHINX / "librivox/sense_and_sensibility_01_austen_64kb-0870.wav",
        "And Mister John Dashwood had then leisure to consider how much there might be prudently in his power to do"
        " for them.",
        "pocketsphinx-testdata",
    ),
    "selfish": Recording(
        _POCKETSPHINX / "librivox/sense_and_sensibility_01_austen_64kb-0890.wav",
        "Unless to be rather cold hearted and rather selfish is to be ill disposed.",
        "pocketsphinx-testdata",
    ),
    "telephone": Recording(
        _ASTERISK / "conf-onlyone.wav",
        "There is currently one other participant in the conference.",
        "asterisk-core-sounds-en-wav",
    ),
    "password": Recording(
        _ASTERISK / "auth-incorrect.wav",
        "Password incorrect. Please enter your password followed by the pound key.",
        "asterisk-core-sounds-en-wav",
    ),
}


def recording(name: str) -> Recording:
    """Return a recording of RECORDINGS; skips the test, naming the apt package, where it is not installed."""
    found = RECORDINGS[name]
    if not found.here:
        pytest.skip(f"{found.path.name} is missing: apt install {found.package}")
    return found


def can_speak() -> bool:
    """True when the voice package is installed."""
    return importlib.util.find_spec("hibari") is not None


def question_wav(text: str, folder: Path | None = None) -> Path:
    """Return a WAV file (24 kHz mono) in which a voice says `text`; the same text gives the same bytes.

    Without `folder` it lies in a temporary one that goes when Python ends. Skips the test where there is no voice.
    """
    if not can_speak():
        pytest.skip("no voice: pip install hibari-tts==0.2.1 (it is in the dev extra)")
    path = (folder or Path(_folder().name)) / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.wav"
    if not path.exists():
        _voice().save(text, str(path), seed=0)
    return path


def word_errors(heard: str, said: str) -> float:
    """Return the word error rate: edits over words said; case, punctuation and digits against words do not count."""
    a, b = _words(said), _words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1] / max(1, len(a))


_SPELT = {"mr": "mister", "mrs": "missus", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five"}


def _words(text: str) -> list[str]:
    return [_SPELT.get(word, word) for word in re.findall(r"[a-z0-9']+", text.lower().replace("-", " "))]


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tangnet-spoken-")


@functools.cache
def _voice() -> Any:
    from hibari import Hibari

    return Hibari(voice="heart")  # the one that is inside the package; others would be downloaded
