"""Background work: what an answer that somebody waits for notices of it, and what several nodes make of much of it.

`pytest -m bench tests/bench/bench_background.py -s`. The first part asks one real node (starter models) while nothing
else runs, while background work saturates it, and while the same work comes as if somebody waited for it. The second
spreads texts over nodes that only take the time an embedding model would: real spreading, real gRPC, no model, since
real ones would share this machine's cores. TANGNET_BENCH_ASKED says how many answers of each kind.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.cluster.client import NodeClient
from app.cluster.spreading import Helper, Spreading
from app.thinking import Embeddings
from nodeworker.engines import Message
from nodeworker.engines.embedding.merging import BRIEF_SECONDS
from nodeworker.protocol import node_pb2 as pb
from tests.bench.asking import GREEDY, PATIENCE, Heard, listening, message, passage, request, story
from tests.bench.figures import percentile, show
from tests.bench.node_child import Child, running
from tests.fakes_nodes import SHA, FakeNode, Plan, on_socket

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
ASKED = int(os.environ.get("TANGNET_BENCH_ASKED", "10"))
SLOTS, ANSWER, PROMPT = 4, 24, 80
SWING_SECONDS = 0.7
"""Until background work is in full swing."""
NUMBERS = itertools.count(1)
TEXTS = 1200
RATE = 100.0
"""Texts/s of a simulated node."""
Work = Callable[[Child, "pb.Priority.ValueType", int], Awaitable[None]]


async def _embed(node: Child, priority: pb.Priority.ValueType, number: int) -> None:
    texts = [passage(7 * number + at, 120) for at in range(64)]
    await node.stub.Embed(pb.EmbedRequest(texts=texts, priority=priority), timeout=PATIENCE)


async def _generate(node: Child, priority: pb.Priority.ValueType, number: int) -> None:
    asked = message(story(number, GREEDY, 400, f"{number} "))
    asked.priority = priority
    async for _ in node.stub.Generate(asked, timeout=PATIENCE):
        pass


@asynccontextmanager
async def saturated(node: Child, work: Work | None, priority: pb.Priority.ValueType) -> AsyncIterator[None]:
    """Do as much of some work as the node can, all the time."""

    async def again(first: int) -> None:
        for number in range(first, 10**9, SLOTS):
            assert work is not None
            await work(node, priority, number)

    tasks = [asyncio.create_task(again(at)) for at in range(SLOTS)] if work else []
    try:
        await asyncio.sleep(SWING_SECONDS)
        yield
        for task in tasks:
            assert not task.done(), f"the background work ended: {task.exception()!r}"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def asked(node: Child) -> tuple[float, list[float]]:
    """Milliseconds to the first token of a question, and from each to the next."""
    number = next(NUMBERS)
    text = f"{passage(1000 * number, PROMPT)}\nTell me about it."
    answer, one = Heard(), request(f"q{number}", [Message("user", text)], GREEDY, ANSWER)
    async for _ in listening(node.stub, answer, one):
        pass
    assert answer.end.completion_tokens > 1
    return 1000 * answer.first, [1000 * gap for gap in answer.gaps]


@pytest.mark.models
async def test_an_answer_hardly_notices_background_work(short: Path) -> None:
    behind, beside = pb.PRIORITY_BACKGROUND, pb.PRIORITY_INTERACTIVE
    cases: list[tuple[str, Work | None, pb.Priority.ValueType]] = [
        ("quiet", None, behind),
        ("embedding", _embed, behind),
        ("loud embedding", _embed, beside),
        ("answers", _generate, behind),
        ("loud answers", _generate, beside),
    ]
    firsts: dict[str, list[float]] = {name: [] for name, _, _ in cases}
    gaps: dict[str, list[float]] = {name: [] for name, _, _ in cases}
    async with running(short, {"slots": SLOTS, "threads": 0}) as node:
        await asyncio.gather(_embed(node, beside, 0), _generate(node, beside, 0))
        for at in range(ASKED):  # in turns: the machine itself is now quicker, now slower
            for name, work, priority in cases:
                if at % 5 and priority == beside:
                    continue  # it takes long, and a few show what classes are good for
                async with saturated(node, work, priority):
                    first, between = await asked(node)
                firsts[name].append(first)
                gaps[name] += between
    for what in "embedding", "answers":
        # The step that runs when a question comes is finished: a batch, or one decode for all that write.
        step = 1000 * BRIEF_SECONDS if what == "embedding" else statistics.median(gaps["loud answers"])
        for name, found, share in (
            ("to the first token, median", firsts, 0.5),
            ("to the first token, slowest", firsts, 1.0),
            ("from token to token, p99", gaps, 0.99),
        ):
            quiet, loud = percentile(found["quiet"], share), percentile(found[f"loud {what}"], share)
            show(
                f"{name}, with background {what}", percentile(found[what], share), "ms", quiet + step, "ratio <= 1",
                quiet=round(quiet, 1), step=round(step, 1), as_if_waited_for=round(loud, 1),
            )  # fmt: skip


class EmbeddingNode(FakeNode):
    """Takes its time for each text, one call after the other; its vectors say which text it was."""

    def __init__(self, name: str, rate: float) -> None:
        super().__init__(name, Plan())
        self._seconds = 1 / rate
        self._one = asyncio.Lock()

    async def Embed(self, request: pb.EmbedRequest, context: Any) -> pb.EmbedResponse:
        async with self._one:
            await asyncio.sleep(self._seconds * len(request.texts))
        return await super().Embed(request, context)


async def _spread(folder: Path, rates: Sequence[float]) -> tuple[float, float]:
    """Texts/s with nodes of these rates, the first of them this machine's: at first, and when all are known."""
    async with AsyncExitStack() as opened:
        clients: list[NodeClient] = []
        for at, rate in enumerate(rates):
            node = EmbeddingNode(f"n{at}", rate)
            clients.append(await opened.enter_async_context(on_socket(node, folder / f"n{at}-{len(rates)}-{rate}")))

        async def embed(client: NodeClient, texts: Sequence[str]) -> Embeddings:
            return await client.embed(texts, "passage", background=True)

        helpers = [Helper(client.name, client.name, partial(embed, client)) for client in clients[1:]]
        spreading = Spreading(partial(embed, clients[0]), lambda _sha256, _zones: helpers)
        texts = [passage(at, 40 + at % 80) for at in range(TEXTS)]
        found = []
        for _ in range(2):
            begun = time.perf_counter()
            made = await spreading.embed(texts)
            found.append(TEXTS / (time.perf_counter() - begun))
            assert made.sha256 == SHA and len(made.tokens) == TEXTS
            assert made.data == b"".join(len(text).to_bytes(4, "little") * 2 for text in texts)
        return found[0], found[1]


async def test_three_nodes_embed_nearly_three_times_as_much(short: Path) -> None:
    one = statistics.mean(await _spread(short, [RATE]))
    for how, rates in ("3 equal nodes", (1, 1, 1)), ("nodes of 1, 0.5 and 0.1 times the speed", (1, 0.5, 0.1)):
        first, later = await _spread(short, [RATE * rate for rate in rates])
        show(f"embedding, {how}", later, "texts/s", sum(rates) * one, "ratio >= 0.9", one_node=round(one, 1))
        show(f"embedding, {how}, the first {TEXTS} texts", first, "texts/s", sum(rates) * one)
