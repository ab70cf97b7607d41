"""A lecture recorded through PortAudio and PulseAudio: killed in the middle, and unplugged in the middle."""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.voice.growing_wav import cut_short, finished
from app.voice.live_recording import WAITS
from tests.integration.soundserver import SoundServer, sound_server
from tests.integration.test_microphone import RATE, ROOT, _find, _said

PROBE = "tests.integration.recording_probe"


class Lecture:
    """recording_probe.py, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def event(self, name: str, least: object = None) -> dict[str, Any]:
        """Return the next event that has `name`, with that value, or a number that is at least as high."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line := await self.process.stdout.readline():
                event: dict[str, Any] = json.loads(line)
                found = event.get(name)
                if found is not None and (least is None or found == least or (_number(found) and found >= least)):
                    return event
        raise AssertionError(f"it ended before {name}")

    async def stop(self) -> tuple[Path, float]:
        assert self.process.stdin is not None
        self.process.stdin.write(b"stop\n")
        event = await self.event("path")
        await self.process.wait()
        return Path(event["path"]), event["length"]


def _number(found: object) -> bool:
    return isinstance(found, int | float)


@pytest.fixture
async def server() -> AsyncIterator[SoundServer]:
    async with sound_server() as server:
        yield server


@asynccontextmanager
async def lecture(server: SoundServer, folder: Path) -> AsyncIterator[Lecture]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", PROBE, str(folder)),
        cwd=ROOT, env=server.environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Lecture(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


async def test_a_kill_loses_less_than_a_second(server: SoundServer, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    said = _said(tmp_path / "said.wav", seconds=4.0)
    async with lecture(server, folder) as one:
        await one.event("state", "recording")
        playing = asyncio.create_task(server.play(tmp_path / "said.wav"))
        await one.event("loud", 3 * RATE)
        assert not cut_short(folder), "it is being recorded"
        told = await one.event("seconds")
        one.process.kill()
        await one.process.wait()
        await playing
    (part,) = cut_short(folder)
    made = finished(part)
    assert made is not None
    lost = told["seconds"] - made[1]
    print(f"{told['seconds']:.2f} s were recorded, {made[1]:.2f} s are there: {lost:.3f} s lost")
    assert lost < 1.0
    heard = samples(made[0])
    assert len(heard) == round(made[1] * RATE)
    begin, correlation = _find(said[: 2 * RATE], heard)
    assert correlation >= 0.99 and begin >= 0


async def test_a_microphone_that_is_unplugged_and_plugged_in_again(server: SoundServer, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    said = _said(tmp_path / "said.wav", seconds=1.5)
    async with lecture(server, folder) as one:
        await one.event("state", "recording")
        await server.play(tmp_path / "said.wav")
        await one.event("loud", RATE)
        await server.unplug()
        assert (await one.event("notice"))["notice"].endswith(WAITS)
        await one.event("state", "away")
        await server.plug()
        await one.event("state", "recording")
        await server.play(tmp_path / "said.wav")
        await one.event("loud", 5 * RATE // 2)
        path, length = await one.stop()
    heard = samples(path)
    assert len(heard) == round(length * RATE)
    piece = said[: RATE // 2]
    first, before = _find(piece, heard)
    without = heard.copy()
    without[first : first + len(piece)] = 0
    _, after = _find(piece, without)
    assert min(before, after) >= 0.99, "both sides of the gap are in the file"
    assert not list(folder.glob("*.part"))
