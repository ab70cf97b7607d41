"""Wake words of the microWakeWord kind, by the package pymicro-wakeword (code and models Apache-2.0).

A model sees 40 features each 10 ms and gives a probability each 30 ms; the mean of the last five is the score, as its
author trained it. The library is C++ and believes its files, so only files whose hash the catalogue knows are opened.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Protocol

from nodeworker.errors import ModelDamaged, ModelUnsafe, Unsupported, first_line
from nodeworker.models.catalogue import CATALOGUE

THRESHOLDS = {"hey-jarvis": 0.97, "okay-nabu": 0.85, "hey-mycroft": 0.95, "alexa": 0.9}
"""The score from which on a word counts as said, by its author's figures."""
_MEAN_OF = 5
"""Probabilities in a score."""


class Listener(Protocol):
    """Hears one wake word in one stream of sound."""

    threshold: float

    def score(self, pcm16: bytes) -> float:
        """Take the next sound; return the highest score in it, 0 to 1."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


class WakeListener:
    """One wake word, listening to one stream."""

    def __init__(self, path: Path) -> None:
        """Open the model at `path`.

        Raises:
            Unsupported: the package is not installed, or cannot run on this system.
            ModelDamaged: the file cannot be read.
            ModelUnsafe: the catalogue does not know it.
        """
        try:
            from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures
            from pymicro_wakeword import microwakeword as package
        except (ImportError, OSError) as error:
            raise Unsupported(
                "This node cannot listen for wake words: pymicro-wakeword is not installed.",
                "Install tangnet with: [wake]; on Linux it needs glibc 2.35 or later (Debian 12, Ubuntu 22.04).",
            ) from error
        name = _known(path)
        self.threshold = THRESHOLDS.get(name, 0.9)
        library = next(iter(Path(package.__file__).with_name("lib").glob("*tensorflowlite_c.*")), None)
        if library is None:
            raise Unsupported("This node cannot listen for wake words: its library is not for this machine.")
        try:
            self._model: Any = MicroWakeWord(
                id=name,
                wake_word=name,
                tflite_model=path,
                probability_cutoff=self.threshold,
                sliding_window_size=_MEAN_OF,
                trained_languages=[],
                libtensorflowlite_c_path=library,
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise Unsupported(f"This node cannot listen for wake words: {first_line(error)}.") from error
        self._features: Any = MicroWakeWordFeatures()
        self._score = 0.0
        self._seen = 0
        """Features, one each 10 ms."""

    def score(self, pcm16: bytes) -> float:
        """Take the next sound; return the highest score in it, or the last one where none was made."""
        made = []
        for features in self._features.process_streaming(pcm16):
            probability = self._model.process_streaming_prob(features)
            self._seen += 1
            if self._seen % self._model.stride == 0:  # between two strides the package says 0
                made.append(float(probability or 0.0))
        self._score = max(made, default=self._score)
        return self._score

    def close(self) -> None:
        """Free the model."""
        self._model.close()


def _known(path: Path) -> str:
    """Return the catalogue's name of a wake word's file. Raises ModelDamaged, ModelUnsafe."""
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelDamaged(f"{path.name} cannot be read: {error.strerror or error}.") from error
    for entry in CATALOGUE:
        if entry.role == "wake" and entry.sha256 == sha256:
            return entry.name
    raise ModelUnsafe(f"{path.name} is no wake word that is known here.", "`tangnet models list` shows those that are.")
