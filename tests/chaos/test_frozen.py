"""Nodes are frozen with SIGSTOP: their sockets stay open and nothing comes any more.

pytest tests/chaos/test_frozen.py -s             as in CI
pytest -m chaos tests/chaos/test_frozen.py -s    the same twenty times
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from app.cluster.guarding import STALL_SECONDS
from tests.bench.figures import percentile, show
from tests.chaos.history import all_exact
from tests.chaos.stage import SEED, stage


@pytest.mark.parametrize("times", [pytest.param(1), pytest.param(20, marks=pytest.mark.chaos)])
@pytest.mark.timeout(900)
async def test_frozen_in_mid_answer(tmp_path: Path, home: Path, times: int) -> None:
    gaps, backs = [], []
    async with stage(tmp_path, home, ["paced:100,8000"] * 2, local="paced:100,8000") as on:
        luck = random.Random(on.seed)
        for _ in range(times):
            await on.renew()
            victim = luck.choice(on.nodes)
            history = await on.ask(
                tokens=60, node=victim.name, after=luck.randint(5, 40), then=lambda name: on.node(name).freeze()
            )
            gaps += [move.gap_ms for move in history.moves]
            thawed = time.monotonic()
            victim.thaw()
            await on.ready(victim.name)
            backs.append(time.monotonic() - thawed)
        # It goes on where it was frozen: what it says now is for nobody.
        await on.ask(tokens=20, node=victim.name)
        all_exact(on.histories, on.seed)
    worst = max(gaps)
    show("pause seen when a node is frozen, worst", worst, "ms", goal="value <= 1100", times=times, seed=SEED)
    show("… median", percentile(gaps, 0.5), "ms")
    show("thawed node usable again, worst", max(backs), "s", goal="value <= 5")
    assert len(gaps) == times
    assert worst <= 1000 * STALL_SECONDS + 100
    assert max(backs) <= 5


async def test_frozen_before_the_first_token(tmp_path: Path, home: Path) -> None:
    """No token tells anything yet: the connection's own pings do, within a second and a half."""
    async with stage(tmp_path, home, ["paced:100,200", "paced:100,100"], local="paced:20,50") as on:
        for node in on.nodes:
            await on.ask(tokens=5, node=node.name)  # what is measured is known: the first reads twice as quickly
        on.nodes[0].freeze()
        history = await on.ask(tokens=20, words=4)
        on.nodes[0].thaw()
        all_exact(on.histories, on.seed)
    show("first text though the chosen node was frozen", history.first, "s", goal="value <= 3", seed=SEED)
    assert history.chosen[0] == "pi-0"
    assert history.first <= 3
