"""A few kills of a program that adds documents; the many are in tests/chaos/test_ingest_kills.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.rag.kills import compare


@pytest.mark.timeout(150)
async def test_five_kills_leave_the_index_that_an_undisturbed_run_makes(tmp_path: Path) -> None:
    await compare(tmp_path, seed=1, kills=5, files=24)
