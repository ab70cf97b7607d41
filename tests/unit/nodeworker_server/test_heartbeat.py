"""One report for all who watch: made once, told to each, and only while somebody watches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from nodeworker.load.sensors import Load, Sensors
from nodeworker.load.tally import Tally
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving import heartbeat
from nodeworker.serving.heartbeat import Heartbeat, Report, Reporter
from nodeworker.serving.roles import ROLES
from tests.sensor_samples import Machine
from tests.unit.nodeworker_server.fakes import FakeChat, FakeMaker, FakeShelf, model, until
from tests.unit.nodeworker_server.test_rooms import rooms_of


class Source:
    """Numbered reports, and a change that the test can make."""

    def __init__(self) -> None:
        self.made = 0
        self.error: Exception | None = None
        self.event = asyncio.Event()

    async def make(self) -> Report:
        if self.error is not None:
            raise self.error
        self.made += 1
        return Report(pb.Status(active=self.made), Load(), {}, {})

    def change(self) -> asyncio.Event:
        return self.event

    def happen(self) -> None:
        self.event.set()
        self.event = asyncio.Event()


async def test_a_hundred_watchers_cost_one_report() -> None:
    source = Source()
    heart = Heartbeat(source.make, source.change)
    watchers = [heart.follow() for _ in range(100)]
    firsts = [await anext(watcher) for watcher in watchers]
    assert source.made == 1 and len({id(first) for first in firsts}) == 1
    nexts = [asyncio.ensure_future(anext(watcher)) for watcher in watchers]
    await asyncio.sleep(0)
    source.happen()
    seconds = await asyncio.gather(*nexts)
    assert source.made == 2 and {second.status.active for second in seconds} == {2}
    for watcher in watchers:
        await watcher.aclose()


async def test_a_change_is_told_before_the_second_is_over_and_a_slow_reader_gets_the_newest() -> None:
    source = Source()
    heart = Heartbeat(source.make, source.change)
    quick, slow = heart.follow(), heart.follow()
    await anext(quick)
    await anext(slow)
    began = time.monotonic()
    for _ in range(3):
        source.happen()
        await anext(quick)
    assert time.monotonic() - began < 0.9
    assert (await anext(slow)).status.active == source.made == 4
    await quick.aclose()
    await slow.aclose()


async def test_a_newcomer_never_gets_what_is_known_to_be_old() -> None:
    source = Source()
    heart = Heartbeat(source.make, source.change)
    one = heart.follow()
    await anext(one)
    source.happen()  # the next report of all is not due yet
    two = heart.follow()
    assert (await anext(two)).status.active == 2
    assert (await anext(two)).status.active == (await anext(one)).status.active == 3
    await one.aclose()
    await two.aclose()


class Idle(Source):
    """Reports of a node at rest."""

    async def make(self) -> Report:
        self.made += 1
        return Report(pb.Status(queued=self.made), Load(), {}, {"chat": (0, 0)})


async def test_a_node_at_rest_reports_as_seldom_as_all_watchers_wish_and_a_change_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.2)
    source = Idle()
    heart = Heartbeat(source.make, source.change)
    calm = heart.follow(60.0)
    await anext(calm)
    coming = asyncio.ensure_future(anext(calm))
    await asyncio.sleep(0.5)
    assert source.made == 1 and not coming.done()
    source.happen()
    await asyncio.wait_for(coming, 5)
    # Who knows of no wish, as older desktops, and says nothing that is a number, is told each tick.
    for wish in (0.0, float("nan"), -5.0):
        eager = heart.follow(wish)
        newest = (await anext(eager)).status.queued
        source.happen()
        while (await anext(eager)).status.queued < newest + 3:
            pass
        await eager.aclose()
    await calm.aclose()


async def test_an_eager_watcher_that_comes_while_a_node_rests_need_not_wait_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat, "MOST_REST", 3600.0)
    source = Idle()
    heart = Heartbeat(source.make, source.change)
    calm, eager = heart.follow(3600.0), heart.follow()
    await anext(calm)
    await asyncio.sleep(0.25)
    first = (await anext(eager)).status.queued
    async with asyncio.timeout(5):
        assert (await anext(eager)).status.queued > first
    await calm.aclose()
    await eager.aclose()


async def test_what_is_looked_at_each_tick_is_told_when_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(heartbeat, "MOST_REST", 3600.0)
    source, trusted = Idle(), ["desktop"]
    heart = Heartbeat(source.make, source.change, lambda: [*trusted])
    calm = heart.follow(3600.0)
    await anext(calm)
    coming = asyncio.ensure_future(anext(calm))
    await asyncio.sleep(0.5)
    assert not coming.done()
    trusted.append("phone")
    await asyncio.wait_for(coming, 5)
    await calm.aclose()


async def test_a_newcomer_at_a_node_at_rest_gets_the_load_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "TICK_SECONDS", 0.1)
    source = Idle()
    heart = Heartbeat(source.make, source.change)
    calm, late = heart.follow(60.0), heart.follow(60.0)
    await anext(calm)
    await asyncio.sleep(0.15)
    assert (await anext(late)).status.queued == 2
    await calm.aclose()
    await late.aclose()


def test_rest_is_what_nothing_runs_waits_or_loads_in() -> None:
    still = Report(pb.Status(engines=[pb.EngineStatus(state=pb.ENGINE_READY)]), Load(), {}, {"chat": (0, 0)})
    loading = Report(pb.Status(engines=[pb.EngineStatus(state=pb.ENGINE_LOADING)]), Load(), {}, {"chat": (0, 0)})
    busy = [Report(pb.Status(), Load(), {}, {"chat": (0, 0), "embed": waits}) for waits in ((1, 0), (0, 1))]
    assert still.at_rest and not any(report.at_rest for report in (loading, *busy))


async def test_it_rests_while_nobody_watches_and_begins_afresh() -> None:
    source = Source()
    heart = Heartbeat(source.make, source.change)
    watcher = heart.follow()
    await anext(watcher)
    await watcher.aclose()
    made = source.made
    source.happen()
    for _ in range(20):
        await asyncio.sleep(0)
    assert source.made == made
    again = heart.follow()
    assert (await anext(again)).status.active == made + 1
    await again.aclose()


async def test_a_failure_reaches_everyone_and_is_not_for_ever() -> None:
    source = Source()
    heart = Heartbeat(source.make, source.change)
    one, two = heart.follow(), heart.follow()
    await anext(one)
    await anext(two)
    source.error = OSError("no sensors")
    waiting = [asyncio.ensure_future(anext(watcher)) for watcher in (one, two)]
    await asyncio.sleep(0)
    source.happen()
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, RuntimeError) and isinstance(outcome.__cause__, OSError)
    source.error = None
    again = heart.follow()
    await anext(again)
    await again.aclose()


@pytest.fixture
async def reporter(tmp_path: Path) -> AsyncGenerator[tuple[Reporter, FakeChat, Tally], None]:
    chat = FakeChat("m")
    tally = Tally()
    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(chat)) as rooms:
        sensors = Machine.recorded("pi4", tmp_path).sensors()
        yield Reporter(rooms, tally, sensors, slots=2, draining=lambda: False), chat, tally


async def test_a_report_has_what_the_machine_says(reporter: tuple[Reporter, FakeChat, Tally]) -> None:
    report = await reporter[0].report()
    status = report.status
    assert status.under_voltage and status.throttled and status.temperature_c == pytest.approx(82.303)
    assert (status.slots, status.engine_restarts, status.predicted_wait_ms) == (2, 0, 0.0)
    assert report.waits["chat"] == (0, 0) and set(report.restarts) == set(ROLES)


async def test_loading_is_part_of_the_wait_once_it_was_measured(reporter: tuple[Reporter, FakeChat, Tally]) -> None:
    reporter[2].load_seconds = 12.0
    assert (await reporter[0].report()).status.predicted_wait_ms == pytest.approx(12_000)


async def test_sensors_that_hang_do_not_hold_up_the_report(tmp_path: Path) -> None:
    gate = threading.Event()

    class Hanging(Sensors):
        def read(self) -> Load:
            gate.wait(5)
            return Load(memory_used_bytes=7)

    async with rooms_of(FakeShelf(model("chat", "m")), FakeMaker(FakeChat("m"))) as rooms:
        slow = Reporter(rooms, Tally(), Hanging(tmp_path), slots=1, draining=lambda: True)
        try:
            status = (await slow.report()).status
            assert status.memory_used_bytes == 0 and status.draining
        finally:
            gate.set()
        await until(lambda: slow._load.memory_used_bytes == 7)
        assert (await slow.report()).status.memory_used_bytes == 7
