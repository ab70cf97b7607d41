"""The microphone: opens it without blocking the loop, hands blocks over, notices when it goes away and comes back.

PortAudio is used through portaudio.py, from one thread. Its callback only appends the block to a deque and wakes the
loop; everything else (level, resampling, fan-out) happens in the asyncio thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from app.errors import VoiceError
from app.voice.audio_input import BLOCK_SAMPLES, SAMPLE_BYTES, Blocks, Broadcast
from app.voice.portaudio import Capture
from app.voice.resampler import Resampler
from nodeworker.protocol import SAMPLE_RATE

_log = logging.getLogger(__name__)

BACKLOG_BLOCKS = 1875
"""60 s: when the loop does not take blocks for so long the oldest are dropped (and counted in `lost_blocks`)."""


class Recorder(Protocol):
    """One opening of an input device; `Capture` is the real one. `open` and `close` block and run in one thread."""

    rate: int
    latency: float
    finished: bool
    """True when the device ended the stream by itself."""

    def open(self) -> None:
        """Open and start; raises VoiceError."""
        ...

    def close(self) -> None:
        """Stop and release; safe at any time and twice."""
        ...


MakeRecorder = Callable[[str, Callable[[bytes], None]], Recorder]
"""Gets the device's name and what takes mono PCM16 blocks of `rate` Hz, called in any thread."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds."""

    first_block: float = 6.0
    """A sound server may take 2 s to deliver the first block (measured); much later means that none will come."""
    stall: float = 2.0
    """No block for this long: the device is gone, whatever the driver says."""
    watch: float = 0.25
    retry: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """Waits between attempts to open the device again; the last one repeats."""


class Microphone:
    """Live sound of one input device, 16 kHz mono PCM16 in blocks of 512 samples.

    `open` and `close` return at once and are called from the asyncio thread. Keep it open while it may be needed: the
    first block comes 0.6–2 s after opening. It re-opens by itself, with growing waits, until `close`.
    `on_error` is called once for each outage, with a VoiceError made for the user; `on_open` each time sound flows.
    """

    def __init__(
        self,
        device: str = "",
        *,
        on_error: Callable[[VoiceError], None] | None = None,
        on_open: Callable[[], None] | None = None,
        patience: Patience | None = None,
        recorder: MakeRecorder = Capture,
    ) -> None:
        """`device`: a name from `devices()`; "" follows the system."""
        self.patience = patience or Patience()
        self.recorder = recorder
        self.device = device
        self.on_error = on_error
        self.on_open = on_open
        self.latency = 0.0
        self.lost_blocks = 0
        """Blocks dropped because the loop did not take them in time."""
        self._broadcast = Broadcast()
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._flowing = False
        self._asked_again = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """True while sound flows; False while opening, while the device is away, and when closed."""
        return self._flowing

    @property
    def level(self) -> float:
        """Smoothed level, 0…1; 0 when no sound flows."""
        return self._broadcast.level

    def open(self) -> None:
        """Begin to listen; see AudioInput. While the device is away this tries it again at once."""
        self._asked_again.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="microphone")
            self._task.add_done_callback(self._ended)

    def blocks(self, before: float = 0.0) -> Blocks:
        """Subscribe; see AudioInput. A subscription made while the device is still opening waits for it."""
        return self._broadcast.subscribe(before)

    def close(self) -> None:
        """Stop listening. The device is released a moment later; `wait_closed` waits for that."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._flowing = False
        self._broadcast.end()

    async def wait_closed(self) -> None:
        """Return when the device is released."""
        if self._closing:
            await asyncio.wait(tuple(self._closing))

    async def _run(self) -> None:
        told = False
        attempt = 0
        retry = self.patience.retry
        while True:
            try:
                async with contextlib.aclosing(_Listening(self, self._broadcast.feed)) as listening:
                    await listening.start()
                    self.latency = listening.capture.latency
                    attempt, told = 0, False
                    self._flowing = True
                    if self.on_open is not None:
                        self.on_open()
                    await listening.until_lost()
            except VoiceError as error:
                self._flowing = False
                self._broadcast.fail(error)
                if not told and self.on_error is not None:
                    self.on_error(error)
                told = True
            self._asked_again.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(retry[min(attempt, len(retry) - 1)]):
                    await self._asked_again.wait()
            attempt += 1

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Only a bug ends the task by itself; whoever waits for sound must not wait for ever."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._flowing = False
            failure = VoiceError("The microphone failed.", code="voice_failed", hint=f"{type(error).__name__}: {error}")
            _log.error("the microphone's task ended", exc_info=error)
            self._broadcast.fail(failure)
            if self.on_error is not None:
                self.on_error(failure)


class _Listening:
    """One opened device, from opening until it is lost or closed."""

    def __init__(self, microphone: Microphone, heard: Callable[[bytes], None]) -> None:
        self._microphone = microphone
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._arrived: deque[bytes] = deque(maxlen=BACKLOG_BLOCKS)
        self._woken = False
        self._ready = False
        self._last = time.monotonic()
        self._first = asyncio.Event()
        self._resampler: Resampler | None = None
        self._rest = bytearray()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="microphone")
        self.capture = microphone.recorder(microphone.device, self._take)
        self._patience = microphone.patience

    async def start(self) -> None:
        """Open the device and wait for its first block. Raises VoiceError."""
        await self._loop.run_in_executor(self._executor, self.capture.open)
        if self.capture.rate != SAMPLE_RATE:
            self._resampler = await self._loop.run_in_executor(self._executor, Resampler)
        self._ready = True
        self._drain()  # blocks may have come before it was known at what rate
        try:
            async with asyncio.timeout(self._patience.first_block):
                await self._first.wait()
        except TimeoutError:
            raise VoiceError(
                "The microphone was opened but sends no sound.",
                code="voice_no_sound",
                hint="Choose another microphone, or restart the sound server.",
            ) from None

    async def until_lost(self) -> None:
        """Return never; raises VoiceError when the device is gone."""
        while True:
            await asyncio.sleep(self._patience.watch)
            if self.capture.finished or time.monotonic() - self._last > self._patience.stall:
                raise VoiceError(
                    "The microphone went away.",
                    code="voice_device_lost",
                    hint="Plug it in again; it is opened again by itself.",
                )

    async def aclose(self) -> None:
        """Release the device; runs after an opening that is still under way, and to its end even when cancelled."""
        self._ready = False
        released = self._loop.run_in_executor(self._executor, self.capture.close)
        self._executor.shutdown(wait=False)
        await asyncio.shield(released)

    def _take(self, block: bytes) -> None:
        """In PortAudio's thread: hand over and return."""
        self._last = time.monotonic()
        if len(self._arrived) == BACKLOG_BLOCKS:
            self._microphone.lost_blocks += 1
        self._arrived.append(block)
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        """In the asyncio thread."""
        self._woken = False
        while self._arrived and self._ready:
            data = self._arrived.popleft()
            if self._resampler is None and not self._rest and len(data) == BLOCK_SAMPLES * SAMPLE_BYTES:
                self._heard(data)
            else:
                self._rest += (
                    data if self._resampler is None else self._resampler.convert_pcm16(data, self.capture.rate)
                )
                size = BLOCK_SAMPLES * SAMPLE_BYTES
                while len(self._rest) >= size:
                    self._heard(bytes(self._rest[:size]))
                    del self._rest[:size]
            self._first.set()
