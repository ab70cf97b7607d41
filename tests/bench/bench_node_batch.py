"""8 and 16 answers at once: the engine and the node against the bare C loop and against xllamacpp's server.

TANGNET_BENCH_PEER=python-that-has-xllamacpp pytest -m bench tests/bench/bench_node_batch.py -s

Besides: what scheduler, frames and gRPC cost in processor time, and how late a token arrives. "equal" and "best" are
explained in bench_node_decode.py; the node's gRPC client runs on the same cores. TANGNET_BENCH_REALTIME=1 (as root)
lets node and client, not the engine, run as soon as something comes in: what is late then is late by their own work,
and what is late without it waits for the kernel to take a core from those who compute.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from nodeworker.engines import Sampling
from nodeworker.models.model_file import ModelFile
from tests.bench import native, peer
from tests.bench.asking import DRAWN, GREEDY, Heard, ask, ask_node, story, together
from tests.bench.engines import loaded
from tests.bench.figures import CORES, ROUNDS, TOKENS, cores, percentile, show
from tests.bench.node_child import Child, running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(7200)]

STREAMS = (8, 16)
REALTIME = bool(os.environ.get("TANGNET_BENCH_REALTIME"))
LENGTH = 512
GOAL = "ratio >= 0.97"


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize("count", CORES)
@pytest.mark.parametrize("weights", ["Q4_1", "Q4_0"])
async def test_answers_at_once(weights: str, count: int, streams: int, short: Path) -> None:
    model = weighing(weights, short)
    chosen = {"threads": count, "length": LENGTH, "streams": streams, "tokens": TOKENS, "chain": 1}
    options = {"slots": streams, "threads": count, "context": LENGTH, "drafts": False}
    seen: dict[str, list[float]] = {"equal": [], "best": [], "engine": [], "node": [], "peer": []}
    async with AsyncExitStack() as stack:
        stack.enter_context(cores(count))
        engine = stack.enter_context(loaded(model, options))
        node = await stack.enter_async_context(running(short, options))
        port = 0
        if peer.PYTHON:
            serving = peer.serving(model.path, slots=streams, length=LENGTH, threads=count)
            port = await stack.enter_async_context(serving)
            await peer.ask_peer(port, [story(0, DRAWN, 8)])
        await ask_node(node.stub, [story(0, DRAWN, 8)], model.name)
        for number in range(ROUNDS):
            every = [story(one, DRAWN, TOKENS, f"{number}. ") for one in range(streams)]
            texts = [native.chatml(one.messages) for one in every]
            equal = await asyncio.to_thread(native.run, model.path, texts, {**chosen, **native.EQUAL})
            seen["equal"].append(equal.writes)
            seen["engine"].append(together(await asyncio.to_thread(ask, engine, every, whole=True)))
            seen["node"].append(together(await ask_node(node.stub, every, model.name, whole=True)))
            best = await asyncio.to_thread(native.run, model.path, texts, {**chosen, **native.BEST})
            seen["best"].append(best.writes)
            if port:
                seen["peer"].append(together(await peer.ask_peer(port, every)))
    how = f"{streams} answers at once, {weights}, {count} cores"
    for name in "engine", "node":
        show(f"{how}: {name} against equal C loop", seen[name], "tokens/s", seen["equal"], GOAL)
        show(f"{how}: {name} against best C loop", seen[name], "tokens/s", seen["best"])
        if port:
            show(f"{how}: {name} against the peer's server", seen[name], "tokens/s", seen["peer"], "ratio >= 1.0")


@pytest.mark.parametrize(("weights", "sampling"), [("Q4_1", GREEDY), ("Q4_1", DRAWN), ("Q4_0", DRAWN)])
@pytest.mark.parametrize("count", CORES)
async def test_cost_of_everything_around(count: int, weights: str, sampling: Sampling, short: Path) -> None:
    """Processor time of a token, node and engine process together, beside the C loop's."""
    model, streams = weighing(weights, short), max(STREAMS)
    chosen = {"threads": count, "length": LENGTH, "streams": streams, "tokens": TOKENS, **native.EQUAL}
    chosen["chain"] = int(sampling is DRAWN)
    options = {"slots": streams, "threads": count, "context": LENGTH, "drafts": False}
    seen: dict[str, list[float]] = {"node": [], "engine": [], "loop": []}
    with cores(count):
        async with running(short, options) as node:
            await ask_node(node.stub, [story(0, sampling, 8)], model.name)
            for number in range(ROUNDS):
                every = [story(one, sampling, TOKENS, f"{number}. ") for one in range(streams)]
                texts = [native.chatml(one.messages) for one in every]
                run = await asyncio.to_thread(native.run, model.path, texts, chosen)
                meter = Meter(node)
                await ask_node(node.stub, every, model.name, whole=True, noticed=meter.look)
                seen["loop"].append(1000 * run.write_cpu_s / run.made_tokens)
                for name, spent in zip(("node", "engine"), meter.each(), strict=True):
                    seen[name].append(1000 * spent)
    ours = [node + engine for node, engine in zip(seen["node"], seen["engine"], strict=True)]
    how = f"{'greedy' if sampling is GREEDY else 'drawn'}, {weights}, {count} cores"
    show(f"processor time of a token, {streams} at once, {how}", ours, "ms", seen["loop"])
    for name in "node", "engine":
        show(f"… of it in the {name} process, {how}", seen[name], "ms", seen["loop"])
    around = [100 * (one - loop) / one for one, loop in zip(ours, seen["loop"], strict=True)]
    show(f"scheduler, frames, gRPC: share of processor time, {streams} at once, {how}", around, "%", goal="value <= 3")


