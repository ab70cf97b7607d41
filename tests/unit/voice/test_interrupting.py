"""Listening while an answer is read: what is played laid beside what is heard, and what becomes of a verdict."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from app.errors import NodeError, VoiceError
from app.thinking import Attended, Attention, SpeechBegan
from app.voice.barge_in import BargeInRules
from app.voice.interrupting import AHEAD_BYTES, APART_BYTES, WINDOW_BYTES, Interrupting, Played
from tests.fakes_voice import FakeMicrophone

SILENCE = bytes(WINDOW_BYTES)


def numbered(first: int, windows: int) -> bytes:
    """Windows that can be told apart by their first sample."""
    return b"".join(array("h", [first + at] * (WINDOW_BYTES // 2)).tobytes() for at in range(windows))


def first(window: bytes) -> int:
    return int.from_bytes(window[:2], "little", signed=True)


def test_what_is_played_is_kept_a_little_ahead_and_then_counted() -> None:
    played = Played()
    assert played.beside() == (SILENCE, False, False)
    played.take(numbered(1, 10), 16_000)  # a loudspeaker takes a whole buffer at first
    begins = 11 - AHEAD_BYTES // WINDOW_BYTES
    seen = []
    for at in range(20):
        played.take(numbered(11 + at, 1), 16_000)
        window = played.beside()
        assert not window.apart
        seen.append(first(window.pcm16))
    assert seen == list(range(begins, begins + 20))


def test_sound_that_comes_late_leaves_the_rest_where_it_is() -> None:
    played = Played()
    played.take(numbered(1, 3), 16_000)
    seen = [first(played.beside().pcm16) for _ in range(5)]  # nothing comes meanwhile
    assert seen == [1, 2, 3, 0, 0]
    played.take(numbered(4, 5), 16_000)
    assert [first(played.beside().pcm16) for _ in range(3)] == [6, 7, 8]


def test_counts_that_run_apart_are_told() -> None:
    played = Played()
    played.take(numbered(1, 3), 16_000)
    assert first(played.beside().pcm16) == 1
    played.take(numbered(1, APART_BYTES // WINDOW_BYTES + 1), 16_000)
    assert played.beside().apart
    assert not played.beside().apart


def test_ducked_sound_is_told_where_it_is_laid() -> None:
    played = Played()
    played.take(numbered(1, 5), 16_000)
    played.take(numbered(6, 3), 16_000, True)
    played.take(numbered(9, 3), 16_000)
    windows = [played.beside() for _ in range(3)]
    assert [(first(window.pcm16), window.soft) for window in windows] == [(9, False), (10, False), (11, False)]
    played = Played()
    played.take(numbered(1, 3), 16_000)
    windows = [played.beside()]
    played.take(numbered(4, 2), 16_000, True)
    played.take(numbered(6, 2), 16_000)
    windows += [played.beside() for _ in range(5)]
    assert [window.soft for window in windows] == [False, False, False, True, True, False]


def test_other_rates_are_heard_as_the_microphone_would() -> None:
    played = Played()
    tone = (8_000 * np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000)).astype("<i2").tobytes()
    for start in range(0, len(tone), 480):
        played.take(tone[start : start + 480], 24_000)
    windows = b"".join(played.beside().pcm16 for _ in range(2))
    assert np.abs(np.frombuffer(windows, "<i2")).max() == pytest.approx(8_000, rel=0.05)


class FakeLoudspeaker:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.taken: Callable[[bytes, int, bool], None] | None = None

    def tap(self, take: Callable[[bytes, int, bool], None] | None) -> None:
        self.taken = take

    def duck(self, on: bool) -> None:
        self.told.append("soft" if on else "loud")

    def hold(self, on: bool) -> None:
        self.told.append("hold" if on else "go on")

    def stop(self) -> None:
        self.told.append("stop")


class Loud:
    """Takes all that is no silence for speech."""

    def __init__(self, failure: NodeError | None = None) -> None:
        self.windows: list[bytes] = []
        self._failure = failure

    async def attend(
        self, audio: AsyncIterator[bytes], *, wake_word: str = "", threshold: float = 0.0
    ) -> AsyncIterator[Attended]:
        if self._failure is not None:
            raise self._failure
        async for window in audio:
            self.windows.append(window)
            loud = np.abs(np.frombuffer(window, "<i2")).max() > 500
            if loud:
                yield SpeechBegan(0.032 * len(self.windows))
            yield Attention(0.032 * len(self.windows), 0.95 if loud else 0.02)


class Room:
    """A reading that is listened to, without an echo."""

    def __init__(self, failure: NodeError | None = None) -> None:
        self.microphone, self.loudspeaker, self.attendant = FakeMicrophone(), FakeLoudspeaker(), Loud(failure)
        self.began: list[float] = []
        listening = Interrupting(self.attendant, self.loudspeaker, self.began.append)
        self.running = asyncio.ensure_future(listening.run(self.microphone.blocks()))
        self._sounds = np.random.default_rng(3)

    def sound(self, loud: float) -> bytes:
        return (self._sounds.standard_normal(512) * loud).astype("<i2").tobytes()

    async def play(self, windows: int, loud: float) -> None:
        """Let so many windows come, in which somebody speaks so loud."""
        for _ in range(windows):
            if self.loudspeaker.taken is not None:
                self.loudspeaker.taken(self.sound(3_000), 16_000, False)
            await self.microphone.play(self.sound(loud), speed=0)


async def test_the_voice_stops_when_somebody_speaks_and_it_is_told_since_when() -> None:
    room = Room()
    await asyncio.sleep(0)
    await room.play(60, 20)
    assert room.loudspeaker.told == []
    rules = BargeInRules()
    needed = rules.windows + rules.trail + rules.sure - 1
    await room.play(needed, 3_000)
    await asyncio.wait_for(room.running, 10)
    assert room.loudspeaker.told == ["hold", "stop", "loud", "go on"]
    assert room.began == [pytest.approx(0.032 * (rules.before + needed))]
    assert room.loudspeaker.taken is None and len(room.attendant.windows) <= 60 + needed


async def test_the_voice_goes_on_where_somebody_only_made_a_sound() -> None:
    room = Room()
    await asyncio.sleep(0)
    await room.play(60, 20)
    await room.play(4, 3_000)
    await room.play(BargeInRules().waits, 20)
    room.running.cancel()
    await asyncio.wait({room.running})
    assert room.loudspeaker.told == ["hold", "loud", "go on", "loud", "go on"] and room.began == []


async def test_the_answer_is_read_on_where_nobody_can_listen() -> None:
    room = Room(NodeError("It cannot listen.", code="unsupported"))
    await asyncio.wait_for(room.running, 10)
    assert room.began == [] and "stop" not in room.loudspeaker.told and room.loudspeaker.taken is None


async def test_a_microphone_that_goes_away_stops_nothing() -> None:
    room = Room()
    await asyncio.sleep(0)
    await room.play(10, 20)
    room.microphone.fail(VoiceError("It went away.", code="voice_device_lost"))
    await asyncio.wait_for(room.running, 10)
    assert room.began == [] and "stop" not in room.loudspeaker.told and room.loudspeaker.taken is None


async def test_it_ends_with_the_reading() -> None:
    room = Room()
    await asyncio.sleep(0)
    await room.play(10, 20)
    room.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await room.running
    assert room.loudspeaker.taken is None and room.loudspeaker.told[-2:] == ["loud", "go on"]
