"""One answer, whatever happens to the nodes: the best one makes it, and when it is lost the next one goes on.

Before anything was shown, a failed node is simply replaced by the next. After that, the next node gets what was made
(see app.cluster.shown) and goes on; `Moved` comes together with its first visible text, so that `gap_ms` is the pause
that the reader saw. The caller keeps what was shown, also when in the end no node is left.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.cluster.routing import Choice, pick_model
from app.cluster.shown import Resume, Shown
from app.errors import ModelError, NodeError, NodeLost
from app.events import Generated, ModelInfo, Moved, NodeChosen, NodeInfo, TokenReceived, Usage
from app.thinking import ChatRequest, GenerationEvent

if TYPE_CHECKING:
    from app.cluster.client import Attempt, NodeEvent

MOVES = 5
"""An answer moves this often at most."""
SILENCE_SECONDS = 10.0
"""Before the first token: nothing from the call for this long, and no heartbeat either, means lost."""
STALL_SECONDS = 1.0
LOCAL_STALL_SECONDS = 10.0
STALL_FACTOR = 5.0
"""After the first token: lost when the next takes longer than max(1 s, 5 × the slowest of a hundred so far).

This machine's own node gets 10 s: its death is noticed at once by its socket, and when it only pauses because all
cores are busy with something else, starting over would make it worse.
"""
INTERVALS = 256
AGAIN_SECONDS = 0.1
"""Times the number of tries so far: the pause before the same node is asked again."""

Rank = Callable[[ChatRequest, Collection[str]], list[Choice]]
"""Candidates for a request, best first, those with the given ids last. Raises NodeError for a named node."""


class Answerer(Protocol):
    """What a session needs of a connection; `NodeClient` is one."""

    def generate(self, attempt: Attempt) -> AsyncGenerator[NodeEvent, None]:
        """Stream one attempt."""
        ...


Learn = Callable[[Choice, float], None]
"""Called with the milliseconds that a choice took to its first token."""
Open = Callable[[NodeInfo], Awaitable[tuple[Answerer, NodeInfo]]]
"""Connect to a node, starting this machine's if needed; returns also what is known of it then. Raises NodeError."""


