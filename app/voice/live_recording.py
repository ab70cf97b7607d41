"""Recording live sound for hours: to disk as it comes, with pause, and over a microphone that goes away and comes back.

Lives in the asyncio thread; the disk has threads of its own, so that a slow one loses no sound: it waits in memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol

from app.errors import VoiceError
from app.voice.audio_input import SAMPLE_BYTES, Blocks
from app.voice.growing_wav import GrowingWav, finished, name_of
from nodeworker.protocol import SAMPLE_RATE

log = logging.getLogger(__name__)
WRITE_SECONDS = 0.25
"""Sound is written in pieces of this length: a program that is killed loses no more, and a block."""
SYNC_SECONDS = 1.0
"""After so much sound the disk is asked to have it: a computer that loses its power loses no more, and a block."""
LONGEST_SECONDS = 24 * 3600.0
"""A WAV file ends at 37 h."""

_LAST = ("voice_disk_full", "voice_unwritable", "voice_too_long")
"""What no microphone that comes back can mend."""
WAITS = "What was recorded is kept, and it goes on when the microphone is back."


class Source(Protocol):
    """What brings live sound; the window's Ear does."""

    def blocks(self, before: float = 0.0) -> Blocks:
        """Subscribe; see `app.voice.audio_input.AudioInput`."""
        ...


class RecordingState(StrEnum):
    """How a recording stands."""

    OPENING = "opening"
    """No sound has come yet; there is no file."""
    RECORDING = "recording"
    PAUSED = "paused"
    """Sound comes, and none of it is kept."""
    AWAY = "away"
    """The microphone went away; it goes on as soon as it is back."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a recording."""

    path: Path | None
    """The WAV file; None where nothing was recorded."""
    seconds: float
    reason: str = ""
    """One sentence on why it ended by itself; "" where it was stopped."""


