"""200 × kill -9 at random points of adding a mixed folder, while its files are edited, renamed and deleted between.

pytest -m chaos tests/chaos/test_ingest_kills.py -s; TANGNET_CHAOS_KILLS and TANGNET_CHAOS_SEED vary it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bench.figures import show
from tests.integration.rag.kills import compare

KILLS = int(os.environ.get("TANGNET_CHAOS_KILLS", "200"))
SEED = int(os.environ.get("TANGNET_CHAOS_SEED", "1"))
ROUNDS = 8
"""Folders; a new one begins with an empty library, so that all steps are met again and again."""

pytestmark = pytest.mark.chaos


@pytest.mark.timeout(7200)
async def test_the_index_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    met = done = 0
    for number in range(ROUNDS):
        kills = KILLS * (number + 1) // ROUNDS - done
        met += await compare(tmp_path / str(number), seed=SEED * 1000 + number, kills=kills, files=60, longest=2.0)
        done += kills
    show("kill -9 while adding: equal to an undisturbed run", done, "kills", goal=f"value >= {KILLS}", at_work=met)
