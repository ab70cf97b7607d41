"""A small cluster of simulated nodes in processes of their own, and what `tangnet bench cluster` says of it."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import main
from app.commands.bench_cluster import Plan, figures, measure, request
from app.commands.simulated_fleet import fleet
from app.errors import NodeError
from nodeworker.engines import ChatRequest, Message, Sampling
from nodeworker.engines.paced.engine import PacedEngine
from nodeworker.errors import BadRequest
from nodeworker.simulated import parse

QUICK = "paced:400,20000,slots=1"


def expected(number: int) -> str:
    """What every simulated node answers to a question of the bench."""
    asked = request(number)
    messages = tuple(Message(one.role, one.content) for one in asked.messages)
    sampling = Sampling(seed=asked.seed, max_tokens=asked.max_tokens)
    return PacedEngine.whole(ChatRequest(asked.request_id, messages, sampling), asked.max_tokens)


async def test_many_questions_over_a_small_cluster_are_answered_exactly_and_leave_nothing_behind() -> None:
    plan = Plan([QUICK] * 5, clients=12, seconds=1.0, ramp=0.2, settle=0.3)
    run = await measure(plan)
    assert not run.failures
    assert run.deaths == run.unanswered == 0
    assert run.asked
    for one in run.asked:
        assert one.text == expected(one.number)
        assert one.tokens == request(one.number).max_tokens
    assert len({one.node for one in run.asked}) == 5, "each of the nodes was used"
    assert run.tasks_after == run.tasks_before
    found = {str(figure["figure"]): figure for figure in figures(plan, run)}
    assert found["cluster_tokens"]["reference"] == 2000
    assert found["cluster_failed"]["value"] == 0


async def test_the_processes_end_with_the_fleet_and_say_what_they_used() -> None:
    async with fleet([QUICK] * 3, processes=2) as nodes:
        used = await nodes.used()
        assert used.cpu_seconds > 0 and used.memory_bytes > 10_000_000
        processes = list(nodes._processes)
        assert [process.returncode for process in processes] == [None, None]
    assert all(process.returncode is not None for process in processes)
    assert not nodes.home.exists()


async def test_a_fleet_that_cannot_start_says_so() -> None:
    with pytest.raises(NodeError, match="have ended"):
        async with fleet(["llama"]):
            pass
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("words", [[], ["paced:1"], ["a=llama"], ["a=paced:0"], ["=paced:1"]])
def test_only_simulated_nodes_with_names_are_served(words: list[str]) -> None:
    with pytest.raises(BadRequest):
        parse(words)


def test_the_command_prints_its_figures(home: Path) -> None:
    out = io.StringIO()
    status = main(["bench", "cluster", "--nodes", "2", "--clients", "2", "--seconds", "1", "--json"], out=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert status == 0
    names = [line["figure"] for line in lines]
    assert {"cluster_tokens", "cluster_first_token_p99", "cluster_desktop_cpu", "cluster_false_deaths"} <= set(names)
    assert all(line["nodes"] == 2 and line["clients"] == 2 for line in lines)


def test_the_questions_of_a_measurement_are_the_same_each_time_and_differ_from_each_other() -> None:
    assert request(7) == request(7) != replace(request(8), request_id="bench-7")
    assert {64 <= request(number).max_tokens <= 192 for number in range(500)} == {True}
