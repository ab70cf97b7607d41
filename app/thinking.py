"""What the assistant asks of nodes: requests, replies, and the Protocols that `app.cluster` implements."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.errors import TangnetError
from app.events import EngineInfo, Generated, Hearing, Moved, NodeChosen, Prefilling, Queued, TokenReceived, Transcribed

EmbedKind = Literal["query", "passage"]
Told = Callable[[int], None]
"""Called with the number of texts that are done."""
GenerationEvent = NodeChosen | Queued | Prefilling | TokenReceived | Moved | Generated


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn. role: system, user or assistant."""

    role: str
    content: str
    images: tuple[bytes, ...] = field(default=(), repr=False)
    """PNG or JPEG, for a model that sees: the request then goes to such models alone."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything a node needs to make an answer."""

    messages: tuple[ChatMessage, ...]
    request_id: str
    """Unique; a node never does one twice."""
    max_tokens: int = 512
    temperature: float = 0.0
    """0 = greedy, which is what makes a continuation on another node exact."""
    top_p: float = 0.0
    repeat_penalty: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    model: str = ""
    """Preferred model name; "" = the best there is."""
    node: str = ""
    """Name of the node to use, "local" for this machine, "" = choose."""
    prefer: str = ""
    """automatic, local or cluster for this answer; "" = what the settings say."""
    zones: tuple[str, ...] = ()
    """The only zones whose nodes may make it, "local" for this machine; empty = any. A wall, also for failover."""
    background: bool = False
    """Nobody waits for it: it stands behind interactive work in the queues of nodes."""
    ahead: bool = False
    """In the background, for a question that is still being spoken: see app/speculating.py."""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of some texts: `data` holds rows of `dimension` little-endian float32."""

    model: str
    sha256: str
    dimension: int
    data: bytes
    max_tokens: int = 256
    """How many tokens of a text the model reads."""
    tokens: tuple[int, ...] = field(default=())
    """Token count of each text, before any truncation."""


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """Where fetching a model stands, in bytes. `model` is set with the last one."""

    done: int
    total: int
    step: str
    origin: str
    model: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a recording has been read, in seconds of sound, and the text that is new."""

    seconds: float
    total: float
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that shall become text."""

    sound: Callable[[], AsyncIterator[bytes]]
    """Opens it at its beginning, anew each time: 16 kHz mono PCM16. What it raises is what becomes of the recording."""
    seconds: float
    """How long it is, or seems to be; over 0."""
    exact: bool = True
    """False: the length is a guess."""
    zones: tuple[str, ...] = ()
    """The only zones whose nodes may hear it, as in ChatRequest; empty = any."""
    ready: Callable[[], bool] = lambda: True
    """Whether it can be begun."""
    language: Callable[[], str] | None = None
    """The language to read it in, asked as it is begun; None = that of the call."""


@dataclass(frozen=True, slots=True)
class RecordingRead:
    """What became of the recording at place `at` of those that were given."""

    at: int
    node: str
    """Name of the node, "local" for this machine."""
    result: Transcribed | TangnetError


@dataclass(frozen=True, slots=True)
class Going:
    """How far all recordings of a call are, in recordings and in seconds of sound."""

    done: int
    of: int
    seconds: float
    total: float
    seconds_left: float | None
    """None: not known yet."""
    text: str = ""
    """What was heard last."""


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """A line of text in a picture of a page."""

    text: str
    corners: tuple[tuple[float, float], ...]
    """Four (x, y) in pixels: where it begins above, where it ends above, ends below, begins below, as it is read."""
    confidence: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """What a node read in a picture, in no particular order; `width` and `height` are the picture's, in pixels."""

    width: int
    height: int
    lines: tuple[RecognisedLine, ...]
    model: str = ""
    sha256: str = ""
    """Of the model."""


