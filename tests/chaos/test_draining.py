"""A node is told to go (SIGTERM): running answers go on elsewhere without a word lost, and it ends within its grace.

pytest tests/chaos/test_draining.py -s             as in CI
pytest -m chaos tests/chaos/test_draining.py -s    the same ten times
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from app.events import Generated
from tests.bench.figures import percentile, show
from tests.chaos.history import History, all_exact
from tests.chaos.stage import SEED, stage
from tests.fakes_nodes import until

GRACE = 5.0
ENGINE = "paced:60,4000,slots=8,batch=8"


@pytest.mark.parametrize("times", [pytest.param(1), pytest.param(10, marks=pytest.mark.chaos)])
@pytest.mark.timeout(600)
async def test_drained(tmp_path: Path, home: Path, times: int) -> None:
    gaps: list[float] = []
    ends: list[float] = []
    async with stage(tmp_path, home, [ENGINE] * 2, grace=GRACE) as on:
        await on.ask(tokens=5, node="local")
        for turn in range(times):
            victim = on.nodes[turn % 2]
            asked = [asyncio.create_task(on.ask(tokens=90)) for _ in range(6)]
            await asyncio.sleep(0)
            await _speaking(on.histories[-6:])
            told = time.monotonic()
            victim.drain()
            await victim.gone()
            ends.append(time.monotonic() - told)
            assert victim.exit == 0
            for history in await asyncio.gather(*asked):
                gaps += [move.gap_ms for move in history.moves]
                assert all(move.from_ == victim.name for move in history.moves)
            await victim.start()
            await on.ready()
        all_exact(on.histories, on.seed)
    what = "pause seen when a node is told to go, what is read again beside running answers included"
    show(what, percentile(gaps, 0.5), "ms", worst=max(gaps), moves=len(gaps), seed=SEED)
    show("… until it has ended, worst", max(ends), "s", goal=f"value <= {GRACE}")
    assert gaps
    assert max(ends) <= GRACE


async def test_who_cannot_go_elsewhere_may_finish(tmp_path: Path, home: Path) -> None:
    """A node that was asked for by name finishes what takes no longer than its grace."""
    async with stage(tmp_path, home, [ENGINE], grace=GRACE) as on:
        history = await on.ask(tokens=60, node="pi-0", after=5, then=lambda name: on.node(name).drain())
        await on.nodes[0].gone()
        all_exact(on.histories, on.seed)
    assert not history.moves
    assert isinstance(history.events[-1][1], Generated)


async def _speaking(histories: list[History]) -> None:
    await until(lambda: all(len(history.ids) >= 5 for history in histories), 20)
