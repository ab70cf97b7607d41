"""A process of its own with the real microphone: takes commands on stdin, tells on stdout, writes what it hears.

Run by test_microphone.py with the environment of a private sound server, which PortAudio reads when it is loaded.
Commands, one a line: press, release, cancel, devices, resources, quit, loud N (tell when N samples that are not silent
have come), try DEVICE (a test recording, played back), cycle N (press and release N times).
Replies and events: one JSON object a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from array import array
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.errors import VoiceError
from app.voice.audio_input import Blocks
from app.voice.devices import Trial, microphones
from app.voice.microphone import Microphone
from app.voice.push_to_talk import PushToTalk


def _tell(event: str, **values: Any) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


def _resources() -> dict[str, int]:
    """Return what may leak: threads, open files, and memory in KiB."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    memory = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "memory": int(memory.split()[1]),
        "tasks": len(asyncio.all_tasks()),
    }


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
        self._cycles = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.microphone = Microphone(
            device,
            on_error=lambda error: _tell("error", message=error.message, hint=error.hint, code=error.code),
            on_open=self._opened,
            on_state=lambda state: _tell("state", state=state.value),
            on_notice=lambda sentence: _tell("notice", sentence=sentence),
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
        try:
            sound = b"".join([block async for block in self.talk.audio()])
        except VoiceError as error:
            _tell("unheard", code=error.code)
            return
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
                _tell("devices", names=[asdict(device) for device in await microphones()])
            case "try":
                trial = Trial(argument)
                trial.open()
                sound = await trial.record(0.5)
                await trial.play()
                _tell("tried", bytes=len(sound), state=trial.state.value)
                await trial.close()
            case "cycle":
                for _ in range(int(argument)):
                    await self._cycle()
                _tell("cycled", **_resources(), phase=self.talk.state.value, state=self.microphone.state.value)
            case "resources":
                _tell("resources", **_resources(), phase=self.talk.state.value)
            case "cancel":
                self.talk.cancel()

    async def _cycle(self) -> None:
        """Press and release as quickly as a loop can, by turns held, tapped and cancelled."""
        self._cycles += 1
        self.talk.press()
        sound = self.talk.audio()
        await asyncio.sleep(0.002 * (self._cycles % 5))
        if self._cycles % 3 == 0:
            self.talk.cancel()
        else:
            self.talk.release()
            if self.talk.latched:
                self.talk.press()
        if self._cycles % 10:
            self.talk.cancel()
        with contextlib.suppress(VoiceError):
            async for _block in sound:
                pass

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
