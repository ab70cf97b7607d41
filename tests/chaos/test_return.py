"""All nodes go, and come back: this machine takes over, and nodes are in use again soon.

pytest tests/chaos/test_return.py -s             as in CI
pytest -m chaos tests/chaos/test_return.py -s    with longer absences
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.bench.figures import show
from tests.chaos.history import all_exact
from tests.chaos.stage import SEED, stage

ENGINE = "paced:60,4000,slots=8,batch=8"


@pytest.mark.parametrize("used", [True, False], ids=["used before", "not used before"])
async def test_all_nodes_dead(tmp_path: Path, home: Path, used: bool) -> None:
    """`used`: whether this machine's own node runs already; otherwise it must start first."""
    async with stage(tmp_path, home, [ENGINE] * 3, local="paced:100,8000,slots=8,batch=8") as on:
        if used:
            await on.ask(tokens=5, node="local")

        def kill_all(_: str) -> None:
            for node in on.nodes:
                node.kill()

        running = [on.ask(tokens=90) for _ in range(5)]
        await asyncio.gather(*running, on.ask(tokens=90, after=20, then=kill_all))
        late = await on.ask(tokens=20)
        all_exact(on.histories, on.seed)
    worst = max(history.longest_pause for history in on.histories)
    what = "used before" if used else "not used before"
    show(f"all nodes dead: pause until this machine goes on, {what}", worst, "s", goal="value <= 2", seed=SEED)
    assert {move.to for history in on.histories for move in history.moves} >= {"local"}
    assert late.chosen == ["local"]
    if used:
        assert worst <= 2.0


@pytest.mark.parametrize("away", [pytest.param(3.0), pytest.param(45.0, marks=pytest.mark.chaos)])
@pytest.mark.timeout(300)
async def test_a_node_that_comes_back_is_used(tmp_path: Path, home: Path, away: float) -> None:
    async with stage(tmp_path, home, [ENGINE] * 2) as on:
        node = on.nodes[0]
        for other in on.nodes:
            other.kill()
            await other.gone()
        await asyncio.sleep(away)
        await node.start()
        back = time.monotonic()
        while (history := await on.ask(tokens=2)).chosen[-1] != node.name:
            assert time.monotonic() - back < 20
        seconds = history.tokens[0][0] - back
        all_exact(on.histories, on.seed)
    show(f"node back after {away:.0f} s: first text from it", seconds, "s", goal="value <= 5", seed=SEED)
    assert seconds <= 5
