"""How long a node would take for an answer: pure, from what the node says of itself, or guessed until it has.

first token = start + wait for a place + uncached prompt / reading rate + link; the end = that + tokens / writing rate.
Each part is kept, so that the sentence people read is the computation itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.events import ModelInfo, NodeInfo
from app.thinking import ChatMessage, ChatRequest
from nodeworker.protocol.prefixes import BLOCK_BYTES, block_hashes, shared

TYPICAL_ANSWER = 128
"""Tokens; a shorter limit in the request takes its place."""
CHARACTERS_A_TOKEN = 3.5
MESSAGE_TOKENS = 5
"""What a chat template puts around each message."""
START_MS = 3000.0
"""A local node that does not run yet: interpreter, engine library, model."""
LOAD_BYTES_PER_MS = 150_000.0
"""Reading a model from an SD card, conservatively."""
CORE_BYTES_PER_SECOND = 2.0e9
"""Memory traffic that decoding gets from each core of an unmeasured processor: what is published of the Pi 5 (four
cores, 12 tokens/s with 640 MB). A node that was never asked must not look so slow that it never will be."""
USUAL_CORES, MOST_CORES = 4, 16
"""Taken for a node that does not say, and the most that memory keeps busy."""
ACCELERATOR_BYTES_PER_SECOND = 60.0e9
PREFILL_FACTOR = 3.0
"""An unmeasured node reads this many times faster than it writes (a Pi: 35-45 against 12)."""
GAIN = 2.4
"""How many times the rate of one answer all together can reach: `n` have n × 2.4 / (n + 1.4) times that rate in sum.
llama.cpp on two cores was measured at 2.1 for 8 and 2.3 for 16 answers."""
UNKNOWN_MODEL_BYTES = 500_000_000
HEAT = 1.25
"""A node that throttles now becomes slower than it was measured lately: it is still warming up."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a prediction needs of a request; made once for all nodes."""

    tokens: int
    """Of the whole prompt, roughly."""
    blocks: tuple[int, ...]
    """Hashes of its beginnings, as nodes report those that they hold."""
    answer: int
    """Tokens that are expected to be written."""

    @classmethod
    def of(cls, request: ChatRequest, *, typical: float = TYPICAL_ANSWER) -> Question:
        """Measure a request; `typical` tokens are what an answer has."""
        messages: Sequence[ChatMessage] = request.messages
        characters = sum(len(message.content) for message in messages)
        blocks = block_hashes((message.role, message.content) for message in messages)
        answer = max(1, round(min(request.max_tokens or typical, typical)))
        return cls(round(characters / CHARACTERS_A_TOKEN) + MESSAGE_TOKENS * len(messages), blocks, answer)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Milliseconds from now, part by part."""

    start_ms: float
    wait_ms: float
    """For a place, and for prompts that are read before or beside this one."""
    read_ms: float
    link_ms: float
    token_ms: float
    """Of each token, in the company of the other answers there."""
    answer: int
    """Tokens that are expected."""
    cached_tokens: int
    """Of the prompt, which the node need not read again."""
    correction: float = 1.0
    """How many times as long as predicted the node took lately."""

    @property
    def uncorrected_ms(self) -> float:
        """Until the first token, by what the node says alone."""
        return self.start_ms + self.wait_ms + self.read_ms + self.link_ms + self.token_ms

    @property
    def first_ms(self) -> float:
        """Until the first token."""
        return self.correction * self.uncorrected_ms

    @property
    def write_ms(self) -> float:
        """From the first token to the last."""
        return self.token_ms * (self.answer - 1)

    @property
    def total_ms(self) -> float:
        """Until a typical answer has ended."""
        return self.first_ms + self.write_ms


@dataclass(frozen=True, slots=True)
class Placed:
    """What this desktop has given to a node since that last said how busy it is."""

    answers: int = 0
    tokens: int = 0
    """Of their prompts, to be read."""


NOTHING = Placed()


def predict(
    node: NodeInfo,
    model: ModelInfo | None,
    question: Question,
    *,
    placed: Placed = NOTHING,
    correction: float = 1.0,
    now: float | None = None,
) -> Prediction:
    """Predict what `node` needs with `model`, beside what it has to do already.

    Args:
        node: With what it said of itself last.
        model: The chat model that it would use; None: not known yet.
        question: What is asked.
        placed: What this desktop gave to the node since then.
        correction: How many times as long as predicted the node took lately.
        now: On the clock of `node.seen_at`; it has worked since then. None: at that moment.
    """
    age_ms = 0.0 if now is None else max(1000.0 * (now - node.seen_at), 0.0)
    decode, prefill = rates(node, model)
    slower = HEAT if node.throttled else 1.0
    beside = min(node.active + node.queued + placed.answers, max(node.slots, 1) - 1)
    token_ms = slower * 1000.0 * (beside + GAIN) / (decode * GAIN)
    read_token_ms = slower * 1000.0 / prefill
    new = unread(node, question)
    # Prompts are read in turns: of a longer one only as much comes before ours as ours has.
    others = min(max(node.unread_tokens - age_ms / read_token_ms, 0.0) + placed.tokens, new * beside)
    return Prediction(
        start_ms=_start_ms(node, model, age_ms),
        wait_ms=_wait_ms(node, token_ms * question.answer, placed.answers, age_ms) + read_token_ms * others,
        read_ms=read_token_ms * new,
        link_ms=node.latency_ms,
        token_ms=token_ms,
        answer=question.answer,
        cached_tokens=question.tokens - new,
        correction=correction,
    )


def unread(node: NodeInfo, question: Question) -> int:
    """Return how many tokens of the prompt the node would have to read."""
    held = shared(question.blocks, node.cached_prefixes) * BLOCK_BYTES / CHARACTERS_A_TOKEN
    return question.tokens - min(round(held), question.tokens)


def fits(model: ModelInfo | None, question: Question) -> bool:
    """Tell whether the prompt seems to fit into the model's context; into an unknown one it does."""
    return model is None or not model.context or question.tokens < model.context


