"""A process of its own with the real microphone, loudspeaker, voice and detector of speech, together as in the window.

Run by test_barge_in.py and bench_barge_in.py with the environment of a private sound server. Commands, one a line: read
(four sentences, again and again, at most two minutes), stop, quit. One JSON object a line comes back.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import cycle
from typing import Any

from app.cluster.cluster import Cluster
from app.home import home
from app.settings import Settings
from app.thinking import Spoken
from app.voice.aloud import Aloud
from app.voice.interrupting import Interrupting
from app.voice.microphone import Microphone
from app.voice.player import Player
from app.voice.standby import Standby

TEXT = (
    "The tide turns at noon, and the water falls until the evening. Most of the harbour is dry at low water. Boats that"
    " lie outside of the wall can leave at any time. The warranty of the water pump ends in March, two years after it"
    " was bought."
)
LONGEST_SECONDS = 120.0


def tell(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


async def again(sounds: list[Spoken]) -> AsyncIterator[Spoken]:
    seconds = 0.0
    for sound in cycle(sounds):
        seconds += len(sound.pcm16) / 2 / sound.sample_rate
        if seconds > LONGEST_SECONDS:
            return
        yield sound


async def main() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    cluster = Cluster(home(), Settings(), discover=False)
    await cluster.start()
    aloud = Aloud(cluster, zones=("local",), language="en")
    aloud.feed(TEXT)
    aloud.end()
    async with aclosing(aloud.sound()) as pieces:
        sounds = [piece async for piece in pieces]
    player, microphone = Player(on_started=lambda: tell("started")), Microphone()
    Standby(microphone).want("test")
    async with aclosing(microphone.blocks()) as blocks:
        await anext(blocks)
    tell("ready")

    async def read() -> None:
        listening = asyncio.create_task(
            Interrupting(cluster, player, lambda ago: tell("interrupted", ago=ago)).run(microphone.blocks())
        )
        tell("ended", whole=await player.play(again(sounds)))
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    reading: set[asyncio.Task[None]] = set()
    while (command := (await reader.readline()).decode().strip()) != "quit":
        if command == "read":
            reading.add(asyncio.create_task(read()))
        elif command == "stop":
            player.stop()
    player.stop()
    await asyncio.gather(*reading)
    await player.close()
    microphone.close()
    await microphone.wait_closed()
    await cluster.close()
    tell("closed")


if __name__ == "__main__":
    asyncio.run(main())
