"""110 simulated nodes, 200 clients of one desktop: throughput, time to the first token, processor time, false deaths.

Nodes, TLS and desktop are real; only the models are simulated. All of it shares the cores of one machine.

Run: .venv/bin/python -m pytest tests/bench/bench_cluster.py -m bench -s
`TANGNET_BENCH_NODES`, `_CLIENTS` and `_SECONDS` change the size.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path

import pytest

from app.cluster.registry import HEARTBEAT_SECONDS, REST_SECONDS, Roster
from app.cluster.routing import rank
from app.cluster.session import Session
from app.commands.bench_cluster import PI, RIG, Plan, Run, figures, measure, request
from app.events import Generated, NodeInfo, TokenReceived, Usage
from app.thinking import ChatRequest
from tests.bench.figures import percentile, show
from tests.fakes_nodes import node_info
from tests.integration.test_simulated_fleet import expected

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

NODES = int(os.environ.get("TANGNET_BENCH_NODES", "110"))
RIGS = max(1, NODES // 11)
CLIENTS = int(os.environ.get("TANGNET_BENCH_CLIENTS", "200"))
SECONDS = float(os.environ.get("TANGNET_BENCH_SECONDS", "60"))
GOALS = {
    "cluster_tokens": "ratio >= 0.9",
    "cluster_first_token_p99": "ratio <= 1.1",
    "cluster_false_deaths": "value <= 0",
    "cluster_failed": "value <= 0",
    "cluster_tasks_left": "value <= 0",
}
SIZES = (1, 10, 50, 110)
ANSWER = 128


async def test_110_nodes_and_200_clients() -> None:
    plan = Plan([*[PI] * (NODES - RIGS), *[RIG] * RIGS], CLIENTS, SECONDS, ramp=5.0, settle=25.0)
    run = await measure(plan, print)
    for line in figures(plan, run):
        name, value, unit = str(line["figure"]), float(str(line["value"])), str(line["unit"])
        reference = float(str(line["reference"])) if "reference" in line else None
        show(name, value, unit, reference, GOALS.get(name, ""))
    show("cluster_nodes_memory", run.nodes_memory / 2**20, "MB")
    show("cluster_answers", len(run.asked), "answers")
    wrong = [one.number for one in run.asked if one.text != expected(one.number)]
    show("cluster_wrong_answers", len(wrong), "answers", goal="value <= 0")
    assert not wrong, "an answer is not what its node wrote, to the letter"
    assert run.rate >= 1000
    _where(run, plan)


def _where(run: Run, plan: Plan) -> None:
    """Say who answered: quick nodes should do most of the work, and none should be left out."""
    used = {one.node for one in run.asked}
    show("cluster_nodes_used", len(used), "nodes", float(len(plan.engines)))


class Answers:
    """A node that answers at once: what is left is the desktop's own work."""

    async def generate(self, attempt: object) -> AsyncGenerator[TokenReceived | Generated, None]:
        for id in range(ANSWER):
            yield TokenReceived("word ", "node", (id,))
        yield Generated("length", Usage(10, 0, ANSWER), 0.0, 1.0, "paced", "node")


async def test_a_request_costs_little_more_among_many_nodes() -> None:
    """Choosing a node and following an answer, without wire: what may not grow faster than the logarithm of nodes."""
    costs = {}
    for size in SIZES:
        nodes = [node_info(f"node-{number:03}", decode_rate=12.0, prefill_rate=40.0) for number in range(size)]
        rounds = 40
        began = time.process_time()
        for number in range(rounds):
            await _answered(nodes, request(number))
        costs[size] = 1e3 * (time.process_time() - began) / rounds
        ranked = _each(partial(rank, nodes, request(7)), 40)
        show(f"cluster_choice_{size}", ranked, "ms CPU")
        show(f"cluster_request_{size}", costs[size], f"ms CPU, {ANSWER} tokens", costs[1])
    assert costs[110] < costs[1] * 6.8, "the logarithm of 110 to base 2"


async def _answered(nodes: list[NodeInfo], asked: ChatRequest) -> None:
    async def open(node: NodeInfo) -> tuple[Answers, NodeInfo]:
        return Answers(), node

    session = Session(asked, lambda request, avoid: rank(nodes, request, avoid=avoid), open, lambda _id: 0.0)
    async for _ in session.events():
        pass


def _each(work: Callable[[], object], times: int) -> float:
    """Processor milliseconds of one call."""
    began = time.process_time()
    for _ in range(times):
        work()
    return 1e3 * (time.process_time() - began) / times


async def test_the_roster_under_the_reports_of_110_nodes() -> None:
    """A thousand reports a second, as 110 busy nodes send at most, with a window and ten waiting tasks."""
    roster = Roster()
    infos = [node_info(f"node-{number:03}") for number in range(110)]
    for info in infos:
        roster.put(info.id, info)
    snapshots = 0

    async def window() -> None:
        nonlocal snapshots
        async for _ in roster.watch():
            snapshots += 1

    tasks = [asyncio.create_task(window()), *[asyncio.create_task(_waits(roster)) for _ in range(10)]]
    await asyncio.sleep(0.1)
    began, used = time.monotonic(), time.process_time()
    for _ in range(50):
        for number in range(100):
            info = infos[number]
            roster.put(info.id, info)
        await asyncio.sleep(0.1)
    seconds, used = time.monotonic() - began, time.process_time() - used
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    show("cluster_roster_1000_reports", 100 * used / seconds, "% of a core")
    show("cluster_roster_snapshots", snapshots / seconds, "a second", goal="value <= 5")
    show("cluster_roster_snapshot", _each(roster.snapshot, 200), "ms CPU", goal="value <= 1")


async def _waits(roster: Roster) -> None:
    while True:
        await roster.changed()


async def test_no_node_is_taken_for_dead_in_a_long_run(tmp_path: Path) -> None:
    """Light load for as long as TANGNET_BENCH_LONG seconds say; run it beside other work, which makes it harder."""
    seconds = float(os.environ.get("TANGNET_BENCH_LONG", "60"))
    plan = Plan(["paced:2,40,slots=1"] * NODES, CLIENTS // 4, seconds, ramp=10.0, settle=5.0)
    run = await measure(plan, print)
    show("cluster_long_false_deaths", run.deaths, "nodes", goal="value <= 0", node_hours=NODES * run.seconds / 3600)
    show("cluster_long_silence", run.silence, "s, the longest of any node", HEARTBEAT_SECONDS + REST_SECONDS)
    show("cluster_long_failed", len(run.failures), "answers", goal="value <= 0")
    show("cluster_long_late", 1e3 * percentile(run.lags, 0.99), "ms, the desktop's loop, slowest of a hundred")
    assert run.deaths == 0
