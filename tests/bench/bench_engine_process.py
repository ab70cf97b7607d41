"""An engine in a thread of the node against one in a process of its own: speed, delay, processor time, memory, pauses.

Run: .venv/bin/python -m pytest tests/bench/bench_engine_process.py -m bench -s
Both ways are measured in turns in one run; what counts are the ratios. See docs/decisions/0011.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from nodeworker.engines import BatchingChatEngine, ChatEvent, ChatRequest, Message, Sampling, Token
from nodeworker.errors import EngineError
from nodeworker.hosting.engine_call import Running
from nodeworker.hosting.hosted import EngineSpec, HostedChat
from nodeworker.models.folder import ModelFile, ModelFolder
from tests.engine_factories import Metronome
from tests.unit.nodeworker_server.fakes import model

pytestmark = pytest.mark.bench
TURNS_A_SECOND = 20
STREAMS = 16
SECONDS = 10.0
ROUNDS = 3


class Threaded:
    """What the node would do without a process: the engine's own thread tells the loop once a turn."""

    def __init__(self, engine: BatchingChatEngine) -> None:
        self.engine = engine
        self._loop = asyncio.get_running_loop()
        self._turn: list[tuple[Running[Any], ChatEvent | EngineError | None]] = []

    async def load(self) -> None:
        self.engine.after_turn = self._after_turn
        await asyncio.to_thread(self.engine.load, lambda _fraction: None)

    def generate(self, request: ChatRequest) -> Running[ChatEvent]:
        running: Running[ChatEvent] = Running((), request.cancelled, lambda _running: None)
        self.engine.begin(request, lambda event: self._turn.append((running, event)))
        return running

    async def close(self) -> None:
        await asyncio.to_thread(self.engine.close)

    def _after_turn(self) -> None:
        turn, self._turn = self._turn, []
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._tell, turn)

    @staticmethod
    def _tell(turn: list[tuple[Running[Any], ChatEvent | EngineError | None]]) -> None:
        for running, event in turn:
            if event is None:
                running.end()
            elif isinstance(event, EngineError):
                running.failed = event
            else:
                running.put([event])


Way = Callable[[], contextlib.AbstractAsyncContextManager[Threaded | HostedChat]]


def hosted(file: ModelFile, spec: EngineSpec) -> Way:
    @contextlib.asynccontextmanager
    async def way() -> AsyncIterator[HostedChat]:
        engine = HostedChat(file, spec)
        try:
            await engine.start()
            await engine.load(lambda _fraction: None)
            yield engine
        finally:
            await engine.close()

    return way


def threaded(make: Callable[[], BatchingChatEngine]) -> Way:
    @contextlib.asynccontextmanager
    async def way() -> AsyncIterator[Threaded]:
        engine = Threaded(make())
        await engine.load()
        try:
            yield engine
        finally:
            await engine.close()

    return way


def figure(name: str, value: float, reference: float, unit: str) -> float:
    row = {"figure": name, "value": round(value, 3), "unit": unit, "reference": round(reference, 3)}
    ratio = value / reference if reference else 0.0
    print(json.dumps({**row, "ratio": round(ratio, 3)}))
    return ratio


async def read(events: AsyncGenerator[list[ChatEvent], None], seen: Callable[[Token], None]) -> int:
    tokens = 0
    async with contextlib.aclosing(events):
        async for batch in events:
            for event in batch:
                if isinstance(event, Token):
                    tokens += len(event.ids)
                    seen(event)
    return tokens


def asking(id: str, words: str = "say 100000", tokens: int = 0) -> ChatRequest:
    return ChatRequest(id, (Message("user", words),), Sampling(max_tokens=tokens))


async def cpu_seconds(engine: Threaded | HostedChat, work: Awaitable[Any]) -> tuple[float, float]:
    """Processor seconds of this process and of the engine's while `work` is done."""
    child = psutil.Process(engine.pid) if isinstance(engine, HostedChat) else None

    def used(process: psutil.Process | None) -> float:
        return sum(process.cpu_times()[:2]) if process else 0.0

    me = psutil.Process(os.getpid())
    before = used(me), used(child)
    await work
    return used(me) - before[0], used(child) - before[1]