@pytest.mark.parametrize("tls", [False, True], ids=["local", "tls"])
@pytest.mark.parametrize("count", CORES)
async def test_lateness(count: int, tls: bool, short: Path) -> None:
    """From the moment the engine tells a token, which is before its turn ends, to its arrival at the client."""
    most = max(STREAMS)
    options = {"slots": most, "threads": count, "context": LENGTH, "drafts": False, "stamped": True}
    with cores(count):
        async with running(short, options, tls=tls) as node:
            await ask_node(node.stub, [story(0, GREEDY, 8)])
            if REALTIME:
                at_once(node.pid)
                at_once(os.getpid())
            for streams in (1, 4, most):
                late: list[float] = []
                for number in range(ROUNDS):
                    every = [story(one, GREEDY, TOKENS, f"{number}. ") for one in range(streams)]
                    for answer in await ask_node(node.stub, every):
                        told = answer.text.split()
                        late += [1000 * at - int(one) / 1e6 for at, one in zip(answer.at, told, strict=True)]
                how = f"{streams} at once, {'TLS' if tls else 'local socket'}, {count} cores"
                show(f"a token arrives after it was told, median, {how}", late, "ms")
                show(f"… the slowest of a hundred, {how}", percentile(late, 0.99), "ms", goal="value <= 5")


def at_once(pid: int) -> None:
    """Let all threads of a process run before others."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setscheduler(int(thread), os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def weighing(weights: str, home: Path) -> ModelFile:
    """The starter model, or its copy in the models of a node."""
    return native.starter() if weights == "Q4_1" else native.requantised(home / "models")


class Meter:
    """Processor time and tokens from when the last answer began until the first one ended."""

    def __init__(self, node: Child) -> None:
        self._node = node
        self._marks: list[tuple[tuple[float, float], int]] = []

    def look(self, answers: list[Heard]) -> None:
        """See whether it is time to begin or to end."""
        begun = bool(self._marks) or all(answer.ids for answer in answers)
        ended = any(answer.over.is_set() for answer in answers)
        if (begun and not self._marks) or (ended and len(self._marks) == 1):
            self._marks.append((self._node.cpu_seconds(), sum(len(answer.ids) for answer in answers)))

    def each(self) -> tuple[float, float]:
        """Seconds of a token in the node's process and in the engine's."""
        (before, had), (after, have) = self._marks
        return (after[0] - before[0]) / (have - had), (after[1] - before[1]) / (have - had)
