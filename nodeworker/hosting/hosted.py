"""Engines that live in a process of their own, as the rooms use them: their calls, their figures, their end."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nodeworker.engines import (
    ChatEvent,
    ChatRequest,
    Done,
    Figures,
    Prefill,
    Progress,
    Recognised,
    Token,
    ToolCall,
    Vectors,
)
from nodeworker.errors import BadRequest, EngineError, EngineLost
from nodeworker.hosting.engine_call import Running
from nodeworker.hosting.engine_process import EngineProcess
from nodeworker.hosting.frames import BadFrame
from nodeworker.hosting.packing import (
    count,
    many,
    model_record,
    number,
    read_error,
    read_event,
    read_figures,
    read_recognised,
    request_record,
    row,
)

if TYPE_CHECKING:
    from nodeworker.models.folder import ModelFile

log = logging.getLogger(__name__)
CLOSE_SECONDS = 1.5
"""How long freeing an engine may take before its process is killed."""
CHAT_PATIENCE = 30.0
"""Seconds without any sign of life after which an engine that should have let go of a call is replaced. A chunk of a
prompt takes less than a second even on a slow machine."""
PATIENCE = 180.0
"""The same for engines that work on one thing for long: half a minute of speech, a batch of long texts."""
LOAD_PATIENCE = 300.0
"""Seconds without any sign of life after which a load is given up: a disk that does not answer. Importing torch takes a
Pi a minute, measuring a large model about as long."""
MOST_SLOTS = 256
_TICK_SECONDS = 0.1
_ABOUT = ("slots", "context", "dimension", "max_tokens")


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Which engine to build in the process: "module:callable", called with the model and `options`."""

    factory: str
    options: Mapping[str, int | float | str | bool] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    """Heavy modules that it will need, imported while the model's file is still being checked."""


