"""What is computed next: turns of one decode each, shared by all running answers. Runs on the engine's own thread.

A turn computes one token of every answer that writes (or, when only one does, a draft of several) and, beside them, one
chunk of a prompt; prompts take turns. So a new prompt stretches the pause between two tokens of the others by one chunk
and never more.

Background answers are computed only while nobody waits for another: they pause between two turns. When an answer that
somebody waits for has no stream, one of them gives its own back; it keeps what it wrote and reads itself in again.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from nodeworker.engines import Figures
from nodeworker.engines.llama.context import NativeContext
from nodeworker.engines.llama.native import NativeModel
from nodeworker.engines.llama.pace import Pace
from nodeworker.engines.llama.prefixes import Held, PrefixCache, shared_length
from nodeworker.engines.llama.slots import Answer
from nodeworker.errors import EngineError

ALONE_SECONDS = 0.4
"""A chunk of a prompt takes about this long when nobody else waits: cancelling and progress stay prompt."""
SHARED_SECONDS = 0.15
"""The same while others write: their longest pause."""
_ROW_GROUP = 4
"""Rows that the kernels of repacked weights take together: prompts are cut there, so that cuts change no bit."""
MOST_DRAFT = 15
_WORTH_WAITING = 64
"""Tokens: a prompt waits for another that is just being read when that many more of them could then be shared."""


@dataclass(slots=True)
class _Share:
    """What a turn computes of one answer."""

    answer: Answer
    count: int
    """Tokens of `answer.tokens` that are computed."""
    draft: list[int]
    reading: bool
    """Whether these are tokens of a prompt, or of an answer that is computed again."""
    rows: range = range(0)


class Scheduler:
    """All answers of one context. `turn` is called by the owner of the thread until it returns False."""

    def __init__(
        self, model: NativeModel, context: NativeContext, pace: Pace, *, streams: int, exact_rows: int, drafts: bool
    ) -> None:
        """`exact_rows`: most tokens of a decode for which bits stay equal (0: any number); `drafts`: guess ahead."""
        self._model = model
        self._context = context
        self._pace = pace
        self._exact_rows = exact_rows
        self._drafts = drafts and model.rewinds
        self._grain = _ROW_GROUP if exact_rows else 1
        self.cache = PrefixCache(
            context, streams=streams, length=context.length, shares=model.rewinds, grain=self._grain
        )
        self.waiting: deque[Answer] = deque()
        self.running: list[Answer] = []
        self.paused = False
        """Whether background answers rest because other engines of this machine are needed."""
        self._turns = 0
        self._figures = Figures()
        self._told = 0.0

    def turn(self) -> bool:
        """Compute once; False when there is nothing to do. Raises EngineError when the engine is broken."""
        self._turns += 1
        self._let_go()
        self._admit()
        shares = self._plan()
        if not shares:
            return False
        begun = time.perf_counter()
        rows = self._compute(shares)
        self._account(shares, time.perf_counter() - begun)
        scores = self._context.scores(rows) if rows else None
        for share in shares:
            share.answer.report()
            if share.rows:
                assert scores is not None
                self._harvest(share, scores)
        return True

    def figures(self) -> Figures:
        """Return what is going on; computed at most four times a second."""
        now = time.monotonic()
        if now - self._told > 0.25 or self._figures.active != len(self.running) + len(self.waiting):
            self._told = now
            self._figures = Figures(
                active=len(self.running) + len(self.waiting),
                kv_cells=self.cache.length * len(self.cache.streams),
                free_kv_cells=self.cache.free,
                prefill_rate=self._pace.prefill_rate,
                decode_rate=self._pace.decode_rate,
                cached_prefixes=self.cache.blocks()[:4096],
            )
        return self._figures

    def end_all(self, error: EngineError) -> None:
        """Tell every answer of `error` and free all places."""
        for answer in [*self.running, *self.waiting]:
            answer.tell(error)
        self.drop_all()

    def drop_all(self) -> None:
        """Free all places without a word."""
        for answer in [*self.running, *self.waiting]:
            answer.release()
        self.running.clear()
        self.waiting.clear()

    # -- who runs ----------------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        for answer in [answer for answer in self.running if answer.gone]:
            self._leave(answer)
        for answer in [answer for answer in self.waiting if answer.gone]:
            self.waiting.remove(answer)
            answer.release()

    @property
    def _resting(self) -> bool:
        """Whether background answers may not be computed now."""
        return self.paused or any(not answer.background for answer in (*self.running, *self.waiting))

    def _admit(self) -> None:
        while (answer := self._next()) is not None:
            # Who is waited for waits for nobody who pauses.
            before = [other for other in self.running if answer.background or not other.background]
            if any(self._soon_shared(answer, other) for other in before):
                return
            held = self.cache.open(answer.tokens, most=self._reusable(answer))
            if held is None and not answer.background and self._put_back():
                held = self.cache.open(answer.tokens, most=self._reusable(answer))
            if held is None:
                return
            self.waiting.remove(answer)
            answer.held, answer.computed = held, len(held.tokens)
            if answer.cached is None:
                answer.cached = answer.computed
                answer.began = time.perf_counter()
            answer.report()
            self.running.append(answer)

    def _next(self) -> Answer | None:
        """The answer to be taken up next: in order, but background answers only when all others are done."""
        first = next((answer for answer in self.waiting if not answer.background), None)
        if first is None and self.waiting and not self._resting:
            first = self.waiting[0]
        return first

    def _put_back(self) -> bool:
        """Take its stream from the youngest background answer; False when there is none."""
        answer = next((answer for answer in reversed(self.running) if answer.background), None)
        if answer is None:
            return False
        self.running.remove(answer)
        assert answer.held is not None
        self.cache.close(answer.held, blocks=answer.blocks if answer.computed >= answer.prompt_length else ())
        answer.held, answer.computed = None, 0
        self.waiting.appendleft(answer)
        return True

    def _reusable(self, answer: Answer) -> int:
        """At least one token must be computed, for its scores; where rows matter, the end of the prompt together."""
        if not self._exact_rows:
            return len(answer.tokens) - 1
        return max(0, min(len(answer.tokens) - 1, answer.prompt_length - 2))

    def _soon_shared(self, answer: Answer, other: Answer) -> bool:
        if other.writing or other.computed >= other.prompt_length:
            return False
        if shared_length(other.tokens, answer.tokens) < other.computed + _WORTH_WAITING:
            return False
        return self.cache.match(answer.tokens)[1] <= other.computed

    def _leave(self, answer: Answer) -> None:
        self.running.remove(answer)
        if answer.held is not None:
            self.cache.close(answer.held, blocks=answer.blocks)
            answer.held = None
        answer.release()

    # -- what is computed --------------------------------------------------------------------------------------------

    def _plan(self) -> list[_Share]:
        able = [answer for answer in self.running if not (answer.background and self._resting)]
        writing = [answer for answer in able if answer.writing]
        reading = [answer for answer in able if not answer.writing]
        room = self._context.batch
        shares = []
        for answer, draft in zip(writing, self._guess(writing, bool(reading)), strict=True):
            shares.append(_Share(answer, 1, draft, reading=False))
            room -= 1 + len(draft)
        if reading:
            brief = bool(writing) or all(answer.background for answer in reading)
            chunk = min(room, self._pace.chunk(SHARED_SECONDS if brief else ALONE_SECONDS, beside=bool(writing)))
            for answer in sorted(reading, key=lambda answer: answer.served):
                count = self._piece(answer, chunk)
                if count <= 0:
                    break
                answer.served = self._turns
                shares.append(_Share(answer, count, [], reading=True))
                chunk -= count
        return shares

    def _piece(self, answer: Answer, room: int) -> int:
        """How many uncomputed tokens of an answer go into a decode with that much room."""
        count = min(answer.left, room)
        if self._exact_rows and answer.computed < answer.prompt_length:
            # The prompt goes in whole groups of rows and is not mixed with what was written after it.
            left = answer.prompt_length - answer.computed
            return left if left <= count else count // self._grain * self._grain
        return min(count, self._exact_rows) if self._exact_rows else count

    def _guess(self, writing: list[Answer], reading: bool) -> list[list[int]]:
        """A draft for an answer that writes alone, as long as it pays by the measured times.

        In company there is none: llama.cpp computes streams together only as far as they have equally many tokens.
        """
        if not self._drafts or reading or len(writing) != 1:
            return [[] for _ in writing]
        most = min(MOST_DRAFT, self._exact_rows - 1) if self._exact_rows else MOST_DRAFT
        answer = writing[0]
        draft, matched = answer.draft(min(most, self._context.batch - 1))
        hope = min(0.97, answer.hope + 0.04 * (matched - 2))
        return [draft[: self._pace.worth(len(draft), hope)]]

    def _compute(self, shares: list[_Share]) -> int:
        """Decode once; returns how many rows of scores there are."""
        rows = 0
        for share in sorted(shares, key=_stream):
            answer = share.answer
            tokens = [*answer.tokens[answer.computed : answer.computed + share.count], *share.draft]
            outputs = 1 + len(share.draft) if share.count == answer.left else 0
            share.rows = self._context.add(tokens, _stream(share), answer.computed, outputs)
            rows += outputs
        holes = self._fill(shares)
        self._context.decode()
        for hole in holes:
            self.cache.drop_end(hole)
        for share in shares:
            answer = share.answer
            assert answer.held is not None
            end = answer.computed + share.count
            self.cache.grow(answer.held, [*answer.tokens[answer.computed : end], *share.draft])
            answer.computed = end
        return rows

    def _fill(self, shares: list[_Share]) -> list[Held]:
        """Give idle streams between running ones, and those of answers that pause, a token to compute; returns them.

        llama.cpp computes streams together only if they are neighbours: a hole would cost a second pass over all
        weights, a token costs little.
        """
        if len(shares) < 2 or not self._model.rewinds:
            return []
        taken = {_stream(share) for share in shares}
        between = [held for held in self.cache.streams[min(taken) : max(taken)] if held.id not in taken]
        room = self._context.batch - sum(share.count + len(share.draft) for share in shares)
        pausing = {answer.held.id for answer in self.running if answer.background and answer.held is not None}
        free = [held for held in between if not held.running or held.id in pausing]
        holes = [held for held in free if len(held.tokens) < self.cache.length]
        if len(holes) < len(between) or len(holes) > min(room, len(shares)):
            return []
        for hole in holes:
            self._context.add([0], hole.id, len(hole.tokens), 0)
        return holes

    def _account(self, shares: list[_Share], seconds: float) -> None:
        tokens = sum(share.count + len(share.draft) for share in shares)
        reading = sum(share.count for share in shares if share.reading)
        if reading == tokens:
            self._pace.read(tokens, seconds)
        elif not reading:
            self._pace.wrote(tokens, seconds)
        else:
            self._pace.read_beside(reading, seconds, tokens - reading)

    # -- what came of it ---------------------------------------------------------------------------------------------

    def _harvest(self, share: _Share, scores: Any) -> None:
        """Pick the next token, and as many more as the draft had right."""
        answer, right, reason = share.answer, 0, ""
        for place, row in enumerate(share.rows):
            try:
                token, logprobs = answer.picker.pick(scores[row], len(answer.tokens) - answer.prompt_length)
            except EngineError as error:  # a grammar that allows nothing more, scores that are no numbers
                answer.tell(error)
                self._leave(answer)
                return
            if self._model.is_end(token):
                reason = "stop"
                break
            answer.add(token, self._model.piece(token), logprobs)
            hit = place < len(share.draft) and share.draft[place] == token
            right += hit
            answer.computed += hit
            reason = _reason(answer)
            if reason or not hit:
                break
        if share.draft:
            answer.learn(len(share.draft), right)
            assert answer.held is not None
            self.cache.cut(answer.held, answer.computed)
        if reason:
            answer.finish(reason)  # type: ignore[arg-type]  # one of the three words below
            self._leave(answer)


def _stream(share: _Share) -> int:
    assert share.answer.held is not None
    return share.answer.held.id


def _reason(answer: Answer) -> str:
    """Why the answer is over, or "" when it goes on."""
    if answer.stream.stopped:
        return "stop"
    if answer.made < answer.most:
        return ""
    limit = answer.request.sampling.max_tokens
    return "length" if limit and answer.made + answer.shown_length >= limit else "context"
