"""The spoken side of `tangnet ask --speak`: the answer's sound is made and written while its text still comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from time import perf_counter

from app.assistant import ONLY_LOCAL, Question
from app.errors import NodeError, TangnetError
from app.events import Answered, Event, TokenReceived, Transcribed
from app.runtime import Runtime
from app.streams import ending
from app.voice.aloud import LOCAL, Aloud, zones_for
from app.voice.wave_file import WaveFile


class SpokenAnswer:
    """Speaks one answer into a file."""

    def __init__(self, runtime: Runtime, question: Question, wave: WaveFile) -> None:
        settings = runtime.settings
        self._aloud = Aloud(
            runtime.cluster,
            voice=settings.voice_name,
            speed=settings.voice_speed,
            zones=zones_for(settings, _stays(runtime, question)),
        )
        self._nodes = runtime.cluster
        self._wave = wave
        self._asked = perf_counter()
        self.first_sound_ms: float | None = None
        """From the question being complete to the first sound; None while there is none."""
        self.error: TangnetError | None = None
        """Why there is no sound, or not all of it."""

    async def beside(self, events: AsyncIterator[Event]) -> AsyncGenerator[Event, None]:
        """Yield the events of the answer as they come, the last one when its sound is written too."""
        warming = asyncio.create_task(self._warm(), name="load the voice")
        writing = asyncio.create_task(self._write(), name="speak the answer")
        try:
            async for event in events:
                if isinstance(event, Transcribed):
                    self._asked = perf_counter()
                elif isinstance(event, TokenReceived):
                    self._aloud.feed(event.text)
                elif isinstance(event, Answered):
                    if self._aloud.empty:
                        self._aloud.feed(event.text)
                    self._aloud.end()
                    await writing
                yield event
        finally:
            for task in (warming, writing):
                task.cancel()
            await asyncio.gather(warming, writing, return_exceptions=True)

    async def _warm(self) -> None:
        """Load the voice while the answer is still being thought of."""
        with contextlib.suppress(NodeError):  # whoever speaks says why it cannot
            async with ending(self._nodes.warm(("speak",))) as progress:
                async for _ in progress:
                    pass

    async def _write(self) -> None:
        try:
            async with ending(self._aloud.sound()) as sound:
                async for piece in sound:
                    if piece.pcm16 and self.first_sound_ms is None:
                        self.first_sound_ms = round((perf_counter() - self._asked) * 1000, 1)
                    self._wave.add(piece.pcm16, piece.sample_rate)
        except TangnetError as error:
            self.error = error  # the answer itself is whole: it is shown first


def _stays(runtime: Runtime, question: Question) -> bool:
    """Tell whether the answer is made on this machine only, as its conversation may have been told earlier."""
    prefer = question.prefer
    if not prefer and question.conversation:
        prefer = runtime.conversations.get(question.conversation).prefer
    return question.node == LOCAL or prefer == ONLY_LOCAL
