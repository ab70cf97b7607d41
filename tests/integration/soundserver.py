"""A private PulseAudio server whose microphone is whatever gets played into it. No sound hardware is touched."""

from __future__ import annotations

import asyncio
import ctypes.util
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

MICROPHONE = "vmic"


class SoundServer:
    """One server in a folder of its own: start(), play(), unplug(), plug(), stop()."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tangnet-sound-"))
        self._folder.chmod(0o700)
        self._process: asyncio.subprocess.Process | None = None
        self._module = ""

    @staticmethod
    def missing() -> str:
        """Return why no server can be started here; "" when it can."""
        for program in ("pulseaudio", "pactl", "paplay"):
            if shutil.which(program) is None:
                return f"{program} is not installed"
        if ctypes.util.find_library("portaudio") is None:
            return "PortAudio is not installed (apt install libportaudio2)"
        if not any(Path("/usr/lib").glob("**/alsa-lib/libasound_module_pcm_pulse.so")):
            return "ALSA cannot reach PulseAudio (apt install libasound2-plugins)"
        return ""

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find this server and no other."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PULSE_", "PIPEWIRE_"))
        }
        return environment | {
            "XDG_RUNTIME_DIR": str(self._folder),
            "HOME": str(self._folder),
            "PULSE_SERVER": f"unix:{self._folder}/native",
        }

    async def start(self) -> str:
        """Start it and plug the microphone in; return why it did not start, or ""."""
        log = self._folder / "server.log"
        with log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
                f"--load=module-native-protocol-unix socket={self._folder}/native auth-anonymous=1",
                env=self.environment, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 15
        while not (await self._pactl("info"))[0]:
            if self._process.returncode is not None or time.monotonic() > deadline:
                return f"PulseAudio did not start: {log.read_text(errors='replace')[-300:]}"
            await asyncio.sleep(0.05)
        await self.plug()
        return ""

    async def mute(self, on: bool) -> None:
        """Mute the default microphone in the system, or not."""
        done, output = await self._pactl("set-source-mute", "@DEFAULT_SOURCE@", "1" if on else "0")
        assert done, output

    async def add(self, name: str, label: str) -> None:
        """Plug in a second microphone that is called so; it hears what the first one hears."""
        done, output = await self._pactl(
            "load-module", "module-remap-source", f"master={MICROPHONE}.monitor", f"source_name={name}",
            f"source_properties=device.description={label}",
        )  # fmt: skip
        assert done, output

    async def loudspeaker(self) -> None:
        """Plug in a loudspeaker that the microphone does not hear, and make it the default."""
        options = ("sink_name=speaker", "rate=48000", "channels=2", "format=s16le")
        done, output = await self._pactl("load-module", "module-null-sink", *options)
        assert done, output
        done, output = await self._pactl("set-default-sink", "speaker")
        assert done, output

    async def volume_of_players(self, volume: float) -> None:
        """Let all that plays now sound softer, in decibels' sense: 0.5 is 6 dB."""
        done, output = await self._pactl("list", "short", "sink-inputs")
        assert done and output.strip(), output
        for line in output.strip().splitlines():
            done, told = await self._pactl("set-sink-input-volume", line.split()[0], f"{20 * math.log10(volume):.1f}dB")
            assert done, told

    async def choose(self, name: str) -> None:
        """Make a microphone the default."""
        done, output = await self._pactl("set-default-source", name)
        assert done, output

    async def plug(self) -> None:
        """Plug the microphone in and make it the default."""
        options = (f"sink_name={MICROPHONE}", "rate=16000", "channels=1", "format=s16le")
        done, output = await self._pactl("load-module", "module-null-sink", *options)
        assert done, output
        self._module = output.strip()
        done, output = await self._pactl("set-default-source", f"{MICROPHONE}.monitor")
        assert done, output

    async def unplug(self) -> None:
        """Take the microphone away."""
        done, output = await self._pactl("unload-module", self._module)
        assert done, output

    async def play(self, path: Path) -> None:
        """Play a WAV file into the microphone, at the speed of life."""
        player = await asyncio.create_subprocess_exec(
            "paplay", f"--device={MICROPHONE}", str(path), env=self.environment, stdin=asyncio.subprocess.DEVNULL
        )
        try:
            assert await player.wait() == 0
        finally:
            if player.returncode is None:
                player.kill()
                await player.wait()

    async def restart(self) -> None:
        """End the server and start it again, with its microphone."""
        await self._end()
        reason = await self.start()
        assert not reason, reason

    async def stop(self) -> None:
        """End the server and remove its folder; safe to call when it did not start."""
        await self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def _pactl(self, *arguments: str) -> tuple[bool, str]:
        process = await asyncio.create_subprocess_exec(
            "pactl", *arguments, env=self.environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode == 0, output.decode(errors="replace")


@asynccontextmanager
async def sound_server() -> AsyncIterator[SoundServer]:
    """A server that runs; skips the test, with the reason, where none can."""
    if missing := SoundServer.missing():
        pytest.skip(f"no sound server: {missing}")
    server = SoundServer()
    try:
        if reason := await server.start():
            pytest.skip(reason)
        yield server
    finally:
        await server.stop()
