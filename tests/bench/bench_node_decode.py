"""One answer alone, and reading a prompt: the engine and the whole node against the bare C loop.

`pytest -m bench tests/bench/bench_node_decode.py -s`. "equal" is the loop with the engine's settings (exact cache,
flash attention, one stream for each slot), "best" the loop with llama.cpp's own (16-bit cache, one stream). Drafts are
off: what they gain is measured by bench_node_lookup.py.
"""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

import pytest

from nodeworker.engines import ChatRequest, Message, Sampling
from tests.bench import native
from tests.bench.asking import DRAWN, GREEDY, Heard, ask, ask_node, passage, request, story
from tests.bench.engines import loaded
from tests.bench.figures import CORES, PROMPT, ROUNDS, TOKENS, cores, show
from tests.bench.node_child import running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]

SLOTS = 8
LENGTH = 2048
GOAL = "ratio >= 0.97"


def prompt(number: int) -> ChatRequest:
    """A long prompt of which nothing is in a cache."""
    messages = [Message("system", passage(number, PROMPT)), Message("user", "Go on.")]
    return request(f"prompt-{number}", messages, GREEDY, 1)


@pytest.mark.parametrize("sampling", [GREEDY, DRAWN], ids=["greedy", "drawn"])
@pytest.mark.parametrize("count", CORES)
async def test_one_answer(count: int, sampling: Sampling, short: Path) -> None:
    model = native.starter()
    chosen = {"threads": count, "length": LENGTH, "tokens": TOKENS, "chain": int(sampling is DRAWN)}
    seen: dict[str, list[float]] = {"equal": [], "best": [], "engine": [], "node": []}
    same = True
    options = {"slots": SLOTS, "threads": count, "context": LENGTH, "drafts": False}
    with cores(count), loaded(model, options) as engine:
        async with running(short, options) as node:
            await ask_node(node.stub, [story(0, sampling, 8)])  # loads it
            for number in range(ROUNDS):
                one = story(number, sampling, TOKENS)
                text = [native.chatml(one.messages)]
                equal = await asyncio.to_thread(
                    native.run, model.path, text, {**chosen, **native.EQUAL, "slots": SLOTS}
                )
                mine = (await asyncio.to_thread(ask, engine, [one]))[0]
                nodes = (await ask_node(node.stub, [one]))[0]
                best = await asyncio.to_thread(native.run, model.path, text, {**chosen, **native.BEST})
                for name, rate in ("equal", equal.writes), ("best", best.writes), ("engine", rate_of(mine)):
                    seen[name].append(rate)
                seen["node"].append(rate_of(nodes))
                assert mine.end.prompt_tokens == equal.prompt_tokens
                same = same and (sampling is DRAWN or mine.ids == equal.first_stream[: len(mine.ids)])
                assert mine.ids == nodes.ids
    how = f"{'greedy' if sampling is GREEDY else 'drawn'}, {count} cores"
    for name in "engine", "node":
        show(f"one answer, {name} against equal C loop, {how}", seen[name], "tokens/s", seen["equal"], GOAL)
        show(f"one answer, {name} against best C loop, {how}", seen[name], "tokens/s", seen["best"], same_tokens=same)


@pytest.mark.parametrize("count", CORES)
async def test_a_long_prompt(count: int, short: Path) -> None:
    model = native.starter()
    chosen = {"threads": count, "length": LENGTH, "tokens": 0}
    seen: dict[str, list[float]] = {"equal": [], "best": [], "engine": [], "node": []}
    sizes: list[int] = []
    options = {"slots": SLOTS, "threads": count, "context": LENGTH, "drafts": False}
    with cores(count), loaded(model, options) as engine:
        async with running(short, options) as node:
            await ask_node(node.stub, [story(0, GREEDY, 8)])
            for number in range(ROUNDS):
                one = prompt(1000 * number)
                text = [native.chatml(one.messages)]
                equal = await asyncio.to_thread(
                    native.run, model.path, text, {**chosen, **native.EQUAL, "slots": SLOTS}
                )
                mine = (await asyncio.to_thread(ask, engine, [one]))[0]
                nodes = (await ask_node(node.stub, [one]))[0]
                best = await asyncio.to_thread(native.run, model.path, text, {**chosen, **native.BEST})
                size = mine.end.prompt_tokens
                sizes.append(size)
                assert size == equal.prompt_tokens and mine.end.cached_tokens < 16
                for name, rate in ("equal", equal.reads), ("best", best.reads), ("engine", size / mine.first):
                    seen[name].append(rate)
                seen["node"].append(size / nodes.first)
    how = f"{statistics.median(sizes):.0f} tokens, {count} cores"
    for name in "engine", "node":
        show(f"prompt read, {name} against equal C loop, {how}", seen[name], "tokens/s", seen["equal"], GOAL)
        show(f"prompt read, {name} against best C loop, {how}", seen[name], "tokens/s", seen["best"])


def rate_of(answer: Heard) -> float:
    """Tokens/s; an answer that ended early is too short to be measured."""
    assert len(answer.ids) >= TOKENS // 2, "the answer ended early"
    return answer.rate