class HostedEngine:
    """An engine in a process of its own. Use it in one asyncio loop; `close` it whatever happened."""

    role = ""
    kinds: tuple[type, ...] = ()
    """What its calls yield: anything else from the process is refused."""

    def __init__(self, model: ModelFile, spec: EngineSpec, *, patience: float = PATIENCE) -> None:
        """Nothing is started yet. `patience` in seconds: see PATIENCE."""
        self.model = model
        self.died: Callable[[EngineLost], None] = lambda _error: None
        """Called once when the process ends and nobody asked it to."""
        self.slots = 1
        self.context = model.context
        self.dimension = model.dimension
        self.max_tokens = model.context
        self.pauses = False
        """Whether its background work rests when it is told to."""
        self._spec = spec
        self._patience = patience
        self._process = EngineProcess(self.role, self._heard, self._ended)
        self._loaded: asyncio.Future[None] | None = None
        self._progress: Progress = lambda _fraction: None
        self._calls: dict[int, Running[Any]] = {}
        self._next = 1
        self._heard_at = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._figures = Figures()
        self._rates = (0.0, 0.0)
        self._gone: EngineLost | None = None
        self._closing = False

    @property
    def lost(self) -> EngineLost | None:
        """What ended the process; None while it lives."""
        return self._gone

    @property
    def pid(self) -> int:
        """Id of the engine's process; 0 when there is none."""
        return self._process.pid

    def rss_bytes(self) -> int:
        """Return the resident memory of the engine's process."""
        return self._process.rss_bytes()

    async def start(self) -> None:
        """Start the process and let it import what it will need; the model is not touched yet. Raises EngineError."""
        self._loaded = asyncio.get_running_loop().create_future()
        self._loaded.add_done_callback(lambda done: done.cancelled() or done.exception())
        await self._process.start()
        self._process.send({"do": "prepare", "factory": self._spec.factory, "imports": self._spec.imports})

    async def load(self, progress: Progress) -> None:
        """Load the model in the process that was started. Raises EngineError; EngineLost when that ended it."""
        assert self._loaded is not None
        self._progress = progress
        model, options = model_record(self.model), dict(self._spec.options)
        self._process.send({"do": "load", "factory": self._spec.factory, "model": model, "options": options})
        self._heard_at = time.monotonic()
        while not self._loaded.done():
            left = self._heard_at + LOAD_PATIENCE - time.monotonic()
            if left <= 0:
                self._process.kill(f"hung: nothing was heard of it for {LOAD_PATIENCE:.0f} s")
                break
            await asyncio.wait({self._loaded}, timeout=left)
        await self._loaded

    def pause(self, on: bool) -> None:
        """Let background work rest before its next step while `on`."""
        if self.pauses and self._gone is None:
            self._process.send({"do": "pause", "on": on})

    async def close(self) -> None:
        """End running calls, free the model, end the process."""
        self._closing = True
        self._end_calls(EngineLost(f"The {self.role} engine was closed.", "Try again."))
        await self._process.close(CLOSE_SECONDS)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _begin(self, cancelled: threading.Event, head: dict[str, Any], blob: bytes = b"") -> tuple[int, Running[Any]]:
        id, self._next = self._next, self._next + 1

        def stop(_running: Running[Any]) -> None:
            self._process.send({"do": "cancel", "id": id})

        running: Running[Any] = Running(self.kinds, cancelled, stop)
        if self._gone is not None:
            running.end(EngineLost(self._gone.message, self._gone.hint))  # one each: a traceback grows with each raise
            return id, running
        try:
            self._process.send({"id": id} | head, blob)
        except BadFrame as error:
            running.end(BadRequest(f"The request is too large: {error}.", "Send less at once."))
            return id, running
        self._calls[id] = running
        if self._tick is None:
            self._heard_at = time.monotonic()
            self._tick = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._look)
        return id, running

    def _look(self) -> None:
        """Ten times a second while calls run: has anybody given up, does the engine still live?"""
        self._tick = None
        now = time.monotonic()
        for running in tuple(self._calls.values()):
            if running.cancelled.is_set():
                running.stop()
            if running.stopped_at and now - max(running.stopped_at, self._heard_at) > self._patience:
                self._process.kill(f"hung: it did not let go of a call for {self._patience:.0f} s")
                return
        if self._calls:
            self._tick = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._look)

    def _end_calls(self, error: EngineLost) -> None:
        self._gone = error
        calls, self._calls = self._calls, {}
        for running in calls.values():
            running.end(EngineLost(error.message, error.hint))
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None

    # -- what the process says ---------------------------------------------------------------------------------------

    def _heard(self, head: dict[str, Any], blob: bytes) -> None:
        self._heard_at = time.monotonic()
        try:
            match head["is"]:
                case "turn":
                    for told in head["of"]:
                        self._told(*told)
                case "figures":
                    self._take_figures(head)
                case "took":
                    self._took(head["id"], count(head["bytes"]))
                case "progress":
                    self._progress(min(1.0, max(0.0, number(head["fraction"]))))
                case "loaded":
                    self._take_about(head["about"])
                    self._take_figures(head)
                    self._settle(None)
                case "failed":
                    self._settle(read_error(head["error"]))
                case other:
                    self._made(other, head, blob)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadFrame(f"a frame makes no sense: {error!r}") from error

    def _told(self, id: Any, events: Any, error: Any, ended: Any) -> None:
        running = self._call(id)
        read = many(read_event)(events)
        if running is None:
            return
        if not all(isinstance(event, running.kinds) for event in read):
            raise BadFrame("an event belongs to another kind of call")
        if read:
            running.put(list(read))
        if error is not None:
            running.failed = read_error(error)
        if ended:
            del self._calls[id]
            running.end()

    def _made(self, kind: Any, head: dict[str, Any], blob: bytes) -> None:
        raise BadFrame(f"a frame is of the unknown kind {kind!r:.40}")

    def _took(self, id: Any, taken: int) -> None:
        if (running := self._call(id)) is not None:
            running.unread = max(0, running.unread - taken)
            running.space.set()

    def _call(self, id: Any) -> Running[Any] | None:
        """The call of that id; None when it has ended already."""
        if not 0 < count(id) < self._next:
            raise BadFrame("a frame is about a call that never was")
        return self._calls.get(id)

    def _take_about(self, about: dict[str, Any]) -> None:
        self.slots, self.context, self.dimension, self.max_tokens = (count(about[name]) for name in _ABOUT)
        self.slots = min(max(1, self.slots), MOST_SLOTS)
        self.pauses = bool(count(about["pauses"]))

    def _take_figures(self, head: dict[str, Any]) -> None:
        self._figures = read_figures(head["figures"])
        self._rates = row(lambda *rates: rates, number, number)(head["rates"])

    def _settle(self, error: EngineError | None) -> None:
        if self._loaded is not None and not self._loaded.done():
            if error is None:
                self._loaded.set_result(None)
            else:
                self._loaded.set_exception(error)

    def _ended(self, why: str) -> None:
        loading = self._loaded is not None and not self._loaded.done()
        what = f"{self.model.name} could not be loaded: the engine's process" if loading else f"The {self.role} engine"
        hint = (
            "The file may be damaged or made for another version; the node's log says more."
            if loading
            else "Try again: the engine is started anew."
        )
        error = EngineLost(f"{what} {why}.", hint)
        self._settle(error)
        self._end_calls(error)
        if not self._closing:
            log.error("%s", error.message)
            self.died(error)


