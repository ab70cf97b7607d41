"""A process of its own with the real microphone: takes commands on stdin, tells on stdout, writes what it hears.

Run by test_microphone.py with the environment of a private sound server, which PortAudio reads when it is loaded.
Commands, one a line: press, release, devices, quit, loud N (tell when N samples that are not silent have come).
Replies and events: one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from pathlib import Path
from typing import Any

from app.errors import VoiceError
from app.voice.audio_input import Blocks
from app.voice.microphone import Microphone
from app.voice.portaudio import devices
from app.voice.push_to_talk import PushToTalk


def _tell(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


async def _commands() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


class Probe:
    """Everything the microphone brings goes to all.raw, each utterance to utterance.raw."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder = folder
        self._began = time.monotonic()
        self._bytes = 0
        self._loud = 0
        self._wanted = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.microphone = Microphone(
            device,
            on_error=lambda error: _tell("error", message=error.message, hint=error.hint, code=error.code),
            on_open=self._opened,
        )
        self.talk = PushToTalk(self.microphone)

    def keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _opened(self) -> None:
        latency = self.microphone.latency
        _tell("open", seconds=time.monotonic() - self._began, latency=latency, is_open=self.microphone.is_open)

    def record(self) -> None:
        """Subscribe now and write in the background."""
        self.keep(self._record(self.microphone.blocks()))

    async def _record(self, blocks: Blocks) -> None:
        with (self._folder / "all.raw").open("wb") as file:
            try:
                async for block in blocks:
                    file.write(block)
                    file.flush()
                    self._bytes += len(block)
                    self._loud += sum(map(bool, array("h", block)))
                    self._tell_loud()
            except VoiceError as error:
                _tell("lost", message=error.message)

    def _tell_loud(self) -> None:
        if 0 < self._wanted <= self._loud:
            self._wanted = 0
            _tell("loud")

    async def _utterance(self) -> None:
        sound = b"".join([block async for block in self.talk.audio()])
        (self._folder / "utterance.raw").write_bytes(sound)
        _tell("utterance", bytes=len(sound), level=self.microphone.level)

    async def obey(self, command: str) -> None:
        """Do one command."""
        command, _, argument = command.partition(" ")
        match command:
            case "loud":
                self._wanted = int(argument)
                self._tell_loud()
            case "press":
                self.talk.press()
                self.keep(self._utterance())
                _tell("pressed", at=self._bytes)
            case "release":
                _tell("released", at=self._bytes)
                self.talk.release()
            case "devices":
                _tell("devices", names=await asyncio.to_thread(devices))

    async def close(self) -> None:
        """Release the device; its thread must be gone afterwards."""
        self.microphone.close()
        await self.microphone.wait_closed()
        _tell("closed", is_open=self.microphone.is_open, lost_blocks=self.microphone.lost_blocks)


async def _main(folder: Path, device: str) -> None:
    commands = await _commands()
    probe = Probe(folder, device)
    probe.microphone.open()
    probe.record()
    while (line := (await commands.readline()).decode().strip()) not in ("", "quit"):
        await probe.obey(line)
    await probe.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
