"""One Attend call: live sound in, what each window of it holds out. It lasts as long as somebody listens."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

from nodeworker.engines import AttendEngine, AttendEvent, WakeWord
from nodeworker.errors import BadRequest
from nodeworker.hosting.fed import HostedAttend
from nodeworker.protocol import SAMPLE_RATE
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving import wire
from nodeworker.threads import Feed, Stream, Work

if TYPE_CHECKING:
    from nodeworker.serving.rooms import EngineRooms

FEED_BYTES = 2 * SAMPLE_RATE * 10
"""Sound that may wait for the engine (10 s): what is older is of no use to somebody who listens for a word."""
_MOST_NAME = 200


async def attended(
    requests: AsyncIterator[pb.AttendRequest], rooms: EngineRooms
) -> AsyncGenerator[pb.AttendEvent, None]:
    """Yield what is told of the sound. Leaving early, in any way, ends the engine's work.

    Raises:
        BadRequest: no configuration first, or something else than sound.
        EngineError: there is no such wake word here, or the engine failed.
    """
    first = await anext(aiter(requests), None)
    if first is None or first.WhichOneof("kind") != "config":
        raise BadRequest("Attend begins with its configuration.")
    config = first.config
    if not 0 <= config.threshold <= 1:  # NaN, too
        raise BadRequest("The threshold of a wake word is between 0 and 1.")
    if len(config.wake_word) > _MOST_NAME:
        raise BadRequest("The name of the wake word is too long.")
    cancelled = threading.Event()
    feed = Feed(cancelled, FEED_BYTES)
    reading = asyncio.create_task(_read(requests, feed, cancelled))
    told = _told(rooms, feed, cancelled, config)
    try:
        async with contextlib.aclosing(told) as events:
            async for event in events:
                yield wire.attend_event(event)
        if reading.done():
            reading.result()  # bad input is the caller's to know
    finally:
        cancelled.set()
        feed.end()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _told(
    rooms: EngineRooms, audio: Feed, cancelled: threading.Event, config: pb.AttendConfig
) -> AsyncGenerator[AttendEvent, None]:
    wake: WakeWord | None = None
    if config.wake_word:
        model = await rooms.find("wake", config.wake_word, verify=True)
        wake = WakeWord(str(model.main_file), config.threshold)

    def begin(engine: AttendEngine | HostedAttend) -> Work[AttendEvent]:
        if isinstance(engine, HostedAttend):
            return engine.attend(audio, cancelled, wake_word=wake)
        return Stream(
            rooms.attending.crew, lambda: engine.attend(iter(audio), wake_word=wake, cancelled=cancelled), cancelled
        )

    async with contextlib.aclosing(rooms.call(rooms.attending, "", begin, waited_for=False)) as events:
        async for event in events:
            if isinstance(event, list):
                for told in event:
                    yield told


async def _read(requests: AsyncIterator[pb.AttendRequest], feed: Feed, cancelled: threading.Event) -> None:
    try:
        async for request in requests:
            if request.WhichOneof("kind") != "pcm16":
                raise BadRequest("After its configuration Attend takes sound.")
            if len(request.pcm16) % 2:
                raise BadRequest("Sound must come in whole 16-bit samples.")
            if request.pcm16:
                await feed.put(request.pcm16)
    except BaseException:
        cancelled.set()
        raise
    finally:
        feed.end()
