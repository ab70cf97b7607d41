"""How good the choice of node is: against random, round robin, least connections and an oracle; and what it costs.

Run: pytest -m bench tests/bench/bench_routing.py -s
With TANGNET_BENCH_WRITE=1 the table in docs/routing.md and docs/pictures/routing.svg are written anew.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path

import pytest

from app.cluster.routing import rank
from app.events import NodeInfo
from app.thinking import ChatMessage, ChatRequest
from nodeworker.engines.paced.turns import Pace
from nodeworker.protocol.prefixes import block_hashes
from tests.bench.conversations import Recording
from tests.bench.figures import percentile, show
from tests.bench.routing_plot import Outcome, picture, table
from tests.bench.routing_simulation import (
    Policy,
    Simulation,
    at_random,
    least_connections,
    oracle,
    ours,
    round_robin,
)
from tests.bench.simulated_node import Machine
from tests.fakes_nodes import node_info

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

HOUSE = (
    *(Machine(f"pi-{number}", 12, 40, link_ms=2.0) for number in range(5)),
    *(Machine(f"pi-hot-{number}", 12, 40, link_ms=2.0, heat=0.6) for number in range(2)),
    Machine("rig", 60, 1200, accelerator="GPU"),
    Machine("far-rig", 80, 1500, slots=8, link_ms=80.0, accelerator="GPU"),
    *(Machine("local", 25, 250, slots=2, link_ms=0.2, desktop=desktop) for desktop in range(4)),
)
SCHOOL = (
    *(Machine(f"pi-{number}", 12, 40, link_ms=2.0) for number in range(100)),
    *(Machine(f"rig-{number}", 150, 3000, slots=8, accelerator="GPU") for number in range(10)),
    *(Machine("local", 25, 250, slots=2, link_ms=0.2, desktop=desktop) for desktop in range(20)),
)
FLEETS = {"House": (HOUSE, 4, 300, (7, 8, 9)), "School": (SCHOOL, 20, 500, (7,))}
"""Machines, desktops, conversations of a run, seeds."""
LOADS = (0.2, 0.4, 0.6, 0.8)
MODERATE = 0.4
DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN, END = "<!-- bench_routing: begin -->", "<!-- bench_routing: end -->"


def _policies() -> dict[str, Policy]:
    return {
        "oracle": oracle("first"),
        "Tangnet": ours,
        "least connections": least_connections,
        "round robin": round_robin(),
        "random": at_random,
    }


def _capacity(machines: tuple[Machine, ...], prompt: float, answer: float) -> float:
    """Questions a second that all machines could answer if the work were spread perfectly and nothing were cached."""
    return sum(
        machine.heat / (prompt / machine.prefill + answer / Pace(machine.decode, 1).together(machine.slots))
        for machine in machines
    )


def _outcome(fleet: str, load: float, name: str) -> Outcome:
    machines, desktops, count, seeds = FLEETS[fleet]
    recording = Recording()
    prompt, answer, questions = recording.mean()
    rate = load * _capacity(machines, prompt, answer) / questions
    firsts: list[float] = []
    ends: list[float] = []
    for seed in seeds:
        conversations = list(recording.conversations(count, rate, desktops, seed))
        run = Simulation(machines, conversations, _policies()[name], desktops, seed=seed)
        done = [ask for ask in run.run() if ask.asked > conversations[count // 10][0]]
        assert not run.lost
        firsts += [ask.first - ask.asked for ask in done]
        ends += [ask.end - ask.asked for ask in done]
    return Outcome(
        statistics.mean(firsts), percentile(firsts, 0.99), statistics.mean(ends), percentile(ends, 0.99)
    )  # fmt: skip


def test_the_choice_of_node_beside_others_and_an_oracle() -> None:
    results = {
        fleet: {load: {name: _outcome(fleet, load, name) for name in _policies()} for load in LOADS} for fleet in FLEETS
    }
    for fleet, loads in results.items():
        for load, outcomes in loads.items():
            for name, found in outcomes.items():
                best = outcomes["oracle"]
                show(
                    f"routing.{fleet.lower()}.first_token",
                    found.first,
                    "s",
                    best.first,
                    policy=name,
                    load=load,
                    p99=round(found.first_p99, 3),
                    p99_of_oracle=round(found.first_p99 / best.first_p99, 2),
                    end=round(found.end, 3),
                    end_p99=round(found.end_p99, 3),
                )
    if os.environ.get("TANGNET_BENCH_WRITE"):
        (DOCS / "pictures" / "routing.svg").write_text(picture(results), encoding="utf-8")
        page = (DOCS / "routing.md").read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        after = rest.split(END)[1]
        (DOCS / "routing.md").write_text(f"{before}{BEGIN}\n{table(results)}{END}{after}", encoding="utf-8")
    for loads in results.values():
        ours_now, others = loads[MODERATE]["Tangnet"], loads[MODERATE]["least connections"]
        assert ours_now.first_p99 < others.first_p99 / 3
    assert results["House"][MODERATE]["Tangnet"].first <= 1.15 * results["House"][MODERATE]["oracle"].first


def _nodes(count: int, blocks: tuple[int, ...]) -> list[NodeInfo]:
    luck = random.Random(1)
    return [
        node_info(
            f"n{number}",
            decode_rate=luck.uniform(8, 150),
            prefill_rate=luck.uniform(40, 3000),
            slots=4,
            cached_prefixes=frozenset([*blocks[: luck.randrange(20)], *(luck.getrandbits(64) for _ in range(200))]),
        )
        for number in range(count)
    ]


def test_what_a_choice_costs() -> None:
    request = ChatRequest((ChatMessage("system", "s" * 450), ChatMessage("user", "x" * 5000)), "r")
    blocks = block_hashes((message.role, message.content) for message in request.messages)
    for count in (1, 10, 50, 110, 1000):
        nodes = _nodes(count, blocks)
        took = []
        for _ in range(15):
            began = time.perf_counter()
            assert rank(nodes, request)[0].reason
            took.append(1000 * (time.perf_counter() - began))
        show("routing.cost", took, "ms", goal="value <= 16", nodes=count)
