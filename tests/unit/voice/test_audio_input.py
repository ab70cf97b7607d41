"""The pre-roll ring and the fan-out."""

import asyncio
from contextlib import aclosing

import pytest

from app.errors import VoiceError
from app.voice.audio_input import Broadcast
from nodeworker.protocol import SAMPLE_RATE


def _block(number: int) -> bytes:
    return number.to_bytes(2, "little") * 512


async def test_subscription_starts_with_the_past_and_keeps_what_comes_before_the_first_read() -> None:
    broadcast = Broadcast(preroll_seconds=0.1)
    for number in range(100):
        broadcast.feed(_block(number))
    blocks = broadcast.subscribe(0.05)
    broadcast.feed(_block(100))
    broadcast.end()
    sound = b"".join([block async for block in blocks])
    expected = b"".join(map(_block, range(90, 101)))
    assert sound == expected[-(round(0.05 * SAMPLE_RATE) * 2 + 1024) :]


async def test_ring_holds_at_least_what_it_promises_and_not_much_more() -> None:
    broadcast = Broadcast(preroll_seconds=0.6)
    for number in range(1000):
        broadcast.feed(_block(number))
    blocks = broadcast.subscribe(99.0)
    broadcast.end()
    seconds = len(b"".join([block async for block in blocks])) / 2 / SAMPLE_RATE
    assert 0.6 <= seconds < 0.6 + 0.032


async def test_without_a_past_only_live_sound_comes() -> None:
    broadcast = Broadcast()
    broadcast.feed(_block(1))
    blocks = broadcast.subscribe()
    broadcast.feed(_block(2))
    assert await anext(blocks) == _block(2)


async def test_failure_comes_after_the_sound_before_it() -> None:
    broadcast = Broadcast()
    blocks = broadcast.subscribe()
    broadcast.feed(_block(1))
    broadcast.fail(VoiceError("gone"))
    assert await anext(blocks) == _block(1)
    with pytest.raises(VoiceError, match="gone"):
        await anext(blocks)
    with pytest.raises(StopAsyncIteration):
        await anext(blocks)
    assert broadcast.level == 0.0


async def test_all_subscribers_get_all_blocks_and_closing_one_does_not_disturb_the_others() -> None:
    broadcast = Broadcast()
    first, second = broadcast.subscribe(), broadcast.subscribe()
    broadcast.feed(_block(1))
    async with aclosing(first):
        assert await anext(first) == _block(1)
    broadcast.feed(_block(2))
    broadcast.end()
    assert [block async for block in second] == [_block(1), _block(2)]
    assert [block async for block in first] == []


async def test_cancelled_read_loses_no_block() -> None:
    broadcast = Broadcast()
    blocks = broadcast.subscribe()
    waiting = asyncio.ensure_future(anext(blocks))
    await asyncio.sleep(0)
    broadcast.feed(_block(1))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await anext(blocks) == _block(1)


def test_level_follows_the_sound() -> None:
    broadcast = Broadcast()
    assert broadcast.level == 0.0
    broadcast.feed((16384).to_bytes(2, "little") * 512)
    assert broadcast.level == pytest.approx(0.9, abs=0.01)
    broadcast.feed(bytes(1024))
    assert 0.5 < broadcast.level < 0.9
