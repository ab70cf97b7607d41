"""What the window needs from the rest of the program, as Protocols: `app.runtime.Runtime` fits, and so do the fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.assistant import Question
    from app.events import (
        DeploymentInfo,
        DocumentInfo,
        EngineInfo,
        Event,
        FileIndexed,
        Hearing,
        IndexDone,
        ModelInfo,
        NodeInfo,
        Progress,
        Transcribed,
    )
    from app.messages import Conversation, StoredMessage
    from app.rag.library import Surroundings
    from app.settings import Settings
    from app.thinking import ModelProgress


class ClusterSeam(Protocol):
    """The nodes."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return what is known now, this machine first."""
        ...

    def prediction_error(self, id: str) -> float | None:
        """Return how far predictions for a node were off lately, 0 to 1; None: not known."""
        ...

    def watch(self) -> AsyncIterator[tuple[NodeInfo, ...]]:
        """Yield the nodes now and at each change."""
        ...

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False
    ) -> AsyncIterator[Hearing | Transcribed]:
        """Turn 16 kHz mono PCM16 into text; `here`: on this machine, whatever the settings allow."""
        ...

    def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        """Load engines of this machine's node."""
        ...

    async def models(self, *, catalogue: bool = False) -> list[ModelInfo]:
        """Return the models that are there and, if asked, those that could be fetched."""
        ...

    def add_model(self, source: str) -> AsyncIterator[ModelProgress]:
        """Fetch a model."""
        ...

    def deploy(self, model: str, nodes: Sequence[NodeInfo], *, rate: float = 0.0) -> AsyncIterator[DeploymentInfo]:
        """Bring a model of this machine to nodes, each at `rate` MB/s at most (0 = no cap); yields how far each is."""
        ...

    def deployments(self) -> AsyncIterator[tuple[DeploymentInfo, ...]]:
        """Yield how far each model is on each node, now and after each change."""
        ...

    async def pair(self, target: str, code: str) -> NodeInfo:
        """Pair with a node; `target` may be a link that holds the code, too. Raises TrustError."""
        ...

    async def shared_fingerprint(self, id: str) -> str:
        """Return what this machine and a paired node both show."""
        ...

    async def unpair(self, name: str) -> NodeInfo:
        """Forget a node's key."""
        ...


class LibrarySeam(Protocol):
    """The documents."""

    def add(self, paths: Sequence[Path], *, watch: bool = False) -> AsyncIterator[Progress | FileIndexed | IndexDone]:
        """Index files and folders."""
        ...

    async def documents(self) -> list[DocumentInfo]:
        """List what is indexed."""
        ...

    async def remove(self, paths: Sequence[Path]) -> list[DocumentInfo]:
        """Take documents out of the index; the files stay."""
        ...

    async def surroundings(self, path: str, page: int | None, start: int, end: int) -> Surroundings:
        """Return the text around a passage."""
        ...


class ConversationsSeam(Protocol):
    """The stored conversations."""

    def create(self, title: str = "") -> Conversation:
        """Start one."""
        ...

    def get(self, id: str) -> Conversation:
        """Return one. Raises UsageError when there is none."""
        ...

    def prefer(self, id: str, where: str) -> Conversation:
        """Keep where its answers shall be made, one of app.messages.PREFERENCES or ""."""
        ...

    def list(self) -> list[Conversation]:
        """Return all, newest first."""
        ...

    def messages(self, id: str) -> Sequence[StoredMessage]:
        """Return the messages of one."""
        ...

    def search(self, text: str) -> Sequence[Conversation]:
        """Return those that hold `text`."""
        ...

    def delete(self, id: str) -> Conversation:
        """Hide one."""
        ...

    def restore(self, id: str) -> Conversation:
        """Bring it back."""
        ...


class AssistantSeam(Protocol):
    """The one use case."""

    def ask(self, question: Question) -> AsyncIterator[Event]:
        """Stream one answer; closing the iterator stops it."""
        ...


class RuntimeSeam(Protocol):
    """Everything together, opened in the asyncio thread."""

    @property
    def home(self) -> Path:
        """The folder that holds everything."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        ...

    @property
    def cluster(self) -> ClusterSeam:
        """The nodes."""
        ...

    @property
    def library(self) -> LibrarySeam:
        """The documents."""
        ...

    @property
    def conversations(self) -> ConversationsSeam:
        """The stored conversations."""
        ...

    @property
    def assistant(self) -> AssistantSeam:
        """Answers questions."""
        ...

    async def close(self) -> None:
        """Close everything."""
        ...


OpenRuntime = Callable[[], Awaitable[RuntimeSeam]]
"""Opens the runtime; called in the asyncio thread."""


class Ear(Protocol):
    """Push-to-talk over a microphone; `level` and `live` may be read anywhere, all else in the asyncio thread."""

    @property
    def level(self) -> float:
        """Loudness now, 0…1."""
        ...

    @property
    def live(self) -> bool:
        """True while sound arrives; False while the microphone is still opening."""
        ...

    def press(self) -> bool:
        """The key went down. True when an utterance began: `audio` is its sound."""
        ...

    def release(self) -> None:
        """The key went up."""
        ...

    def cancel(self) -> None:
        """Throw the utterance away."""
        ...

    def audio(self) -> AsyncIterator[bytes]:
        """Return the sound of the utterance, pre-roll first. Raises VoiceError."""
        ...

    def close(self) -> None:
        """Let go of the microphone."""
        ...


OpenEar = Callable[[str, Callable[[str], None], Callable[[str], None]], Ear]
"""(microphone name or "", on_hint, on_phase) -> Ear; called in the asyncio thread. on_hint gets sentences for the
user, on_phase "idle", "listening" or "finishing"; both are called in the asyncio thread. Raises VoiceError."""
