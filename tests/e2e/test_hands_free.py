"""Hands-free as a user has it: the real window, sound server, node and models, a spoken wake word and question."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import random
import signal
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.soundserver import SoundServer, sound_server
from tests.spoken import question_wav

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
SETTINGS = """
[nodes]
discover = false
mesh = false
[answer]
max_tokens = 24
[voice]
hands_free = true
speak = "off"
"""


class Program:
    """The program with its window, and what it tells."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []

    async def event(self, name: str, seconds: float = 60.0, **values: str) -> dict[str, Any]:
        """Return the next event of that name that says so."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                while line := await self.process.stdout.readline():
                    event: dict[str, Any] = json.loads(line)
                    self.told.append(event)
                    if event["event"] == name and values.items() <= event.items():
                        return event
        except TimeoutError:
            pass
        pytest.fail(f"no {name} {values} among {self.told}")

    def states(self) -> list[str]:
        return [event["state"] for event in self.told if event["event"] == "state"]


@asynccontextmanager
async def program(home: Path, server: SoundServer) -> AsyncIterator[Program]:
    """The program, started in `home`, until the end of the block."""
    (home / "settings.toml").write_text(SETTINGS)
    environment = server.environment | {"TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    with (home / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.hands_free_window",
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()


@pytest.fixture
async def server() -> AsyncIterator[SoundServer]:
    async with sound_server() as server:
        await server.loudspeaker()
        yield server


@asynccontextmanager
async def a_room(server: SoundServer, folder: Path) -> AsyncIterator[None]:
    """The faint noise of a room in the microphone: nothing but zeros would be a microphone that is switched off."""
    path, chance = folder / "room.wav", random.Random(1)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        second = b"".join(chance.randint(-12, 12).to_bytes(2, "little", signed=True) for _ in range(16_000))
        out.writeframes(second * 300)
    playing = asyncio.create_task(server.play(path))
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


def joined(folder: Path, *parts: Path, silence: float = 0.3) -> Path:
    """Return a WAV file with these one after another, and as much silence between them."""
    made = folder / "joined.wav"
    with wave.open(str(made), "wb") as out:
        for at, part in enumerate(parts):
            with wave.open(str(part), "rb") as sound:
                if at == 0:
                    out.setparams(sound.getparams())
                else:
                    out.writeframes(bytes(2 * round(silence * sound.getframerate())))
                out.writeframes(sound.readframes(sound.getnframes()))
    return made


async def test_a_wake_word_a_question_an_answer_aloud_a_follow_up_an_interruption_and_sleep(
    home: Path, server: SoundServer, tmp_path: Path
) -> None:
    if importlib.util.find_spec("pymicro_wakeword") is None:
        pytest.skip("no wake words: pip install pymicro-wakeword==2.5.0 (it is in the wake extra)")
    call = question_wav("Hey Jarvis!", tmp_path)
    question = question_wav("What is the capital of France?", tmp_path)
    async with a_room(server, tmp_path), program(home, server) as window:
        await window.event("state", state="asleep", seconds=120)
        await server.play(joined(tmp_path, call, question))
        heard = await window.event("heard")
        assert heard["text"].rstrip("?.") == "What is the capital of France"
        answered = await window.event("answered", seconds=120)
        assert answered["question"] == heard["text"] and answered["text"]
        await window.event("state", state="listening", word="Listening")  # for a follow-up
        assert window.states()[-4:] == ["listening", "thinking", "speaking", "listening"]
        await server.play(question_wav("And what is the capital of Spain?", tmp_path))  # without the wake word
        followed = await window.event("answered", seconds=120)
        assert "Spain" in followed["question"]
        await window.event("state", state="asleep")
        assert window.states()[-4:] == ["thinking", "speaking", "listening", "asleep"]
        await server.play(joined(tmp_path, call, question_wav("Tell me about the sea.", tmp_path)))
        await window.event("state", state="speaking", seconds=120)
        await server.play(joined(tmp_path, call, question_wav("Stop.", tmp_path)))
        await window.event("state", state="asleep")
        assert window.states()[-4:] == ["speaking", "listening", "thinking", "asleep"]
