"""Recording: a long recording read in batches. Cut at pauses into chunks of at most half a minute, silence left out.

Whisper computes on half a minute however little of it is speech, so chunks are filled; several are read at once, since
a batch needs less work for each. What was read is dropped: memory holds one batch, whatever the length.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nodeworker.engines import Final, Heard, TranscriptEvent, Word
from nodeworker.engines.batch_reading import Reading
from nodeworker.engines.held_sound import Detector, HeldSound, gathered
from nodeworker.engines.speech_bounds import WINDOW, WINDOW_SECONDS, Pause, Span, quietest
from nodeworker.engines.spoken_words import in_order, whole_words, without_loops

CHUNK = 29.5
"""Seconds of sound in a chunk at most."""
MOST_EXPECTED = 24 * 3600.0
_MOST = int(CHUNK / WINDOW_SECONDS)
_CUT_FROM = int(20.0 / WINDOW_SECONDS)
"""A chunk is cut here at the earliest; anywhere behind it a pause of _GOOD_PAUSE windows (0.29 s) is as good as any."""
_GOOD_PAUSE = 9
_LEAST_PAUSE = 3
_PAD = 12
"""Windows (0.38 s) around speech that are kept, so at most twice that between two stretches of it."""
_LOOK_EVERY = 128 * WINDOW
"""Samples (4 s) that the detector hears at once."""
_BATCH_SECONDS = 10.0
"""Chunks are put together while a batch takes less than this, so that progress and cancelling stay lively."""
_UNREAD = 0.8
"""Seconds of speech behind the last word of a reading that are read again."""
_TELL_EVERY = 60.0
"""Seconds of mere silence after which progress is told."""
_LONGEST_HELD = int(480.0 / WINDOW_SECONDS)
"""Windows of sound that may be held: where somebody speaks now and then only, batches are not waited for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Stretches of the recording that are read as one; in windows, in order, not overlapping."""

    parts: tuple[Span, ...]

    @property
    def windows(self) -> int:
        """Length of all parts."""
        return sum(part.end - part.start for part in self.parts)

    @property
    def end(self) -> int:
        """Window at which the last part ends."""
        return self.parts[-1].end

    def part_at(self, seconds: float) -> tuple[Span, float]:
        """Return the part read at this second of the chunk, and how many seconds later that is in the recording."""
        before = 0
        for part in self.parts:
            length = part.end - part.start
            if seconds < (before + length) * WINDOW_SECONDS or part is self.parts[-1]:
                return part, (part.start - before) * WINDOW_SECONDS
            before += length
        raise ValueError("a chunk without parts")

    def placed(self, words: Sequence[Word]) -> list[Word]:
        """Return words with the times of the recording; each lies within the part that holds its middle."""
        placed: list[Word] = []
        for word in words:
            part, later = self.part_at((word.start + word.end) / 2)
            first, last = part.start * WINDOW_SECONDS, part.end * WINDOW_SECONDS
            start, end = (min(max(at + later, first), last) for at in (word.start, word.end))
            placed.append(Word(word.text, start, end))
        return placed

    def behind(self, seconds: float) -> Chunk | None:
        """Return what is left of the chunk from this second on."""
        part, later = self.part_at(seconds)
        at = int((seconds + later) / WINDOW_SECONDS)
        parts = [Span(max(at, left.start), left.end) for left in self.parts if left.start >= part.start]
        rest = tuple(left for left in parts if left.end > left.start)
        return Chunk(rest) if rest else None


def kept(speech: Sequence[Span], start: int, end: int) -> list[Span]:
    """Return what is worth reading between two windows: speech and a little around it."""
    spans: list[Span] = []
    for span in speech:
        padded = Span(max(span.start - _PAD, start), min(span.end + _PAD, end))
        if spans and padded.start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(padded.end, spans[-1].end))
        elif padded.end > padded.start:
            spans.append(padded)
    return spans


def first_chunk(
    spans: Sequence[Span], pauses: Callable[[Span], Sequence[Pause]], deepest: Callable[[Span], int]
) -> Chunk:
    """Fill a chunk from the beginning of `spans`, which are longer than one together, and cut it at a pause.

    `pauses` gives those within a span, `deepest` the least bad window where nobody pauses.
    """
    places: list[tuple[int, int]] = []  # length of the pause, window at which to cut
    before, window = 0, Span(0, 0)
    for span in spans:
        window = Span(max(span.start, span.start + _CUT_FROM - before), min(span.end, span.start + _MOST - before))
        if window.start < window.end:
            places += [(min(pause.length, _GOOD_PAUSE), pause.middle) for pause in pauses(window)]
        before += span.end - span.start
        if before > _MOST:
            break
        if before >= _CUT_FROM:
            places.append((_GOOD_PAUSE, span.end))
    longest, cut = max(places, default=(0, 0))
    if longest < _LEAST_PAUSE:
        cut = deepest(window)
    return Chunk(tuple(Span(span.start, min(span.end, cut)) for span in spans if span.start < cut))


class BatchRecogniser(Detector, Protocol):
    """What a recording needs of a recogniser."""

    def language_of(self, sound: Any) -> tuple[str, float]:
        """Return the language that is spoken and its probability."""
        ...

    def read(self, sounds: Sequence[Any], language: str, hotwords: str, *, rest: bool) -> list[Reading]:
        """Read stretches of at most 30 s each; `rest`: what earlier readings left out. Raises EngineError."""
        ...


class Recording:
    """One recording being read: sound comes in, text and progress go out."""

    def __init__(
        self, recogniser: BatchRecogniser, language: str, hotwords: str, *, expected: float, batches: Sequence[int]
    ) -> None:
        """`expected` seconds, 0 where unknown; `batches`: sizes that a batch may have, the smallest first."""
        self._recogniser = recogniser
        self._language = language
        self._probability = 0.0
        self._hotwords = hotwords
        self._expected = min(expected, MOST_EXPECTED) if math.isfinite(expected) and expected > 0 else 0.0
        self._batches = batches
        self._size = 0
        self._held = HeldSound(recogniser)
        self._from = 0
        """Window from which on no chunk has been made yet."""
        self._chunks: list[Chunk] = []
        self._words: list[Word] = []
        self._told = 0.0

    def run(self, audio: Iterator[bytes], stopped: Callable[[], bool]) -> Iterator[TranscriptEvent]:
        """Yield Heard after each batch; everything is read when this ends."""
        held = self._held
        for block in gathered(audio, 2 * _LOOK_EVERY):
            if stopped():
                return
            held.take(block)
            self._cut()
            overdue = held.end - held.offset > _LONGEST_HELD
            if overdue and not self._chunks:
                self._cut(short=True)
            yield from self._read(stopped, short=overdue)
        if stopped():
            return
        held.take(b"", last=True)
        self._cut(short=True)
        yield from self._read(stopped, short=True)
        if not stopped() and self._told < held.seconds:
            yield self._heard(held.seconds, [])

    def final(self, seconds: float) -> Final:
        """Return all that was said; `seconds` is what the work took."""
        text = "".join(word.text for word in self._words).strip()
        words = tuple(whole_words(self._words))
        return Final(text, self._language, words, self._held.seconds, seconds, self._probability)

    def _cut(self, *, short: bool = False) -> None:
        """Make chunks of what came in; `short`: also one that is not full."""
        held = self._held
        while True:
            spans = kept(held.speech(self._from), self._from, held.end)
            if sum(span.end - span.start for span in spans) <= _MOST:
                break
            self._add(first_chunk(spans, lambda span: held.pauses(span.start, span.end), self._deepest))
        if short and spans:
            self._add(Chunk(tuple(spans)))
        elif not spans and not self._chunks:
            held.forget_silence()
            self._from = max(self._from, held.offset)

    def _add(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._from = chunk.end

    def _deepest(self, span: Span) -> int:
        return quietest(self._held.loudness(span.start, span.end), span.start)

    def _read(self, stopped: Callable[[], bool], *, short: bool = False) -> Iterator[Heard]:
        """Read whole batches, with `short` what is left too."""
        while self._chunks and not stopped():
            size = self._batches[self._size]
            if len(self._chunks) < size and not short:
                return
            batch, self._chunks = self._chunks[:size], self._chunks[size:]
            begun = time.perf_counter()
            words = self._understood(batch, stopped)
            took = time.perf_counter() - begun
            self._words += words
            self._held.forget(batch[-1].end)
            self._resize(took, len(batch) == size)
            yield self._heard(batch[-1].end * WINDOW_SECONDS, words)
        quiet = self._held.offset * WINDOW_SECONDS
        if not self._chunks and quiet - self._told >= _TELL_EVERY:
            yield self._heard(quiet, [])

    def _resize(self, took: float, full: bool) -> None:
        if full and took < _BATCH_SECONDS / 2 and self._size < len(self._batches) - 1:
            self._size += 1
        elif took > 2 * _BATCH_SECONDS and self._size:
            self._size -= 1

    def _heard(self, seconds: float, words: Sequence[Word]) -> Heard:
        self._told = min(seconds, self._held.seconds)
        text = "".join(word.text for word in words)
        return Heard(self._told, max(self._expected, self._held.seconds), text)

    def _understood(self, batch: list[Chunk], stopped: Callable[[], bool]) -> list[Word]:
        """Read chunks together; what a reading left out at the end of its chunk is read in another round."""
        if not self._language:
            self._find_language(batch)
        said: list[list[Word]] = [[] for _ in batch]
        left: list[tuple[int, Chunk]] = list(enumerate(batch))
        rest = False
        while left and not stopped():
            sounds = [self._sound(chunk) for _, chunk in left]
            again: list[tuple[int, Chunk]] = []
            readings = self._recogniser.read(sounds, self._language, self._hotwords, rest=rest)
            for (index, chunk), reading in zip(left, readings, strict=True):
                said[index] += chunk.placed(reading.words)
                if (unread := self._unread(chunk, reading)) is not None:
                    again.append((index, unread))
            left, rest = again, True
        words: list[Word] = []
        for chunk, spoken in zip(batch, said, strict=True):
            start = max(chunk.parts[0].start * WINDOW_SECONDS, (words or self._words or [Word("", 0, 0)])[-1].end)
            words += in_order(without_loops(spoken), start, min(chunk.end * WINDOW_SECONDS, self._held.seconds))
        return words

    def _unread(self, chunk: Chunk, reading: Reading) -> Chunk | None:
        """What of the chunk is to be read again: speech that the recogniser has not reached."""
        if not reading.words or reading.reached <= 1.0:
            return None  # nothing was understood, or a second reading would hardly be a shorter one
        rest = chunk.behind(reading.reached)
        if rest is None:
            return None
        speech = sum(
            span.end - span.start
            for part in rest.parts
            for span in self._held.speech(part.start + _PAD // 2, part.end)
            if span.end > span.start
        )
        return rest if speech * WINDOW_SECONDS >= _UNREAD else None

    def _find_language(self, batch: Sequence[Chunk]) -> None:
        """Let the chunks of the first batch vote, each with its probability."""
        votes: dict[str, float] = {}
        looked_at = batch[:3]
        for chunk in looked_at:
            language, probability = self._recogniser.language_of(self._sound(chunk))
            votes[language] = votes.get(language, 0.0) + probability
        self._language = max(votes, key=lambda language: votes[language])
        self._probability = votes[self._language] / len(looked_at)

    def _sound(self, chunk: Chunk) -> Any:
        import numpy as np

        return np.concatenate([self._held.sound(part.start, part.end) for part in chunk.parts])
