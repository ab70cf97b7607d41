"""What a node has done since it started: calls by outcome, tokens, times. Numbers only, never what was said."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal

from nodeworker.engines import Done
from nodeworker.errors import EngineError
from nodeworker.load.waiting import MEMORY, Answer, Lengths, Rates, predicted_wait
from nodeworker.protocol import Code

Clock = Callable[[], float]
OUTCOMES = ("ok", "cancelled", "deadline", *(str(code) for code in Code))
"""How a call can end: well, given up by its caller, out of time, or with an error's code."""
QUEUE_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
FIRST_TOKEN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
INTERVAL_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5)
CALL_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_NEW_SHARE = 0.2
"""How much the newest answer counts in the mean pace."""


class Histogram:
    """Counts of values by upper bound, their sum and their number."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        """One for each bound and one for what is above; not cumulative."""
        self.sum = 0.0

    @property
    def number(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def add(self, value: float, times: int = 1) -> None:
        """Count a value, several times if asked."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times


class Call:
    """One call on an engine, from when it came until it ends; to be used in a `with`."""

    def __init__(
        self,
        tally: Tally,
        role: str,
        limit: int,
        ends_at: float | None,
        clock: Clock,
        background: bool,
        whose: tuple[str, str],
    ) -> None:
        self.role = role
        self.whose = whose
        """Id and name of the machine that made it."""
        self.background = background
        """Nobody waits for it, and nobody has to wait because of it."""
        self.began = False
        self._tally = tally
        self._limit = limit
        self._ends_at = ends_at
        self._clock = clock
        self._came = clock()
        self._prompt: int | None = None
        self._made = 0
        self._said_at: float | None = None

    @property
    def seconds(self) -> float:
        """How long ago it came."""
        return self._clock() - self._came

    @property
    def made(self) -> int:
        """Tokens so far."""
        return self._made

    def __enter__(self) -> Call:
        """Count it as open."""
        self._tally.open[self] = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        """Count how it ended."""
        now = self._clock()
        self._tally.open.pop(self, None)
        self._tally.calls[self.role, self._outcome(error, now)] += 1
        self._tally.seconds(self.role).add(now - self._came)
        if self.began or error is None:
            self._tally.worked(self.role, now - self._came)
        return False

    def begins(self, queue_seconds: float, load_seconds: float = 0.0) -> None:
        """Note that the engine works on it now."""
        self.began = True
        self._tally.queue.add(queue_seconds)
        if load_seconds > 1:
            self._tally.load_seconds = load_seconds

    def reads(self, done: int, total: int) -> None:
        """Note how much of the prompt is read; what comes first was cached."""
        self._prompt = total - done

    def says(self, tokens: int) -> None:
        """Note that so many tokens came, together."""
        now = self._clock()
        if self._said_at is None:
            self._tally.first_token.add(now - self._came)
            self._tally.interval.add(0.0, max(0, tokens - 1))
        else:
            # Tokens that came together were waited for once.
            self._tally.interval.add(now - self._said_at)
            self._tally.interval.add(0.0, max(0, tokens - 1))
        self._said_at = now
        self._made += tokens
        self._tally.tokens_made += tokens

    def done(self, done: Done) -> None:
        """Note what the engine says of the whole answer."""
        tally = self._tally
        tally.prompt_tokens += done.prompt_tokens
        tally.cached_tokens += done.cached_tokens
        tally.completion_tokens += done.completion_tokens
        tally.drafted_tokens += done.drafted_tokens
        tally.accepted_tokens += done.accepted_tokens
        tally.lengths.add(max(0, done.prompt_tokens - done.cached_tokens), done.completion_tokens)
        if done.decode_ms > 0 and done.completion_tokens > 1:
            tally.paced(1000 * done.completion_tokens / done.decode_ms)

    def answer(self, prompt: float) -> Answer:
        """Return where it stands; `prompt` tokens are expected of one that has not begun."""
        return Answer(prompt if self._prompt is None else self._prompt, self._made, self._limit)

    def _outcome(self, error: BaseException | None, now: float) -> str:
        if error is None:
            return "ok"
        if isinstance(error, EngineError):
            return str(error.code)
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            return "deadline" if self._ends_at is not None and now >= self._ends_at else "cancelled"
        return str(Code.INTERNAL)


class Tally:
    """All of a node's counts. Use it in one thread."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self.started_at = time.time()
        """Seconds since 1970."""
        self.open: dict[Call, None] = {}
        """Calls that have not ended, in the order in which they came."""
        self.calls: Counter[tuple[str, str]] = Counter()
        """By role and outcome."""
        self.tokens_made = 0
        """Of all answers, those that run included."""
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.completion_tokens = 0
        self.drafted_tokens = 0
        self.accepted_tokens = 0
        self.queue = Histogram(QUEUE_SECONDS)
        self.first_token = Histogram(FIRST_TOKEN_SECONDS)
        self.interval = Histogram(INTERVAL_SECONDS)
        self.call_seconds: dict[str, Histogram] = {}
        self.lengths = Lengths()
        self.load_seconds = 0.0
        """What loading the chat engine took the last time."""
        self.pace = 0.0
        """Tokens/s of one answer lately, in whatever company it was; 0 = unknown."""
        self._worked: dict[str, deque[float]] = {}

    def call(
        self,
        role: str,
        *,
        limit: int = 0,
        seconds_left: float | None = None,
        background: bool = False,
        whose: tuple[str, str] = ("", ""),
    ) -> Call:
        """Return a call to be counted; `limit` tokens at most, `seconds_left` until its deadline.

        `whose`: id and name of the machine that makes it.
        """
        ends_at = None if seconds_left is None else self._clock() + seconds_left
        return Call(self, role, limit, ends_at, self._clock, background, whose)

    def seconds(self, role: str) -> Histogram:
        """Return the histogram of how long the calls of a role take."""
        return self.call_seconds.setdefault(role, Histogram(CALL_SECONDS))

    def worked(self, role: str, seconds: float) -> None:
        """Note how long a call took that was not refused."""
        self._worked.setdefault(role, deque(maxlen=MEMORY)).append(seconds)

    def paced(self, rate: float) -> None:
        """Note the tokens/s of one answer."""
        self.pace = rate if not self.pace else (1 - _NEW_SHARE) * self.pace + _NEW_SHARE * rate

    def chat_wait(self, slots: int, rates: Rates) -> float:
        """Return the seconds until a new answer would begin, were the engine ready (see waiting.py)."""
        chats = [call for call in self.open if call.role == "chat" and not call.background]
        running = [call.answer(0.0) for call in chats if call.began]
        waiting = [call.answer(self.lengths.prompt) for call in chats if not call.began]
        return predicted_wait(running, waiting, slots, rates, self.lengths)

    def unread(self) -> float:
        """Return the prompt tokens that chat calls have still to read, those that wait as far as it can be guessed."""
        chats = (call for call in self.open if call.role == "chat")
        return sum(call.answer(0.0 if call.began else self.lengths.prompt).prompt for call in chats)

    def other_wait(self, role: str, queued: int) -> float:
        """Return the seconds until a new call of another role would begin, by what recent ones took."""
        recent = self._worked.get(role)
        return queued * sum(recent) / len(recent) if recent else 0.0
