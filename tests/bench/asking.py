"""Asks an engine or a node and notes when each token came."""

from __future__ import annotations

import asyncio
import functools
import itertools
import threading
import time
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nodeworker.engines import ChatEvent, ChatRequest, Done, Message, Prefill, Sampling, Token
from nodeworker.errors import EngineError
from nodeworker.protocol import node_pb2 as pb

if TYPE_CHECKING:
    from nodeworker.engines.llama.engine import LlamaEngine
    from nodeworker.protocol.node_pb2_grpc import NodeAsyncStub

PATIENCE = 600.0
_WORDS = (
    "the", "keeper", "wrote", "down", "every", "ship", "that", "passed", "his", "lighthouse", "with", "its", "flag",
    "course", "hour", "and", "the", "weather", "of", "that", "day",
)  # fmt: skip
TOPICS = (
    "a lighthouse", "a river in winter", "two brothers", "a lost map", "the first train", "an old piano", "a storm",
    "the desert", "a letter", "the moon", "a shipwreck", "a garden", "the last bus", "a clockmaker", "a red kite",
    "the baker",
)  # fmt: skip
GREEDY = Sampling()
DRAWN = Sampling(temperature=0.8, top_k=40, top_p=0.95)
"""What the loop of reference.c does with chain=1."""


class Heard:
    """One answer: when it was asked, when each token came, and how it ended. Seconds of time.perf_counter."""

    def __init__(self) -> None:
        self.asked = time.perf_counter()
        self.at: list[float] = []
        self.ids: list[int] = []
        self.text = ""
        self.prefills: list[tuple[float, int, int]] = []
        """When so many tokens of the prompt were read, of how many."""
        self.done: Done | None = None
        self.error: EngineError | None = None
        self.over = threading.Event()

    def tell(self, event: ChatEvent | EngineError | None) -> None:
        """Note what an engine says."""
        now = time.perf_counter()
        if isinstance(event, Token):
            self.token(now, event.ids, event.text)
        elif isinstance(event, Prefill):
            self.prefills.append((now, event.done, event.total))
        elif isinstance(event, Done):
            self.done = event
        elif isinstance(event, EngineError):
            self.error = event
        elif event is None:
            self.over.set()

    def token(self, now: float, ids: Sequence[int], text: str) -> None:
        """Note tokens that came together."""
        self.at += [now] * len(ids)
        self.ids += ids
        self.text += text

    @property
    def end(self) -> Done:
        """How it ended. Raises EngineError when it failed."""
        if self.error is not None:
            raise self.error
        assert self.done is not None, "the answer did not end"
        return self.done

    def cut_short(self, one: ChatRequest) -> bool:
        """Whether the model ended it long before it was as long as wanted."""
        return self.done is not None and len(self.ids) < 0.8 * one.sampling.max_tokens

    @property
    def first(self) -> float:
        """Seconds to the first token."""
        return self.at[0] - self.asked

    @property
    def rate(self) -> float:
        """Tokens/s after the first."""
        return (len(self.at) - 1) / (self.at[-1] - self.at[0])

    @property
    def gaps(self) -> list[float]:
        """Seconds between one token and the next."""
        return [later - earlier for earlier, later in zip(self.at, self.at[1:], strict=False)]


def story(number: int, sampling: Sampling, tokens: int, opening: str = "") -> ChatRequest:
    """A question that is answered at length; those of different numbers differ."""
    topic = TOPICS[number % len(TOPICS)]
    wanted = f'Write the first chapter of a novel about {topic}. It begins: "It was late in the evening when she'
    messages = [Message("system", f"{opening}You write novels."), Message("user", wanted)]
    id = f"story-{number}-{opening}"
    return request(id, messages, replace(sampling, seed=zlib.crc32(id.encode()) | 1), tokens)


def another(one: ChatRequest) -> ChatRequest:
    """The same question in other words."""
    *before, last = one.messages
    return replace(
        one, request_id=f"{one.request_id}+", messages=(*before, replace(last, content=f"{last.content} no"))
    )


