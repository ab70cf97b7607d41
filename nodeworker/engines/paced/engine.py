"""PacedEngine: a simulated chat engine. It takes the time that a model would take, and there is none behind it.

It is what tests of routing, failover and large clusters run on. Its answer is a function of messages, seed and place
only, so two of them say the same tokens, and one that resumes goes on exactly where another stopped. turns.py says how
the rates fall with company, cells.py which prefixes it remembers. It never touches what it cannot simulate: a grammar,
a schema or probabilities are refused.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from nodeworker.engines import ChatEvent, ChatRequest, Done, Figures, Prefill, Progress, Token
from nodeworker.engines.chat.text import TextStream
from nodeworker.engines.paced.cells import BLOCK_CELLS, CHARACTERS_PER_TOKEN, Cells, Lease
from nodeworker.engines.paced.turns import GAIN, Batch, Pace, Place
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, Unsupported
from nodeworker.protocol.prefixes import block_hashes

_TEXT = (
    "the of and to in is that it was for on are with as be at one have this from by hot but some what there we can "
    "out other were all your when up use word how said an each she which do their time if will way about many then "
    "them would write like so these her long make thing see him two has look more day could go come did my sound no "
    "most number who over know water than call first people may down side been now find any new work part take get "
    "place made live where after back little only round man year came show every good me give our under name very "
    "through just form much great think say help low line before turn cause same mean differ move right boy old too "
    "does tell sentence set three want air well also play small end put home read hand port large spell add even "
    "land here must big high such follow act why ask men change went light kind off need house picture try us again "
    "animal point mother world near build self earth father Straße naïve façade Zürich señor "
    "Ελλάδα мир 日本 語 café 🙂"
)
WORDS = tuple(_TEXT.split())
"""Token id = place in this list; a few words are outside ASCII so that text is never taken for bytes."""
_LONGEST_WAIT = 0.1
"""Between two looks at whether the engine was closed; being cancelled ends a wait at once."""
_MOST_HASHES = 512


def _kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class PacedEngine:
    """A simulated chat engine with given rates in tokens a second."""

    def __init__(
        self,
        decode_rate: float,
        prefill_rate: float,
        *,
        context: int = 8192,
        slots: int = 4,
        answer_tokens: int = 200,
        load_seconds: float = 0.0,
        die_after: int | None = None,
        stall_after: int | None = None,
        die: Callable[[], None] = _kill_process,
        gain: float = GAIN,
        jitter: float = 0.0,
        fail: float = 0.0,
        cells: int = 0,
        luck: random.Random | None = None,
    ) -> None:
        """Build it.

        Args:
            decode_rate: tokens a second of an answer that is alone.
            prefill_rate: tokens a second of prompts, shared by all that are read.
            context: tokens of prompt and answer together.
            slots: answers at the same time.
            answer_tokens: where an answer ends by itself.
            load_seconds: what loading takes.
            die_after: call `die` after this many tokens of an answer (default: kill this process).
            stall_after: say nothing more after this many tokens, but stay alive.
            die: see there.
            gain: how many times the rate of one answer all together can reach.
            jitter: the share by which a turn may take more or less.
            fail: the share of answers in which the engine fails, 0…1.
            cells: tokens that the simulated cache holds; 0 = a whole context for each slot.
            luck: what jitter and failures are drawn from; it has no influence on the text.
        """
        if decode_rate <= 0 or prefill_rate <= 0:
            raise BadRequest("The rates of a paced engine must be more than 0.")
        self.decode_rate = decode_rate
        self.prefill_rate = prefill_rate
        self.context = context
        self.slots = slots
        self._answer_tokens = answer_tokens
        self._load_seconds = load_seconds
        self._die_after = die_after
        self._stall_after = stall_after
        self._die = die
        self._fail = fail
        self._luck = luck or random.Random(0)
        self._lock = threading.Lock()
        self._batch = Batch(Pace(decode_rate, prefill_rate, gain, jitter), self._luck)
        self._cells = Cells(cells or slots * context)
        self._closed = threading.Event()

    def load(self, progress: Progress) -> None:
        """Take the time that was asked for. Raises EngineError when closed meanwhile."""
        for step in range(10):
            progress(step / 10)
            if self._closed.wait(self._load_seconds / 10):
                raise EngineError("Loading was stopped.")
        progress(1.0)

    def close(self) -> None:
        """End all answers."""
        self._closed.set()

    def figures(self) -> Figures:
        """Return what it does at the moment."""
        with self._lock:
            self._batch.advance(time.monotonic())
            active = len(self._batch.places)
            return Figures(
                active=active,
                kv_cells=self._cells.cells,
                free_kv_cells=self._cells.free,
                prefill_rate=self.prefill_rate,
                decode_rate=self._batch.pace.together(max(1, active)),
                cached_prefixes=self._cells.cached[:_MOST_HASHES],
            )

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Make one answer. Raises ContextOverflow, BadRequest, Unsupported, EngineError."""
        if self._closed.is_set():
            raise EngineError("The model is not loaded.")
        plan = self._planned(request)
        lease = self._lease(plan.hashes, plan.cells, request)
        if lease is None:
            return
        place: Place | None = None
        try:
            cached = min(lease.cached * BLOCK_CELLS, plan.prompt - 1)
            place, fails_at = self._join(plan.total - cached, plan.wanted)
            yield Prefill(cached, plan.total)
            read = made = 0
            while True:
                now_read, now_made = self._progress(place)
                if now_read > read:
                    read = now_read
                    yield Prefill(cached + read, plan.total)
                    if read == place.prompt:
                        self._keep(lease, plan.hashes)
                while made < now_made and not plan.stream.stopped:
                    if made == fails_at:
                        raise EngineError("The simulated engine failed, as it was asked to now and then.")
                    at = plan.shown + made
                    token = plan.script.token(at)
                    yield Token((token,), plan.stream.feed(self.piece(token, at)))
                    made += 1
                    if made == self._die_after:
                        self._die()
                if plan.stream.stopped or (made == plan.wanted and read == place.prompt):
                    break
                if not self._wait(request):
                    return
            if rest := plan.stream.finish():
                yield Token((), rest)
            said = [(message.role, message.content) for message in request.messages]
            self._keep(lease, block_hashes([*said, ("assistant", plan.script.text(plan.shown + made))]))
            yield Done(
                "stop" if plan.stream.stopped else plan.reason,
                prompt_tokens=plan.prompt,
                cached_tokens=cached,
                completion_tokens=made,
                prefill_ms=(place.read_at - place.joined) * 1000,
                decode_ms=(place.made_at - place.read_at) * 1000,
            )
        finally:
            with self._lock:
                if place is not None:
                    self._batch.leave(time.monotonic(), place)
                self._cells.give_back(lease)

    @staticmethod
    def token(request: ChatRequest, place: int) -> int:
        """The token at a place of the answer (0 is the first)."""
        return _Script(request).token(place)

    @staticmethod
    def piece(token: int, place: int) -> bytes:
        """The bytes of a token at a place: words with a space between them."""
        return _piece(token, place)

    @classmethod
    def whole(cls, request: ChatRequest, tokens: int) -> str:
        """The text of the first `tokens` tokens of an uninterrupted answer: what a test compares with."""
        return _Script(request).text(tokens)

    def _planned(self, request: ChatRequest) -> _Plan:
        sampling = request.sampling
        if sampling.grammar or sampling.json_schema or sampling.logprobs:
            raise Unsupported(
                "A simulated engine follows no grammar or schema and knows no probabilities.",
                "Use a node with a model.",
            )
        prompt = sum(len(message.content) // CHARACTERS_PER_TOKEN + 4 for message in request.messages)
        stream, shown = self._resumed(request)
        room = min(self.context, self._cells.cells)
        if prompt + shown >= room:
            raise ContextOverflow(
                f"The prompt of {prompt} tokens and {shown} of the answer do not fit "
                f"into the context of {room} tokens.",
                "Ask with fewer or shorter documents, or begin a new conversation.",
            )
        last = min(self._answer_tokens, room - prompt)
        reason: Literal["stop", "length", "context"] = "stop" if last == self._answer_tokens else "context"
        if sampling.max_tokens and sampling.max_tokens <= last:
            last, reason = sampling.max_tokens, "length"
        hashes = block_hashes((message.role, message.content) for message in request.messages)
        return _Plan(prompt, shown, max(0, last - shown), reason, hashes, stream, _Script(request))

    def _resumed(self, request: ChatRequest) -> tuple[TextStream, int]:
        if request.resume:
            if not all(0 <= token < len(WORDS) for token in request.resume):
                raise BadRequest("The resumed tokens are not tokens of this model.", "Resume with text instead.")
            stream = TextStream(request.sampling.stop)
            for place, token in enumerate(request.resume):
                stream.feed(self.piece(token, place))
            return stream, len(request.resume)
        return TextStream(request.sampling.stop, request.resume_text), len(request.resume_text.split())

    def _lease(self, hashes: tuple[int, ...], tokens: int, request: ChatRequest) -> Lease | None:
        """Wait until the cache has room; None when the answer is no longer wanted."""
        while not (request.cancelled.is_set() or self._closed.is_set()):
            with self._lock:
                lease = self._cells.take(hashes, tokens)
            if lease is not None:
                return lease
            request.cancelled.wait(_LONGEST_WAIT / 4)
        return None

    def _join(self, prompt: int, wanted: int) -> tuple[Place, int | None]:
        """Take a place in the batch; also returns after how many tokens the engine is to fail."""
        with self._lock:
            # Always two draws, so that one answer's fate does not depend on another's length.
            fails, share = self._luck.random() < self._fail, self._luck.random()
            written = wanted if self._stall_after is None else min(wanted, self._stall_after)
            return self._batch.join(time.monotonic(), prompt, written), int(share * wanted) if fails else None

    def _keep(self, lease: Lease, hashes: tuple[int, ...]) -> None:
        with self._lock:
            self._cells.keep(lease, hashes)

    def _progress(self, place: Place) -> tuple[int, int]:
        with self._lock:
            self._batch.advance(time.monotonic())
            return place.read, place.made

    def _wait(self, request: ChatRequest) -> bool:
        """Wait for the end of the turn; False when the answer is no longer wanted."""
        due = self._batch.due
        left = _LONGEST_WAIT if due is None else min(_LONGEST_WAIT, due - time.monotonic())
        return not (request.cancelled.wait(max(0.0, left)) or self._closed.is_set())


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one answer will be; tokens."""

    prompt: int
    shown: int
    wanted: int
    """To be written, beyond those shown."""
    reason: Literal["stop", "length", "context"]
    hashes: tuple[int, ...]
    stream: TextStream
    script: _Script

    @property
    def total(self) -> int:
        """Tokens to be in the cache before the first new one."""
        return self.prompt + self.shown

    @property
    def cells(self) -> int:
        """Tokens that the cache must hold in the end."""
        return self.total + self.wanted


class _Script:
    """What is said to one request."""

    def __init__(self, request: ChatRequest) -> None:
        said = tuple((message.role, message.content) for message in request.messages)
        self._key = hashlib.blake2b(repr((said, request.sampling.seed)).encode(), digest_size=32).digest()

    def token(self, place: int) -> int:
        drawn = hashlib.blake2b(place.to_bytes(8, "big"), key=self._key, digest_size=8).digest()
        return int.from_bytes(drawn, "big") % len(WORDS)

    def text(self, tokens: int) -> str:
        return b"".join(_piece(self.token(place), place) for place in range(tokens)).decode()


def _piece(token: int, place: int) -> bytes:
    return (WORDS[token] if place == 0 else f" {WORDS[token]}").encode()
