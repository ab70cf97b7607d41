"""What engines that hear, listen and speak have in common: their events and their Protocols."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nodeworker.engines import Progress


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech begins at this second."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Speech ends at this second."""

    at: float


@dataclass(frozen=True, slots=True)
class Partial:
    """Text so far; `confirmed` is its beginning that will not be taken back."""

    text: str
    confirmed: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word, times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Final:
    """The whole text; "" when nothing was said. `seconds` is what the work took."""

    text: str
    language: str
    words: tuple[Word, ...]
    audio_seconds: float
    seconds: float
    language_probability: float = 0.0
    """0: the language was given."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a recording has been read, in seconds; `text` is new since the last event."""

    seconds: float
    total: float
    text: str


TranscriptEvent = SpeechStarted | SpeechEnded | Partial | Heard | Final


class TranscribeEngine(Protocol):
    """Turns sound into text."""

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def transcribe(
        self,
        audio: Iterator[bytes],
        *,
        language: str,
        partials: bool,
        hotwords: tuple[str, ...],
        cancelled: threading.Event,
        recording: bool = False,
        expected_seconds: float = 0.0,
        background: bool = False,
    ) -> Iterator[TranscriptEvent]:
        """Read 16 kHz mono PCM16 until `audio` ends, then yield Final. `next(audio)` blocks until sound comes.

        `recording`: long sound, read in batches, with Heard events instead of partials; `expected_seconds` is its
        length where the caller knows it. A recording rests while somebody talks; one in the `background` also while
        the engine is held.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """Mono PCM16 of text number `sentence` of a call, counted from 0; `last` once a text, with or without sound."""

    pcm16: bytes
    sample_rate: int
    sentence: int
    last: bool = False


class SpeakEngine(Protocol):
    """Turns sentences into sound."""

    def load(self, progress: Progress) -> None:
        """Load the voice. Raises EngineError."""
        ...

    def speak(
        self, texts: Iterator[str], *, speed: float, cancelled: threading.Event, background: bool = False
    ) -> Iterator[Spoken]:
        """Yield the sound of each text, in order, until `texts` ends; `next(texts)` blocks until one comes.

        Ends soon after `cancelled`. `background`: it rests while the engine is held. Raises EngineError.
        """
        ...

    def close(self) -> None:
        """Free the voice."""
        ...


@dataclass(frozen=True, slots=True)
class Attention:
    """A window of 32 ms that ends at second `at`. `speech`, `wake`: how likely each is, 0 to 1."""

    at: float
    speech: float
    wake: float


@dataclass(frozen=True, slots=True)
class WakeHeard:
    """A wake word was said; it ended at second `at`. `score`, 0 to 1, says how sure that is."""

    at: float
    score: float


AttendEvent = Attention | SpeechStarted | SpeechEnded | WakeHeard


@dataclass(frozen=True, slots=True)
class WakeWord:
    """A wake word's model for one call of `attend`, checked already."""

    path: str
    """Of its file."""
    threshold: float = 0.0
    """From which score on the word counts as said, 0 to 1; 0 = the model's own."""


class AttendEngine(Protocol):
    """Listens without writing anything down."""

    def load(self, progress: Progress) -> None:
        """Load the detector of speech. Raises EngineError."""
        ...

    def attend(
        self, audio: Iterator[bytes], *, wake_word: WakeWord | None, cancelled: threading.Event
    ) -> Iterator[AttendEvent]:
        """Yield what each window of 16 kHz mono PCM16 holds until `audio` ends. `next(audio)` blocks until sound comes.

        Ends soon after `cancelled`. Raises EngineError.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...
