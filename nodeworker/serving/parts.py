"""What the rooms are given, models and engines, and what they give back about a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nodeworker.engines import (
        AttendEngine,
        ChatEngine,
        EmbedEngine,
        Recognised,
        RecogniseEngine,
        RerankEngine,
        SpeakEngine,
        TranscribeEngine,
    )
    from nodeworker.hosting.fed import HostedAttend, HostedSpeak, HostedTranscribe
    from nodeworker.hosting.hosted import (
        HostedChat,
        HostedEmbed,
        HostedRecognise,
        HostedRerank,
    )
    from nodeworker.models.folder import ModelFile


class Shelf(Protocol):
    """The models on this machine, as `nodeworker.models.folder.ModelFolder` has them; all of it may block."""

    def all(self) -> list[ModelFile]:
        """Return every usable model."""
        ...

    def find(self, role: str, name: str = "") -> ModelFile:
        """Return one by name or sha256, or the best. Raises ModelMissing."""
        ...

    def verify(self, model: ModelFile) -> None:
        """Check the file before its first use. Raises ModelDamaged, ModelUnsafe."""
        ...


class Maker(Protocol):
    """Builds the engine for a model; nothing is loaded yet."""

    def chat(self, model: ModelFile) -> ChatEngine | HostedChat:
        """Build the engine that answers."""
        ...

    def embed(self, model: ModelFile) -> EmbedEngine | HostedEmbed:
        """Build the engine that embeds."""
        ...

    def transcribe(self, model: ModelFile) -> TranscribeEngine | HostedTranscribe:
        """Build the engine that hears."""
        ...

    def recognise(self, model: ModelFile) -> RecogniseEngine | HostedRecognise:
        """Build the engine that reads scans."""
        ...

    def speak(self, model: ModelFile) -> SpeakEngine | HostedSpeak:
        """Build the engine that speaks."""
        ...

    def attend(self, model: ModelFile) -> AttendEngine | HostedAttend:
        """Build the engine that listens without writing anything down."""
        ...

    def rerank(self, model: ModelFile) -> RerankEngine | HostedRerank:
        """Build the engine that orders passages."""
        ...


@dataclass(frozen=True, slots=True)
class QueuedAt:
    """The call waits; 1 = next."""

    position: int


@dataclass(frozen=True, slots=True)
class Began:
    """The engine is ready and works on the call; times in milliseconds."""

    model: ModelFile
    queue_ms: float
    load_ms: float


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors as `nodeworker.engines.Vectors` has them, of all slices together."""

    model: ModelFile
    data: bytes
    dimension: int
    tokens: tuple[int, ...]
    max_tokens: int
    windows: tuple[int, ...]
    """Pieces that each text was read in."""


@dataclass(frozen=True, slots=True)
class Reranked:
    """One score a text, higher is better."""

    model: ModelFile
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PageRead:
    """What stands in a picture."""

    model: ModelFile
    found: Recognised
