"""Choosing a microphone: what there is, and a trial of one with a live level, a test recording and its playback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from app.errors import VoiceError
from app.voice.microphone import MakeRecorder, Microphone, MicrophoneState
from app.voice.portaudio import Capture, InputDevice, Playback, inputs
from nodeworker.protocol import SAMPLE_RATE

TRIAL_SECONDS = 3.0
"""Length of a test recording."""


class Sounding(Protocol):
    """One playing of sound; `Playback` is the real one. `open` and `close` block."""

    def open(self) -> None:
        """Begin; raises VoiceError."""
        ...

    def close(self) -> None:
        """Stop at once; safe twice."""
        ...


MakePlayback = Callable[[bytes, Callable[[], None]], Sounding]
"""Gets 16 kHz mono PCM16 and what is called, in any thread, when all of it was played."""


async def microphones() -> list[InputDevice]:
    """Return all microphones, the system's default first. Raises VoiceError."""
    return await asyncio.to_thread(inputs)


class Trial:
    """Tries one microphone, beside the one that the program listens to. All calls come from the asyncio thread.

    A device of plain ALSA opens for one stream only: close the program's own microphone before, where it is the same.
    Nothing is stored: the recording lies in memory until the next one or `close`.
    """

    def __init__(
        self,
        device: str = "",
        *,
        on_state: Callable[[MicrophoneState], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_error: Callable[[VoiceError], None] | None = None,
        recorder: MakeRecorder = Capture,
        playback: MakePlayback = Playback,
    ) -> None:
        """`device`: a name from `microphones()`; "" is the default. The callbacks are those of Microphone."""
        self._microphone = Microphone(
            device, on_state=on_state, on_notice=on_notice, on_error=on_error, recorder=recorder
        )
        self._playback = playback
        self._sound = b""
        self._playing: asyncio.Task[None] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="trial")

    @property
    def level(self) -> float:
        """Loudness now, 0…1, for a meter that reads it at its own pace."""
        return self._microphone.level

    @property
    def state(self) -> MicrophoneState:
        """How the microphone stands."""
        return self._microphone.state

    @property
    def seconds(self) -> float:
        """Length of the test recording that can be played."""
        return len(self._sound) / 2 / SAMPLE_RATE

    def open(self) -> None:
        """Begin to listen, for the meter. Returns at once."""
        self._microphone.open()

    async def record(self, seconds: float = TRIAL_SECONDS) -> bytes:
        """Record and return 16 kHz mono PCM16; it stays for `play`. Raises VoiceError when the device is lost."""
        self.stop()
        self._sound = b""
        self._microphone.open()
        wanted = round(seconds * SAMPLE_RATE) * 2
        sound = bytearray()
        blocks = self._microphone.blocks()
        try:
            async for block in blocks:
                sound += block
                if len(sound) >= wanted:
                    break
        finally:
            blocks.close()
        self._sound = bytes(sound[:wanted])
        return self._sound

    async def play(self) -> None:
        """Play the test recording and return when it was heard or `stop` was called. Raises VoiceError."""
        self.stop()
        if self._sound:
            task = self._playing = asyncio.get_running_loop().create_task(self._play(self._sound), name="trial")
            await asyncio.wait((task,))
            if not task.cancelled():
                task.result()

    def stop(self) -> None:
        """Stop playing."""
        task, self._playing = self._playing, None
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        """Stop all of it and forget the recording."""
        task = self._playing
        self.stop()
        self._microphone.close()
        await self._microphone.wait_closed()
        if task is not None:
            await asyncio.wait((task,))
        self._executor.shutdown(wait=False)
        self._sound = b""

    async def _play(self, sound: bytes) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def played() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(done.set)

        playback = self._playback(sound, played)
        try:
            await loop.run_in_executor(self._executor, playback.open)
            await done.wait()
        finally:
            await asyncio.shield(loop.run_in_executor(self._executor, playback.close))
