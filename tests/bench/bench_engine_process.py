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

from nodeworker.engine_call import Running
from nodeworker.engines import BatchingChatEngine, ChatEvent, ChatRequest, Message, Sampling, Token
from nodeworker.errors import EngineError
from nodeworker.hosted import EngineSpec, HostedChat
from nodeworker.models import ModelFile, ModelFolder
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


@pytest.mark.models
async def test_speed_memory_and_pauses_with_a_model() -> None:
    """The starter model: tokens a second alone and in company, how long the node's loop stands still meanwhile."""
    from nodeworker.engines.llama import LlamaEngine

    file = ModelFolder(Path("/nonexistent")).find("chat", "smollm2-135m")
    options = {"context": 1024, "threads": os.cpu_count() or 1, "slots": 8}
    ways: dict[str, Way] = {
        "thread": threaded(lambda: cast("BatchingChatEngine", LlamaEngine(file, **options))),  # type: ignore[arg-type]
        "process": hosted(file, EngineSpec("nodeworker.engines.llama:LlamaEngine", options)),
    }
    rates: dict[tuple[str, int], list[float]] = {}
    pauses: dict[str, list[float]] = {name: [] for name in ways}
    memory: dict[str, int] = {}

    async def lag(into: list[float]) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            into.append((time.perf_counter() - began - 0.005) * 1000)

    for _ in range(ROUNDS):
        # The process first: what a library leaves behind in this one must not count against it.
        for name, way in reversed(ways.items()):
            before = psutil.Process().memory_info().rss
            async with way() as engine:
                for streams in (1, 8):
                    watching = asyncio.create_task(lag(pauses[name]))
                    began = time.perf_counter()
                    made = await asyncio.gather(
                        *(
                            read(engine.generate(asking(str(at), "Count from 1 to 500.", 48)).batches(), lambda _: None)
                            for at in range(streams)
                        )
                    )
                    rates.setdefault((name, streams), []).append(sum(made) / (time.perf_counter() - began))
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                mine = psutil.Process().memory_info().rss - before
                memory.setdefault(name, mine + (engine.rss_bytes() if isinstance(engine, HostedChat) else 0))
    for streams in (1, 8):
        at = {name: statistics.median(rates[name, streams]) for name in ways}
        assert figure(f"engine.decode_{streams}", at["process"], at["thread"], "tokens/s") > 0.9
    worst = {name: sorted(values)[int(len(values) * 0.99)] for name, values in pauses.items()}
    figure("engine.node_pause_p99", worst["process"], worst["thread"], "ms")
    figure("engine.memory", memory["process"] / 1e6, memory["thread"] / 1e6, "MB")
