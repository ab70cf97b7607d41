"""Finding nodes by mDNS: how soon 110 are known, and what 10,000 false ones cost the desktop that hears them.

Run: .venv/bin/python -m pytest tests/bench/bench_discovery.py -m bench -s
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import resource
import sys
import time
from collections.abc import AsyncIterator

import pytest

from app.cluster.discovery import BATCH, MAX_REMEMBERED, Discovered, Discovery
from tests.bench.figures import ROUNDS, show
from tests.integration.node_serving import until
from tests.strangers import resident

pytestmark = pytest.mark.bench
NODES = 110
FAKES = 10_000
PINNED = "00000000"
"""How the ids of the honest nodes begin that are taken as paired."""


class Heard:
    """A desktop that listens, and how long its loop was kept from its work."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self.stalls: list[float] = []
        self.discovery = Discovery(self._come, self._gone, lambda prefix: prefix.startswith(PINNED))

    def _come(self, item: Discovered) -> None:
        self.found.setdefault(item.id_prefix, time.monotonic())

    def _gone(self, item: Discovered) -> None:
        self.found.pop(item.id_prefix, None)

    def knows(self, count: int) -> bool:
        """Whether so many nodes were found."""
        return len(self.found) >= count

    async def tick(self) -> None:
        """A loop that would do something each millisecond."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            self.stalls.append(1000 * (now - last) - 1)
            last = now

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen and tick."""
        tasks = [asyncio.create_task(self.discovery.run()), asyncio.create_task(self.tick())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@contextlib.asynccontextmanager
async def announcing(*arguments: str) -> AsyncIterator[asyncio.StreamReader]:
    """Others that announce themselves; from when they are ready to."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.announcing", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        yield process.stdout
    finally:
        process.stdin.close()
        await process.wait()


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def test_a_hundred_and_ten_nodes_that_are_there_already() -> None:
    took, stalls = [], []
    async with announcing(str(NODES), "--answering"):
        for _ in range(ROUNDS):
            heard, began = Heard(), time.monotonic()
            async with heard.listening():
                with contextlib.suppress(TimeoutError):
                    await until(functools.partial(heard.knows, NODES), 20)
            took.append(max(heard.found.values(), default=began) - began if len(heard.found) >= NODES else 20.0)
            stalls.append(max(heard.stalls))
            await asyncio.sleep(1.2)  # so that the same question again is not taken for a repetition
    show("discovery.nodes_110", took, "s", goal="value <= 2", worst=round(max(took), 2))
    show("discovery.nodes_110_stall", stalls, "ms", goal="value <= 16", worst=round(max(stalls), 1))


def test_what_a_batch_takes_of_the_loop() -> None:
    longest = []
    for _ in range(ROUNDS):
        heard, most = Heard(), 0.0
        for start in range(0, FAKES, BATCH):
            began = time.thread_time()
            for number in range(start, start + BATCH):
                prefix = f"{number + FAKES:016x}"[::-1]
                heard.discovery.remember(Discovered(f"s{number}", "x", prefix, ("127.0.0.1:1",), "", False))
            most = max(most, 1000 * (time.thread_time() - began))
        longest.append(most)
    show("discovery.fakes_batch", longest, "ms", goal="value <= 16", worst=round(max(longest), 2))


@pytest.mark.parametrize("a_second", [2000, 0])
async def test_ten_thousand_false_announcements(a_second: int) -> None:
    heard = Heard()
    kind = "spread" if a_second else "burst"
    async with heard.listening():
        await asyncio.sleep(2.0)
        heard.stalls.clear()
        before, used, began = resident(os.getpid()), cpu(), time.monotonic()
        async with announcing(str(FAKES), "--hostile", "7", "--a-second", str(a_second)) as said:
            ready = time.monotonic()
            async with announcing("1", "--again", "0.5"):
                await until(lambda: any(prefix.startswith(PINNED) for prefix in heard.found), 20)
                known = next(at for prefix, at in heard.found.items() if prefix.startswith(PINNED))
                assert await said.readline() == b"sent\n"
                await asyncio.sleep(1.0)
        stalls, grown = sorted(heard.stalls), resident(os.getpid()) - before
        show(f"discovery.fakes_{kind}_stall", stalls[-1], "ms", goal="value <= 16",
             p999=round(stalls[int(len(stalls) * 0.999)], 2))  # fmt: skip
        show(f"discovery.fakes_{kind}_cpu", cpu() - used, "s", seconds=round(time.monotonic() - began, 1))
        show(f"discovery.fakes_{kind}_memory", grown, "MiB", goal="value <= 40")
        show(f"discovery.fakes_{kind}_paired_found", known - ready, "s", goal="value <= 2")
        assert len(heard.discovery.found) <= MAX_REMEMBERED
        assert any(prefix.startswith(PINNED) for prefix in heard.found)
