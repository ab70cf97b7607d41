"""Recording live sound to disk: pause, stop, a microphone that goes away, a full disk, and what a kill leaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import wave
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.errors import VoiceError
from app.voice import growing_wav
from app.voice.growing_wav import GrowingWav, cut_short, finished, name_of
from app.voice.live_recording import LiveRecording, Recorded, RecordingState
from tests.fakes_voice import BLOCK_BYTES, FakeMicrophone

DAY = datetime(2026, 11, 23, 14, 5)


def tone(seconds: float, start: int = 0) -> bytes:
    """Sound that is different everywhere, in whole blocks."""
    samples = np.arange(start, start + round(seconds * 16_000)).astype("<i2").tobytes()
    return samples + bytes(-len(samples) % BLOCK_BYTES)


def sound_of(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return file.readframes(file.getnframes())


class Scene:
    """A recording that runs over a fake microphone."""

    def __init__(self, folder: Path, longest: float) -> None:
        self.microphone = FakeMicrophone()
        self.states: list[RecordingState] = []
        self.notices: list[str] = []
        self._changed = asyncio.Event()
        self.asked = 0
        self.one = LiveRecording(
            folder,
            self._source,
            on_state=self._state,
            on_notice=self.notices.append,
            now=lambda: DAY,
            longest=longest,
        )
        self.task = asyncio.create_task(self.one.run())

    async def _source(self) -> FakeMicrophone:
        self.asked += 1
        self.microphone.open()
        self._changed.set()
        return self.microphone

    def asked_after(self, count: int) -> bool:
        return self.asked > count

    def _state(self, state: RecordingState) -> None:
        self.states.append(state)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)

    async def bring(self, pcm: bytes) -> None:
        """Bring sound, and wait until it has been taken."""
        before = self.one.seconds
        self.microphone.feed(pcm)
        await self.until(lambda: self.one.seconds >= before + len(pcm) / 32_000)

    async def stop(self) -> Recorded:
        self.one.stop()
        async with asyncio.timeout(20):
            return await self.task


@contextlib.asynccontextmanager
async def recording(folder: Path, longest: float = 3600.0) -> AsyncGenerator[Scene, None]:
    scene = Scene(folder, longest)
    await scene.until(lambda: scene.asked == 1)
    try:
        yield scene
    finally:
        scene.task.cancel()
        await asyncio.gather(scene.task, return_exceptions=True)


async def test_sound_goes_to_the_disk_and_becomes_a_file(tmp_path: Path) -> None:
    said = tone(3.2)
    async with recording(tmp_path / "recordings") as scene:
        assert not (tmp_path / "recordings").exists(), "nothing is made before there is sound"
        await scene.bring(said)
        assert scene.one.state is RecordingState.RECORDING
        scene.microphone.feed(tone(0.5))  # not read yet when it is stopped
        made = await scene.stop()
    assert made.path is not None and made.path.name == "Recording 2026-11-23 14.05.wav" and not made.reason
    assert sound_of(made.path) == said + tone(0.5)
    assert made.seconds == len(sound_of(made.path)) / 32_000
    assert scene.states == [RecordingState.RECORDING, RecordingState.ENDED]
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]
    assert (made.path.parent.stat().st_mode & 0o077, made.path.stat().st_mode & 0o077) == (0, 0)


async def test_nothing_of_a_pause_is_kept(tmp_path: Path) -> None:
    async with recording(tmp_path) as scene:
        await scene.bring(tone(1))
        scene.microphone.feed(tone(1, 3_000))  # not read yet: it came before the pause
        scene.one.pause()
        assert scene.one.state is RecordingState.PAUSED
        scene.microphone.feed(tone(2, 20_000))  # none of it is read before it goes on
        scene.one.go_on()
        await scene.bring(tone(1, 5_000))
        made = await scene.stop()
    assert made.path is not None and sound_of(made.path) == tone(1) + tone(1, 3_000) + tone(1, 5_000)
    states = RecordingState
    assert scene.states == [states.RECORDING, states.PAUSED, states.RECORDING, states.ENDED]


async def test_a_microphone_that_goes_away_is_waited_for_and_said_once(tmp_path: Path) -> None:
    async with recording(tmp_path) as scene:
        await scene.bring(tone(1))
        for _ in range(3):  # it is tried again and again
            asked = scene.asked
            scene.microphone.fail(VoiceError("The microphone went away.", code="voice_device_lost"))
            await scene.until(partial(scene.asked_after, asked))
        assert scene.states[-1:] == [RecordingState.AWAY]
        (part,) = cut_short_of_others(tmp_path)
        assert part.stat().st_size == 44 + len(tone(1)), "what was recorded is on the disk meanwhile"
        await scene.bring(tone(1, 7_000))
        assert scene.states[-1:] == [RecordingState.RECORDING]
        scene.microphone.close()  # another one was chosen: the source is asked anew, and nothing is said
        await scene.until(lambda: scene.asked == 5)
        await scene.bring(tone(1, 9_000))
        made = await scene.stop()
    assert made.path is not None and sound_of(made.path) == tone(1) + tone(1, 7_000) + tone(1, 9_000)
    assert scene.notices == [
        "The microphone went away. What was recorded is kept, and it goes on when the microphone is back."
    ]


def cut_short_of_others(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.part"))


async def test_without_a_microphone_nothing_is_made(tmp_path: Path) -> None:
    async with recording(tmp_path / "recordings") as scene:
        scene.microphone.fail(VoiceError("There is no microphone.", code="voice_no_device"))
        with pytest.raises(VoiceError, match="There is no microphone"):
            await scene.task
    assert not (tmp_path / "recordings").exists()
    async with recording(tmp_path / "recordings") as scene:
        assert await scene.stop() == Recorded(None, 0.0)
    async with recording(tmp_path / "recordings") as scene:
        await scene.bring(tone(0.1))
        assert await scene.stop() == Recorded(None, 0.0)
    assert not list((tmp_path / "recordings").iterdir()), "a slip of the hand leaves nothing"


async def test_a_program_that_ends_leaves_what_the_next_start_finishes(tmp_path: Path) -> None:
    async with recording(tmp_path) as scene:
        await scene.bring(tone(2))
        assert not cut_short(tmp_path), "it is being recorded"
        with pytest.raises(VoiceError, match="by another program"):
            finished(cut_short_of_others(tmp_path)[0])
        scene.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scene.task
    (part,) = cut_short(tmp_path)
    taken = tmp_path / "Recording 2026-11-23 14.05.wav"
    taken.write_bytes(b"somebody else's")
    made = finished(part)
    assert (
        made is not None and made[0].name == "Recording 2026-11-23 14.05 (2).wav" and made[1] == len(tone(2)) / 32_000
    )
    assert sound_of(made[0]) == tone(2) and taken.read_bytes() == b"somebody else's"
    assert not cut_short(tmp_path)


async def test_it_is_stopped_while_the_microphone_is_away(tmp_path: Path) -> None:
    async with recording(tmp_path) as scene:
        await scene.bring(tone(1))
        scene.microphone.fail(VoiceError("The microphone went away.", code="voice_device_lost"))
        await scene.until(lambda: scene.asked == 2)
        made = await scene.stop()
    assert made.path is not None and sound_of(made.path) == tone(1) and not made.reason


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_disk_that_is_full_ends_it_and_keeps_what_was_written(tmp_path: Path) -> None:
    said = tone(7 * 8 * 512 / 16_000)  # eight blocks are written together
    async with recording(tmp_path) as scene:
        await scene.bring(said)
        assert scene.one._file is not None
        part = scene.one._file.path
        await scene.until(lambda: part.stat().st_size == 44 + len(said))
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, scene.one._file._file.fileno())
        os.close(full)
        scene.microphone.feed(tone(2))
        async with asyncio.timeout(20):
            made = await scene.task
    assert made.reason == "The disk is full. What was recorded until then is kept."
    assert made.path is not None and sound_of(made.path) == said


async def test_it_ends_by_itself_when_it_is_long_enough(tmp_path: Path) -> None:
    async with recording(tmp_path, longest=1.0) as scene:
        scene.microphone.feed(tone(2))
        async with asyncio.timeout(20):
            made = await scene.task
    assert made.path is not None and 1.0 <= made.seconds < 1.1 and "the longest it can be" in made.reason


def test_a_file_that_is_cut_off_anywhere_is_a_whole_one(tmp_path: Path) -> None:
    for size in (0, 10, 44, 45, 44 + 9_001, 44 + 64_000):
        part = tmp_path / f"{size}.wav.part"
        growing = GrowingWav(tmp_path, str(size))
        assert growing.path == part
        growing.write(tone(2.1))
        growing.sync()
        growing.close()
        os.truncate(part, size)
        assert cut_short(tmp_path) == [part]
        made = finished(part)
        if size < 44 + growing_wav.SHORTEST_SECONDS * 32_000:
            assert made is None
        else:
            assert made is not None and sound_of(made[0]) == tone(2.1)[: size - 44]
        assert not part.exists()


def test_the_header_is_right_with_each_sync(tmp_path: Path) -> None:
    growing = GrowingWav(tmp_path, "talk")
    growing.write(tone(1))
    growing.sync()
    assert sound_of(growing.path) == tone(1)
    growing.write(tone(1))
    other = GrowingWav(tmp_path, "talk")
    assert other.path.name == "talk (2).wav.part"
    other.close()
    growing.close()
    made = finished(growing.path)
    assert made is not None and made[0] == tmp_path / "talk.wav" and sound_of(made[0]) == 2 * tone(1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    growing = GrowingWav(tmp_path, "talk")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, growing._file.fileno())
    os.close(full)
    with pytest.raises(VoiceError, match="disk is full") as refused:
        growing.write(tone(1))
    assert refused.value.code == "voice_disk_full"
    growing.close()


def test_the_name_tells_when_it_began() -> None:
    assert name_of(DAY) == "Recording 2026-11-23 14.05"
