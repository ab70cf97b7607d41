"""PacedEngine: takes the time a model would take, but has none. For measuring failover and routing.

Its answer is a function of messages, seed and place only, so two of them say the same tokens, and one that resumes
goes on exactly where another stopped.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal

from nodeworker.engines import ChatEvent, ChatRequest, Done, Prefill, Progress, Token
from nodeworker.engines.text import TextStream
from nodeworker.errors import BadRequest, ContextOverflow, EngineError

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
_CHUNK = 64
_LONGEST_WAIT = 0.25
_CHARACTERS_PER_TOKEN = 4


def _kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class PacedEngine:
    """A simulated chat engine with given rates in tokens a second; every stream has the full rate."""

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
    ) -> None:
        """Build it.

        Args:
            decode_rate: tokens a second of an answer.
            prefill_rate: tokens a second of a prompt.
            context: tokens of prompt and answer together.
            slots: answers at the same time.
            answer_tokens: where an answer ends by itself.
            load_seconds: what loading takes.
            die_after: call `die` after this many tokens (default: kill this process).
            stall_after: say nothing more after this many tokens, but stay alive.
            die: see there.
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

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Make one answer. Raises ContextOverflow, BadRequest, EngineError."""
        if self._closed.is_set():
            raise EngineError("The model is not loaded.")
        sampling = request.sampling
        prompt = sum(len(message.content) // _CHARACTERS_PER_TOKEN + 4 for message in request.messages)
        stream, shown = self._resumed(request)
        if prompt + shown >= self.context:
            raise ContextOverflow(
                f"The prompt of {prompt} tokens and {shown} of the answer do not fit "
                f"into the context of {self.context} tokens.",
                "Ask with fewer or shorter documents, or begin a new conversation.",
            )
        last = min(self._answer_tokens, self.context - prompt)
        reason: Literal["stop", "length", "context"] = "stop" if last == self._answer_tokens else "context"
        if sampling.max_tokens and sampling.max_tokens <= last:
            last, reason = sampling.max_tokens, "length"
        started = time.monotonic()
        total, done = prompt + shown, 0
        yield Prefill(0, total)
        while done < total:
            done = min(total, done + _CHUNK)
            if not self._wait_until(started + done / self.prefill_rate, request):
                return
            yield Prefill(done, total)
        decoding, place = time.monotonic(), shown
        while place < last and not stream.stopped:
            made = place - shown
            if made == self._stall_after:
                self._wait_until(float("inf"), request)
            if not self._wait_until(decoding + (made + 1) / self.decode_rate, request):
                return
            token = self.token(request, place)
            yield Token((token,), stream.feed(self.piece(token, place)))
            place += 1
            if place - shown == self._die_after:
                self._die()
        if rest := stream.finish():
            yield Token((), rest)
        yield Done(
            "stop" if stream.stopped else reason,
            prompt_tokens=prompt,
            cached_tokens=0,
            completion_tokens=place - shown,
            prefill_ms=(decoding - started) * 1000,
            decode_ms=(time.monotonic() - decoding) * 1000,
        )

    @staticmethod
    def token(request: ChatRequest, place: int) -> int:
        """The token at a place of the answer (0 is the first)."""
        key = repr((request.messages, request.sampling.seed, place)).encode()
        return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") % len(WORDS)

    @staticmethod
    def piece(token: int, place: int) -> bytes:
        """The bytes of a token at a place: words with a space between them."""
        return (WORDS[token] if place == 0 else f" {WORDS[token]}").encode()

    @classmethod
    def whole(cls, request: ChatRequest, tokens: int) -> str:
        """The text of the first `tokens` tokens of an uninterrupted answer: what a test compares with."""
        return b"".join(cls.piece(cls.token(request, place), place) for place in range(tokens)).decode()

    def _resumed(self, request: ChatRequest) -> tuple[TextStream, int]:
        if request.resume:
            if not all(0 <= token < len(WORDS) for token in request.resume):
                raise BadRequest("The resumed tokens are not tokens of this model.", "Resume with text instead.")
            stream = TextStream(request.sampling.stop)
            for place, token in enumerate(request.resume):
                stream.feed(self.piece(token, place))
            return stream, len(request.resume)
        return TextStream(request.sampling.stop, request.resume_text), len(request.resume_text.split())

    def _wait_until(self, due: float, request: ChatRequest) -> bool:
        """Wait for a time of the monotonic clock; False when the answer is no longer wanted."""
        while (left := due - time.monotonic()) > 0:
            if request.cancelled.wait(min(left, _LONGEST_WAIT)) or self._closed.is_set():
                return False
        return not (request.cancelled.is_set() or self._closed.is_set())
