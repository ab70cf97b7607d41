"""The real microphone path: PortAudio and PulseAudio, with a WAV file in place of a person."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.voice.microphone import MUTED, UNMUTED
from tests.integration.soundserver import SoundServer, sound_server

RATE = 16_000
ROOT = Path(__file__).parents[2]


class ProbeProcess:
    """microphone_probe.py, running."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, environment: dict[str, str], folder: Path, device: str = "") -> ProbeProcess:
        log = folder / "probe.log"
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-X", "faulthandler", "-m", "tests.integration.microphone_probe", str(folder), device,
                cwd=ROOT, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        return cls(process, log)

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    async def event(self, name: str, seconds: float = 20.0) -> dict[str, Any]:
        """Return the next event of that name."""
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            while True:
                line = await self._process.stdout.readline()
                if not line:
                    code, said = await self._process.wait(), self._log.read_text(errors="replace")
                    raise AssertionError(f"the probe ended with {code} before {name}: {said[-6000:]}")
                event: dict[str, Any] = json.loads(line)
                if event["event"] == name:
                    return event

    async def state(self, name: str, seconds: float = 20.0) -> None:
        """Wait until the microphone stands so."""
        while (await self.event("state", seconds))["state"] != name:
            pass

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@pytest.fixture
async def server() -> AsyncIterator[SoundServer]:
    async with sound_server() as server:
        yield server


@pytest.fixture
async def probe(server: SoundServer, tmp_path: Path) -> AsyncIterator[ProbeProcess]:
    probe = await ProbeProcess.start(server.environment, tmp_path)
    try:
        yield probe
    finally:
        await probe.stop()


def _said(path: Path, seconds: float = 2.5) -> np.ndarray:
    """Write a WAV file: 0.8 s of silence, then band-limited noise at full swing from start to end; return the noise.

    The silence lets the ring fill, and a null sink swallows the first 17 ms of what is played into it.
    """
    noise = np.convolve(np.random.default_rng(5).normal(0, 1, round(seconds * RATE)), np.ones(4) / 4, "same")
    samples = np.clip(noise * 8000, -32768, 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(RATE * 8 // 10 * 2) + samples.tobytes())
    return samples


def _heard(path: Path) -> np.ndarray:
    data = path.read_bytes()
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2")


def _find(piece: np.ndarray, sound: np.ndarray) -> tuple[int, float]:
    """Return where `piece` lies in `sound` and the correlation there."""
    size = len(piece) + len(sound)
    spectrum = np.fft.rfft(sound.astype(float), size) * np.conj(np.fft.rfft(piece.astype(float), size))
    at = int(np.argmax(np.fft.irfft(spectrum, size)[: max(1, len(sound) - len(piece) + 1)]))
    return at, float(np.corrcoef(sound[at : at + len(piece)], piece)[0, 1])


async def test_a_press_in_mid_word_still_has_the_word(server: SoundServer, probe: ProbeProcess, tmp_path: Path) -> None:
    said = _said(tmp_path / "said.wav")
    opened = await probe.event("open")
    assert opened["is_open"] and 0 <= opened["latency"] < 1
    playing = asyncio.ensure_future(server.play(tmp_path / "said.wav"))
    everything = tmp_path / "all.raw"
    probe.tell(f"loud {RATE * 4 // 10}")
    await probe.event("loud")  # the first 0.4 s are over, now the key goes down
    probe.tell("press")
    pressed = (await probe.event("pressed"))["at"]
    probe.tell(f"loud {len(said) - RATE // 20}")
    await probe.event("loud")
    probe.tell("release")
    await probe.event("released")
    utterance = await probe.event("utterance")
    await playing
    assert utterance["level"] > 0.1
    sound, all_sound = _heard(tmp_path / "utterance.raw"), _heard(everything)
    begin, correlation = _find(said, all_sound)
    assert correlation >= 0.99
    assert pressed / 2 > begin + 0.3 * RATE  # the press was really late
    at, correlation = _find(said, sound)
    print(f"first block after {opened['seconds']:.2f} s, correlation {correlation:.5f}, begins {at / RATE:.3f} s in")
    assert correlation >= 0.99
    assert at >= 0 and len(sound) >= len(said)  # the first word is whole and so is the last
    start, same = _find(sound, all_sound)
    assert same == pytest.approx(1.0)  # without a gap
    assert pressed / 2 - start >= 0.5 * RATE


async def test_unplugged_is_said_and_plugged_in_again_goes_on(
    server: SoundServer, probe: ProbeProcess, tmp_path: Path
) -> None:
    await probe.event("open")
    await server.unplug()
    error = await probe.event("error")
    assert error["message"] == "The microphone went away."
    assert "Plug it in" in error["hint"]
    await server.plug()
    opened = await probe.event("open", 30)
    assert opened["is_open"]
    probe.tell("quit")
    closed = await probe.event("closed")
    assert closed == {"event": "closed", "is_open": False, "lost_blocks": 0}


async def test_devices_and_a_name_that_is_not_there(server: SoundServer, tmp_path: Path) -> None:
    probe = await ProbeProcess.start(server.environment, tmp_path, "No such microphone")
    try:
        error = await probe.event("error")
        assert error["message"] == "The microphone “No such microphone” is not there."
        assert "pulse" in error["hint"] and "Monitor of Null Output" in error["hint"]
    finally:
        await probe.stop()
    probe = await ProbeProcess.start(server.environment, tmp_path, "pulse")
    try:
        await probe.event("open")
    finally:
        await probe.stop()


async def test_muted_at_the_system_is_said_within_a_second(server: SoundServer, probe: ProbeProcess) -> None:
    await probe.event("open")
    await probe.state("silent")  # nobody speaks into a microphone that has no noise of its own
    began = time.monotonic()
    await server.mute(True)
    await probe.state("muted")
    said = time.monotonic() - began
    notice = await probe.event("notice")
    assert notice["sentence"] == MUTED
    await server.mute(False)
    assert (await probe.event("notice"))["sentence"] == UNMUTED
    print(f"muted: said after {said:.2f} s")
    assert said < 1.0


async def test_choosing_trying_and_following_the_default(server: SoundServer, tmp_path: Path) -> None:
    await server.add("desk", "Desk")
    probe = await ProbeProcess.start(server.environment, tmp_path)
    try:
        await probe.event("open")
        probe.tell("devices")
        names = (await probe.event("devices"))["names"]
        assert [(found["name"], found["label"], found["default"]) for found in names] == [
            ("vmic.monitor", "Monitor of Null Output", True),
            ("desk", "Desk", False),
        ]
        probe.tell("try desk")
        assert (await probe.event("tried"))["bytes"] == RATE
        await server.choose("desk")
        assert (await probe.event("notice"))["sentence"] == "Listening to “Desk” now."
    finally:
        await probe.stop()
    probe = await ProbeProcess.start(server.environment, tmp_path, "Desk")  # by its label, as people write settings
    try:
        await server.choose("vmic.monitor")
        await probe.event("open")
        await server.mute(True)  # the other one
        await probe.state("silent")
    finally:
        await probe.stop()


async def test_no_sound_server_is_one_plain_sentence(server: SoundServer, tmp_path: Path) -> None:
    nowhere = server.environment | {"PULSE_SERVER": f"unix:{tmp_path}/nothing"}
    probe = await ProbeProcess.start(nowhere, tmp_path)
    try:
        error = await probe.event("error")
        assert error["code"] in {"voice_no_device", "voice_open_failed"}
        assert error["message"].endswith(".") and error["hint"]
        probe.tell("press")
        assert (await probe.event("pressed"))["at"] == 0
    finally:
        await probe.stop()
