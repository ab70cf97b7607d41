"""Engines: what runs a model. One file per engine; this one holds what they have in common.

An engine is blocking and is driven by the threads that `nodeworker.rooms` gives it. `load` may take seconds and
reports a fraction; after `close` it is not used again. Heavy libraries are imported inside `load`, never at the top.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Progress = Callable[[float], None]
"""Called with 0…1 while loading, from the engine's thread."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is picked. 0 switches each off; temperature 0 is greedy."""

    temperature: float = 0.0
    top_p: float = 0.0
    top_k: int = 0
    min_p: float = 0.0
    repeat_penalty: float = 0.0
    seed: int = 0
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One answer to make. `cancelled` is set by the server when nobody listens any more."""

    request_id: str
    messages: tuple[tuple[str, str], ...]
    """(role, content) pairs."""
    sampling: Sampling = Sampling()
    resume: tuple[int, ...] = ()
    """Token ids already shown; the answer goes on after the last."""
    resume_text: str = ""
    """Text already shown, when the ids belong to another model."""
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Prefill:
    """done of total prompt tokens have been read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Token:
    """New tokens. `text` is "" while a character is incomplete or a stop string may be starting."""

    ids: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """End of an answer; the counts do not include resumed tokens as completion."""

    reason: Literal["stop", "length", "context"]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prefill_ms: float
    decode_ms: float


ChatEvent = Prefill | Token | Done


class ChatEngine(Protocol):
    """Makes answers. `slots` calls of `generate` may run at once, each in a thread of its own."""

    slots: int
    context: int
    prefill_rate: float
    decode_rate: float

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Yield events, ending with Done; stops soon after `request.cancelled`. Raises ContextOverflow, EngineError."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


@dataclass(frozen=True, slots=True)
class Vectors:
    """Row-major little-endian float32; `tokens` counts each text before truncation."""

    data: bytes
    dimension: int
    tokens: tuple[int, ...]


class EmbedEngine(Protocol):
    """Turns texts into vectors, as the model's own card says: normalisation, prompts, maximum length."""

    dimension: int
    max_tokens: int

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> Vectors:
        """Embed all texts. Raises EngineError."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


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


TranscriptEvent = SpeechStarted | SpeechEnded | Partial | Final


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
    ) -> Iterator[TranscriptEvent]:
        """Read 16 kHz mono PCM16 until `audio` ends, then yield Final. `next(audio)` blocks until sound comes."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...
