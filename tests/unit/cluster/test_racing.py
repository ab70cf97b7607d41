"""A late node gets a rival, full nodes are waited for, retries have a budget: sessions over fakes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace

import pytest

from app.cluster.budget import RetryBudget
from app.cluster.outliers import Outliers
from app.cluster.racing import is_idle, late_after
from app.cluster.routing import Choice, rank
from app.cluster.session import Answerer, Session
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import NodeChosen, NodeInfo
from app.thinking import ChatRequest
from nodeworker.protocol import Code
from tests.fakes_nodes import FakeAnswerer, Plan, node_info
from tests.unit.cluster.test_session import COUNT, REQUEST, ids, moves, seen, text


class Empty(RetryBudget):
    """A budget that has been used up long ago."""

    def spend(self) -> bool:
        return False

    def owe(self) -> float:
        return 0.2


def session(
    plans: dict[str, Plan],
    request: ChatRequest = REQUEST,
    *,
    busy: Collection[str] = (),
    budget: RetryBudget | None = None,
    outliers: Outliers | None = None,
) -> Session:
    infos = [
        replace(node_info(name), decode_rate=1000.0 / 2**n, prefill_rate=1e5, active=int(name in busy))
        for n, name in enumerate(plans)
    ]

    def ranked(request: ChatRequest, avoid: Collection[str]) -> list[Choice]:
        return rank(infos, request, avoid=avoid)

    async def open(node: NodeInfo) -> tuple[Answerer, NodeInfo]:
        return FakeAnswerer(node.name, plans[node.name]), node

    return Session(request, ranked, open, lambda id: 0.0, budget=budget, outliers=outliers)


async def test_a_late_node_gets_a_rival_and_the_loser_is_told_to_stop() -> None:
    slow, quick = Plan(COUNT, reading=30), Plan(COUNT)
    began = time.monotonic()
    events = await seen(session({"pi": slow, "rig": quick}))
    assert 1.0 <= time.monotonic() - began < 5
    assert text(events) == COUNT.text
    assert ids(events) == list(range(12))
    chosen = [event for event in events if isinstance(event, NodeChosen)]
    assert [event.name for event in chosen] == ["pi", "rig"]
    assert "late" in chosen[1].reason
    assert not moves(events)
    assert slow.closed == 1
    assert [attempt.request_id for attempt in slow.attempts + quick.attempts] == ["r1", "r1-2"]


async def test_the_late_one_may_still_win() -> None:
    slow, slower = Plan(COUNT, reading=1.3), Plan(COUNT, reading=30)
    events = await seen(session({"pi": slow, "rig": slower}))
    assert text(events) == COUNT.text
    assert [event.name for event in events if isinstance(event, NodeChosen)] == ["pi"]
    assert (len(slower.attempts), slower.closed) == (1, 1)


@pytest.mark.parametrize("why", ["busy", "no budget"])
async def test_no_rival_where_it_would_cost_others(why: str) -> None:
    other = Plan(COUNT)
    one = session(
        {"pi": Plan(COUNT, reading=1.3), "rig": other},
        busy={"rig"} if why == "busy" else (),
        budget=Empty() if why == "no budget" else None,
    )
    assert text(await seen(one)) == COUNT.text
    assert not other.attempts


async def test_a_rival_that_fails_harms_nothing() -> None:
    broken = Plan(COUNT, refuse=Code.ENGINE_FAILED)
    events = await seen(session({"pi": Plan(COUNT, reading=1.3), "rig": broken}))
    assert text(events) == COUNT.text
    assert len(broken.attempts) == 1


async def test_after_the_first_token_there_is_no_rival() -> None:
    other = Plan(COUNT)
    events = await seen(session({"pi": Plan(COUNT, interval=0.15), "rig": other}))
    assert text(events) == COUNT.text
    assert not other.attempts


async def test_full_nodes_are_asked_again_when_they_said() -> None:
    full = Plan(COUNT, busy=300)
    began = time.monotonic()
    events = await seen(session({"pi": full}))
    assert text(events) == COUNT.text
    assert 0.3 <= time.monotonic() - began < 2
    assert len(full.attempts) == 2


async def test_nobody_waits_for_a_place_in_an_hour() -> None:
    with pytest.raises(NodeBusy):
        await asyncio.wait_for(seen(session({"pi": Plan(COUNT, busy=3_600_000)})), 5)


async def test_without_budget_this_machine_goes_on() -> None:
    rig, local = Plan(COUNT), Plan(COUNT)
    events = await seen(session({"pi": Plan(COUNT, die_after=3), "rig": rig, "local": local}, budget=Empty()))
    assert text(events) == COUNT.text
    assert [move.to for move in moves(events)] == ["local"]
    assert not rig.attempts


async def test_without_budget_and_this_machine_it_takes_longer() -> None:
    events = await seen(session({"pi": Plan(COUNT, die_after=3), "rig": Plan(COUNT)}, budget=Empty()))
    assert text(events) == COUNT.text
    assert moves(events)[0].gap_ms >= 200


async def test_failures_are_noted_and_full_or_leaving_nodes_are_not_blamed() -> None:
    for code, blamed in ((Code.ENGINE_FAILED, True), (Code.DRAINING, False)):
        outliers = Outliers()
        for _ in range(6):
            await seen(session({"pi": Plan(COUNT, refuse=code), "rig": Plan(COUNT)}, outliers=outliers))
        assert bool(outliers.aside(["pi-id", "rig-id"])) == blamed


async def test_a_node_is_told_whether_its_answer_could_go_elsewhere() -> None:
    one, other = Plan(COUNT), Plan(COUNT)
    await seen(session({"pi": one, "rig": other}))
    assert one.attempts[0].moves
    alone = Plan(COUNT)
    await seen(session({"pi": alone}))
    assert not alone.attempts[0].moves


async def test_both_fail_before_the_first_token() -> None:
    with pytest.raises(NodeError) as caught:
        await seen(session({"pi": Plan(COUNT, reading=1.2, die_after=0), "rig": Plan(COUNT, reading=1, die_after=0)}))
    assert isinstance(caught.value, NodeLost)


def test_late_is_twice_the_prediction_and_a_second_at_least() -> None:
    (choice,) = rank([node_info("pi", prefill_rate=1e6)], REQUEST)
    assert late_after(choice) == 1.0
    slow = replace(choice, prediction=replace(choice.prediction, wait_ms=4000.0, link_ms=0.0, read_ms=0.0))
    assert late_after(slow) == pytest.approx(8.0, abs=0.5)


def test_idle() -> None:
    assert is_idle(node_info("pi"))
    assert not any(is_idle(node_info("pi", **busy)) for busy in ({"active": 1}, {"queued": 1}, {"state": "loading"}))
