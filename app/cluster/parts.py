"""Long recordings in parts: cut at quiet moments, read by whoever is free, kept as they come, and put together.

The first part tells the language of the others, unless it was given. A part is read by itself, so what it says depends
on nothing else: a recording that is gone on with after a crash says what it would have said without one.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.errors import TangnetError, VoiceError
from app.events import Transcribed, Word
from app.streams import ending
from app.thinking import Going, Recording, RecordingRead
from nodeworker.protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from app.cluster.cutting import Part
    from app.cluster.kept_parts import KeptParts, Key
    from app.cluster.recordings import Spread

PART_SECONDS = 300.0
"""A part is at most so long."""
_WHOLE = 1.5
"""Times a part: a recording of at most that stays whole."""
_GUESS = 20.0
"""A recording of unknown length may be so many times longer than it seems."""
_AHEAD = 8
"""Parts that wait for a node while another recording is looked at."""
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]$")


def may_be_long(recording: Recording, part_seconds: float = PART_SECONDS) -> bool:
    """Return True where it is worth looking for places to cut it."""
    return recording.seconds * (1.0 if recording.exact else _GUESS) > _WHOLE * part_seconds


class Tape:
    """The sound of one recording from part to part; decoded once where they are asked for in order."""

    def __init__(self, open: Callable[[], AsyncIterator[bytes]]) -> None:
        """`open` begins at the beginning."""
        self._open = open
        self._stream: AsyncIterator[bytes] | None = None
        self._at = 0
        """Byte at which `_held` begins."""
        self._held = bytearray()
        self._lock = asyncio.Lock()

    async def sound(self, part: Part) -> bytes:
        """Return the sound of a part. Raises VoiceError where the file has changed, and what opening raises."""
        async with self._lock:
            first, last = 2 * part.start, 2 * (part.start + part.samples)
            try:
                if self._stream is None or self._at > first:
                    await self._close()
                    self._stream = self._open()
                while self._at + len(self._held) < last:
                    self._drop(first)
                    block = await anext(self._stream, b"")
                    if not block:
                        break
                    self._held += block
            except BaseException:
                await self._close()
                raise
            self._drop(first)
            found = bytes(self._held[: last - first])
            self._drop(last)
        if await asyncio.to_thread(lambda: hashlib.sha256(found).hexdigest()) != part.sha256:
            raise VoiceError("The file changed while it was read.", code="voice_changed", hint="Try it again.")
        return found

    async def close(self) -> None:
        """Let the file go."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        stream, self._stream = self._stream, None
        self._at, self._held = 0, bytearray()
        if stream is not None:
            async with ending(stream):
                pass

    def _drop(self, before: int) -> None:
        count = min(before - self._at, len(self._held))
        if count > 0:
            del self._held[:count]
            self._at += count


@dataclass(eq=False, slots=True)
class _Long:
    """A recording that is read in parts."""

    recording: Recording
    parts: Sequence[Part]
    given: str
    """The language that was asked for; "" = found out."""
    tape: Tape
    done: dict[int, Transcribed] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """Nodes that read."""
    failed: TangnetError | None = None

    def language(self) -> str | None:
        """Return the language of the parts; "" where nothing has been said so far, None while that is not known."""
        if self.given:
            return self.given
        for at in range(len(self.parts)):
            if at not in self.done:
                return "" if at == len(self.done) and not any(one.text for one in self.done.values()) else None
            if self.done[at].text.strip():
                return self.done[at].language
        return ""

    def ready(self, at: int) -> bool:
        """Return whether a part can be begun: its language is known, or it is the one to find it out."""
        language = self.language()
        return bool(language) or (language == "" and at == len(self.done)) or self.failed is not None

    async def sound(self, at: int) -> AsyncGenerator[bytes, None]:
        if self.failed is not None:
            raise self.failed
        pcm = await self.tape.sound(self.parts[at])
        for start in range(0, len(pcm), SAMPLE_RATE):
            yield pcm[start : start + SAMPLE_RATE]

    def key(self, at: int, model: str) -> Key:
        return self.parts[at].sha256, self.language() or "", model

    def whole(self) -> Transcribed:
        """Return all parts as one transcript."""
        texts, words = "", list[Word]()
        for at, part in enumerate(self.parts):
            one, later = self.done[at], part.start / SAMPLE_RATE
            text = one.text.strip()
            texts += (" " if texts and text and not _UNSPACED.search(texts) else "") + text
            spaced = bool(words) and any(word.text[:1].isspace() for word in one.words[1:])
            for word in one.words:
                blank = " " if spaced and word is one.words[0] and not word.text[:1].isspace() else ""
                words.append(Word(blank + word.text, word.start + later, word.end + later))
        seconds = sum(one.seconds for one in self.done.values())
        length = sum(part.seconds for part in self.parts)
        said = next((one.language for one in self.done.values() if one.text.strip()), self.done[0].language)
        return Transcribed(texts, said, seconds, length, tuple(words))


