"""Barge-in with a real sound server whose microphone hears all that the loudspeaker plays, and a person beside it."""

from __future__ import annotations

import asyncio
import json
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.voice.audio_file import pcm_from_file
from tests.integration.soundserver import MICROPHONE, SoundServer
from tests.spoken import can_speak, recording

ROOT = Path(__file__).parents[2]
RATE = 16_000
SECONDS = 60.0
"""Longest wait for a process."""
HEARD = 100
"""Of PCM16: what is softer is silence."""
Sound = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Person:
    """A WAV file at the microphone's rate, and its samples."""

    path: Path
    sound: Sound

    @classmethod
    def made(cls, path: Path, sound: Sound) -> Person:
        """Write samples of PCM16 to a file."""
        samples = sound.astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        return cls(path, samples.astype(float))


class Reading:
    """barge_in_probe.py, and a recorder of what its microphone hears."""

    def __init__(
        self, server: SoundServer, probe: asyncio.subprocess.Process, recorder: asyncio.subprocess.Process
    ) -> None:
        self.server, self._probe, self._recorder = server, probe, recorder
        self._heard = bytearray()
        self._news = asyncio.Event()
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._recorder.stdout is not None
        while block := await self._recorder.stdout.read(4096):
            self._heard += block
            self._news.set()

    @property
    def heard(self) -> Sound:
        """All that the microphone heard since `forget`."""
        return np.frombuffer(bytes(self._heard[: len(self._heard) // 2 * 2]), "<i2").astype(float)

    def forget(self) -> None:
        self._heard.clear()

    async def more(self, seconds: float) -> None:
        """Let so much more sound be heard."""
        wanted = len(self._heard) + round(2 * RATE * seconds)
        async with asyncio.timeout(SECONDS + seconds):
            while len(self._heard) < wanted:
                self._news.clear()
                await self._news.wait()

    def tell(self, command: str) -> None:
        assert self._probe.stdin is not None
        self._probe.stdin.write(f"{command}\n".encode())

    async def event(self, *names: str) -> dict[str, Any]:
        assert self._probe.stdout is not None
        async with asyncio.timeout(SECONDS):
            while True:
                line = await self._probe.stdout.readline()
                assert line, f"the probe ended before {names}"
                event: dict[str, Any] = json.loads(line)
                if event["event"] in names:
                    return event

    async def interrupted(self, clip: Person, lead: float) -> float | None:
        """Read for `lead` seconds, let the clip be spoken; return from when on in it the voice was silent, in seconds.

        None: it was not silenced before the clip's end.
        """
        self.forget()
        self.tell("read")
        await self.event("started")
        await self.more(lead)
        await self.server.play(clip.path)
        await self.more(0.5)
        self.tell("stop")
        event = await self.event("interrupted", "ended")
        if event["event"] == "ended":
            return None
        await self.event("ended")
        await self.more(0.2)
        said = clip.sound
        begins = placed(self.heard, said)
        own = self.heard[: begins + len(said)].copy()
        own[begins:] -= said[: len(own) - begins]
        return (int(np.flatnonzero(np.abs(own) > HEARD)[-1]) + 1 - begins) / RATE


def placed(heard: Sound, said: Sound) -> int:
    """Return the sample of `heard` at which `said` begins."""
    size = 1 << (len(heard) + len(said)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(said, size).conj(), size)
    return int(likeness[: len(heard) - RATE // 10].argmax())


@asynccontextmanager
async def reading(home: Path, volume: float = 1.0) -> AsyncIterator[Reading]:
    """A process that reads aloud, as loud as `volume` in the microphone."""
    if reason := SoundServer.missing() or ("" if can_speak() else "no voice: pip install hibari-tts==0.2.1"):
        pytest.skip(reason)
    server, pipe = SoundServer(), asyncio.subprocess.PIPE
    processes: list[asyncio.subprocess.Process] = []
    try:
        if reason := await server.start():
            pytest.skip(reason)
        recorder = await asyncio.create_subprocess_exec(
            "parec", f"--device={MICROPHONE}.monitor", "--rate=16000", "--channels=1", "--format=s16le",
            "--latency-msec=20", env=server.environment, stdout=pipe,
        )  # fmt: skip
        processes.append(recorder)
        probe = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.barge_in_probe", cwd=ROOT,
            env=server.environment | {"TANGNET_HOME": str(home)}, stdin=pipe, stdout=pipe,
        )  # fmt: skip
        processes.append(probe)
        now = Reading(server, probe, recorder)
        await now.event("ready")
        if volume != 1.0:
            now.tell("read")
            await now.event("started")
            await server.volume_of_players(volume)
            now.tell("stop")
            await now.event("ended")
        yield now
        now.tell("quit")
        await now.event("closed")
        await probe.wait()
        recorder.terminate()
        await now.listening
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        await server.stop()


async def person(folder: Path, path: Path, loud: float) -> Person:
    """Return a clip as WAV of the microphone's rate, `loud` decibels of full scale where somebody speaks."""
    sound = np.frombuffer(b"".join([block async for block in pcm_from_file(path)]), "<i2").astype(float)
    spoken = sound[np.abs(sound) > 300]
    sound *= 32768 * 10 ** (loud / 20) / np.sqrt((spoken**2).mean())
    return Person.made(folder / f"{path.stem}.wav", np.clip(sound, -32768, 32767))


@pytest.mark.models
async def test_a_person_silences_the_voice_and_its_full_echo_does_not(home: Path, tmp_path: Path) -> None:
    clip = await person(tmp_path, recording("password").path, -20)
    async with reading(home) as now:
        now.tell("read")
        await now.event("started")
        await now.more(12.0)
        now.tell("stop")
        assert (await now.event("interrupted", "ended"))["event"] == "ended"
        silent = await now.interrupted(clip, 5.0)
        assert silent is not None and silent < 1.5
