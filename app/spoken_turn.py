"""One utterance on its way to a question: its sound, its text, its trace, and what is done ahead for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from time import perf_counter
from typing import Protocol

from app.events import Hearing, Transcribed
from app.speculating import Ahead
from app.streams import ending
from app.turn_trace import Tracer

FRESH_SECONDS = 30.0


class Listens(Protocol):
    """What turns sound into text; `app.thinking.Thinker` is one."""

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        """Turn sound into text."""
        ...


class SpokenTurn:
    """Begins when the key goes down."""

    def __init__(self, ahead: Ahead | None = None) -> None:
        self.tracer = Tracer.start()
        self.ahead = ahead
        self.text = ""
        """What was said, once that is known."""
        self._known = float("-inf")

    async def hear(
        self, listens: Listens, audio: AsyncIterator[bytes], language: str, here: bool, hotwords: Sequence[str]
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Yield what is understood, and have work done ahead with it. Raises VoiceError, NodeError."""
        heard = listens.transcribe(self._sound(audio), language=language, here=here, hotwords=hotwords)
        try:
            async with ending(audio), ending(heard) as events:
                async for event in events:
                    if isinstance(event, Transcribed):
                        self.tracer.mark("final")
                        self._known = perf_counter()
                        self.text = event.text.strip()
                        if self.ahead is not None:
                            await self.ahead.stop()
                    elif event.text.strip():
                        self.tracer.mark("partial")
                        if self.ahead is not None:
                            self.ahead.heard(event.text)
                    yield event
        finally:
            if not self.text:  # cancelled, silent or failed: nothing of it is wanted any more
                await self.close()

    @property
    def fresh(self) -> bool:
        """Whether the text has only just come: what was found for it still holds, and it was not thought over."""
        return perf_counter() - self._known < FRESH_SECONDS

    async def close(self) -> None:
        """Throw away what was done ahead."""
        if self.ahead is not None:
            await self.ahead.close()

    async def _sound(self, audio: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for block in audio:
            self.tracer.mark("audio")
            yield block
        self.tracer.mark("release")
