"""The microphone: opens it without blocking the loop, hands blocks over, tells honestly how it stands, comes back.

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
from enum import StrEnum
from typing import Protocol

from app.errors import VoiceError
from app.voice.audio_input import BLOCK_SAMPLES, SAMPLE_BYTES, Blocks, Broadcast
from app.voice.portaudio import Capture
from app.voice.resampler import LiveResampler
from app.voice.system import asleep_seconds, default_input
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

    @property
    def label(self) -> str:
        """What is heard, for people; may change while it is open; "" where nobody knows."""
        ...

    @property
    def muted(self) -> bool | None:
        """Whether the system says that it is muted; None where nobody knows."""
        ...

    @property
    def gone(self) -> bool:
        """True when the sound server has no such stream any more."""
        ...

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
    pause: float = 0.5
    """No block for this long, and the sound server says that the stream is gone: it is. (A driver that lost a block
    may end and begin its stream, which takes less.)"""
    watch: float = 0.25
    silent: float = 0.7
    """Nothing but zeros for this long is told as silence: a real microphone always makes some noise."""
    slept: float = 1.0
    """The computer was asleep for longer: the stream is made anew, whatever it seems."""
    retry: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Waits between attempts to open the device again; the last one repeats."""


class MicrophoneState(StrEnum):
    """How a microphone stands, for an indicator that does not lie."""

    CLOSED = "closed"
    OPENING = "opening"
    LISTENING = "listening"
    """Sound flows."""
    MUTED = "muted"
    """It is open, and the system says that it is muted."""
    SILENT = "silent"
    """It is open and brings nothing but zeros: a switch on the device, a missing permission, or sound that is gated."""
    AWAY = "away"
    """It is wanted and not there; it is opened again as soon as it can be."""


MUTED = "The microphone is muted in the sound settings of this computer."
UNMUTED = "The microphone is no longer muted."


