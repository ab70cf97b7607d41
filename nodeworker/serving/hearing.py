"""The sound of a Transcribe call on its way to the engine."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator

from nodeworker.errors import BadRequest
from nodeworker.protocol import SAMPLE_RATE
from nodeworker.protocol import node_pb2 as pb
from nodeworker.threads import Feed


async def hear(
    requests: AsyncIterator[pb.TranscribeRequest], feed: Feed, cancelled: threading.Event, most: int
) -> None:
    """Hand the sound of a call to `feed` until it ends, slowed down by whoever reads it.

    Args:
        requests: what comes after the configuration.
        feed: ended in any case.
        cancelled: set when the call breaks off.
        most: seconds of sound that one call may bring.

    Raises:
        BadRequest: something else than sound, or too much of it.
    """
    heard = 0
    try:
        async for request in requests:
            kind = request.WhichOneof("kind")
            if kind == "end":
                return
            if kind != "pcm16":
                raise BadRequest("After its configuration Transcribe takes sound.")
            if len(request.pcm16) % 2:
                raise BadRequest("Sound must come in whole 16-bit samples.")
            heard += len(request.pcm16)
            if heard > most * SAMPLE_RATE * 2:
                raise BadRequest(f"At most {most // 60} minutes of sound in one call.")
            if request.pcm16:
                await feed.put(request.pcm16)
    except BaseException:  # nothing that is made of half the sound may look like the whole
        cancelled.set()
        raise
    finally:
        feed.end()
