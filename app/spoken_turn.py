"""One utterance on its way to a question: its sound, its text, its trace, and what is done ahead for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from time import perf_counter
from typing import Protocol

from app.events import Hearing, Transcribed
from app.speculating import Ahead, normalised
from app.streams import ending
from app.turn_trace import Tracer
from app.voice.handsfree import uncalled

FRESH_SECONDS = 30.0
ALIKE = 0.6
"""From this likeness on a typed question is one that was spoken and then put right."""


async def without_call(
    heard: AsyncIterator[Hearing | Transcribed], phrase: str
) -> AsyncGenerator[Hearing | Transcribed, None]:
    """Yield what is heard without the wake word at its beginning, as `app.voice.handsfree.uncalled` has it."""
    async with ending(heard) as events:
        async for event in events:
            text = uncalled(event.text, phrase)
            if isinstance(event, Hearing):
                confirmed = uncalled(event.confirmed, phrase)
                yield Hearing(text, confirmed if text.startswith(confirmed) else "")
            else:
                yield replace(event, text=text, words=event.words[max(0, len(event.words) - len(text.split())) :])


class Listens(Protocol):
    """What turns sound into text; `app.thinking.Thinker` is one."""

    def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False, hotwords: Sequence[str] = ()
    ) -> AsyncIterator[Hearing | Transcribed]:
        """Turn sound into text."""
        ...


class SpokenTurn:
    """Begins when the key goes down."""

    def __init__(self, ahead: Ahead | None = None, called: str = "") -> None:
        """`called` as in `Question`: no part of the text."""
        self._called = called
        self.tracer = Tracer.start()
        self.ahead = ahead
        self.text = ""
        """What was said, once that is known."""
        self._known = float("-inf")
        self.keeps = False
        """Whether its sound is held in memory, for who wants it kept with the question."""
        self.sound = b""
        """16 kHz mono PCM16, once the text is known; empty where it is not held."""
        self._blocks: list[bytes] = []

    async def hear(
        self, listens: Listens, audio: AsyncIterator[bytes], language: str, here: bool, hotwords: Sequence[str]
    ) -> AsyncGenerator[Hearing | Transcribed, None]:
        """Yield what is understood, and have work done ahead with it. Raises VoiceError, NodeError."""
        heard = listens.transcribe(self._sound(audio), language=language, here=here, hotwords=hotwords)
        if self._called:
            heard = without_call(heard, self._called)
        try:
            async with ending(audio), ending(heard) as events:
                async for event in events:
                    if isinstance(event, Transcribed):
                        self.tracer.mark("final")
                        self._known = perf_counter()
                        self.text = event.text.strip()
                        self.sound = b"".join(self._blocks)
                        if self.ahead is not None:
                            await self.ahead.stop()
                    elif event.text.strip():
                        self.tracer.mark("partial")
                        if self.ahead is not None:
                            self.ahead.heard(event.text)
                    yield event
        finally:
            self._blocks.clear()
            if not self.text:  # cancelled, silent or failed: nothing of it is wanted any more
                self.sound = b""
                await self.close()

    @property
    def fresh(self) -> bool:
        """Whether the text has only just come: what was found for it still holds, and it was not thought over."""
        return perf_counter() - self._known < FRESH_SECONDS

    def becomes(self, question: str) -> bool:
        """Whether `question` is what was said, perhaps put right by hand; else it only came after it."""
        return SequenceMatcher(None, normalised(self.text), normalised(question)).ratio() >= ALIKE

    async def close(self) -> None:
        """Throw away what was done ahead."""
        if self.ahead is not None:
            await self.ahead.close()

    async def _sound(self, audio: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for block in audio:
            self.tracer.mark("audio")
            if self.keeps:
                self._blocks.append(block)
            yield block
        self.tracer.mark("release")
