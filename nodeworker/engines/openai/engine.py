"""The chat engine in front of an OpenAI-style server: vLLM, SGLang, llama-server, Ollama and others on the same rig.

It holds no native code and no model: each answer is one streamed request over HTTP, made by the thread that the room
gives it. The server's token ids are not known, so its tokens carry text only, and an answer goes on by its text.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

from nodeworker.engines import ChatEvent, ChatRequest, Done, Figures, Progress
from nodeworker.engines.openai.answer import Answer
from nodeworker.engines.openai.http import Guard, Reply, Stopped, refusal
from nodeworker.engines.openai.request import Dialect, body, written
from nodeworker.engines.openai.resume import (
    Continued,
    Continuing,
    NoSeam,
    Retold,
    Seam,
    Way,
    anchor,
    continued,
    fields,
    measured,
)
from nodeworker.engines.openai.server import DEFAULT_SLOTS, OpenAiServer
from nodeworker.engines.openai.stream import DONE, Chunk, EventParser, read_chunk, read_counts
from nodeworker.errors import AnswerLost, BadRequest, EngineError, Unsupported
from nodeworker.models.model_file import ModelFile

CHARACTERS_PER_TOKEN = 4.0
"""Until the server's own counts have shown what it is here."""
_LEAST_PROMPT = 64
_LEAST_ANSWER = 16
"""Tokens from which a rate is measured; fewer say more about the way to the server than about the model."""
_SPARE = 4
_NEW = 0.3
"""Share of the latest measurement in a rate."""
_log = logging.getLogger(__name__)


