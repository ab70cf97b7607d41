"""The hands-free session over a fake microphone and a fake of what attends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from app.errors import NodeError, VoiceError
from app.thinking import Attended, SpeechBegan, SpeechPaused, WakeHeard
from app.voice.hands_free_session import Calls, HandsFreeSession
from app.voice.handsfree import Stage
from nodeworker.protocol import SAMPLE_RATE
from tests.fakes_voice import BLOCK_BYTES, FakeAttendant, FakeMicrophone

SECOND = SAMPLE_RATE * 2
CALLED: tuple[Attended, ...] = (SpeechBegan(1.3), WakeHeard(2.0, 0.9))
ASKED: tuple[Attended, ...] = (SpeechPaused(4.0),)


def numbered(seconds: float) -> bytes:
    """Blocks that can be told apart."""
    count = round(seconds * SECOND / BLOCK_BYTES)
    return b"".join((number % 30_000 + 1).to_bytes(2, "little") * (BLOCK_BYTES // 2) for number in range(count))


class Room:
    """A session that runs, and what it told."""

    def __init__(self, *events: Attended) -> None:
        self.microphone = FakeMicrophone()
        self.attendant = FakeAttendant(*events)
        self.stages: list[Stage] = []
        self.ready: list[bool] = []
        self.utterances: list[tuple[AsyncGenerator[bytes, None], bool]] = []
        self.session = HandsFreeSession(
            self.attendant,
            Calls(
                stage=self.stages.append,
                begun=lambda sound, woken: self.utterances.append((sound, woken)),
                ready=self.ready.append,
            ),
            wake_word="hey-jarvis",
            threshold=0.7,
        )
        self.running = asyncio.ensure_future(self.session.run(self.microphone.blocks()))
        self.played = 0

    async def play(self, seconds: float) -> None:
        """Let sound come until it has lasted that long."""
        sound = numbered(seconds)[self.played :]
        self.played += len(sound)
        await self.microphone.play(sound, speed=0)
        await self.until(lambda: self.attendant.now * SECOND >= self.played or self.running.done())

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not wanted():
                await self.attendant.moved.wait()
                self.attendant.moved.clear()

    async def end(self) -> None:
        self.microphone.close()
        await asyncio.wait_for(self.running, 10)


async def test_a_turn_from_the_wake_word_to_the_follow_up() -> None:
    room = Room(*CALLED, *ASKED)
    await room.play(3.0)
    assert room.attendant.asked == [("hey-jarvis", 0.7)]
    ((sound, woken),) = room.utterances
    assert woken and room.stages == [Stage.LISTENING]
    await room.play(4.1)
    room.session.text("What time is it?")
    await room.play(4.6)
    assert room.stages[1:] == [Stage.THINKING]
    heard = b"".join([block async for block in sound])
    whole = numbered(4.6)
    assert heard in whole and whole.index(heard) == round(1.0 * SECOND)  # 0.3 s before the wake word's first sound
    assert len(heard) / SECOND == pytest.approx(3.5, abs=0.1)
    room.session.thinking()
    room.session.speaking()
    room.session.over(follow_up=True)
    assert room.stages[2:] == [Stage.SPEAKING, Stage.LISTENING]
    await room.play(11.0)
    assert room.stages[4:] == [Stage.ASLEEP] and len(room.utterances) == 1
    await room.end()


async def test_what_is_dropped_is_never_read() -> None:
    for drop in (HandsFreeSession.cancel, lambda session: session.yielded(True)):
        room = Room(*CALLED)
        await room.play(3.0)
        ((sound, _),) = room.utterances
        drop(room.session)
        with pytest.raises(VoiceError) as raised:
            _ = [block async for block in sound]
        assert raised.value.code == "voice_cancelled"
        assert room.stages[-1] in (Stage.ASLEEP, Stage.YIELDED)
        room.session.yielded(False)
        assert room.stages[-1] is Stage.ASLEEP
        await room.end()


async def test_a_reader_who_goes_away_ends_the_turn() -> None:
    room = Room(*CALLED)
    await room.play(3.0)
    ((sound, _),) = room.utterances
    await anext(sound)
    await sound.aclose()
    assert room.stages[-1] is Stage.ASLEEP
    await room.end()


async def test_a_wake_word_while_it_speaks_and_an_interruption_begin_new_turns() -> None:
    room = Room(*CALLED, *ASKED, SpeechBegan(8.0), WakeHeard(8.7, 0.9), SpeechPaused(10.0), SpeechBegan(13.0))
    await room.play(4.1)
    room.session.text("What time is it?")
    await room.play(5.0)
    room.session.speaking()
    await room.play(9.0)
    assert [woken for _, woken in room.utterances] == [True, True]
    await room.play(12.0)
    room.session.speaking()
    await room.play(13.1)
    room.session.interrupted(0.1)
    assert [woken for _, woken in room.utterances] == [True, True, False]
    await room.end()


async def test_it_tells_whether_the_node_listens() -> None:
    room = Room()
    assert room.ready == []
    await room.play(1.0)
    assert room.ready == [True]
    room.attendant.away = True
    await room.play(3.0)
    assert room.ready == [True]
    await room.play(4.0)
    assert room.ready == [True, False]
    room.attendant.away = False
    await room.play(4.1)
    assert room.ready == [True, False, True]
    await room.end()


async def test_a_lost_microphone_ends_it_with_the_reason() -> None:
    room = Room(*CALLED)
    await room.play(3.0)
    room.microphone.fail(VoiceError("It went away.", code="voice_device_lost"))
    with pytest.raises(VoiceError, match="went away"):
        await asyncio.wait_for(room.running, 10)
    assert room.stages[-1] is Stage.ASLEEP


async def test_a_node_that_cannot_attend_is_told() -> None:
    room = Room()
    room.attendant.failure = NodeError("There is no such wake word.", code="model_missing")
    with pytest.raises(NodeError, match="no such wake word"):
        await asyncio.wait_for(room.running, 10)