def rates(node: NodeInfo, model: ModelInfo | None) -> tuple[float, float]:
    """Return tokens/s of writing one answer and of reading: measured lately, known of the model there, or guessed."""
    weight = float(model.bytes) if model and model.bytes else float(UNKNOWN_MODEL_BYTES)
    cores = min(node.cores or USUAL_CORES, MOST_CORES)
    traffic = ACCELERATOR_BYTES_PER_SECOND if node.accelerator else CORE_BYTES_PER_SECOND * cores
    # What a node says now may be of several answers together; what its model was measured at is of one alone.
    measured = [rate for rate in (node.decode_rate, model.decode_rate if model else 0.0) if rate]
    decode = min(measured, default=min(traffic / weight, 100.0))
    prefill = node.prefill_rate or (model.prefill_rate if model else 0.0) or decode * PREFILL_FACTOR
    return max(decode, 0.01), max(prefill, 0.01)


def _start_ms(node: NodeInfo, model: ModelInfo | None, age_ms: float) -> float:
    load = (model.bytes if model else UNKNOWN_MODEL_BYTES) / LOAD_BYTES_PER_MS
    if node.state == "loading" and not node.models and node.seen_at:  # looking into documents has started it
        return max(START_MS - age_ms, 0.0) + load
    if node.state == "stopped" or not node.models:
        return START_MS + load
    chat = next((engine for engine in node.engines if engine.role == "chat"), None)
    if chat is None or chat.state == "ready":
        return 0.0
    return load * (1.0 - chat.progress) if chat.state == "loading" else load


def _wait_ms(node: NodeInfo, write_ms: float, placed: int, age_ms: float) -> float:
    """The node's own word where it gives one; what came since then, and older nodes' queues, are counted in answers."""
    slots = max(node.slots, 1)
    free = slots - node.active
    if node.predicted_wait_ms > 0:
        return max(node.predicted_wait_ms - age_ms, 0.0) + write_ms * placed / slots
    return write_ms * (node.queued + max(placed + 1 - free, 0)) / slots