class InParts:
    """A list of recordings, of which the long ones are read in parts; `events` is to be gone through once."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        spread: Spread,
        *,
        kept: KeptParts | None,
        model: str,
        language: str,
        longest_first: bool,
        part_seconds: float = PART_SECONDS,
    ) -> None:
        """`spread` reads, and has nothing yet; `model`: sha256 of what reads, "" = nothing is kept."""
        self._recordings, self._spread = recordings, spread
        self._kept = kept if model else None
        self._model, self._language, self._part_seconds = model, language, part_seconds
        order = range(len(recordings))
        self._order = sorted(order, key=lambda at: -recordings[at].seconds) if longest_first else list(order)
        self._jobs: list[tuple[int, int | None]] = []
        """For each recording that the spread has: which of ours, and which part of it, None = all."""
        self._long: dict[int, _Long] = {}
        self._over: list[RecordingRead] = []
        """What is to be told."""
        self._ended = 0
        self._saved = 0.0
        """Seconds that an earlier run has read."""
        self._began = time.monotonic()

    async def events(self) -> AsyncGenerator[Going | RecordingRead, None]:
        """Yield each recording once, as it is read or cannot be, and now and then how far all are.

        What is kept of a recording is forgotten when its reader comes for the next event. Raises NodeError.
        """
        self._spread.coming = True
        looking = asyncio.create_task(self._look(), name="long recordings")
        try:
            async with aclosing(self._spread.events()) as events:
                async for event in events:
                    if isinstance(event, RecordingRead):
                        await self._ended_one(event)
                    while self._over:
                        yield (told := self._told())
                        await self._forget(told)
                    if isinstance(event, Going):
                        yield self._going(event)
            while self._over:
                yield (told := self._told())
                await self._forget(told)
            await looking
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            for one in self._long.values():
                await one.tape.close()

    async def _look(self) -> None:
        """Give the spread what it is to read."""
        try:
            for at in self._order:
                recording = self._recordings[at]
                if may_be_long(recording, self._part_seconds):
                    await self._spread.room(_AHEAD)
                    try:
                        parts = await self._cut(recording)
                    except TangnetError as error:
                        self._over.append(RecordingRead(at, "local", error))
                        continue
                    if len(parts) > 1:
                        await self._begin(at, recording, parts)
                        continue
                self._add(recording, at, None)
        finally:
            self._spread.coming = False

    async def _cut(self, recording: Recording) -> list[Part]:
        from app.cluster.cutting import Cutter  # imports numpy, which most commands do without

        cutter = Cutter(self._part_seconds)
        parts: list[Part] = []
        async with ending(recording.sound()) as blocks:
            async for block in blocks:
                parts += await asyncio.to_thread(cutter.take, block) if cutter.cuts(block) else cutter.take(block)
        return parts + await asyncio.to_thread(cutter.finish)

    async def _begin(self, at: int, recording: Recording, parts: Sequence[Part]) -> None:
        one = self._long[at] = _Long(recording, parts, self._language, Tape(recording.sound))
        for number in range(len(parts)):
            if self._kept is not None and one.ready(number):
                found = await asyncio.to_thread(self._kept.get, one.key(number, self._model))
                if found is not None:
                    one.done[number] = found
                    self._saved += parts[number].seconds
        self._end_of(at, one)
        for number, part in enumerate(parts):
            if number not in one.done:
                self._add(_part(one, number, part), at, number)

    def _add(self, recording: Recording, at: int, number: int | None) -> None:
        self._jobs.append((at, number))
        self._spread.add(recording)

    async def _ended_one(self, event: RecordingRead) -> None:
        at, number = self._jobs[event.at]
        if number is None:
            self._over.append(replace(event, at=at))
            return
        one = self._long[at]
        if one.failed is not None:
            return
        if isinstance(event.result, TangnetError):
            one.failed = event.result
            self._over.append(replace(event, at=at))
            return
        key = one.key(number, self._model)
        one.done[number] = event.result
        if event.node not in one.names:
            one.names.append(event.node)
        if self._kept is not None:
            await asyncio.to_thread(self._kept.put, key, event.result)
        self._end_of(at, one)

    def _end_of(self, at: int, one: _Long) -> None:
        if len(one.done) == len(one.parts):
            self._over.append(RecordingRead(at, ", ".join(one.names) or "local", one.whole()))

    def _told(self) -> RecordingRead:
        self._ended += 1
        return self._over.pop(0)

    async def _forget(self, told: RecordingRead) -> None:
        """Its reader has it: nothing of it is kept any longer."""
        one = self._long.get(told.at)
        if one is None or self._kept is None or isinstance(told.result, TangnetError):
            return
        languages = {self._language, one.language() or "", ""}
        keys = [(part.sha256, language, self._model) for part in one.parts for language in languages]
        await asyncio.to_thread(self._kept.forget, keys)

    def _going(self, going: Going) -> Going:
        total = sum(
            sum(part.seconds for part in self._long[at].parts) if at in self._long else recording.seconds
            for at, recording in enumerate(self._recordings)
        )
        read = min(self._saved + going.seconds, total)
        left = (total - read) * (time.monotonic() - self._began) / going.seconds if going.seconds else None
        return Going(self._ended, len(self._recordings), read, total, left, going.text)


def _part(one: _Long, number: int, part: Part) -> Recording:
    return replace(
        one.recording,
        sound=lambda: one.sound(number),
        seconds=part.seconds,
        exact=True,
        ready=lambda: one.ready(number),
        language=lambda: one.language() or "",
    )