class OpenAiEngine:
    """Answers of one model of a server. `generate` may run in `slots` threads at once."""

    def __init__(self, server: OpenAiServer, model: ModelFile) -> None:
        """Prepare; nothing is asked before `load`."""
        self.slots = server.slots
        self.context = model.context
        self.prefill_rate = 0.0
        self.decode_rate = 0.0
        self._server = server
        self._model = model
        self._id = ""
        self._key = ""
        self._dialect = Dialect()
        self._continuing: Continuing | None = None
        self._characters_per_token = CHARACTERS_PER_TOKEN
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def load(self, progress: Progress) -> None:
        """Look whether the server is there and has the model. Raises EngineError, ModelMissing."""
        guard = Guard(closed=self._closed)
        try:
            traits = self._server.traits(guard)
            progress(0.5)
            self._id = self._server.id_of(self._model)
        except Stopped:
            raise EngineError("Loading was stopped.") from None
        self._key = self._server.choice.read_key()
        self._dialect = Dialect.of(traits)
        self.context = traits.context or self.context
        told = traits.slots or DEFAULT_SLOTS
        # One that makes one answer at a time cuts the first off when a second comes: no choice can change that.
        self.slots = 1 if traits.slots == 1 else self._server.choice.slots or told
        choice = self._server.choice
        if choice.scheme == "http" and not choice.host.startswith("127.") and choice.host not in ("localhost", "::1"):
            _log.warning("%s is asked without encryption: your own network can read it", choice.address)
        _log.info("%s of the %s at %s", self._model.name, traits.kind, choice.address)
        progress(1.0)

    def close(self) -> None:
        """End all answers; the server keeps its model."""
        self._closed.set()

    def figures(self) -> Figures:
        """Return what this side knows; the server's cache is not known."""
        return Figures(active=self._server.active, prefill_rate=self.prefill_rate, decode_rate=self.decode_rate)

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Yield one answer. Closing it, or `request.cancelled`, closes the connection within 30 ms.

        Raises:
            ContextOverflow, Busy, ModelMissing, Unsupported: the server says so.
            AnswerLost: this answer broke off, stalled or is malformed.
            EngineError: the server cannot be reached, or does not take the key.
        """
        if self._closed.is_set() or not self._id:
            raise EngineError("The model server has not been asked yet.")
        if request.resume:
            raise BadRequest("A model server's tokens have no ids here.", "Resume with text instead.")
        guard = Guard(request.cancelled, self._closed)
        with self._server.answering():
            try:
                yield from self._answered(request, guard)
            except Stopped:
                return

    def _answered(self, request: ChatRequest, guard: Guard) -> Iterator[ChatEvent]:
        shown = request.resume_text
        limit = request.sampling.max_tokens
        if shown and limit:
            limit -= round(len(shown) / self._characters_per_token)
            if limit <= 0:
                yield Done("length", 0, 0, 0, 0.0, 0.0)
                return
        messages = written(request.messages)
        if not shown.strip():
            seam: Seam = Continued(shown, echo=False) if shown else NoSeam()
            yield from self._streamed(request, messages, {}, seam, limit, guard)
            return
        how = self._known_way(guard)
        # What is said again costs tokens too.
        again = round(len(anchor(shown)) / self._characters_per_token) + _SPARE if limit else 0
        try:
            yield from self._streamed(
                request,
                continued(messages, shown, how.way),
                fields(how.way),
                _seam(how, shown),
                limit + (again if how.way is Way.RETELL else 0),
                guard,
            )
        except Unsupported as error:
            # Raised before anything came: some models cannot be continued, such as those that think first.
            if how.way is Way.RETELL:
                raise
            _log.info("%s is asked to go on in words: %s", self._model.name, error.message)
            retold = continued(messages, shown, Way.RETELL)
            yield from self._streamed(request, retold, {}, Retold(shown), limit + again, guard)

    def _streamed(
        self,
        request: ChatRequest,
        messages: list[dict[str, Any]],
        more: dict[str, Any],
        seam: Seam,
        limit: int,
        guard: Guard,
    ) -> Iterator[ChatEvent]:
        """Ask, more plainly where that is refused, and yield what comes. A refusal is raised before any event."""
        refused: EngineError | None = None
        for dialect in (self._dialect, *self._dialect.plainer(request)):
            asked = body(request, self._id, dialect, messages=messages, max_tokens=limit) | more
            guard.give(self._server.wire.patience.first)
            with self._server.wire.request("POST", self._path, asked, guard, self._key) as reply:
                if reply.status != 200:
                    error = reply.refusal()
                    refused = refused or error
                    if not reply.may_be_wording(error):
                        raise error
                    continue
                if dialect != self._dialect:
                    _log.info("%s is spoken to more plainly from now on: %s", self._server.choice.address, refused)
                    self._dialect = dialect
                answer = Answer(seam=seam, stops=request.sampling.stop, shown=request.resume_text, limit=limit)
                yield from self._events(reply, answer, guard)
                for event in answer.finish():
                    if isinstance(event, Done):
                        self._measure(event, answer)
                    yield event
                return
        assert refused is not None
        raise refused

    def _events(self, reply: Reply, answer: Answer, guard: Guard) -> Iterator[ChatEvent]:
        patience = self._server.wire.patience
        try:
            for chunk in _chunks(reply):
                yield from answer.take(chunk)
                if answer.enough:
                    return
                # Only what belongs to the answer gives more time: comments and drops of a line do not.
                if answer.ended:
                    guard.give(patience.last)
                elif answer.begun:
                    guard.give(patience.between)
                elif chunk.read is not None:
                    guard.give(patience.first)
        except EngineError:
            if not answer.ended:
                raise
            # Only the counts are missing.

    def _known_way(self, guard: Guard) -> Continuing:
        """Return how this server goes on with an answer; measured at the first one that has to go on."""
        if self._continuing is not None:
            return self._continuing
        sure = True

        def count(messages: list[dict[str, Any]], more: dict[str, Any]) -> int:
            nonlocal sure
            asked = {"model": self._id, "messages": messages, "max_tokens": 1, "temperature": 0} | more
            guard.give(self._server.wire.patience.first)
            try:
                found, _ = self._server.wire.ask(self._path, guard, self._key, asked)
            except Unsupported:
                return 0
            except AnswerLost:
                sure = False  # it may have been busy with something else
                return 0
            counts = read_counts(found) if isinstance(found, dict) else None
            return counts.prompt if counts else 0

        def begin(messages: list[dict[str, Any]], more: dict[str, Any]) -> str:
            asked = {"model": self._id, "messages": messages, "max_tokens": 1, "temperature": 0, "stream": True} | more
            guard.give(self._server.wire.patience.first)
            with self._server.wire.request("POST", self._path, asked, guard, self._key) as reply:
                return "".join(chunk.text for chunk in _chunks(reply))

        found = measured(self._dialect.kind, count, begin)
        if sure:
            self._continuing = found
            _log.info("%s goes on with answers by %s", self._server.choice.address, found.way.value)
        return found

    def _measure(self, done: Done, answer: Answer) -> None:
        read = done.prompt_tokens - done.cached_tokens
        with self._lock:
            if read >= _LEAST_PROMPT and done.prefill_ms > 0:
                self.prefill_rate = _moved(self.prefill_rate, read / done.prefill_ms * 1000)
            if done.completion_tokens >= _LEAST_ANSWER and done.decode_ms > 0:
                # The first token comes with the end of the prompt.
                self.decode_rate = _moved(self.decode_rate, (done.completion_tokens - 1) / done.decode_ms * 1000)
                if answer.told and answer.characters:
                    ratio = answer.characters / done.completion_tokens
                    self._characters_per_token = _moved(self._characters_per_token, min(max(ratio, 0.5), 12.0))

    @property
    def _path(self) -> str:
        return f"{self._server.choice.path}/chat/completions"


def _chunks(reply: Reply) -> Iterator[Chunk]:
    """Yield the chunks of a stream until it says that it is done. Raises AnswerLost where it is none, or breaks off."""
    if reply.status != 200:
        raise reply.refusal()
    if reply.kind != "text/event-stream":
        if reply.kind == "application/json" and isinstance(found := reply.json(), dict) and found.get("error"):
            raise refusal(0, json.dumps(found))
        raise AnswerLost(f"The model server answered with {reply.kind or 'something unnamed'} instead of a stream.")
    parser = EventParser()
    for data in _data(reply, parser):
        if data.strip() == DONE:
            return
        yield read_chunk(data)


def _data(reply: Reply, parser: EventParser) -> Iterator[str]:
    for piece in reply.pieces():
        yield from parser.feed(piece)
    yield from parser.finish()


def _seam(how: Continuing, shown: str) -> Seam:
    return Retold(shown) if how.way is Way.RETELL else Continued(shown, echo=how.echo)


def _moved(rate: float, measured_now: float) -> float:
    return (1 - _NEW) * rate + _NEW * measured_now if rate else measured_now
