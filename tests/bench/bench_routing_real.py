"""The simulation of bench_routing.py beside real nodes: the same questions at the same times, figures side by side.

Run: pytest -m bench tests/bench/bench_routing_real.py -s
Real are processes, gRPC, TLS, reports and the clock; the engines are paced ones in both. Takes two minutes.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster.cluster import Cluster
from app.events import TokenReceived
from tests.bench.conversations import Ask, Recording
from tests.bench.figures import percentile, show
from tests.bench.routing_simulation import Simulation, ours
from tests.bench.simulated_node import Machine
from tests.node_process import NodeProcess, cluster, pair, question, state

pytestmark = [pytest.mark.bench, pytest.mark.timeout(400)]

MACHINES = (
    *(Machine(f"pi-{number}", 12, 40) for number in range(3)),
    Machine("rig", 30, 600),
    Machine("rig-2", 20, 500),
    Machine("local", 25, 250, slots=2, link_ms=0.2, desktop=0),
)
COUNT = 45
RATE = 0.55
"""Conversations a second."""
HURRY = 0.1
"""Share of the time that people take to think: the run should be short."""


def _conversations() -> list[tuple[float, list[Ask]]]:
    drawn = list(Recording().conversations(COUNT, RATE, 1, seed=11))
    for _, asks in drawn:
        for ask in asks:
            ask.think *= HURRY
            ask.request = replace(ask.request, max_tokens=ask.answer)
    return drawn


def _engine(machine: Machine) -> tuple[str, str]:
    rates = f"{machine.decode:g},{machine.prefill:g},slots={machine.slots},cells={machine.cells},answer=2000"
    return "--engine", f"paced:{rates}"


async def _talk(one: Cluster, began: float, start: float, asks: list[Ask]) -> None:
    await asyncio.sleep(max(began + start - time.monotonic(), 0))
    for ask in asks:
        await asyncio.sleep(ask.think)
        ask.asked = time.monotonic()
        async with aclosing(one.generate(ask.request)) as events:
            async for event in events:
                if isinstance(event, TokenReceived):
                    ask.first = ask.first or time.monotonic()
                    ask.node = event.node
        ask.end = time.monotonic()


async def test_the_simulation_beside_real_nodes(short: Path) -> None:
    simulated = _conversations()
    run = Simulation(MACHINES, simulated, ours, 1)
    run.run()
    real = _conversations()
    async with AsyncExitStack() as open_:
        nodes = [NodeProcess(short / m.name, m.name, *_engine(m)) for m in MACHINES if m.desktop is None]
        for node in nodes:
            await node.start()
            open_.push_async_callback(node.stop)
        one = await open_.enter_async_context(cluster(short / "home", *_engine(MACHINES[-1])))
        for node in nodes:
            await pair(one, node)
            await state(one, node.name, "ready")
        for name in [node.name for node in nodes] + ["local"]:  # an engine that is not loaded counts its loading
            async with aclosing(one.generate(question(f"warm-{name}", node=name, max_tokens=2))) as events:
                async for _ in events:
                    pass
        began = time.monotonic()
        await asyncio.gather(*(_talk(one, began, start, asks) for start, asks in real))
    figures = {}
    for what, conversations in (("simulated", simulated), ("real", real)):
        asks = [ask for _, asks in conversations for ask in asks]
        firsts = [ask.first - ask.asked for ask in asks]
        figures[what] = (
            statistics.mean(firsts),
            percentile(firsts, 0.95),
            statistics.mean(a.end - a.asked for a in asks),
        )
        nodes_used = {m.name: sum(ask.node == m.name for ask in asks) for m in MACHINES}
        print(what, len(asks), nodes_used)
    for place, name in enumerate(("first token, mean", "first token, 95 %", "end, mean")):
        show(f"routing.real.{name}", figures["real"][place], "s", figures["simulated"][place])
    assert 0.6 < figures["real"][0] / figures["simulated"][0] < 1.7
