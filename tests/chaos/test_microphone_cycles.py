"""A microphone that comes and goes, and a talk key in nervous hands, over PortAudio and a real sound server.

pytest tests/chaos/test_microphone_cycles.py -s             a few cycles, as in CI
pytest -m chaos tests/chaos/test_microphone_cycles.py -s    1,000 presses, 2 × 50 times gone and back
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.figures import show
from tests.integration.soundserver import SoundServer, sound_server
from tests.integration.test_microphone import ProbeProcess

WARM = 3
"""Cycles before the first count: what is made once and kept is no leak."""
GROWTH_KIB = 8 * 1024
"""Memory may grow by so much: allocators keep some."""


@pytest.fixture
async def server() -> AsyncIterator[SoundServer]:
    async with sound_server() as server:
        yield server


def _grown(what: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    for name, unit in (("threads", ""), ("files", ""), ("tasks", "")):
        show(f"{what}: {name} more than before", after[name] - before[name], unit, goal="value <= 0")
    show(f"{what}: memory more than before", (after["memory"] - before["memory"]) / 1024, "MiB", goal="value <= 8")
    more = {name: after[name] - before[name] for name in ("threads", "files", "tasks")}
    assert max(more.values()) <= 0, more  # fewer: the first count saw a task that was just ending
    assert after["memory"] - before["memory"] <= GROWTH_KIB


@pytest.mark.parametrize("times", [pytest.param(60), pytest.param(1000, marks=pytest.mark.chaos)])
@pytest.mark.timeout(600)
async def test_quick_presses(server: SoundServer, tmp_path: Path, times: int) -> None:
    probe = await ProbeProcess.start(server.environment, tmp_path)
    try:
        await probe.event("open")
        probe.tell("cycle 30")
        before = await probe.event("cycled")
        probe.tell(f"cycle {times}")
        after = await probe.event("cycled", 300)
        show("quick presses survived", times, "")
        assert after["phase"] == "idle"
        assert after["state"] in ("listening", "silent")
        _grown("quick presses", before, after)
        probe.tell("press")
        await probe.event("pressed")
        probe.tell("release")
        assert (await probe.event("released"))["at"] > 0
    finally:
        await probe.stop()


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(1),
        pytest.param(50, marks=pytest.mark.chaos, id="first-50"),
        pytest.param(50, marks=pytest.mark.chaos, id="second-50"),
    ],
)
@pytest.mark.timeout(600)
async def test_gone_and_back(server: SoundServer, tmp_path: Path, times: int) -> None:
    probe = await ProbeProcess.start(server.environment, tmp_path)
    counts: list[dict[str, Any]] = []
    try:
        await probe.event("open")
        for _ in range(WARM + times if times > 1 else 2):
            probe.tell("press")  # somebody is talking when it goes
            await probe.event("pressed")
            await server.unplug()
            await probe.state("away")
            error = await probe.event("error")
            assert error["code"] == "voice_device_lost"
            probe.tell("release")
            await probe.event("released")
            await server.plug()
            await probe.event("open", 30)
            probe.tell("cancel")
            probe.tell("resources")
            counts.append(await probe.event("resources"))
            assert counts[-1]["phase"] == "idle"
    finally:
        await probe.stop()
    show("gone and back", times, "times")
    _grown("gone and back", counts[WARM - 1 if times > 1 else 0], counts[-1])


@pytest.mark.parametrize("times", [pytest.param(5, marks=pytest.mark.chaos)])
@pytest.mark.timeout(600)
async def test_the_sound_server_restarts(server: SoundServer, tmp_path: Path, times: int) -> None:
    probe = await ProbeProcess.start(server.environment, tmp_path)
    try:
        await probe.event("open")
        for _ in range(times):
            await server.restart()
            error = await probe.event("error", 30)
            assert error["message"].endswith(".") and error["hint"]
            await probe.event("open", 60)
        show("restarts of the sound server survived", times, "")
    finally:
        await probe.stop()