class Session:
    """Makes one answer; use `events` once."""

    def __init__(
        self,
        request: ChatRequest,
        rank: Rank,
        open: Open,
        silent: Callable[[str], float],
        learn: Learn = lambda _choice, _milliseconds: None,
    ) -> None:
        """Prepare; `silent` tells for how many seconds nothing was heard of the node with an id."""
        sampled = request.temperature > 0 and not request.seed
        self._request = replace(request, seed=_seed(request.request_id)) if sampled else request
        self._rank = rank
        self._open = open
        self._silent = silent
        self._learn = learn
        self._shown = Shown(request.max_tokens)
        self._tries: Counter[str] = Counter()
        self._once: set[str] = set()
        """Nodes that said why they cannot: no second try."""
        self._errors: list[NodeError] = []
        self._last = ""
        self._moves = 0
        self._calls = 0
        self._told = 0
        """Ids that the caller has got."""
        self._from = ""
        """Name of the node that showed the last text."""
        self._visible_at = 0.0
        self._waited_ms = 0.0
        """Until the first token, in attempts that were lost later."""

    async def events(self) -> AsyncGenerator[GenerationEvent, None]:
        """Yield the answer's events, ending with Generated.

        Raises:
            NodeLost: it broke off and no node could go on; what was yielded stays valid.
            NodeError: no node can make it, or the request itself is wrong.
        """
        while True:
            choice = self._next()
            if choice.node.id == self._last:
                # It was lost a moment ago and is the only one left: what watches it may not have noticed yet.
                await asyncio.sleep(AGAIN_SECONDS * self._tries[self._last])
            self._last = choice.node.id
            self._tries[choice.node.id] += 1
            try:
                async with aclosing(self._attempt(choice)) as events:
                    async for event in events:
                        yield event
                return
            except NodeError as error:
                self._failed(choice.node.id, error)

    def _next(self) -> Choice:
        request = self._request
        if self._shown.text:
            # Who was asked for by name has answered; now finishing counts. "local" is kept: it may mean privacy.
            node = request.node if request.node.strip().lower() == "local" else ""
            request = replace(request, model=self._shown.sha256 or request.model, node=node)
        try:
            choices = self._rank(request, {*self._tries})
        except NodeError as error:
            raise self._final(error) from error
        if self._moves > MOVES:
            raise self._final(NodeLost(f"It was lost {self._moves} times."))
        for choice in choices:
            id = choice.node.id
            if id not in self._once and self._tries[id] < (MOVES if choice.node.local else 2):
                return choice
        raise self._final(
            NodeError(
                "No node can answer now.",
                code="no_node",
                hint="`tangnet nodes` shows them; `tangnet models list` shows whether there is a chat model.",
            )
        )

    def _final(self, last: NodeError) -> NodeError:
        if self._shown.text:
            cause = self._errors[-1] if self._errors else last
            return NodeLost(
                f"The answer broke off, and no other node could go on: {cause.message}",
                hint="What was shown is kept. Ask again for a whole answer; `tangnet nodes` shows the nodes.",
            )
        # A node that said what is wrong tells more than one that went away.
        said = [error for error in self._errors if not isinstance(error, NodeLost)]
        return (said or self._errors or [last])[0]

    def _failed(self, id: str, error: NodeError) -> None:
        # After text was shown even a context overflow is worth another node: that one may have a longer context.
        if not error.retryable and not self._shown.text:
            raise error
        self._errors.append(error)
        if not isinstance(error, NodeLost) and error.code != "local_node":
            self._once.add(id)
        if self._shown.text:
            self._moves += 1

    async def _attempt(self, choice: Choice) -> AsyncGenerator[GenerationEvent, None]:
        asked = time.monotonic()
        answerer, node = await self._open(choice.node)
        model = self._model(node)
        moving = bool(self._shown.text)
        if not moving:
            yield NodeChosen(node.name, node.id, choice.reason, model.name)
        remake = self._shown.can_remake(model.sha256)
        for again in (True, False) if remake else (False,):
            self._shown.settle()
            if not again and moving and self._shown.over:
                yield self._complete(model, self._shown.over)
                return
            resume = self._shown.resume(model.sha256, remake=again)
            try:
                async with aclosing(self._visible(answerer, self._numbered(model, resume), resume, node)) as events:
                    async for event in events:
                        if asked and not moving and isinstance(event, TokenReceived):
                            self._learn(choice, 1000.0 * (time.monotonic() - asked))
                            asked = 0.0
                        yield event
                return
            except _Differs:
                continue  # another machine's arithmetic: go on after the ids as they are

    def _numbered(self, model: ModelInfo, resume: Resume) -> Attempt:
        from app.cluster.client import Attempt

        self._calls += 1
        request = self._request
        return Attempt(
            request,
            request.request_id if self._calls == 1 else f"{request.request_id}-{self._calls}",
            model.sha256 or model.name,
            resume.ids,
            resume.text,
        )

    def _model(self, node: NodeInfo) -> ModelInfo:
        model = pick_model(node, (self._shown.sha256 if self._shown.text else "") or self._request.model)
        if model is None:
            where = "This machine" if node.local else node.name
            raise ModelError(
                f"{where} has no chat model.",
                code="model_missing",
                hint="`tangnet models add NAME` fetches one.",
                retryable=True,
            )
        return model

    async def _visible(
        self, answerer: Answerer, attempt: Attempt, resume: Resume, node: NodeInfo
    ) -> AsyncGenerator[GenerationEvent, None]:
        """Yield an attempt's events as the reader sees them: no empty text, nothing twice, Moved where it goes on."""
        shown, skip = self._shown, resume.skip
        moving = bool(shown.text)
        before = len(shown.ids)
        waiting = time.monotonic()
        self._waited_ms, earlier_ms = 0.0, self._waited_ms
        async with aclosing(answerer.generate(attempt)) as stream:
            async for event in _guarded(stream, lambda: self._silent(node.id), local=node.local):
                if isinstance(event, TokenReceived):
                    self._waited_ms = self._waited_ms or earlier_ms + 1000.0 * (time.monotonic() - waiting)
                    same = min(len(skip), len(event.text))
                    if event.text[:same] != skip[:same]:
                        raise _Differs
                    shown.take(event.ids, event.text)
                    text, skip = event.text[same:], skip[same:]
                    if not text:
                        continue
                    now = time.monotonic()
                    if moving:
                        moving = False
                        yield self._moved(node.name, resume, now)
                    self._from, self._visible_at = node.name, now
                    yield TokenReceived(text, node.name, shown.ids_from(self._told))
                    self._told = shown.made
                elif isinstance(event, Generated):
                    if skip:
                        raise _Differs
                    if moving:
                        yield self._moved(node.name, resume, time.monotonic())
                    yield self._generated(event, node, before, earlier_ms)
                    return
                else:
                    yield event
        raise NodeLost(f"{node.name} ended the answer without saying why.")

    def _moved(self, to: str, resume: Resume, now: float) -> Moved:
        reason = self._errors[-1].message if self._errors else ""
        return Moved(self._from, to, reason, round(1000.0 * (now - self._visible_at), 1), resume.exact)

    def _generated(self, event: Generated, node: NodeInfo, before: int, earlier_ms: float) -> Generated:
        """Add up what the attempts did: each token of the answer counts once, as completion."""
        usage = replace(event.usage, completion_tokens=before + event.usage.completion_tokens)
        return replace(event, usage=usage, node=node.name, prefill_ms=event.prefill_ms + earlier_ms)

    def _complete(self, model: ModelInfo, reason: str) -> Generated:
        # All tokens were there; only the last word of the lost node was missing.
        usage = Usage(completion_tokens=len(self._shown.ids))
        return Generated(reason, usage, 0.0, self._waited_ms, model.name, self._from)