class Microphone:
    """Live sound of one input device, 16 kHz mono PCM16 in blocks of 512 samples.

    `open` and `close` return at once and are called from the asyncio thread. Keep it open while it may be needed: the
    first block comes 0.6–2 s after opening. It re-opens by itself, with growing waits, until `close`.
    `on_error` is called once for each outage, with a VoiceError made for the user; `on_open` each time sound flows;
    `on_state` at each change of `state`; `on_notice` with a sentence when it is muted or another device is heard.
    """

    def __init__(
        self,
        device: str = "",
        *,
        on_error: Callable[[VoiceError], None] | None = None,
        on_open: Callable[[], None] | None = None,
        on_state: Callable[[MicrophoneState], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        patience: Patience | None = None,
        recorder: MakeRecorder = Capture,
        asleep: Callable[[], float] = asleep_seconds,
        default: Callable[[], str] = default_input,
    ) -> None:
        """`device`: a name from `inputs()`; "" follows the system. `asleep` and `default`: see system.py."""
        self.patience = patience or Patience()
        self.recorder = recorder
        self.device = device
        self.on_error = on_error
        self.on_open = on_open
        self.on_state = on_state
        self.on_notice = on_notice
        self.asleep = asleep
        self.default = default
        self.label = ""
        """What is heard, or was heard last, for people."""
        self.latency = 0.0
        self.lost_blocks = 0
        """Blocks dropped because the loop did not take them in time."""
        self._broadcast = Broadcast()
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._state = MicrophoneState.CLOSED
        self._asked_again = asyncio.Event()

    @property
    def state(self) -> MicrophoneState:
        """How it stands now."""
        return self._state

    @property
    def is_open(self) -> bool:
        """True while sound flows; False while opening, while the device is away, and when closed."""
        return self._state in (MicrophoneState.LISTENING, MicrophoneState.MUTED, MicrophoneState.SILENT)

    @property
    def position(self) -> int:
        """Samples that have come since this object was made."""
        return self._broadcast.position

    @property
    def level(self) -> float:
        """Smoothed level, 0…1; 0 when no sound flows."""
        return self._broadcast.level

    def open(self) -> None:
        """Begin to listen; see AudioInput. While the device is away this tries it again at once."""
        self._asked_again.set()
        if self._task is None or self._task.done():
            self._become(MicrophoneState.OPENING)
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
        self._become(MicrophoneState.CLOSED)
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
                    self.latency = listening.latency
                    attempt, told = 0, False
                    self._become(MicrophoneState.LISTENING)
                    if self.on_open is not None:
                        self.on_open()
                    self.look(listening.capture)
                    await listening.until_lost()
            except VoiceError as error:
                self._become(MicrophoneState.AWAY)
                self._broadcast.fail(error)
                if not told and self.on_error is not None:
                    self.on_error(error)
                told = True
            self._asked_again.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(retry[min(attempt, len(retry) - 1)]):
                    await self._asked_again.wait()
            attempt += 1

    def _become(self, state: MicrophoneState) -> None:
        if state is self._state:
            return
        before, self._state = self._state, state
        if self.on_state is not None:
            self.on_state(state)
        if state is MicrophoneState.MUTED:
            self.notice(MUTED)
        elif before is MicrophoneState.MUTED and state in (MicrophoneState.LISTENING, MicrophoneState.SILENT):
            self.notice(UNMUTED)

    def notice(self, sentence: str) -> None:
        """Tell the user; for this file only."""
        if self.on_notice is not None:
            self.on_notice(sentence)

    def look(self, recorder: Recorder) -> None:
        """Look at an open recorder: muted, silent, moved to another device? For this file only."""
        label = recorder.label
        if label and label != self.label:
            before, self.label = self.label, label
            if before:
                self.notice(f"Listening to “{label}” now.")
        silent = self._broadcast.zero_samples >= self.patience.silent * SAMPLE_RATE
        if recorder.muted:
            self._become(MicrophoneState.MUTED)
        else:
            self._become(MicrophoneState.SILENT if silent else MicrophoneState.LISTENING)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Only a bug ends the task by itself; whoever waits for sound must not wait for ever."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._become(MicrophoneState.AWAY)
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
        self._resampler: LiveResampler | None = None
        self._rest = bytearray()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="microphone")
        self.capture = microphone.recorder(microphone.device, self._take)
        self._patience = microphone.patience
        self._asleep = microphone.asleep()
        self._default = "" if microphone.device else microphone.default()

    @property
    def latency(self) -> float:
        """Seconds from a sound to the block that brings it."""
        return self.capture.latency + (0.0 if self._resampler is None else self._resampler.delay)

    async def start(self) -> None:
        """Open the device and wait for its first block. Raises VoiceError."""
        await self._loop.run_in_executor(self._executor, self.capture.open)
        if self.capture.rate != SAMPLE_RATE:
            self._resampler = await self._loop.run_in_executor(self._executor, LiveResampler, self.capture.rate)
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
            if self._microphone.asleep() - self._asleep > self._patience.slept:
                raise VoiceError(
                    "The computer was asleep.", code="voice_slept", hint="The microphone is opened again by itself."
                )
            pause = time.monotonic() - self._last
            if (
                self.capture.finished
                or pause > self._patience.stall
                or (self.capture.gone and pause > self._patience.pause)
            ):
                raise VoiceError(
                    "The microphone went away.",
                    code="voice_device_lost",
                    hint="Plug it in again; it is opened again by itself.",
                )
            if self._default and self._microphone.default() != self._default:
                raise VoiceError(
                    "This computer uses another microphone now.",
                    code="voice_default_changed",
                    hint="It is opened by itself.",
                )
            self._microphone.look(self.capture)

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
                self._rest += data if self._resampler is None else self._resampler.convert(data)
                size = BLOCK_SAMPLES * SAMPLE_BYTES
                while len(self._rest) >= size:
                    self._heard(bytes(self._rest[:size]))
                    del self._rest[:size]
            self._first.set()
