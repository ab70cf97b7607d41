"""What a conversation consists of: the records that the store returns, and how their details are kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from app.events import Citation, Passage, Sentence, Timings, Usage
from app.turn_trace import TurnTrace
from app.turn_trace import known as known_trace

PREFERENCES = ("automatic", "local", "cluster", "only-local")
"""Where the answers of a conversation may be made, beside "node:NAME"; "" follows the settings."""
NODE = "node:"
"""Before the name of the only node that may make them."""
MessageState = Literal["complete", "writing", "stopped", "failed", "interrupted"]


def is_place(where: str) -> bool:
    """Tell whether answers may be made `where`: one of PREFERENCES, "node:NAME", or ""."""
    return where in ("", *PREFERENCES) or (where.startswith(NODE) and len(where) > len(NODE))


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as lists show it; times are ISO 8601, UTC."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int
    prefer: str = ""
    """One of PREFERENCES, or "" for what the settings say."""
    collection: str = ""
    """Name of the collection that it is held to; "" = the whole library."""
    titled: str = ""
    """Who gave the title: user, question (its first words), model; "" = not known, as good as the user."""
    pinned: bool = False
    """It stands above the others."""
    folder: str = ""
    """Name of the folder it is in; "" = none."""
    persona: str = ""
    """Id of the persona that answers; "" = none."""


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that a search found, and where the words stand."""

    conversation: Conversation
    snippet: str
    """Text around the words; "" when only the title has them."""
    hits: tuple[tuple[int, int], ...] = ()
    """Where in the snippet the words stand: from, to."""
    message: int = 0
    """Id of the message; 0 when only the title has them."""


@dataclass(frozen=True, slots=True)
class StoredMove:
    """Where an answer went on elsewhere; the fields are those of app.events.Moved."""

    from_: str
    to: str
    reason: str
    gap_ms: float
    exact: bool
    at: int
    """How many characters of the answer had been shown."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One question (role user) or answer (role assistant) with all that was shown beside it."""

    id: int
    conversation: str
    role: str
    text: str
    state: MessageState
    created_at: str
    passages: tuple[Passage, ...] = ()
    citations: tuple[Citation, ...] = ()
    grounded: bool = False
    node: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)
    error_code: str = ""
    error: str = ""
    hint: str = ""
    reason: str = ""
    """Why the node was chosen, in one sentence."""
    moves: tuple[StoredMove, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    """What the check said of each sentence."""
    trace: TurnTrace | None = None
    """Where the time went, when the question was spoken."""
    attachments: tuple[str, ...] = ()
    """Paths of files that went with a question."""
    parent: int = 0
    """Id of the message that it follows; 0 = it is the first."""
    versions: tuple[int, ...] = ()
    """Ids of all messages that stand at its place, oldest first, itself among them."""


@dataclass(frozen=True, slots=True)
class MessageSize:
    """What is known of a message without reading it."""

    id: int
    role: str
    characters: int
    lines: int
    """Line breaks in its text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended and all that belongs to it."""

    state: MessageState
    citations: Sequence[Citation] = ()
    grounded: bool = False
    node: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    timings: Timings = field(default_factory=Timings)
    error_code: str = ""
    error: str = ""
    hint: str = ""
    reason: str = ""
    moves: Sequence[StoredMove] = ()
    sentences: Sequence[Sentence] = ()
    trace: TurnTrace | None = None

    def details(self) -> dict[str, Any]:
        """Return everything but the state as plain JSON values."""
        values = asdict(self)
        del values["state"]
        return values


def encode(details: dict[str, Any]) -> str:
    """Return the JSON that is stored; ASCII, so that even a file name that is no valid text can be kept."""
    return json.dumps(details, separators=(",", ":"))


def decode(row: tuple[Any, ...], versions: tuple[int, ...] = ()) -> StoredMessage:
    """Return the message of a row: the plain columns in order, then the details as JSON, then what it follows."""
    id, conversation, role, text, state, created_at, details, parent = row
    known = json.loads(details)
    return StoredMessage(
        id,
        conversation,
        role,
        text,
        state,
        created_at,
        passages=tuple(_passage(passage) for passage in known.get("passages", ())),
        citations=tuple(Citation(**citation) for citation in known.get("citations", ())),
        grounded=bool(known.get("grounded", False)),
        node=known.get("node", ""),
        model=known.get("model", ""),
        usage=Usage(**known.get("usage", {})),
        timings=Timings(**known.get("timings", {})),
        error_code=known.get("error_code", ""),
        error=known.get("error", ""),
        hint=known.get("hint", ""),
        reason=known.get("reason", ""),
        moves=tuple(StoredMove(**move) for move in known.get("moves", ())),
        sentences=tuple(
            Sentence(one["start"], one["end"], tuple(one["cited"]), one["supported"])
            for one in known.get("sentences", ())
        ),
        trace=known_trace(known["trace"]) if known.get("trace") else None,
        attachments=tuple(known.get("attachments", ())),
        parent=parent,
        versions=versions,
    )


def _passage(known: dict[str, Any]) -> Passage:
    """Return a passage from JSON, which knows lists only."""
    seconds = known.get("seconds")
    lists = {name: tuple(known.get(name, ())) for name in ("same", "rests_on")}
    return Passage(**{**known, "seconds": None if seconds is None else tuple(seconds), **lists})
