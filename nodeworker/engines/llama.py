"""LlamaEngine: chat with a GGUF model through llama.cpp, one answer at a time.

Exactness: with temperature 0 an answer that is resumed here equals the answer that was never cut. llama.cpp computes
one token alone with other arithmetic than several at once, and the last bits differ (measured: 3 of 20 resumed
answers went another way when the shown tokens were read as one batch). So shown tokens are computed one by one, as
they were in the first place, and prompt tokens never alone.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from nodeworker.engines import ChatEvent, ChatRequest, Done, Prefill, Progress, Token
from nodeworker.engines.chat_template import ChatTemplate
from nodeworker.engines.gguf import GgufInfo, read_gguf
from nodeworker.engines.native import BATCH, NativeModel
from nodeworker.engines.text import TextStream
from nodeworker.errors import BadRequest, ContextOverflow, EngineError, ModelTooLarge
from nodeworker.hardware import free_cores
from nodeworker.models import ModelFile

DEFAULT_CONTEXT = 4096
EXACT_REPLAY_TOKENS = 256
EXACT_REPLAY_SECONDS = 5.0
"""Shown tokens are computed one by one up to this many, or as many as take this long; beyond, speed counts more."""
_CHUNK_SECONDS = 0.4
"""Prompt pieces are as long as this takes, so that cancelling and progress stay prompt on a slow machine."""
_SMALLEST_CHUNK, _FIRST_CHUNK = 32, 128
_SMOOTHING = 0.3
_RATE_TOKENS = 16
"""Fewer prompt tokens than this say nothing about speed."""
_REPORTED_STEPS = 16
_GRAPH_BYTES = 256 * 1024 * 1024
"""llama.cpp's working memory beside weights and cache, roughly."""


@dataclass
class _Answer:
    """One answer in the making."""

    prompt: list[int]
    shown: list[int]
    """Tokens of the answer that were made elsewhere."""
    stream: TextStream
    budget: int
    """Tokens that may still be made."""
    cached: int = 0
    made: int = 0
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0