class _Differs(Exception):
    """A piece that was to be made again came out differently."""


def _seed(request_id: str) -> int:
    """Return a seed for an answer that names none: the same in all its attempts, so that sampling goes on alike."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:4], "big") or 1


def stall_after(intervals: Collection[float], *, local: bool = False) -> float:
    """Return the seconds after which a node that has begun to answer counts as lost; `intervals` between its tokens."""
    least = LOCAL_STALL_SECONDS if local else STALL_SECONDS
    if not intervals or STALL_FACTOR * max(intervals) <= least:  # the rule, before any sorting
        return least
    slow = sorted(intervals)[min(len(intervals) * 99 // 100, len(intervals) - 1)]
    return max(least, STALL_FACTOR * slow)


async def _guarded(
    stream: AsyncIterator[NodeEvent], silent: Callable[[], float], *, local: bool = False
) -> AsyncGenerator[NodeEvent, None]:
    """Pass events on. Raises NodeLost when the node stalls after its first token, or is silent before it."""
    intervals: deque[float] = deque(maxlen=INTERVALS)
    last: float | None = None
    while True:
        if last is None:
            event = await _first(stream, silent)
        else:
            # Without a task of its own, which would cost more than all else that is done here for a token.
            patience = stall_after(intervals, local=local)
            try:
                async with asyncio.timeout(patience):
                    event = await _one(stream)
            except TimeoutError:
                raise NodeLost(f"No more text came for {patience:.1f} s.") from None
        if event is None:
            return
        now = time.monotonic()
        if isinstance(event, TokenReceived):
            if last is not None:
                intervals.append(now - last)
            last = now
        yield event


async def _first(stream: AsyncIterator[NodeEvent], silent: Callable[[], float]) -> NodeEvent | None:
    """Return the next event before the first token, however long it takes while the node shows that it lives."""
    pending = asyncio.create_task(_one(stream))
    try:
        while not (await asyncio.wait({pending}, timeout=SILENCE_SECONDS))[0]:
            if silent() > SILENCE_SECONDS:
                raise NodeLost(f"Nothing came for {SILENCE_SECONDS:.0f} s, not even a sign of life.")
        return pending.result()
    finally:
        await _settled(pending)


async def _one(stream: AsyncIterator[NodeEvent]) -> NodeEvent | None:
    return await anext(stream, None)


async def _settled(task: asyncio.Task[NodeEvent | None]) -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # looked at here: when the session itself is being cancelled nobody else does