async def test_processor_time_and_delay_of_a_token() -> None:
    """An engine that only keeps time: all the processor time there is, is spent on carrying tokens."""
    spec = EngineSpec("tests.engine_factories:Metronome", {"turns": TURNS_A_SECOND})
    ways: dict[str, Way] = {
        "thread": threaded(lambda: Metronome(model("chat", "m"), turns=TURNS_A_SECOND)),
        "process": hosted(model("chat", "m"), spec),
    }
    share: dict[str, list[float]] = {name: [] for name in ways}
    delays: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            async with way() as engine:

                def seen(token: Token, name: str = name) -> None:
                    delays[name].append((time.monotonic() - float(token.text)) * 1000)

                async def all_streams(engine: Threaded | HostedChat = engine) -> None:
                    requests = [asking(str(number)) for number in range(STREAMS)]
                    answers = [asyncio.create_task(read(engine.generate(one).batches(), seen)) for one in requests]
                    await asyncio.sleep(SECONDS)
                    for request in requests:
                        request.cancelled.set()
                    await asyncio.gather(*answers)

                here, there = await cpu_seconds(engine, all_streams())
                share[name].append((here + there) / SECONDS * 100)
    middle = {name: statistics.median(values) for name, values in share.items()}
    figure(f"engine.carry_{STREAMS}_streams", middle["process"], middle["thread"], "% of one core")
    for name, q in (("p50", 0.5), ("p99", 0.99)):
        at = {way: sorted(values)[int(len(values) * q)] for way, values in delays.items()}
        figure(f"engine.token_delay_{name}", at["process"], at["thread"], "ms")
    assert middle["process"] <= 3.0 * (os.cpu_count() or 1)


@pytest.mark.timeout(1200)
@pytest.mark.models
async def test_speed_memory_and_pauses_with_a_model() -> None:
    """The starter model, both engines loaded and asked in turns: speed alone and in company, pauses of the node's loop.

    One thread each, so that other work on the machine meets both alike; processor time is counted beside wall time.
    """
    from nodeworker.engines.llama.engine import LlamaEngine

    file = ModelFolder(Path("/nonexistent")).find("chat", "smollm2-135m")
    options = {"context": 1024, "threads": 1, "slots": 8}
    ways: dict[str, Way] = {
        "process": hosted(file, EngineSpec("nodeworker.engines.llama.engine:LlamaEngine", options)),
        "thread": threaded(lambda: cast("BatchingChatEngine", LlamaEngine(file, **options))),  # type: ignore[arg-type]
    }
    wall: dict[tuple[str, int], list[float]] = {}
    work: dict[tuple[str, int], list[float]] = {}
    pauses: dict[str, list[float]] = {name: [] for name in ways}
    memory: dict[str, float] = {}
    async with contextlib.AsyncExitStack() as stack:
        engines: dict[str, Threaded | HostedChat] = {}
        for name, way in ways.items():
            before = psutil.Process().memory_info().rss
            engine = engines[name] = await stack.enter_async_context(way())
            mine = psutil.Process().memory_info().rss - before
            memory[name] = (mine + (engine.rss_bytes() if isinstance(engine, HostedChat) else 0)) / 1e6
        for number in range(ROUNDS * 2):
            for name, engine in engines.items():
                for streams in (1, 8):
                    made: list[int] = []

                    async def answers(
                        engine: Threaded | HostedChat = engine,
                        streams: int = streams,
                        made: list[int] = made,
                        mark: str = f"{number}",
                    ) -> None:
                        asked = [
                            asking(f"{mark}.{at}", f"{mark} {at}: count from 1 to 500.", 32) for at in range(streams)
                        ]
                        made += await asyncio.gather(
                            *(read(engine.generate(one).batches(), lambda _token: None) for one in asked)
                        )

                    watching = asyncio.create_task(_lag(pauses[name]))
                    began = time.perf_counter()
                    used = sum(await cpu_seconds(engine, answers()))
                    taken = time.perf_counter() - began
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                    if number:  # the first round warms up
                        wall.setdefault((name, streams), []).append(sum(made) / taken)
                        work.setdefault((name, streams), []).append(sum(made) / used)
    for streams in (1, 8):
        for what, values, unit in (("decode", wall, "tokens/s"), ("work", work, "tokens/CPU-s")):
            at = {name: statistics.median(values[name, streams]) for name in ways}
            ratio = figure(f"engine.{what}_{streams}", at["process"], at["thread"], unit)
        assert ratio > 0.9
    worst = {name: sorted(values)[int(len(values) * 0.99)] for name, values in pauses.items()}
    figure("engine.node_pause_p99", worst["process"], worst["thread"], "ms")
    figure("engine.memory", memory["process"], memory["thread"], "MB")


async def _lag(into: list[float]) -> None:
    """Note how late the node's loop comes back, in milliseconds."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        into.append((time.perf_counter() - began - 0.005) * 1000)