class LlamaEngine:
    """A chat engine over one GGUF file. `slots` is 1; the cache of the last conversation is kept."""

    slots = 1

    def __init__(self, model: ModelFile, *, context: int = 0, threads: int = 0) -> None:
        """`context` in tokens, at most what the model was trained for; 0: 4096. `threads` 0: the free cores."""
        self.model = model
        self.prefill_rate = 0.0
        self.decode_rate = 0.0
        self.context = min(context or DEFAULT_CONTEXT, model.context or context or DEFAULT_CONTEXT)
        self.threads = threads or free_cores()
        self._native: NativeModel | None = None
        self._template: ChatTemplate | None = None
        self._lock = threading.Lock()
        self._cached: list[int] = []
        self._single_from = 0
        """Tokens of the cache from here on were computed one by one."""
        self._closing = threading.Event()

    def load(self, progress: Progress) -> None:
        """Check the file, load it and warm up.

        Raises:
            ModelDamaged: the file is not a whole GGUF model.
            ModelTooLarge: it would not fit into the free memory.
            EngineError: llama.cpp refuses it.
        """
        info = read_gguf(self.model.path)
        self.context = min(self.context, info.context or self.context)
        self._check_memory(info)
        progress(0.01)
        with self._lock:
            native = NativeModel(
                self.model.path,
                context=self.context,
                threads=self.threads,
                progress=lambda fraction: progress(0.01 + 0.9 * fraction),
                stop=self._closing.is_set,
            )
            try:
                self._template = ChatTemplate(
                    info.chat_template,
                    bos=native.special_text("bos"),
                    eos=native.special_text("eos"),
                    control=native.control_texts(),
                )
                # Two tokens touch every weight once, so that the first question does not wait for the disk.
                native.decode([0, 0], 0)
                native.keep(0)
            except EngineError:
                native.close()
                raise
            self.context = native.context
            self._native = native
            self._cached = []
        progress(1.0)

    def close(self) -> None:
        """Free the model; waits for a running answer, which ends at its next token."""
        self._closing.set()
        with self._lock:
            if self._native is not None:
                self._native.close()
            self._native = None
            self._cached = []

    def generate(self, request: ChatRequest) -> Iterator[ChatEvent]:
        """Make one answer; a second call waits for the first.

        Raises:
            BadRequest: the messages or the resumed tokens make no sense.
            ContextOverflow: prompt and resumed tokens leave no room.
            EngineError: llama.cpp failed.
        """
        while not self._lock.acquire(timeout=0.05):
            if request.cancelled.is_set():
                return
        try:
            native, template = self._native, self._template
            if native is None or template is None or self._closing.is_set():
                raise EngineError("The model is not loaded.")
            yield from self._generate(native, template, request)
        finally:
            self._lock.release()

    def _generate(self, native: NativeModel, template: ChatTemplate, request: ChatRequest) -> Iterator[ChatEvent]:
        answer = self._begin(native, template, request)
        if answer.stream.stopped:
            yield self._done("stop", answer)
            return
        if answer.budget <= 0:
            yield from self._last_text(answer)
            yield self._done("length", answer)
            return
        yield from self._read(native, answer, request)
        if not self._gone(request):
            yield from self._write(native, answer, request)

    def _begin(self, native: NativeModel, template: ChatTemplate, request: ChatRequest) -> _Answer:
        rendered = template.render([(message.role, message.content) for message in request.messages])
        bos = native.special_text("bos")
        if bos and native.adds_bos():
            rendered = rendered.removeprefix(bos)  # tokenising puts it there
        prompt = native.tokenise(rendered, special=True)
        sampling = request.sampling
        if request.resume:
            if max(request.resume) >= native.vocabulary or min(request.resume) < 0:
                raise BadRequest("The resumed tokens are not tokens of this model.", "Resume with text instead.")
            shown = list(request.resume)
            stream = TextStream(sampling.stop)
            for token in shown:
                stream.feed(native.piece(token))
        else:
            shown = native.tokenise(request.resume_text, special=False) if request.resume_text else []
            stream = TextStream(sampling.stop, request.resume_text)
        total = len(prompt) + len(shown)
        if total >= self.context:
            resumed = f" and {len(shown)} tokens of the answer" if shown else ""
            raise ContextOverflow(
                f"The prompt of {len(prompt)} tokens{resumed} does not fit into the context of {self.context} tokens.",
                "Ask with fewer or shorter documents, or begin a new conversation.",
            )
        room = self.context - total
        budget = min(room, sampling.max_tokens - len(shown)) if sampling.max_tokens else room
        return _Answer(prompt, shown, stream, budget)

    # -- reading the prompt ------------------------------------------------------------------------------------------

    def _read(self, native: NativeModel, answer: _Answer, request: ChatRequest) -> Iterator[Prefill]:
        """Compute prompt and shown tokens as far as the cache does not hold them."""
        prompt, shown = answer.prompt, answer.shown
        total = len(prompt) + len(shown)
        stepwise = len(shown)
        if len(shown) > max(EXACT_REPLAY_TOKENS, EXACT_REPLAY_SECONDS * self.decode_rate):
            stepwise = 0
        batched = total - stepwise
        tokens = [*prompt, *shown]
        position = self._reuse(native, tokens, batched)
        answer.cached = min(position, len(prompt))
        yield Prefill(position, total)
        seconds, first = 0.0, position
        while position < total and not self._gone(request):
            step = self._chunk(batched - position) if position < batched else 1
            piece = tokens[position : position + step]
            begun = time.perf_counter()
            self._compute(native, piece, position)
            seconds += time.perf_counter() - begun
            position += step
            if position <= batched and position - first >= _RATE_TOKENS:
                self.prefill_rate = _smooth(self.prefill_rate, (position - first) / seconds)
            if step > 1 or position == total or position % _REPORTED_STEPS == 0:
                yield Prefill(position, total)
        answer.prefill_seconds = seconds

    def _reuse(self, native: NativeModel, wanted: list[int], batched: int) -> int:
        """Keep the part of the cache that this request shares with the last one; return its length."""
        same = 0
        for old, new in zip(self._cached, wanted, strict=False):
            if old != new:
                break
            same += 1
        if batched < len(wanted) and same > batched and self._single_from == batched:
            same = min(same, len(wanted) - 1)  # this very answer was made here, one by one: go on with it
        else:
            # At least two tokens of the prompt are computed again, together: see the note on exactness above.
            same = max(0, min(same, batched - 2))
            self._single_from = batched
        if not native.keep(same):
            same = 0
        del self._cached[same:]
        return same

    def _chunk(self, left: int) -> int:
        wanted = int(self.prefill_rate * _CHUNK_SECONDS) if self.prefill_rate else _FIRST_CHUNK
        size = max(_SMALLEST_CHUNK, min(BATCH, wanted))
        if left <= size:
            return left
        return size - 1 if left - size == 1 else size  # never leave one token to be computed alone

    def _compute(self, native: NativeModel, tokens: list[int], position: int) -> None:
        try:
            native.decode(tokens, position)
        except EngineError:
            native.keep(0)
            self._cached = []
            raise
        self._cached += tokens

    # -- writing the answer ------------------------------------------------------------------------------------------

    def _write(self, native: NativeModel, answer: _Answer, request: ChatRequest) -> Iterator[Token | Done]:
        sampling = request.sampling
        plain = sampling.temperature <= 0 and sampling.repeat_penalty in (0.0, 1.0)
        sampler = None if plain else native.sampler(sampling, _seed(request))
        position = len(answer.prompt) + len(answer.shown)
        begun = time.perf_counter()
        try:
            for token in answer.shown if sampler else ():
                sampler.accept(token)  # type: ignore[union-attr]
            while not self._gone(request):
                begun = time.perf_counter()
                token = sampler.pick(position - len(answer.prompt)) if sampler else native.best()
                if native.ends(token):
                    yield from self._last_text(answer)
                    yield self._done("stop", answer)
                    return
                answer.made += 1
                text = answer.stream.feed(native.piece(token))
                spent = time.perf_counter() - begun
                yield Token((token,), text)
                if answer.stream.stopped:
                    yield self._done("stop", answer)
                    return
                if answer.made >= answer.budget:
                    yield from self._last_text(answer)
                    limited = bool(sampling.max_tokens) and answer.made + len(answer.shown) >= sampling.max_tokens
                    yield self._done("length" if limited else "context", answer)
                    return
                if self._gone(request):
                    return
                begun = time.perf_counter()
                self._compute(native, [token], position)
                answer.decode_seconds += spent + time.perf_counter() - begun
                position += 1
        finally:
            if sampler:
                sampler.close()
            if answer.made > 8 and answer.decode_seconds > 0:
                self.decode_rate = _smooth(self.decode_rate, (answer.made - 1) / answer.decode_seconds)

    def _last_text(self, answer: _Answer) -> Iterator[Token]:
        text = answer.stream.finish()
        if text:
            yield Token((), text)

    def _gone(self, request: ChatRequest) -> bool:
        return request.cancelled.is_set() or self._closing.is_set()

    @staticmethod
    def _done(reason: str, answer: _Answer) -> Done:
        return Done(
            reason,  # type: ignore[arg-type]
            prompt_tokens=len(answer.prompt),
            cached_tokens=answer.cached,
            completion_tokens=answer.made,
            prefill_ms=answer.prefill_seconds * 1000,
            decode_ms=answer.decode_seconds * 1000,
        )

    def _check_memory(self, info: GgufInfo) -> None:
        import psutil

        needed = self.model.path.stat().st_size + info.kv_bytes_per_token * self.context + _GRAPH_BYTES
        free = psutil.virtual_memory().available
        if needed > free:
            raise ModelTooLarge(
                f"{self.model.name} needs about {needed // 10**6} MB of memory, but only {free // 10**6} MB are free.",
                "Choose a smaller model or a smaller context, or use another node.",
            )


def _seed(request: ChatRequest) -> int:
    """The wanted seed; without one it follows from the request's id, which stays the same when it moves."""
    if request.sampling.seed:
        return request.sampling.seed
    return int.from_bytes(hashlib.sha256(request.request_id.encode()).digest()[:8], "little")


def _smooth(old: float, new: float) -> float:
    return new if not old else old + _SMOOTHING * (new - old)
