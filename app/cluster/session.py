"""One answer, whatever happens to the nodes: the best one makes it, and when it is lost the next one goes on.

Before anything was shown, a failed node is simply replaced by the next, and one that is late gets a rival (see
app.cluster.racing). After that, the next node gets what was made (see app.cluster.shown) and goes on; `Moved` comes
together with its first visible text, so that `gap_ms` is the pause that the reader saw. The caller keeps what was
shown, also when in the end no node is left.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.cluster.budget import RetryBudget
from app.cluster.guarding import guarded
from app.cluster.outliers import Outliers
from app.cluster.racing import Lane, Laned, alone, is_idle, late_after, race
from app.cluster.routing import Choice, has_wanted, pick_model
from app.cluster.shown import Resume, Shown
from app.errors import ModelError, NodeBusy, NodeError, NodeLost
from app.events import Generated, ModelInfo, Moved, NodeChosen, NodeInfo, TokenReceived, Usage
from app.thinking import ChatRequest, GenerationEvent

if TYPE_CHECKING:
    from app.cluster.client import Attempt, NodeEvent

MOVES = 5
"""An answer moves this often at most."""
AGAIN_SECONDS = 0.1
"""Times the number of tries so far: the pause before the same node is asked again."""
BUSY_SECONDS = 30.0
"""How long an answer waits for places that full nodes have promised."""
SPREAD = 0.25
"""A full node is asked again up to this share later than it said, drawn by request: not all come back at once."""
PLANNED = frozenset({"draining", "busy"})
"""Ends of an attempt that say nothing against the node."""

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
        *,
        budget: RetryBudget | None = None,
        outliers: Outliers | None = None,
    ) -> None:
        """Prepare; `silent` tells for how many seconds nothing was heard of the node with an id.

        `budget` and `outliers` are those of all sessions of this desktop.
        """
        sampled = request.temperature > 0 and not request.seed
        self._request = replace(request, seed=_seed(request.request_id)) if sampled else request
        self._rank = rank
        self._open = open
        self._silent = silent
        self._learn = learn
        self._budget = budget or RetryBudget()
        self._outliers = outliers or Outliers()
        self._shown = Shown(request.max_tokens)
        self._tries: Counter[str] = Counter()
        self._once: set[str] = set()
        """Nodes that said why they cannot: no second try."""
        self._places: dict[str, float] = {}
        """When full nodes expect to have a place."""
        self._full_at = 0.0
        self._elsewhere = False
        """Whether the answer could go on on another node than the one that makes it now."""
        self._errors: list[NodeError] = []
        self._last = ""
        """Id of the node that failed last."""
        self._running: list[str] = []
        """Ids of the nodes of the attempt that runs: one, or two that race."""
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
        self._budget.asked()
        while True:
            choice = await self._next()
            if choice.node.id == self._last:
                # It was lost a moment ago and is the only one left: what watches it may not have noticed yet.
                await asyncio.sleep(AGAIN_SECONDS * self._tries[self._last])
            self._running = [choice.node.id]
            self._tries[choice.node.id] += 1
            try:
                async with aclosing(self._attempt(choice)) as events:
                    async for event in events:
                        yield event
                return
            except NodeError as error:
                self._failed(self._running[-1], error)

    async def _next(self) -> Choice:
        """Wait until an attempt may be made, and return where: after a failure that may take a moment."""
        paid = not self._errors or self._errors[-1].code == "draining"
        while True:
            choices = self._candidates()
            now = time.monotonic()
            ready = [choice for choice in choices if self._places.get(choice.node.id, 0.0) <= now]
            if not ready:
                soonest = min(self._places[choice.node.id] for choice in choices)
                if soonest - self._full_at > BUSY_SECONDS:
                    raise self._final(self._errors[-1])
                await asyncio.sleep(soonest - now)
                continue
            choice = ready[0]
            if not (paid or choice.node.local or self._budget.spend()):
                # Too much has failed lately: this machine's node goes on without asking anybody.
                local = next((other for other in ready if other.node.local), None)
                if local is None:
                    paid = True
                    await asyncio.sleep(self._budget.owe())
                    continue
                choice = local
            self._elsewhere = any(other.node.id != choice.node.id for other in choices)
            return choice

    def _candidates(self) -> list[Choice]:
        """Return the nodes that may still be tried, best first. Raises NodeError when there are none."""
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
        left = [
            choice
            for choice in choices
            if choice.node.id not in self._once and self._tries[choice.node.id] < (MOVES if choice.node.local else 2)
        ]
        if left:
            return left
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
        self._last = id
        self._note(id, error)
        if self._shown.text and not isinstance(error, NodeBusy):
            self._moves += 1

    def _note(self, id: str, error: NodeError) -> None:
        self._errors.append(error)
        self._running.remove(id)
        if error.code not in PLANNED:
            self._outliers.note(id, failed=True)
        if isinstance(error, NodeBusy) and error.retry_ms > 0:
            now = time.monotonic()
            self._full_at = self._full_at or now
            spread = 1.0 + SPREAD * random.Random(f"{self._request.request_id} {id}").random()
            self._places[id] = now + spread * error.retry_ms / 1000.0
            self._tries[id] -= 1
        elif not isinstance(error, NodeLost) and error.code != "local_node":
            self._once.add(id)

    async def _attempt(self, choice: Choice) -> AsyncGenerator[GenerationEvent, None]:
        if not self._shown.text:
            lane = await self._fresh(choice)
            yield NodeChosen(lane.node.name, lane.node.id, choice.reason, lane.model.name)
            resume = self._shown.resume(lane.model.sha256, remake=False)
            racing = race(
                lane, late_after(choice), self._rival, lambda lane, error: self._note(lane.choice.node.id, error)
            )
            async with aclosing(self._visible(racing, lane, resume)) as events:
                async for event in events:
                    yield event
            return
        opened = await self._open(choice.node)
        model = self._model(opened[1])
        for again in (True, False) if self._shown.can_remake(model.sha256) else (False,):
            self._shown.settle()
            if not again and self._shown.over:
                yield self._complete(model, self._shown.over)
                return
            resume = self._shown.resume(model.sha256, remake=again)
            try:
                lane = self._lane(choice, opened, resume)
                async with aclosing(self._visible(alone(lane), lane, resume)) as events:
                    async for event in events:
                        yield event
                return
            except _Differs:
                continue  # another machine's arithmetic: go on after the ids as they are

    async def _fresh(self, choice: Choice) -> Lane:
        """Open a node and prepare to begin there; what opening takes is part of its prediction. Raises NodeError."""
        began = time.monotonic()
        lane = self._lane(choice, await self._open(choice.node), Resume())
        lane.began = began
        return lane

    def _lane(self, choice: Choice, opened: tuple[Answerer, NodeInfo], resume: Resume) -> Lane:
        """Prepare an attempt; its request id is used for no other. Raises NodeError."""
        from app.cluster.client import Attempt

        answerer, node = opened
        model = self._model(node)
        self._calls += 1
        request = self._request
        attempt = Attempt(
            request,
            request.request_id if self._calls == 1 else f"{request.request_id}-{self._calls}",
            model.sha256 or model.name,
            resume.ids,
            resume.text,
            moves=self._elsewhere,
        )
        stream = answerer.generate(attempt)
        return Lane(choice, node, model, guarded(stream, lambda: self._silent(node.id), local=node.local))

    async def _rival(self, first: Lane) -> Lane | None:
        """Start the answer on an idle node that is as good as the one that is late."""
        request = self._request
        if request.ahead:
            return None
        try:
            choices = self._rank(request, {*self._tries})
        except NodeError:
            return None
        for choice in choices:
            model, id = choice.model, choice.node.id
            if id in self._tries or not (is_idle(choice.node) and choice.fits and model):
                continue
            if model.trustworthy >= first.model.trustworthy and has_wanted(model, request.model):
                break
        else:
            return None
        if not self._budget.spend():
            return None
        self._tries[id] += 1
        self._running.append(id)
        try:
            return await self._fresh(
                replace(choice, why=lambda _: f"{first.node.name} is late, {choice.node.name} has nothing else to do.")
            )
        except NodeError as error:
            self._note(id, error)
            return None

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
        self, laned: AsyncGenerator[Laned, None], lane: Lane, resume: Resume
    ) -> AsyncGenerator[GenerationEvent, None]:
        """Yield an attempt's events as the reader sees them: no empty text, nothing twice, Moved where it goes on.

        Where a rival of `lane` is quicker, its events come from then on, after its NodeChosen.
        """
        shown, skip = self._shown, resume.skip
        moving = bool(shown.text)
        before = len(shown.ids)
        waiting = time.monotonic()
        self._waited_ms, earlier_ms = 0.0, self._waited_ms
        learning = not (moving or self._request.ahead)  # what is read ahead may rest for long
        async with aclosing(laned):
            async for now_lane, event in laned:
                if now_lane is not lane:
                    self._learn(lane.choice, 1000.0 * (time.monotonic() - lane.began))  # it would have taken longer
                    lane = now_lane
                    self._running = [lane.choice.node.id]
                    shown.restart(lane.model.sha256)
                    yield NodeChosen(lane.node.name, lane.node.id, lane.choice.reason, lane.model.name)
                node = lane.node
                if isinstance(event, TokenReceived):
                    self._waited_ms = self._waited_ms or earlier_ms + 1000.0 * (time.monotonic() - waiting)
                    if learning:
                        self._learn(lane.choice, 1000.0 * (time.monotonic() - lane.began))
                        learning = False
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
                    self._outliers.note(node.id, failed=False)
                    yield self._generated(event, node, before, earlier_ms)
                    return
                else:
                    yield event

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