def passage(number: int, tokens: int) -> str:
    """A text of about so many tokens that begins like no other, so that nothing of it is in a cache."""
    words = itertools.islice(itertools.cycle(_WORDS), tokens * 7 // 10)
    text = " ".join(f"{word} {number + place}" if place % 9 == 0 else word for place, word in enumerate(words))
    return f"{number} {text}"


def request(id: str, messages: Sequence[Message], sampling: Sampling, tokens: int) -> ChatRequest:
    """A request with its own event to cancel it."""
    return ChatRequest(id, tuple(messages), replace(sampling, max_tokens=tokens))


def ask(engine: LlamaEngine, requests: Sequence[ChatRequest], *, whole: bool = False) -> list[Heard]:
    """Ask an engine of this process everything at once and wait for all answers.

    `whole`: one that the model ends early is followed by another, so that as many run together all the time.
    """
    answers = [Heard() for _ in requests]
    for answer, one in zip(answers, requests, strict=True):
        engine.begin(one, functools.partial(_tell, engine, answer, one, whole))
    for answer in answers:
        assert answer.over.wait(PATIENCE), "an answer does not end"
        assert answer.end
    return answers


def _tell(
    engine: LlamaEngine, answer: Heard, one: ChatRequest, whole: bool, event: ChatEvent | EngineError | None
) -> None:
    if event is None and whole and answer.cut_short(one):
        more = another(one)
        engine.begin(more, functools.partial(_tell, engine, answer, more, whole))
    else:
        answer.tell(event)


async def ask_node(
    stub: NodeAsyncStub,
    requests: Sequence[ChatRequest],
    model: str = "",
    *,
    whole: bool = False,
    noticed: Callable[[list[Heard]], None] = lambda _answers: None,
) -> list[Heard]:
    """Ask a node everything at once and wait for all answers; `noticed` sees them after each event."""
    answers = [Heard() for _ in requests]

    async def listen(answer: Heard, one: ChatRequest) -> None:
        more: ChatRequest | None = one
        while more is not None:
            async for _ in listening(stub, answer, more, model):
                noticed(answers)
            more = another(more) if whole and answer.cut_short(one) else None
        answer.over.set()
        noticed(answers)

    await asyncio.gather(*map(listen, answers, requests))
    return answers


async def listening(stub: NodeAsyncStub, answer: Heard, one: ChatRequest, model: str = "") -> AsyncIterator[None]:
    """Ask a node one thing; returns after each event, which `answer` has noted."""
    async for event in stub.Generate(message(one, model), timeout=PATIENCE):
        now = time.perf_counter()
        kind = event.WhichOneof("kind")
        if kind == "token":
            answer.token(now, event.token.ids, event.token.text)
        elif kind == "prefill":
            answer.prefills.append((now, event.prefill.done, event.prefill.total))
        elif kind == "done":
            answer.done = _done(event.done)
        yield


def message(one: ChatRequest, model: str = "") -> pb.GenerateRequest:
    """The request as it goes over the wire, under an id of its own: no node makes an answer twice."""
    wanted = one.sampling
    return pb.GenerateRequest(
        request_id=uuid.uuid4().hex,
        model=model,
        messages=[pb.Message(role=message.role, content=message.content) for message in one.messages],
        sampling=pb.Sampling(
            temperature=wanted.temperature,
            top_k=wanted.top_k,
            top_p=wanted.top_p,
            seed=wanted.seed,
            max_tokens=wanted.max_tokens,
        ),
    )


def _done(done: pb.Done) -> Done:
    usage, times = done.usage, done.timings
    return Done(
        done.reason,  # type: ignore[arg-type]  # one of the words that Done has
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.completion_tokens,
        times.prefill_ms,
        times.decode_ms,
        usage.drafted_tokens,
        usage.accepted_tokens,
    )


def together(answers: Sequence[Heard]) -> float:
    """Tokens/s of all, from when the last of them began until the first of them ended."""
    begun = max(answer.at[0] for answer in answers)
    ended = min(answer.at[-1] for answer in answers)
    assert ended > begun, "the answers did not run together: ask for more tokens"
    return sum(sum(begun < at <= ended for at in answer.at) for answer in answers) / (ended - begun)
