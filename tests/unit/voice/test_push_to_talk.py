"""The push-to-talk session over a fake microphone."""

import asyncio
from contextlib import aclosing

import pytest

from app.errors import VoiceError
from app.voice.push_to_talk import MUTED, PushToTalk
from app.voice.talk import Phase, TalkRules
from nodeworker.protocol import SAMPLE_RATE
from tests.fakes_voice import BLOCK_BYTES, BLOCK_SECONDS, FakeMicrophone


def _blocks(first: int, count: int) -> bytes:
    """Blocks that can be told apart; none is silent."""
    return b"".join(number.to_bytes(2, "little") * (BLOCK_BYTES // 2) for number in range(first, first + count))


class Session:
    """A PushToTalk whose clock stands still until the test moves it."""

    def __init__(self, *, latency: float = 0.0, rules: TalkRules | None = None) -> None:
        self.now = 100.0
        self.hints: list[str] = []
        self.phases: list[Phase] = []
        self.microphone = FakeMicrophone(latency=latency)
        self.talk = PushToTalk(
            self.microphone,
            on_hint=self.hints.append,
            on_phase=self.phases.append,
            rules=rules,
            grace=0.05,
            clock=lambda: self.now,
        )

    def hold(self) -> "asyncio.Task[bytes]":
        assert self.talk.press()
        return asyncio.ensure_future(self.collect())

    async def collect(self) -> bytes:
        return b"".join([block async for block in self.talk.audio()])

    async def let_go(self, after: float = 1.0) -> None:
        self.now += after
        self.talk.release()


@pytest.fixture
def session() -> Session:
    return Session()


async def test_sound_before_the_press_comes_first_and_the_tail_last(session: Session) -> None:
    session.microphone.feed(_blocks(1, 40))
    heard = session.hold()
    await session.microphone.play(_blocks(41, 30), speed=0)
    await session.let_go()
    await session.microphone.play(_blocks(71, 40), speed=0)
    sound = await asyncio.wait_for(heard, 5)
    before = round(0.6 * SAMPLE_RATE) * 2
    tail = 8 * BLOCK_BYTES  # 0.25 s in whole blocks
    assert sound == _blocks(1, 78)[40 * BLOCK_BYTES - before : 70 * BLOCK_BYTES + tail]
    assert session.phases == [Phase.LISTENING, Phase.FINISHING, Phase.IDLE]
    assert session.hints == []


async def test_press_opens_the_microphone_and_waits_for_its_first_block(session: Session) -> None:
    heard = session.hold()
    assert session.microphone.opened == 1
    await asyncio.sleep(0.01)
    await session.microphone.play(_blocks(1, 30), speed=0)
    await session.let_go()
    await session.microphone.play(_blocks(31, 8), speed=0)
    assert await asyncio.wait_for(heard, 5) == _blocks(1, 38)


async def test_nothing_is_lost_when_audio_is_read_late(session: Session) -> None:
    session.talk.press()
    await session.microphone.play(_blocks(1, 30), speed=0)
    await session.let_go()
    await session.microphone.play(_blocks(31, 8), speed=0)
    assert session.talk.state is Phase.IDLE
    assert await session.collect() == _blocks(1, 38)


async def test_tap_and_tap(session: Session) -> None:
    heard = session.hold()
    await session.let_go(after=0.1)
    assert session.talk.latched
    await session.microphone.play(_blocks(1, 50), speed=0)
    session.now += 3
    assert not session.talk.press()
    await session.let_go(after=0.1)
    await session.microphone.play(_blocks(51, 30), speed=0)
    assert await asyncio.wait_for(heard, 5) == _blocks(1, 58)


async def test_cancel_leaves_nothing(session: Session) -> None:
    heard = session.hold()
    await session.microphone.play(_blocks(1, 10), speed=0)
    session.talk.cancel()
    with pytest.raises(VoiceError) as caught:
        await heard
    assert caught.value.code == "voice_cancelled"
    session.talk.press()
    await session.microphone.play(_blocks(1, 10), speed=0)
    session.talk.cancel()
    with pytest.raises(VoiceError, match="cancelled"):  # even of what was never read
        await session.collect()
    assert session.talk.state is Phase.IDLE


async def test_what_was_said_before_a_cancel_never_comes_again() -> None:
    session = Session(latency=3 * BLOCK_SECONDS)
    heard = session.hold()
    await session.microphone.play(_blocks(1, 10), speed=0)
    session.talk.cancel()
    with pytest.raises(VoiceError):
        await heard
    session.microphone.feed(_blocks(11, 1))  # said before the cancel, like the next two
    heard = session.hold()
    await session.microphone.play(_blocks(12, 30), speed=0)
    await session.let_go()
    await session.microphone.play(_blocks(42, 20), speed=0)
    assert await asyncio.wait_for(heard, 5) == _blocks(14, 28 + 8 + 3)


async def test_closing_the_audio_early_cancels(session: Session) -> None:
    session.talk.press()
    async with aclosing(session.talk.audio()) as audio:  # type: ignore[type-var]
        session.microphone.feed(_blocks(1, 2))
        assert await anext(audio) == _blocks(1, 1)
    assert session.talk.state is Phase.IDLE


async def test_next_utterance_does_not_repeat_the_last_word(session: Session) -> None:
    heard = session.hold()
    await session.microphone.play(_blocks(1, 30), speed=0)
    await session.let_go()
    await session.microphone.play(_blocks(31, 8), speed=0)
    await heard
    session.microphone.feed(_blocks(39, 3))
    heard = session.hold()
    await session.let_go()
    await session.microphone.play(_blocks(42, 8), speed=0)
    sound = await asyncio.wait_for(heard, 5)
    assert sound == _blocks(39, 11)


async def test_longest_length() -> None:
    session = Session(rules=TalkRules(longest=60.0))
    heard = session.hold()
    await session.microphone.play(_blocks(1, 1) * 2000, speed=0)
    sound = await asyncio.wait_for(heard, 5)
    assert len(sound) / 2 / SAMPLE_RATE == pytest.approx(60.25, abs=2 * BLOCK_SECONDS)
    assert session.hints == ["The recording was ended after 1 min, the longest it can be."]


async def test_muted_microphone_is_said(session: Session) -> None:
    session.hold()
    await session.microphone.silence(1.1)
    assert session.hints == [MUTED]
    session.talk.cancel()


async def test_microphone_lost_in_mid_sentence_keeps_what_was_said(session: Session) -> None:
    heard = session.hold()
    await session.microphone.play(_blocks(1, 10), speed=0)
    session.microphone.fail(VoiceError("The microphone went away."))
    assert await asyncio.wait_for(heard, 5) == _blocks(1, 10)
    assert session.hints == ["The microphone went away. What was said until then is used."]
    assert session.talk.state is Phase.IDLE


async def test_microphone_that_never_works_is_an_error(session: Session) -> None:
    heard = session.hold()
    await asyncio.sleep(0)
    session.microphone.fail(VoiceError("No microphone was found.", code="voice_no_device"))
    with pytest.raises(VoiceError, match="No microphone was found"):
        await asyncio.wait_for(heard, 5)
    assert session.talk.state is Phase.IDLE
    assert session.phases == [Phase.LISTENING, Phase.IDLE]


async def test_closing_the_microphone_ends_the_session(session: Session) -> None:
    heard = session.hold()
    await asyncio.sleep(0)
    session.microphone.close()
    with pytest.raises(VoiceError, match="closed"):
        await asyncio.wait_for(heard, 5)


async def test_released_before_the_first_block() -> None:
    session = Session(rules=TalkRules(tail=0.0))
    heard = session.hold()
    await session.let_go()
    with pytest.raises(VoiceError) as caught:
        await asyncio.wait_for(heard, 5)
    assert caught.value.code == "voice_not_ready"


async def test_sound_that_stops_in_the_tail_does_not_hang() -> None:
    session = Session(rules=TalkRules(tail=0.05))
    heard = session.hold()
    await session.microphone.play(_blocks(1, 10), speed=0)
    await session.let_go()
    assert await asyncio.wait_for(heard, 5) == _blocks(1, 10)


async def test_audio_without_a_press(session: Session) -> None:
    with pytest.raises(VoiceError, match="Nothing is being recorded"):
        session.talk.audio()
