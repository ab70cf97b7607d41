"""Where the time of an answer went and what was sent to the model: noted while it is made, kept for later.

`traces.sqlite3` holds it, compressed, apart from the messages, so that a conversation opens as quickly as before. It
can be lost: it is begun anew when it is damaged, and what was deleted in the conversations is deleted here. Calls
block for a few milliseconds and may come from any thread.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import zlib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

from app.errors import StoreError
from app.events import Answered, Event, Moved, NodeChosen, Prefilling, TokenReceived
from app.saved_work import SavedWork
from app.thinking import ChatRequest

log = logging.getLogger(__name__)

FILE = "traces.sqlite3"
LONGEST_PROMPT = 64_000
"""Characters of a prompt that are kept."""
_TABLES = """
CREATE TABLE IF NOT EXISTS traces (
    conversation TEXT NOT NULL, message INTEGER NOT NULL, trace BLOB NOT NULL, PRIMARY KEY (conversation, message)
) STRICT, WITHOUT ROWID
"""
_ORDER = ("hear", "search", "rerank", "recall", "prepare", "choose", "wait", "read", "write", "move", "check")
"""Names of the steps, in the order in which they happen."""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the time of an answer; `name` is one of _ORDER."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class AnswerTrace:
    """How one answer came about, beyond what the message itself keeps."""

    steps: tuple[Step, ...] = ()
    prompt: tuple[tuple[str, str], ...] = ()
    """Role and text of each message that the model got."""
    settings: dict[str, str | int | float] = field(default_factory=dict)
    """What the request said beside the prompt."""

    @property
    def total_ms(self) -> float:
        """All of its time."""
        return sum(step.ms for step in self.steps)


class Made(Protocol):
    """What is known of an answer by who made it."""

    @property
    def request(self) -> ChatRequest | None:
        """What was sent to the nodes."""
        ...

    @property
    def rerank_ms(self) -> float:
        """What a reranker took."""
        ...

    @property
    def prefill_ms(self) -> float:
        """What the node says that reading took."""
        ...

    @property
    def ended(self) -> float:
        """When the model's last word was there; 0 = it is not."""
        ...


class Tracing:
    """Notes when things happen to one answer; the times are perf_counter seconds."""

    def __init__(self, begun: float) -> None:
        self._marks: dict[str, float] = {"begun": begun}
        self._gaps_ms = 0.0
        self.rerank_ms = 0.0
        self.prefill_ms = 0.0
        """What the node says that reading took: it tells that it reads only now and then."""
        self.request: ChatRequest | None = None

    def mark(self, what: str) -> None:
        """`what` is done now; only the first time counts."""
        self._marks.setdefault(what, perf_counter())

    def note(self, event: Event) -> None:
        """An event of the answer comes now."""
        if isinstance(event, NodeChosen):
            self.mark("choose")
        elif isinstance(event, Prefilling):
            self.mark("wait")
        elif isinstance(event, TokenReceived) and event.ids:
            self.mark("read")
        elif isinstance(event, Moved):
            self._gaps_ms += event.gap_ms if "read" in self._marks else 0.0
        elif isinstance(event, Answered):
            self.mark("check")

    def keep(self, traces: Traces | None, conversation: str, message: int, made: Made | None) -> None:
        """Keep what was noted with the message, where there are one and a request; None and 0 = there is none."""
        if traces is not None and made is not None and message:
            self.request, self.rerank_ms, self.prefill_ms = made.request, made.rerank_ms, made.prefill_ms
            if made.ended:
                self._marks["write"] = made.ended
            traces.keep(conversation, message, self.trace)

    @property
    def trace(self) -> AnswerTrace:
        """What is known so far; a step that did not happen is left out."""
        took: dict[str, float] = {}
        last = self._marks["begun"]
        for name in _ORDER:
            if (at := self._marks.get(name, 0.0)) > last:
                took[name], last = (at - last) * 1000, at
        late = min(self.prefill_ms - took.get("read", 0.0), took.get("wait", 0.0))
        if late > 0:
            took["read"], took["wait"] = took.get("read", 0.0) + late, took["wait"] - late
        _split(took, "search", "rerank", self.rerank_ms)
        _split(took, "write", "move", self._gaps_ms)
        steps = tuple(Step(name, round(took[name], 1)) for name in _ORDER if took.get(name, 0.0) >= 0.05)
        request = self.request
        if request is None:
            return AnswerTrace(steps)
        settings: dict[str, str | int | float] = {
            "longest answer": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "model wished": request.model,
            "node wished": request.node,
            "where": request.prefer,
            "zones": ", ".join(request.zones),
        }
        prompt = tuple((message.role, message.content[:LONGEST_PROMPT]) for message in request.messages)
        return AnswerTrace(steps, prompt, {name: value for name, value in settings.items() if value != ""})