class LiveRecording:
    """One recording. `pause`, `go_on` and `stop` come from the asyncio thread; the properties may be read anywhere."""

    def __init__(
        self,
        folder: Path,
        source: Callable[[], Awaitable[Source]],
        *,
        on_state: Callable[[RecordingState], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        now: Callable[[], datetime] = datetime.now,
        longest: float = LONGEST_SECONDS,
    ) -> None:
        """Nothing is opened yet.

        Args:
            folder: Where the file is made.
            source: Returns what brings sound; asked again when that was closed, as for another microphone.
            on_state: Hears each change of `state`.
            on_notice: Gets sentences for the user while it goes on.
            now: Names the file.
            longest: Seconds after which it ends by itself.
        """
        self._folder, self._source, self._now, self._longest = folder, source, now, longest
        self._on_state, self._on_notice = on_state, on_notice
        self._state = RecordingState.OPENING
        self._paused = self._stopped = False
        self._keeps = True
        """Whether what is read now is kept."""
        self._read = 0
        """Samples that were read, those of pauses too."""
        self._turns: deque[tuple[int, bool]] = deque()
        """From which sample on it is paused, or goes on."""
        self._blocks: Blocks | None = None
        self._file: GrowingWav | None = None
        self._samples = 0
        self._held = bytearray()
        self._unsynced = 0.0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="recording")
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="recording-sync")
        self._syncing: asyncio.Future[None] | None = None

    @property
    def state(self) -> RecordingState:
        """How it stands."""
        return self._state

    @property
    def seconds(self) -> float:
        """How much has been recorded; pauses do not count."""
        return self._samples / SAMPLE_RATE

    def pause(self) -> None:
        """Keep nothing of what comes from now on."""
        self._turn(True)

    def go_on(self) -> None:
        """Keep what comes again."""
        self._turn(False)

    def stop(self) -> None:
        """End it: `run` returns when what came until now is on the disk."""
        self._stopped = True
        if self._blocks is not None:
            self._blocks.end()

    async def run(self) -> Recorded:
        """Record until `stop`. May be called once.

        Cancelling it leaves what was recorded as NAME.wav.part: the next start finds it (`growing_wav.cut_short`).

        Raises:
            VoiceError: the microphone cannot be opened, or no file be made; then nothing was recorded.
        """
        reason = ""
        try:
            try:
                await self._listen()
                await self._keep(all_of_it=True)
            except VoiceError as error:
                if self._file is None or not self._samples:
                    raise
                reason = f"{error.message} {error.hint}".strip()
                log.warning("a recording ended: %s", error.message)
        finally:
            await self._close()
        if self._file is None:
            return Recorded(None, 0.0, reason)
        try:
            made = await asyncio.to_thread(finished, self._file.path)
        except VoiceError as error:  # the sound is there, and the next start tries again
            return Recorded(None, self.seconds, reason or f"{error.message} {error.hint}".strip())
        return Recorded(*made, reason) if made is not None else Recorded(None, 0.0, reason)

    async def _listen(self) -> None:
        told = False
        while not self._is_stopped():
            self._blocks = (await self._source()).blocks()
            if self._is_stopped():
                self._blocks.close()
                return
            try:
                async for block in self._blocks:
                    told = False
                    await self._take(block)
                    if self.seconds >= self._longest:
                        hours = self._longest / 3600
                        said = f"The recording was ended after {hours:g} h, the longest it can be."
                        raise VoiceError(said, code="voice_too_long")
            except VoiceError as error:
                if self._file is None or error.code in _LAST:
                    raise
                await self._keep(all_of_it=True)
                if not told and self._on_notice is not None:
                    self._on_notice(f"{error.message} {WAITS}")
                told = True
                self._become(RecordingState.AWAY)
            finally:
                self._blocks.close()

    def _turn(self, paused: bool) -> None:
        waiting = round(self._blocks.waiting * SAMPLE_RATE) if self._blocks is not None else 0
        self._turns.append((self._read + waiting, paused))  # what waits to be read came before
        self._paused = paused
        self._become(self._state)

    def _is_stopped(self) -> bool:
        return self._stopped

    async def _take(self, block: bytes) -> None:
        while self._turns and self._turns[0][0] <= self._read:
            self._keeps = not self._turns.popleft()[1]
        keeps, self._read = self._keeps, self._read + len(block) // SAMPLE_BYTES
        if keeps:
            self._held += block
            self._samples += len(block) // SAMPLE_BYTES
        if self._file is None:
            make = partial(GrowingWav, self._folder, name_of(self._now()))
            self._file = await asyncio.get_running_loop().run_in_executor(self._writer, make)
        self._become(RecordingState.RECORDING)
        await self._keep(all_of_it=not keeps)

    async def _keep(self, *, all_of_it: bool) -> None:
        """Write what is held, once it is worth it, and have it on the disk now and then. Raises VoiceError."""
        if self._file is None or not self._held:
            return
        seconds = len(self._held) / SAMPLE_BYTES / SAMPLE_RATE
        if not all_of_it and seconds < WRITE_SECONDS:
            return
        piece, self._held = bytes(self._held), bytearray()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._file.write, piece)
        self._unsynced += seconds
        if self._unsynced >= SYNC_SECONDS and (self._syncing is None or self._syncing.done()):
            if self._syncing is not None:
                self._syncing.result()
            self._unsynced = 0.0
            self._syncing = loop.run_in_executor(self._syncer, self._file.sync)

    async def _close(self) -> None:
        """Write what is held and let go of the file, also when this is being cancelled."""
        self._become(RecordingState.ENDED)
        file, self._held, held = self._file, bytearray(), bytes(self._held)
        if file is not None:
            last = asyncio.get_running_loop().run_in_executor(self._writer, _put_down, file, held)
            await asyncio.shield(
                asyncio.gather(last, *([self._syncing] if self._syncing else []), return_exceptions=True)
            )
            file.close()
        self._writer.shutdown(wait=False)
        self._syncer.shutdown(wait=False)

    def _become(self, state: RecordingState) -> None:
        if state in (RecordingState.RECORDING, RecordingState.PAUSED):
            state = RecordingState.PAUSED if self._paused else RecordingState.RECORDING
        if state is not self._state:
            self._state = state
            if self._on_state is not None:
                self._on_state(state)


def _put_down(file: GrowingWav, held: bytes) -> None:
    """Write the last sound. What was written before is safe whatever happens here."""
    try:
        file.write(held)
        file.sync()
    except VoiceError as error:
        log.warning("the end of a recording was not written: %s", error.message)
