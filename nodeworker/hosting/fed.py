"""Engines in a process of their own that are fed while they work: voices with sentences, what listens with sound."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from nodeworker.engines import (
    AttendEvent,
    Attention,
    Final,
    Heard,
    Partial,
    SpeechEnded,
    SpeechStarted,
    Spoken,
    TranscriptEvent,
    WakeHeard,
    WakeWord,
)
from nodeworker.hosting.engine_call import Running
from nodeworker.hosting.frames import SOUND_WINDOW, BadFrame
from nodeworker.hosting.hosted import PATIENCE, EngineSpec, HostedEngine
from nodeworker.hosting.packing import count

if TYPE_CHECKING:
    from nodeworker.models.folder import ModelFile
    from nodeworker.threads import Feed

_SOUND_PIECE = 64 * 1024


class HostedFed(HostedEngine):
    """An engine in a process of its own that is fed while it works."""

    def __init__(self, model: ModelFile, spec: EngineSpec, *, patience: float = PATIENCE) -> None:
        super().__init__(model, spec, patience=patience)
        self._pumps: set[asyncio.Task[None]] = set()

    def _feed(self, id: int, running: Running[Any], source: Feed) -> None:
        """Hand over what is in `source`, only as fast as the engine takes it."""
        pump = asyncio.get_running_loop().create_task(self._pump(id, running, source))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        running.ended.add_done_callback(lambda _ended: pump.cancel())

    async def _pump(self, id: int, running: Running[Any], source: Feed) -> None:
        while (block := await source.get()) is not None:
            for start in range(0, len(block), _SOUND_PIECE):
                while running.unread >= SOUND_WINDOW and not running.ended.done():
                    running.space.clear()
                    await running.space.wait()
                piece = block[start : start + _SOUND_PIECE]
                running.unread += len(piece)
                self._process.send({"do": "sound", "id": id}, piece)
        if running.cancelled.is_set():
            running.stop()
        else:
            self._process.send({"do": "sound", "id": id})


class HostedSpeak(HostedFed):
    """A voice in a process of its own."""

    role = "speak"

    def speak(
        self, texts: Feed, cancelled: threading.Event, *, speed: float, background: bool = False
    ) -> Running[Spoken]:
        """Begin to speak the texts, each a block of UTF-8 smaller than 64 KiB; they are taken as the engine goes on."""
        id, running = self._begin(cancelled, {"do": "say", "speed": speed, "background": background})
        self._feed(id, running, texts)
        return running

    def _made(self, kind: Any, head: dict[str, Any], blob: bytes) -> None:
        if kind != "spoken":
            return super()._made(kind, head, blob)
        if len(blob) % 2:
            raise BadFrame("a sound ends within a sample")
        spoken = Spoken(blob, count(head["rate"]), count(head["sentence"]), head["last"] is True)
        if (running := self._call(head["id"])) is not None:
            running.put([spoken])


class HostedTranscribe(HostedFed):
    """A recogniser in a process of its own."""

    role = "transcribe"
    kinds = (SpeechStarted, SpeechEnded, Partial, Heard, Final)

    def transcribe(
        self,
        audio: Feed,
        cancelled: threading.Event,
        *,
        language: str,
        partials: bool,
        hotwords: tuple[str, ...],
        recording: bool = False,
        expected_seconds: float = 0.0,
        background: bool = False,
    ) -> Running[TranscriptEvent]:
        """Begin to listen; sound is taken from `audio` only as fast as the engine does."""
        head = {
            "do": "hear",
            "language": language,
            "partials": partials,
            "hotwords": hotwords,
            "recording": recording,
            "expected_seconds": expected_seconds,
            "background": background,
        }
        id, running = self._begin(cancelled, head)
        self._feed(id, running, audio)
        return running


class HostedAttend(HostedFed):
    """What listens without writing anything down, in a process of its own."""

    role = "vad"
    kinds = (Attention, SpeechStarted, SpeechEnded, WakeHeard)

    def attend(self, audio: Feed, cancelled: threading.Event, *, wake_word: WakeWord | None) -> Running[AttendEvent]:
        """Begin to listen; sound is taken from `audio` only as fast as the engine does."""
        path, threshold = (wake_word.path, wake_word.threshold) if wake_word else ("", 0.0)
        id, running = self._begin(cancelled, {"do": "attend", "wake": path, "threshold": threshold})
        self._feed(id, running, audio)
        return running
