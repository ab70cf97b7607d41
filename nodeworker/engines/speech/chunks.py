"""Chunks: what a recogniser reads as one, at most half a minute; cutting sound into them and reading them to their end.

Whisper computes on half a minute however little of it is speech, so a chunk leaves long silence out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nodeworker.engines import Word
from nodeworker.engines.speech.batch_reading import Reading
from nodeworker.engines.speech.held_sound import PAD, Detector, HeldSound
from nodeworker.engines.speech.speech_bounds import WINDOW_SECONDS, Pause, Span
from nodeworker.engines.speech.spoken_words import in_order, without_loops

CHUNK = 29.5
"""Seconds of sound in a chunk at most."""
MOST = int(CHUNK / WINDOW_SECONDS)
_CUT_FROM = int(20.0 / WINDOW_SECONDS)
"""A chunk is cut here at the earliest; anywhere behind it a pause of _GOOD_PAUSE windows (0.29 s) is as good as any."""
_GOOD_PAUSE = 9
_LEAST_PAUSE = 3
_UNREAD = 0.8
"""Seconds of speech behind the last word of a reading that are read again."""
_UNREAD_FROM = 6
"""Windows (0.19 s) behind that word that are still counted as its own."""
_LEAST_STEP = 1.0
"""Seconds that a reading must have reached for the rest to be tried: each round gets shorter by that."""


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
    """Return what is worth reading between two windows: speech and PAD around it."""
    spans: list[Span] = []
    for span in speech:
        padded = Span(max(span.start - PAD, start), min(span.end + PAD, end))
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
        window = Span(max(span.start, span.start + _CUT_FROM - before), min(span.end, span.start + MOST - before))
        if window.start < window.end:
            places += [(min(pause.length, _GOOD_PAUSE), pause.middle) for pause in pauses(window)]
        before += span.end - span.start
        if before > MOST:
            break
        if before >= _CUT_FROM:
            places.append((_GOOD_PAUSE, span.end))
    longest, cut = max(places, default=(0, 0))
    if longest < _LEAST_PAUSE:
        cut = deepest(window)
    return Chunk(tuple(Span(span.start, min(span.end, cut)) for span in spans if span.start < cut))


class Reader(Detector, Protocol):
    """What reads chunks."""

    def language_of(self, sound: Any) -> tuple[str, float]:
        """Return the language that is spoken and its probability."""
        ...

    def read(self, sounds: Sequence[Any], language: str, hotwords: str, *, short: bool = False) -> list[Reading]:
        """Read stretches of at most 30 s each; `short`: in a short window if they fit. Raises EngineError."""
        ...


def sound_of(chunk: Chunk, held: HeldSound) -> Any:
    """Return the chunk's sound as float32."""
    return np.concatenate([held.sound(part.start, part.end) for part in chunk.parts])


def read_through(
    reader: Reader,
    held: HeldSound,
    chunks: Sequence[Chunk],
    language: str,
    hotwords: str,
    *,
    after: float,
    stopped: Callable[[], bool],
    short: bool = False,
) -> list[Word]:
    """Read chunks together; what a reading left out at the end of its chunk is read in another round.

    `after`: second at which the words before end. `short`: short chunks take a short window; without it only what was
    left out does. Words have the times of the recording, in order.
    """
    said: list[list[Word]] = [[] for _ in chunks]
    left: list[tuple[int, Chunk]] = list(enumerate(chunks))
    while left and not stopped():
        again: list[tuple[int, Chunk]] = []
        readings = reader.read([sound_of(chunk, held) for _, chunk in left], language, hotwords, short=short)
        for (index, chunk), reading in zip(left, readings, strict=True):
            said[index] += chunk.placed(reading.words)
            if (unread := _unread(chunk, reading, held)) is not None:
                again.append((index, unread))
        left, short = again, True
    words: list[Word] = []
    for chunk, spoken in zip(chunks, said, strict=True):
        start = max(chunk.parts[0].start * WINDOW_SECONDS, words[-1].end if words else after)
        words += in_order(without_loops(spoken), start, min(chunk.end * WINDOW_SECONDS, held.seconds))
    return words


def _unread(chunk: Chunk, reading: Reading, held: HeldSound) -> Chunk | None:
    """What of the chunk is to be read again: speech that the recogniser has not reached."""
    if not reading.words or reading.reached < _LEAST_STEP:
        return None
    rest = chunk.behind(reading.reached)
    if rest is None:
        return None
    speech = sum(
        span.end - span.start for part in rest.parts for span in held.speech(part.start + _UNREAD_FROM, part.end)
    )
    return rest if speech * WINDOW_SECONDS >= _UNREAD else None