class Recogniser(Protocol):
    """Reads the text in pictures of pages (OCR)."""

    async def recognise(
        self, picture: bytes, *, language: str = "", zones: tuple[str, ...] = (), background: bool = False
    ) -> RecognisedPage:
        """Read one picture.

        Args:
            picture: PNG or JPEG, at most 12 MiB.
            language: ISO 639-1; "" = what the model reads by itself.
            zones: The only zones whose nodes may see it, as in ChatRequest; empty = any.
            background: Nobody waits for it.

        Raises:
            NodeError: no node can do it; code "unsupported" or "model_missing" where there is no model for it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ocr:
    """How scans are read."""

    recogniser: Recogniser | None = None
    """None: not at all."""
    language: str = ""
    """As `Recogniser.recognise` has it."""


@dataclass(frozen=True, slots=True)
class Reranked:
    """How well each of some passages answers a query, 0 to 1; comparable within one call only."""

    scores: tuple[float, ...]
    model: str
    node: str
    """Name of the node, "local" for this machine."""


class Reranker(Protocol):
    """Reads a query and passages together, which says more about them than vectors do (a cross-encoder)."""

    async def rerank(self, query: str, texts: Sequence[str], *, zones: tuple[str, ...] = ()) -> Reranked:
        """Score `texts`, at most 256.

        Args:
            query: What is asked.
            texts: The passages.
            zones: The only zones whose nodes may see them, as in ChatRequest; empty = any.

        Raises:
            NodeError: no node can do it; code "unsupported" where none has a reranker.
        """
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """Sound of sentence number `sentence`, counted from 0; `last` comes once a sentence, with or without sound."""

    pcm16: bytes
    """Mono."""
    sample_rate: int
    sentence: int
    last: bool = False
    node: str = ""
    """Name of the node that made it, "local" for this machine."""
    voice: str = ""
    """Name of the voice, with the first of a node."""


class Speaker(Protocol):
    """Reads sentences aloud."""

    def speak(
        self, sentences: AsyncIterator[str], *, voice: str = "", speed: float = 1.0, zones: tuple[str, ...] = ()
    ) -> AsyncIterator[Spoken]:
        """Yield the sound of each sentence as soon as it is made, in order.

        Args:
            sentences: As `app.voice.speakable` makes them, at most 1,000 characters each.
            voice: Its name; "" = the node's own choice.
            speed: 0.5 to 2.
            zones: The only zones whose nodes may see the sentences, as in ChatRequest; empty = any.

        Raises:
            NodeError: no node can do it; code "model_missing" where there is no voice.
        """
        ...


@dataclass(frozen=True, slots=True)
class Attention:
    """A window of 32 ms that ends at `at` seconds of sound. `speech`, `wake`: how likely each is, 0 to 1."""

    at: float
    speech: float
    wake: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody speaks since `at` seconds of sound."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Nobody speaks since `at` seconds of sound."""

    at: float


@dataclass(frozen=True, slots=True)
class WakeHeard:
    """The wake word was said; it ended `at` seconds of sound. `score`: how sure that is, 0 to 1."""

    at: float
    score: float


Attended = Attention | SpeechBegan | SpeechPaused | WakeHeard


class Attendant(Protocol):
    """Listens without writing anything down."""

    def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        """Tell of live sound (16 kHz mono PCM16) as it comes: an Attention for each 32 ms, bounds, wake words.

        Always on this machine, whatever the settings allow. Ends when `audio` ends.

        Args:
            audio: The sound; times count from its beginning.
            wake_word: Name of a wake word's model; "" = speech alone.
            threshold: From which score on the word counts as said, 0 to 1; 0 = the model's own.

        Raises:
            NodeError: this machine's node cannot do it; code "model_missing" where it has no such wake word.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        """Embed `texts`, any number; batching is the implementation's business.

        Args:
            texts: What to embed.
            kind: Queries are embedded at once and on this machine; passages in the background.
            zones: The only zones whose nodes may see the passages, as in ChatRequest; empty = any.
            told: Called now and then while it goes on.

        Raises:
            NodeError: no node can do it.
        """
        ...


class Thinker(Embedder, Reranker, Protocol):
    """The cluster as the assistant sees it."""

    def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        """Stream one answer, moving to another node when one is lost. Ends with Generated. Raises NodeError."""
        ...

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        """Turn 16 kHz mono PCM16 into text: any number of Hearing, then one Transcribed. Raises NodeError.

        `here`: on this machine, whatever the settings allow. `hotwords`: names that may be said, the likeliest first.
        """
        ...

    def warm(self, roles: Sequence[str]) -> AsyncIterator[tuple[EngineInfo, ...]]:
        """Start this machine's node, load the engines of `roles` in parallel; yields progress until ready."""
        ...
