"""What an assistant tells while it works: plain dataclasses, the same for window, command line and HTTP.

`to_json` gives the object that `--json` prints (see docs/cli.md). Imports nothing of the project but the pure
app/turn_trace.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from app.node_info import DeploymentInfo as DeploymentInfo
from app.node_info import EngineInfo as EngineInfo
from app.node_info import ModelInfo as ModelInfo
from app.node_info import NodeInfo as NodeInfo
from app.node_info import WorkInfo as WorkInfo
from app.turn_trace import TurnTrace


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that was found for a question."""

    n: int
    """Number that citations use, from 1."""
    path: str
    """Absolute path of the document."""
    page: int | None
    """Page from 1; None where the format has no pages."""
    section: str
    """Heading path, outermost first, joined by " › "; "" if there is none."""
    start: int
    end: int
    """Character range in the document's extracted text."""
    score: float
    """Fused rank score; higher is better; only comparable within one result list."""
    text: str
    similarity: float = 0.0
    """Cosine of question and passage, -1…1; 0 when the vector side did not find it."""
    overlap: float = 0.0
    """Share (0…1, weighted by rarity) of the question's content words that occur in the passage."""
    header: str = ""
    """Header row of the table that the passage is a part of; "" if it is none, or the header is in `text`."""
    label: str = ""
    """What is printed on the page as its number, where that is not `page`."""
    seconds: tuple[float, float] | None = None
    """From when to when it is said, in a recording."""
    same: tuple[str, ...] = ()
    """Other documents that hold nearly the same passage."""
    reranked: float | None = None
    """What a reranker said of it, 0…1; None = it was not asked."""
    origin: str = ""
    """"memory" (a remembered fact) or "conversation" (an earlier turn) where it stands in no document."""
    rests_on: tuple[str, ...] = ()
    """Documents that an earlier turn rests on."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage that the answer refers to as [n]."""

    n: int
    path: str
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the check says of one sentence of an answer, from character `start` to `end`."""

    start: int
    end: int
    cited: tuple[int, ...]
    """Numbers of the passages that it rests on."""
    supported: bool
    """False: nothing that the model was given says it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one answer."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds; None where the step did not happen."""

    transcribe_ms: float | None = None
    retrieve_ms: float | None = None
    queue_ms: float | None = None
    prefill_ms: float | None = None
    first_token_ms: float | None = None
    """From the question being complete to the first shown text."""
    total_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `event` is its name in JSON."""

    event: ClassVar[str] = "event"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of this event, `event` first."""
        return {"event": self.event, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """Something takes a while: a model loads, a file is indexed. Shown to people, not part of the contract."""

    event: ClassVar[str] = "progress"
    what: str
    fraction: float | None = None
    """0…1; None when it cannot be known."""
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """A sentence that the user should see beside the answer, such as a model too weak to be trusted."""

    event: ClassVar[str] = "warning"
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Hearing(Event):
    """Partial text while the user speaks."""

    event: ClassVar[str] = "hearing"
    text: str
    confirmed: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word, times in seconds from the start of the audio."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcribed(Event):
    """The final text of what was said."""

    event: ClassVar[str] = "transcribed"
    text: str
    language: str = ""
    seconds: float = 0.0
    """What the work took."""
    audio_seconds: float = 0.0
    words: tuple[Word, ...] = ()
    node: str = ""
    """Name of the node that heard it; "" is this machine, which sound leaves only when the settings say so."""


@dataclass(frozen=True, slots=True)
class Retrieved(Event):
    """The passages found, in the order in which the model gets them."""

    event: ClassVar[str] = "retrieved"
    passages: tuple[Passage, ...]
    filters: tuple[str, ...] = ()
    """Limits that the question named and that were kept to, in plain words."""


@dataclass(frozen=True, slots=True)
class NodeChosen(Event):
    """Where the answer will be made, and why in one sentence."""

    event: ClassVar[str] = "node"
    name: str
    id: str
    reason: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Queued(Event):
    """Waiting for a free slot; position from 1."""

    event: ClassVar[str] = "queued"
    position: int


@dataclass(frozen=True, slots=True)
class Prefilling(Event):
    """The node reads the prompt: done of total tokens."""

    event: ClassVar[str] = "prefill"
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TokenReceived(Event):
    """Text to append to the answer. `ids` are the model's token ids, kept for failover."""

    event: ClassVar[str] = "token"
    text: str
    node: str
    ids: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the contract's fields only."""
        return {"event": self.event, "text": self.text, "node": self.node}


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """The answer goes on elsewhere after the last token already shown."""

    event: ClassVar[str] = "moved"
    from_: str
    to: str
    reason: str
    gap_ms: float
    exact: bool = True
    """False: the other node has a different model, so the text goes on but not token by token the same."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object with `from` for `from_`."""
        return {
            "event": self.event,
            "from": self.from_,
            "to": self.to,
            "reason": self.reason,
            "gap_ms": self.gap_ms,
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True)
class Generated(Event):
    """The node finished its stream (internal to assistant and session; not printed)."""

    event: ClassVar[str] = "generated"
    reason: str
    """stop, length or context."""
    usage: Usage
    queue_ms: float
    prefill_ms: float
    model: str
    node: str


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """The whole answer; always the last event of a successful ask."""

    event: ClassVar[str] = "answered"
    text: str
    citations: tuple[Citation, ...]
    grounded: bool
    """True: documents were asked for, and passages given to the model support the answer."""
    node: str
    usage: Usage
    timings: Timings
    conversation: str = ""
    stopped: bool = False
    """True: the user stopped it; text is what had been shown."""
    sentences: tuple[Sentence, ...] = ()
    """Every sentence of the text, checked; empty when no documents were used."""
    trace: TurnTrace | None = None
    """Where the time went, when the question was spoken."""


FileState = Literal["added", "unchanged", "changed", "removed", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class FileIndexed(Event):
    """One file has been looked at by `add`."""

    event: ClassVar[str] = "file"
    path: str
    state: FileState
    chunks: int = 0
    reason: str = ""
    """One plain sentence when skipped or failed."""


@dataclass(frozen=True, slots=True)
class IndexDone(Event):
    """`add` has finished; the last event."""

    event: ClassVar[str] = "done"
    files: int
    chunks: int
    seconds: float
    embedded: int
    """Chunks that were embedded now, the others being known already."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document in the library, as `tangnet documents` lists it."""

    path: str
    state: str
    """indexed, failed, missing, waiting (never indexed so far) or cancelled."""
    chunks: int
    pages: int | None
    added_at: str
    """ISO 8601, UTC."""
    sha256: str
    reason: str = ""
    size: int = 0
    """Bytes."""
    modified: str = ""
    """When the file was last changed; ISO 8601, UTC."""
    title: str = ""
    """As the document itself says."""
    language: str = ""
    """ISO 639-1, as recognised; "" when unknown."""
