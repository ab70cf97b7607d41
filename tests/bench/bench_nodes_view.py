"""What 110 paced nodes cost the window that shows them: processor, and the longest turn of the Qt thread.

The nodes are real servers behind TLS in two processes of their own. Once they do nothing: then the bar is for the whole
process, gRPC and its threads included. Once an answer is made all the time: then it is for the Qt thread.
`pytest -m bench tests/bench/bench_nodes_view.py -s` prints each figure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from app.cluster.cluster import Cluster
from app.commands.simulated_fleet import fleet
from app.settings import Settings
from app.ui.bridge import Handle
from tests.node_process import question
from tests.ui.conftest import Scene, bridge, collector, scene

__all__ = ["bridge", "collector", "scene"]
NODES = 110
SECONDS = 16.0
CPU_BAR = 2.0
"""Percent of a core."""
FRAME_MS = 16.0
"""What the Qt thread may work in one turn."""


class Shown:
    """A window with a real cluster of simulated nodes behind it."""

    def __init__(self, scene: Scene, asking: int) -> None:
        """`asking` answers are made at the same time meanwhile."""
        self.scene = scene
        self._asking = asking
        self.cluster: Cluster | None = None
        self._over = asyncio.Event()
        self._handle: Handle | None = None

    def open(self, home: Path) -> None:
        """Start nodes and cluster in the asyncio thread, and show the page."""
        self._handle = self.scene.bridge.stream(lambda: self._run(home), self._ready, None, self.scene.bugs.append)
        self.scene.until(lambda: self.cluster is not None or self.scene.bugs, 120)
        assert not self.scene.bugs
        assert self.cluster is not None
        self.scene.runtime.cluster = self.cluster  # type: ignore[assignment]  # the real one in place of the script
        self.scene.attach()
        self.scene.window.show_nodes()
        panel = self.scene.window.nodes
        self.scene.until(lambda: sum(node.state in ("ready", "busy") for node in panel.nodes) >= NODES, 120)

    def close(self) -> None:
        """End all of it."""
        if self._handle is not None:
            self._handle.cancel()

    def _ready(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @asynccontextmanager
    async def _nodes(self, home: Path) -> AsyncIterator[Cluster]:
        engines = ["paced:150,2000,slots=4"] * 10 + ["paced:12,120,slots=2"] * (NODES - 10)
        async with AsyncExitStack() as stack:
            started = await stack.enter_async_context(fleet(engines))
            cluster = Cluster(started.home, Settings(), discover=False, local_arguments=("--engine", "paced:10,100"))
            await cluster.start()
            stack.push_async_callback(cluster.close)
            yield cluster

    async def _run(self, home: Path) -> AsyncIterator[Cluster]:
        async with self._nodes(home) as cluster, asyncio.TaskGroup() as tasks:
            for lane in range(self._asking):
                tasks.create_task(self._ask(cluster, lane))
            yield cluster
            await asyncio.Event().wait()

    async def _ask(self, cluster: Cluster, lane: int) -> None:
        await asyncio.sleep(5)
        for number in range(10_000):
            async for _ in cluster.generate(question(f"b{lane}-{number}", max_tokens=200, prefer="prefer-cluster")):
                pass


@pytest.fixture(params=[0, 1], ids=["idle", "answering"])
def shown(scene: Scene, home: Path, request: pytest.FixtureRequest) -> Iterator[Shown]:
    made = Shown(scene, request.param)
    made.open(home)
    yield made
    made.close()


@pytest.mark.bench
def test_what_110_nodes_cost(shown: Shown, request: pytest.FixtureRequest) -> None:
    idle = "idle" in request.node.name
    panel = shown.scene.window.nodes
    failed = []
    for look in ("hidden", "map", "list", "charts"):
        if look == "hidden":
            shown.scene.window.views.back()
        else:
            shown.scene.window.show_nodes()
            panel.look(look)
        shown.scene.qtbot.wait(3000)
        turns: list[tuple[float, float]] = []
        before = [(time.perf_counter(), time.thread_time())]

        def tick(turns: list[tuple[float, float]] = turns, before: list[tuple[float, float]] = before) -> None:
            now = (time.perf_counter(), time.thread_time())
            turns.append((1000 * (now[0] - before[0][0]), 1000 * (now[1] - before[0][1])))
            before[0] = now

        probe = QTimer(interval=10)
        probe.timeout.connect(tick)
        whole, own, began = time.process_time(), time.thread_time(), time.perf_counter()
        shown.scene.qtbot.wait(round(SECONDS * 500))  # without the probe: it would count itself
        took = time.perf_counter() - began
        qt, rest = 100 * (time.thread_time() - own) / took, 100 * (time.process_time() - whole) / took
        before[0] = (time.perf_counter(), time.thread_time())
        probe.start()
        shown.scene.qtbot.wait(round(SECONDS * 500))
        probe.stop()
        late = sorted(max(0.0, clock - 10) for clock, _ in turns)
        work = max(work for _, work in turns)
        print(
            f"\n{look}: whole process with gRPC {rest:.2f} % of a core (bar {CPU_BAR:.0f} % of an idle one, ratio "
            f"{rest / CPU_BAR:.2f}), Qt thread {qt:.2f} %, longest work {work:.1f} ms (bar {FRAME_MS:.0f} ms, ratio "
            f"{work / FRAME_MS:.2f}); on the clock turns are late by p99 {late[int(0.99 * len(late))]:.1f} ms, at most "
            f"{late[-1]:.1f} ms"
        )
        if (rest if idle else qt) > CPU_BAR or work > FRAME_MS:
            failed.append(look)
    assert not failed
