"""Cables are pulled: nodes in network namespaces, where nothing is acknowledged any more.

pytest tests/chaos/test_cables.py -s             as in CI; skipped where namespaces are not permitted
pytest -m chaos tests/chaos/test_cables.py -s    the same ten times
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.bench.figures import percentile, show
from tests.chaos.history import all_exact
from tests.chaos.namespaces import cables, why_not
from tests.chaos.stage import SEED, stage
from tests.node_process import state

ENGINE = "paced:100,8000,slots=8,batch=8"


@pytest.fixture(autouse=True)
def no_network() -> None:
    """The namespaces are on this machine, though their addresses are not its own."""


@pytest.mark.parametrize("times", [pytest.param(1), pytest.param(10, marks=pytest.mark.chaos)])
@pytest.mark.timeout(600)
async def test_cable_pulled(tmp_path: Path, home: Path, times: int) -> None:
    if reason := why_not():
        pytest.skip(reason)
    pauses: list[float] = []
    backs: list[float] = []
    with cables(2) as laid:
        places = [cable.place for cable in laid]
        async with stage(tmp_path, home, [ENGINE] * 2, local=ENGINE, places=places) as on:
            await on.ask(tokens=5, node="local")
            for turn in range(times):
                if turn:
                    await on.renew()

                def pull(_: str) -> None:
                    for cable in laid:
                        cable.pull()

                asked = [on.ask(tokens=80) for _ in range(3)]
                told = await asyncio.gather(*asked, on.ask(tokens=80, after=20, then=pull))
                pauses += [1000 * history.longest_pause for history in told]
                for node in on.nodes:
                    await state(on.desktop, node.name, "unreachable")
                plugged = time.monotonic()
                for cable in laid:
                    cable.plug()
                await on.ready()
                backs.append(time.monotonic() - plugged)
            all_exact(on.histories, on.seed)
    show("pause seen when all cables are pulled, worst", max(pauses), "ms", goal="value <= 2000", seed=SEED)
    show("… median", percentile(pauses, 0.5), "ms")
    show("cable plugged in again: node usable after, worst", max(backs), "s", goal="value <= 5")
    assert max(pauses) <= 2000
    assert max(backs) <= 5