class HostedChat(HostedEngine):
    """A chat engine in a process of its own."""

    role = "chat"
    kinds = (Prefill, Token, ToolCall, Done)

    def __init__(self, model: ModelFile, spec: EngineSpec, *, patience: float = CHAT_PATIENCE) -> None:
        super().__init__(model, spec, patience=patience)

    @property
    def prefill_rate(self) -> float:
        """Measured tokens/s of reading a prompt; 0 = not measured yet."""
        return self._rates[0]

    @property
    def decode_rate(self) -> float:
        """Measured tokens/s of one answer; 0 = not measured yet."""
        return self._rates[1]

    def figures(self) -> Figures:
        """Return what the engine said last of itself, at most a quarter of a second old while it works."""
        return self._figures

    def generate(self, request: ChatRequest) -> Running[ChatEvent]:
        """Begin an answer; no thread waits for it."""
        return self._begin(request.cancelled, {"do": "chat", "request": request_record(request)})[1]


class HostedEmbed(HostedEngine):
    """An embedding engine in a process of its own."""

    role = "embed"

    def embed(
        self, texts: Sequence[str], kind: Literal["query", "passage"], *, background: bool = False
    ) -> Running[Vectors]:
        """Begin to embed; yields one Vectors."""
        head = {"do": "embed", "texts": tuple(texts), "kind": kind, "background": background}
        return self._begin(threading.Event(), head)[1]

    def _made(self, kind: Any, head: dict[str, Any], blob: bytes) -> None:
        if kind != "vectors":
            return super()._made(kind, head, blob)
        tokens, windows = many(count)(head["tokens"]), many(count)(head["windows"])
        vectors = Vectors(blob, count(head["dimension"]), tokens, windows)
        if (running := self._call(head["id"])) is not None:
            running.put([vectors])


class HostedRerank(HostedEngine):
    """A reranking engine in a process of its own."""

    role = "rerank"

    def rerank(self, query: str, texts: Sequence[str]) -> Running[tuple[float, ...]]:
        """Begin to score; yields the scores once."""
        return self._begin(threading.Event(), {"do": "rerank", "query": query, "texts": tuple(texts)})[1]

    def _made(self, kind: Any, head: dict[str, Any], blob: bytes) -> None:
        if kind != "scores":
            return super()._made(kind, head, blob)
        scores = many(number)(head["scores"])
        if (running := self._call(head["id"])) is not None:
            running.put([scores])


class HostedRecognise(HostedEngine):
    """A reader of scans in a process of its own."""

    role = "ocr"

    def recognise(self, picture: bytes, language: str, *, background: bool = False) -> Running[Recognised]:
        """Begin to read; yields one Recognised."""
        head = {"do": "recognise", "language": language, "background": background}
        return self._begin(threading.Event(), head, picture)[1]

    def _made(self, kind: Any, head: dict[str, Any], blob: bytes) -> None:
        if kind != "lines":
            return super()._made(kind, head, blob)
        found = read_recognised(head["found"])
        if (running := self._call(head["id"])) is not None:
            running.put([found])