class Traces:
    """The traces under one home."""

    def __init__(self, home: Path) -> None:
        """Open nothing yet."""
        self._path = home / FILE
        self._work = SavedWork(self._path, self._begin)

    def keep(self, conversation: str, message: int, trace: AnswerTrace) -> None:
        """Keep the trace of an answer; a failure is logged, since the answer itself is stored."""
        packed = zlib.compress(json.dumps(asdict(trace), separators=(",", ":")).encode(), 6)
        try:
            with self._work.lock:
                self._work.open().execute(
                    "INSERT OR REPLACE INTO traces VALUES (?, ?, ?)", (conversation, message, packed)
                )
        except (sqlite3.Error, OSError) as error:
            log.warning("the trace of an answer is not kept: %s", error)

    def get(self, conversation: str, message: int) -> AnswerTrace | None:
        """Return the trace of an answer, None where none is kept. Raises StoreError."""
        try:
            with self._work.lock:
                query = "SELECT trace FROM traces WHERE conversation = ? AND message = ?"
                row = self._work.open().execute(query, (conversation, message)).fetchone()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The traces in {self._path} cannot be read: {error}.", code="traces") from error
        if row is None:
            return None
        known = json.loads(zlib.decompress(row[0]))
        return AnswerTrace(
            tuple(Step(step["name"], step["ms"]) for step in known["steps"]),
            tuple((role, text) for role, text in known["prompt"]),
            known["settings"],
        )

    def take_over(self, conversation: str, other: str, messages: Iterable[tuple[int, int]]) -> None:
        """Copy the traces of answers to another conversation, from the first message of each pair to the second."""
        query = "INSERT OR REPLACE INTO traces SELECT ?, ?, trace FROM traces WHERE conversation = ? AND message = ?"
        try:
            with self._work.lock:
                self._work.open().executemany(query, [(other, to, conversation, from_) for from_, to in messages])
        except (sqlite3.Error, OSError) as error:
            log.warning("the traces of a branch are not kept: %s", error)

    def sweep(self, conversations: Collection[str]) -> None:
        """Delete the traces of conversations that are none of these."""
        if not self._path.exists():
            return
        try:
            with self._work.lock:
                db = self._work.open()
                known = {row[0] for row in db.execute("SELECT DISTINCT conversation FROM traces")}
                gone = [(one,) for one in known if one not in conversations]
                if gone:
                    db.executemany("DELETE FROM traces WHERE conversation = ?", gone)
        except (sqlite3.Error, OSError) as error:
            log.warning("traces of deleted conversations stay: %s", error)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._work.close()

    def _begin(self, db: sqlite3.Connection) -> None:
        os.chmod(self._path, 0o600)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(_TABLES)


def _split(took: dict[str, float], whole: str, part: str, ms: float) -> None:
    """Tell a part of a step from the rest of it."""
    part_ms = min(ms, took.get(whole, 0.0))
    if part_ms > 0:
        took[part] = part_ms
        took[whole] -= part_ms
