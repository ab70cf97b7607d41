"""What it costs to know how a node is: sensors, reports, watchers, predicted wait; and a hundred paced engines.

Run: .venv/bin/python -m pytest tests/bench/bench_load.py -m bench -s
"""

from __future__ import annotations

import asyncio
import json
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeworker.engines import ChatRequest, Message, Sampling, Token
from nodeworker.engines.paced.engine import PacedEngine
from nodeworker.load.sensors import Sensors
from nodeworker.load.tally import Tally
from nodeworker.load.waiting import Answer, Lengths, Rates, predicted_wait
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.exposition import page
from tests.integration.node_serving import Serving, client, serving, until
from tests.sensor_samples import Machine
from tests.unit.nodeworker.test_metrics import ABOUT, FULL

pytestmark = pytest.mark.bench


def figure(name: str, value: float, unit: str, reference: float) -> float:
    """Print one figure as `tangnet bench` would; the ratio."""
    ratio = value / reference if reference else 0.0
    print(json.dumps({"figure": name, "value": round(value, 3), "unit": unit, "reference": round(reference, 3),
                      "ratio": round(ratio, 3)}))  # fmt: skip
    return ratio


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def each(work: Callable[[], object], times: int) -> float:
    """Processor milliseconds of one call."""
    began = cpu()
    for _ in range(times):
        work()
    return (cpu() - began) * 1000 / times


def test_reading_the_sensors_takes_a_few_milliseconds_a_second(tmp_path: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0  # every reading is a new one
        return now[0]

    here = Sensors(clock=clock, start=lambda work: None)
    figure("load.sensors_here", each(here.read, 50), "ms CPU", 10.0)
    for name in ("pi5", "laptop"):
        machine = Machine.recorded(name, tmp_path / name)
        reader = machine.sensors()

        def read(machine: Machine = machine, reader: Sensors = reader) -> None:
            machine.now += 1.0
            reader.read()

        assert figure(f"load.sensors_{name}", each(read, 50), "ms CPU", 10.0) < 1


def test_the_predicted_wait_and_a_metrics_page_cost_less_than_a_millisecond() -> None:
    lengths = Lengths()
    for number in range(64):
        lengths.add(100 + number, 50 + 7 * number)
    running, waiting = [Answer(0, 30)] * 16, [Answer(300)] * 16
    wait = each(lambda: predicted_wait(running, waiting, 16, Rates(240, 30), lengths), 200)
    assert figure("load.predicted_wait", wait, "ms CPU", 2.0) < 1
    assert figure("load.metrics_page", each(lambda: page(ABOUT, Tally(), FULL), 200), "ms CPU", 2.0) < 1


async def watched(node: Serving, watchers: int, seconds: float) -> tuple[float, float]:
    """(processor seconds, reports) for all watchers; both sides of the wire are in this process."""
    got = 0

    async def watch() -> None:
        nonlocal got
        async with client(node.address) as stub:
            async for _ in stub.Watch(pb.WatchRequest(), timeout=seconds + 30):
                got += 1

    tasks = [asyncio.create_task(watch()) for _ in range(watchers)]
    await until(lambda: got >= watchers, 30)
    before, counted = cpu(), got
    await asyncio.sleep(seconds)
    used, reports = cpu() - before, got - counted
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return used / seconds, reports / seconds


async def test_a_hundred_watchers_of_a_quiet_and_of_a_busy_node(home: Path) -> None:
    async with serving(home, engine="paced:2000,100000,answer=20") as node:
        one, _ = await watched(node, 1, 4)
        many, reports = await watched(node, 100, 5)
        print(json.dumps({"figure": "load.watch_reports", "value": round(reports, 1), "unit": "reports/s"}))
        figure("load.watch_100", 100 * many, "% of a core", 100 * one)
        assert figure("load.watch_each", 100 * (many - one) / 99, "% of a core", 1.0) < 1

        async def ask() -> None:
            number = 0
            async with client(node.address) as stub:
                while True:
                    number += 1
                    request = pb.GenerateRequest(
                        request_id=str(number), messages=[pb.Message(role="user", content=f"question {number}")]
                    )
                    async for _ in stub.Generate(request, timeout=10):
                        pass

        asking = asyncio.create_task(ask())  # every answer begins and ends: two changes each
        alone, _ = await watched(node, 1, 4)
        together, reports = await watched(node, 100, 5)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        print(json.dumps({"figure": "load.watch_reports_busy", "value": round(reports, 1), "unit": "reports/s"}))
        figure("load.watch_100_busy", 100 * together, "% of a core", 100 * alone)
        assert reports < 250


def test_a_hundred_paced_engines_cost_little() -> None:
    engines = [PacedEngine(12, 240, gain=1000) for _ in range(100)]  # such a gain: company costs nothing
    requests = [
        ChatRequest(f"{number}", (Message("user", f"{number} " * 100),), Sampling(max_tokens=190))
        for number in range(4 * len(engines))
    ]
    said = [0]

    def answer(number: int) -> None:
        for event in engines[number // 4].generate(requests[number]):
            said[0] += isinstance(event, Token)

    threads = [threading.Thread(target=answer, args=(number,), daemon=True) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    while said[0] < 4000:
        time.sleep(0.05)  # the threads do the work; this one only looks
    before, counted, began = cpu(), said[0], time.monotonic()
    time.sleep(5)
    seconds = time.monotonic() - began
    used, tokens = cpu() - before, said[0] - counted
    for request in requests:
        request.cancelled.set()
    for thread in threads:
        thread.join(5)
    figure("load.paced_rate", tokens / seconds, "tokens/s", 12 * len(requests))
    figure("load.paced_token", 1e6 * used / tokens, "us CPU a token", 100.0)
    assert figure("load.paced_400", 100 * used / seconds, "% of a core", 100.0) < 0.5
