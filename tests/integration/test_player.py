"""The real way to the loudspeaker: PortAudio and PulseAudio, and what a recorder hears of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration.soundserver import MICROPHONE, SoundServer, sound_server

ROOT = Path(__file__).parents[2]
RATE = 16_000


class Loudspeaker:
    """player_probe.py, and a recorder at the other end of the wire."""

    def __init__(self, probe: asyncio.subprocess.Process, recorder: asyncio.subprocess.Process) -> None:
        self._probe, self._recorder = probe, recorder
        self._heard = bytearray()
        self._news = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._recorder.stdout is not None
        while block := await self._recorder.stdout.read(4096):
            self._heard += block
            self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds of what was heard."""
        async with asyncio.timeout(30):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def tell(self, command: str) -> None:
        assert self._probe.stdin is not None
        self._probe.stdin.write(f"{command}\n".encode())

    async def event(self, name: str) -> dict[str, Any]:
        assert self._probe.stdout is not None
        async with asyncio.timeout(30):
            while True:
                line = await self._probe.stdout.readline()
                assert line, f"the probe ended before {name}"
                event: dict[str, Any] = json.loads(line)
                if event["event"] == name:
                    return event

    @property
    def heard(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.frombuffer(bytes(self._heard[: len(self._heard) // 2 * 2]), "<i2").astype(float)

    def forget(self) -> None:
        """Count anew what is heard from now on."""
        self._heard.clear()

    async def loud(self, seconds: float) -> None:
        """Wait until that much of the tone was heard."""
        await self.until(lambda: int(np.count_nonzero(np.abs(self.heard) > 100)) >= 0.9 * seconds * RATE)

    async def quiet(self, seconds: float) -> None:
        """Wait until so much silence was heard after the tone."""
        last = round(seconds * RATE)
        await self.until(lambda: len(self.heard) >= last and bool(np.abs(self.heard[-last:]).max() <= 100))

    async def stop(self) -> None:
        self.tell("quit")
        assert (await self.event("closed"))["playing"] is False
        await self._probe.wait()
        if self._recorder.returncode is None:  # it ends by itself where its device was taken away
            self._recorder.kill()
            await self._recorder.wait()
        await self._listening


@asynccontextmanager
async def loudspeaker(server: SoundServer) -> AsyncIterator[Loudspeaker]:
    pipe = asyncio.subprocess.PIPE
    recorder = await asyncio.create_subprocess_exec(
        "parec", f"--device={MICROPHONE}.monitor", "--rate=16000", "--channels=1", "--format=s16le",
        "--latency-msec=20", env=server.environment, stdout=pipe,
    )  # fmt: skip
    probe = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.player_probe",
        cwd=ROOT, env=server.environment, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    speaker = Loudspeaker(probe, recorder)
    try:
        await speaker.quiet(0.1)  # the recorder runs
        yield speaker
        await speaker.stop()
    finally:
        for process in (probe, recorder):
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
async def server() -> AsyncIterator[SoundServer]:
    async with sound_server() as server:
        yield server


async def test_what_is_played_is_heard_whole_and_unchanged(server: SoundServer) -> None:
    async with loudspeaker(server) as speaker:
        speaker.tell("play")
        await speaker.event("started")
        assert (await speaker.event("ended"))["whole"] is True
        await speaker.quiet(0.3)
        tone = np.flatnonzero(np.abs(speaker.heard) > 100)
        played = speaker.heard[tone[0] : tone[-1]]
        assert len(played) == pytest.approx(2 * RATE, rel=0.02)
        strength = np.abs(np.fft.rfft(played[RATE // 2 : RATE // 2 + RATE]))
        assert int(strength.argmax()) == 440  # one second: bins of one hertz
        assert strength[435:446].sum() > 0.9 * strength.sum()  # no clicks, no gaps


async def test_what_is_held_back_goes_on_where_it_was(server: SoundServer) -> None:
    async with loudspeaker(server) as speaker:
        speaker.tell("play")
        await speaker.event("started")
        await speaker.loud(0.5)
        speaker.tell("hold")
        await speaker.quiet(1.0)
        speaker.tell("go on")
        assert (await speaker.event("ended"))["whole"] is True
        await speaker.quiet(0.3)
        loud = np.flatnonzero(np.abs(speaker.heard) > 100)
        pause = np.diff(loud).max() / RATE
        assert pause >= 0.9
        played = (loud[-1] - loud[0]) / RATE - pause
        assert 1.95 <= played <= 2.2, "nothing is missing, and little is heard twice"


async def test_stopping_drops_what_waits_and_another_play_begins_anew(server: SoundServer) -> None:
    async with loudspeaker(server) as speaker:
        heard = 0
        for _ in range(3):
            speaker.forget()
            speaker.tell("long")
            await speaker.loud(0.3)
            speaker.tell("stop")
            await speaker.event("stopped")
            assert (await speaker.event("ended"))["whole"] is False
            await speaker.quiet(0.5)
            heard += int(np.count_nonzero(np.abs(speaker.heard) > 100))
        assert heard < 10 * RATE  # of sixty seconds
        speaker.tell("play")
        assert (await speaker.event("ended"))["whole"] is True


async def test_a_play_replaces_the_one_before_it_and_softly_is_softer(server: SoundServer) -> None:
    async with loudspeaker(server) as speaker:
        speaker.tell("long")
        await speaker.event("started")
        speaker.tell("long")
        assert (await speaker.event("ended"))["whole"] is False
        await speaker.event("started")
        await speaker.loud(0.3)
        loudest = np.abs(speaker.heard).max()
        speaker.tell("soft")
        await speaker.until(lambda: 100 < np.abs(speaker.heard[-RATE // 10 :]).max() < 0.3 * loudest)
        speaker.tell("stop")
        assert (await speaker.event("ended"))["whole"] is False


async def test_a_loudspeaker_that_went_and_came_back_plays_again(server: SoundServer) -> None:
    async with loudspeaker(server) as speaker:
        speaker.tell("long")
        await speaker.event("started")
        await server.unplug()
        await server.plug()
        speaker.tell("stop")
        assert (await speaker.event("ended"))["whole"] is False
        speaker.tell("play")
        assert (await speaker.event("ended"))["whole"] is True
