"""Engines: what runs a model. One file per engine; this one holds what they have in common.

An engine is blocking and is driven by the threads that `nodeworker.serving.rooms` gives it. `load` may take seconds and
reports a fraction; after `close` it is not used again. Heavy libraries are imported inside `load`, never at the top.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from nodeworker.engines.sound import (
    AttendEngine as AttendEngine,
)
from nodeworker.engines.sound import (
    AttendEvent as AttendEvent,
)
from nodeworker.engines.sound import (
    Attention as Attention,
)
from nodeworker.engines.sound import (
    Final as Final,
)
from nodeworker.engines.sound import (
    Heard as Heard,
)
from nodeworker.engines.sound import (
    Partial as Partial,
)
from nodeworker.engines.sound import (
    SpeakEngine as SpeakEngine,
)
from nodeworker.engines.sound import (
    SpeechEnded as SpeechEnded,
)
from nodeworker.engines.sound import (
    SpeechStarted as SpeechStarted,
)
from nodeworker.engines.sound import (
    Spoken as Spoken,
)
from nodeworker.engines.sound import (
    TranscribeEngine as TranscribeEngine,
)
from nodeworker.engines.sound import (
    TranscriptEvent as TranscriptEvent,
)
from nodeworker.engines.sound import (
    WakeHeard as WakeHeard,
)
from nodeworker.engines.sound import (
    WakeWord as WakeWord,
)
from nodeworker.engines.sound import (
    Word as Word,
)

if TYPE_CHECKING:
    from nodeworker.errors import EngineError

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
    grammar: str = ""
    """GBNF that the answer's text follows."""
    json_schema: str = ""
    """Used instead of a grammar."""
    logprobs: int = 0
    """That many alternatives with each token."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks for; `arguments` is a JSON object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message: role system, user, assistant or tool."""

    role: str
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    images: tuple[bytes, ...] = ()
    """PNG or JPEG, for models that see."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One answer to make. `cancelled` is set by the server when nobody listens any more."""

    request_id: str
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    resume: tuple[int, ...] = ()
    """Token ids already shown; the answer goes on after the last."""
    resume_text: str = ""
    """Text already shown, when the ids belong to another model."""
    tools: tuple[Tool, ...] = ()
    """Offered to models whose template has them."""
    background: bool = False
    """It is made only of what answers that somebody waits for leave."""
    ahead: bool = False
    """In the background, for a question that is still being spoken: it need not rest while somebody only talks."""
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Prefill:
    """done of total prompt tokens have been read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Natural logarithms of probabilities before sampling: of the chosen token, and of the best ones, best first."""

    chosen: float
    ids: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """New tokens. `text` is "" while a character is incomplete or a stop string may be starting."""

    ids: tuple[int, ...]
    text: str
    reasoning: str = ""
    """Text of the model's reasoning section, which is no part of the answer."""
    logprobs: tuple[Logprobs, ...] = ()
    """One for each id, when asked for."""


@dataclass(frozen=True, slots=True)
class Done:
    """End of an answer; the counts do not include resumed tokens as completion."""

    reason: Literal["stop", "length", "context", "tools"]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prefill_ms: float
    decode_ms: float
    drafted_tokens: int = 0
    accepted_tokens: int = 0


ChatEvent = Prefill | Token | ToolCall | Done


@dataclass(frozen=True, slots=True)
class Figures:
    """What a chat engine tells of itself while it works."""

    active: int = 0
    kv_cells: int = 0
    free_kv_cells: int = 0
    """Tokens that could be taken up without forgetting a cached prefix."""
    prefill_rate: float = 0.0
    decode_rate: float = 0.0
    """Tokens/s of one answer alone; of all together while several run."""
    cached_prefixes: tuple[int, ...] = ()
    """Block hashes: see nodeworker/protocol/prefixes.py."""


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


@runtime_checkable
class TellsFigures(Protocol):
    """A chat engine that knows what it does at the moment."""

    def figures(self) -> Figures:
        """Return what the engine does at the moment; from any thread, at once."""
        ...


def figures_of(engine: object) -> Figures:
    """Return what an engine tells of itself; nothing known for one that does not, or where there is none."""
    return engine.figures() if isinstance(engine, TellsFigures) else Figures()


Tell = Callable[["ChatEvent | EngineError | None"], None]
"""Called from the engine's thread: events, perhaps an error, and None once when the answer's place is free again."""


@runtime_checkable
class Pauses(Protocol):
    """An engine that can let its background work rest between two steps: a decode, a batch, a piece of a recording."""

    def pause(self, on: bool) -> None:
        """Begin no step of background work while `on`; from any thread, at once."""
        ...


class BatchingChatEngine(ChatEngine, Protocol):
    """Drives all its answers from one thread of its own."""

    after_turn: Callable[[], None]
    """Called from the engine's thread when it has told all that one turn made; to be set before `load`."""

    def begin(self, request: ChatRequest, tell: Tell) -> None:
        """Take one answer up at the next turn; returns at once. What is wrong with the request is told, not raised."""
        ...

    def figures(self) -> Figures:
        """Return what the engine does at the moment; from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class Vectors:
    """Row-major little-endian float32; `tokens` counts each text before truncation."""

    data: bytes
    dimension: int
    tokens: tuple[int, ...]
    windows: tuple[int, ...] = ()
    """Pieces that each text was read in; their vectors were averaged by length. Empty: one each."""


class EmbedEngine(Protocol):
    """Turns texts into vectors, as the model's own card says: normalisation, prompts, maximum length."""

    dimension: int
    max_tokens: int

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def embed(
        self,
        texts: Sequence[str],
        kind: Literal["query", "passage"],
        cancelled: threading.Event | None = None,
        *,
        background: bool = False,
    ) -> Vectors:
        """Embed all texts; raises BadRequest soon after `cancelled`. Raises EngineError.

        `background`: in batches that are short, and only while no other call has any work.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...


class RerankEngine(Protocol):
    """Scores how well passages answer a query."""

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def rerank(self, query: str, texts: Sequence[str], cancelled: threading.Event | None = None) -> tuple[float, ...]:
        """Return one score a text, higher is better; raises BadRequest soon after `cancelled`. Raises EngineError."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """A line of text in a picture."""

    text: str
    corners: Corners
    """Four (x, y) in pixels from the picture's top left: where the line begins above, where it ends above, where it
    ends below, where it begins below, as it is read. They tell how it is turned."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What stands in a picture, in no particular order; `width` and `height` are the picture's, in pixels."""

    width: int
    height: int
    lines: tuple[RecognisedLine, ...]
    seconds: float
    """What the work took."""
    program: str = ""
    """Which other program read it, if one did."""


class RecogniseEngine(Protocol):
    """Reads the text in pictures of pages."""

    def load(self, progress: Progress) -> None:
        """Load the model. Raises EngineError."""
        ...

    def recognise(
        self, picture: bytes, language: str, cancelled: threading.Event, *, background: bool = False
    ) -> Recognised:
        """Return the lines of a picture; raises BadRequest soon after `cancelled`. Raises EngineError.

        `background`: it rests while the engine is held.
        """
        ...

    def close(self) -> None:
        """Free the model."""
        ...
