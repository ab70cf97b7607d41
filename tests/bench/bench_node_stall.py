"""How long a reader waits for the next token: while a long prompt arrives, and while other programs take the cores.

`pytest -m bench tests/bench/bench_node_stall.py -s`. Through the whole node; TANGNET_BENCH_SECONDS says how long is
looked at for each.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack, nullcontext
from itertools import pairwise
from pathlib import Path

import pytest

from nodeworker.engines import ChatRequest, Message
from tests.bench import native
from tests.bench.asking import GREEDY, PATIENCE, Heard, another, ask_node, listening, passage, request, story
from tests.bench.busy import busy, share_left
from tests.bench.figures import CORES, PROMPT, ROUNDS, SECONDS, TOKENS, cores, percentile, show
from tests.bench.node_child import Child, running
from tests.integration.node_serving import until

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]

STREAMS = 4
LENGTH = 4096
LONGEST = 1500
"""Tokens of an answer that is meant to go on all the time."""


class Streams:
    """Answers that are being written until nobody wants them any more; one that ends is followed by another."""

    def __init__(self, node: Child, count: int, opening: str = "") -> None:
        self.answers: list[Heard] = []
        self._count = count
        every = (story(number, GREEDY, LONGEST, opening) for number in range(count))
        self._tasks = [asyncio.create_task(self._listen(node, one)) for one in every]

    async def reach(self, tokens: int) -> None:
        """Wait until each has that many tokens."""
        await until(lambda: sum(len(answer.ids) >= tokens for answer in self.answers) >= self._count, PATIENCE)

    @property
    def begun(self) -> float:
        """When the last of the first answers had its first token."""
        return max(answer.at[0] for answer in self.answers[: self._count])

    def gaps(self, begun: float, ended: float) -> list[float]:
        """Milliseconds from one token to the next, for those that came in this time."""
        return [
            1000 * (later - earlier)
            for answer in self.answers
            for earlier, later in pairwise(answer.at)
            if begun < later <= ended
        ]

    def made(self, begun: float, ended: float) -> int:
        """Tokens that came in this time."""
        return sum(begun < at <= ended for answer in self.answers for at in answer.at)

    async def end(self) -> None:
        """Leave all of them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, node: Child, one: ChatRequest) -> None:
        while True:
            answer = Heard()
            self.answers.append(answer)
            async for _ in listening(node.stub, answer, one):
                pass
            one = another(one)


@pytest.mark.parametrize("count", CORES)
async def test_a_long_prompt_arrives(count: int, short: Path) -> None:
    before: list[float] = []
    during: list[float] = []
    chunks: list[int] = []
    allowed: list[float] = []
    options = {"slots": STREAMS + 1, "threads": count, "context": LENGTH}
    with cores(count):
        async with running(short, options) as node:
            await ask_node(node.stub, [story(0, GREEDY, 8)])
            for number in range(ROUNDS):
                alone = (await ask_node(node.stub, [long_prompt(2000 * number + 7)]))[0]
                streams = Streams(node, STREAMS, f"{number}. ")
                await streams.reach(TOKENS // 2)
                asked = time.perf_counter()
                one = (await ask_node(node.stub, [long_prompt(2000 * number + 1007)]))[0]
                came = one.at[0]
                await streams.end()
                calm = streams.gaps(streams.begun, asked)
                parts = [new - old for (_, old, _), (_, new, _) in pairwise(one.prefills)]
                before += calm
                during += streams.gaps(asked, came)
                chunks += parts
                allowed.append(statistics.median(calm) + max(parts) * slowest(alone))
    how = f"{STREAMS} answers, {one.end.prompt_tokens} tokens arrive, {count} cores"
    for name, share in ("median", 0.5), ("slowest of a hundred", 0.99), ("slowest", 1.0):
        show(f"from token to token, {name}, {how}", percentile(during, share), "ms", percentile(before, share))
    show(
        f"from token to token, slowest of a hundred, beside a turn and one chunk, {how}",
        percentile(during, 0.99), "ms", statistics.median(allowed), "ratio <= 1",
        chunk_tokens=statistics.median(chunks), largest_chunk=max(chunks),
    )  # fmt: skip


def long_prompt(number: int) -> ChatRequest:
    """A question over a text that nobody has seen."""
    messages = [Message("system", passage(number, 2 * PROMPT)), Message("user", "Go on.")]
    return request(f"long-{number}", messages, GREEDY, 1)


def slowest(alone: Heard) -> float:
    """Milliseconds for each token of the chunk that was read slowest: the later, the more there is to look back on."""
    return max(
        1000 * (later - earlier) / (new - old)
        for (earlier, old, _), (later, new, _) in pairwise([(alone.asked, 0, 0), *alone.prefills])
        if new > old
    )


@pytest.mark.parametrize("streams", [1, STREAMS])
@pytest.mark.parametrize("count", CORES)
async def test_other_programs(count: int, streams: int, short: Path) -> None:
    """As many programs as cores that never wait; the machine is idle and busy by turns."""
    model = native.starter()
    text = [native.chatml(story(number, GREEDY, 1).messages) for number in range(streams)]
    chosen = {"threads": count, "length": LENGTH, "streams": streams, "tokens": TOKENS, **native.EQUAL}
    rates: dict[bool, list[float]] = {False: [], True: []}
    loops: dict[bool, list[float]] = {False: [], True: []}
    gaps: list[float] = []
    async with AsyncExitStack() as stack:
        stack.enter_context(cores(count))
        options = {"slots": streams, "threads": count, "context": LENGTH, "drafts": False}
        node = await stack.enter_async_context(running(short, options))
        await ask_node(node.stub, [story(0, GREEDY, 8)])
        for number in range(ROUNDS):
            for taken in False, True:
                with busy(count) if taken else nullcontext():
                    run = await asyncio.to_thread(native.run, model.path, text, chosen)
                    loops[taken].append(run.writes)
                    writing = Streams(node, streams, f"{number}{taken} ")
                    await writing.reach(4)
                    begun = time.perf_counter()
                    await asyncio.sleep(SECONDS / 2)
                    ended = time.perf_counter()
                    await writing.end()
                rates[taken].append(writing.made(begun, ended) / (ended - begun))
                gaps += writing.gaps(begun, ended) if taken else []
    left = share_left(count, count, count)
    how = f"{streams} answers, {count} cores and as many busy programs"
    show(f"longest wait for a token, {how}", max(gaps), "ms", goal="value <= 1000")
    show(
        f"speed beside the share of the processor that is left ({left:.2f}), {how}",
        rates[True], "tokens/s", [left * rate for rate in rates[False]], "ratio >= 0.8",
    )  # fmt: skip
    show(f"… and the bare C loop's, {how}", loops[True], "tokens/s", [left * rate for rate in loops[False]])
