"""A process of its own with the real loudspeaker: takes commands on stdin, tells on stdout.

Run by test_player.py with the environment of a private sound server. Commands, one a line: play (a tone of two
seconds), long (a tone of twenty), stop, soft, hold, go on, quit. One JSON object a line comes back.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from array import array
from collections.abc import AsyncIterator

from app.errors import VoiceError
from app.thinking import Spoken
from app.voice.player import Player

RATE = 24_000


def tone(seconds: float) -> bytes:
    steps = range(int(seconds * RATE))
    return array("h", (round(12_000 * math.sin(at * 2 * math.pi * 440 / RATE)) for at in steps)).tobytes()


async def pieces(seconds: float) -> AsyncIterator[Spoken]:
    sound = tone(seconds)
    for start in range(0, len(sound), RATE):  # half a second each
        yield Spoken(sound[start : start + RATE], RATE, 0)


def tell(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


async def main() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    player = Player(on_started=lambda: tell("started"), on_hint=lambda sentence: tell("hint", text=sentence))

    async def play(seconds: float) -> None:
        try:
            tell("ended", whole=await player.play(pieces(seconds)))
        except VoiceError as error:
            tell("failed", code=error.code, text=error.message)

    playing: set[asyncio.Task[None]] = set()
    while (command := (await reader.readline()).decode().strip()) != "quit":
        match command:
            case "play" | "long":
                playing.add(asyncio.create_task(play(2.0 if command == "play" else 20.0)))
            case "stop":
                player.stop()
                tell("stopped")
            case "hold" | "go on":
                player.hold(command == "hold")
            case "soft":
                player.duck(True)
    await player.close()
    await asyncio.gather(*playing)
    tell("closed", playing=player.playing)


asyncio.run(main())
