"""One Speak call: sentences on their way in, bounded and checked; sound out, never far ahead of its reader."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodeworker.errors import BadRequest
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving import wire
from nodeworker.serving.parts import Began
from nodeworker.threads import Feed

if TYPE_CHECKING:
    from nodeworker.serving.rooms import EngineRooms

MOST_CHARACTERS = 1000
"""Of one sentence."""
MOST_IN_ALL = 200_000
"""Characters of one call: about four hours of speech."""
AHEAD = 4
"""Sentences given to the engine whose sound has not been taken: that bounds the sound that waits to some megabytes."""
IDLE_SECONDS = 120.0
"""Longest wait for the next sentence: a caller that has died in some odd way must not keep its place."""
SLOWEST, QUICKEST = 0.5, 2.0
_MOST_NAME = 200


async def spoken_call(requests: AsyncIterator[pb.SpeakRequest]) -> SpeakCall:
    """Read the first message of a call, which says how to speak. Raises BadRequest."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            first = await anext(aiter(requests), None)
    except TimeoutError as error:
        raise BadRequest("No sentence came.") from error
    if first is None:
        raise BadRequest("Speak begins with a sentence.")
    speed = first.speed or 1.0
    if not SLOWEST <= speed <= QUICKEST:  # NaN, too
        raise BadRequest(f"Speech can be {SLOWEST:g} to {QUICKEST:g} times as fast.")
    if len(first.voice) > _MOST_NAME:
        raise BadRequest("The name of the voice is too long.")
    return SpeakCall(requests, first, speed)


@dataclass(frozen=True, slots=True)
class SpeakCall:
    """A call whose first message has come."""

    requests: AsyncIterator[pb.SpeakRequest]
    first: pb.SpeakRequest
    speed: float

    @property
    def background(self) -> bool:
        """Whether nobody waits for it."""
        return wire.in_background(self.first.priority)

    async def events(self, rooms: EngineRooms) -> AsyncGenerator[pb.SpeakEvent, None]:
        """Yield the sound of each sentence. Leaving early, in any way, ends the engine's work. Raises EngineError."""
        cancelled, ahead = threading.Event(), asyncio.Semaphore(AHEAD)
        feed = Feed(cancelled, MOST_CHARACTERS * 4)
        reading = asyncio.create_task(self._read(feed, cancelled, ahead))
        made = rooms.speak(feed, cancelled, voice=self.first.voice, speed=self.speed, background=self.background)
        voice = ""
        try:
            async with contextlib.aclosing(made) as events:
                async for event in events:
                    if isinstance(event, Began):
                        voice = event.model.name
                        continue
                    yield pb.SpeakEvent(
                        pcm16=event.pcm16,
                        sample_rate=event.sample_rate,
                        sentence=event.sentence,
                        last=event.last,
                        voice=voice,
                    )
                    voice = ""
                    if event.last:
                        ahead.release()
            if reading.done():
                reading.result()  # bad input is the caller's to know
        finally:
            cancelled.set()
            feed.end()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, feed: Feed, cancelled: threading.Event, ahead: asyncio.Semaphore) -> None:
        """Put the sentences into `feed` as they come."""
        request: pb.SpeakRequest | None = self.first
        requests, characters = aiter(self.requests), 0
        try:
            while request is not None:
                characters += len(request.text)
                if len(request.text) > MOST_CHARACTERS or characters > MOST_IN_ALL:
                    raise BadRequest(
                        f"At most {MOST_CHARACTERS} characters in a sentence and {MOST_IN_ALL} in a call.",
                        "Cut it into sentences.",
                    )
                if request.text:
                    await ahead.acquire()
                    await feed.put(request.text.encode())
                if request.end:
                    return
                async with asyncio.timeout(IDLE_SECONDS):
                    request = await anext(requests, None)
        except TimeoutError as error:
            cancelled.set()
            raise BadRequest(f"No sentence came for {IDLE_SECONDS:.0f} s.") from error
        except BaseException:
            cancelled.set()
            raise
        finally:
            feed.end()
