"""Recording: a long recording read in batches, with progress.

Sound is cut at pauses into chunks; several are read at once, since a batch needs less work for each. What was read is
dropped: memory holds one batch, whatever the length.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

from nodeworker.engines import Final, Heard, TranscriptEvent, Word
from nodeworker.engines.speech.chunks import MOST, Chunk, Reader, first_chunk, kept, read_through, sound_of
from nodeworker.engines.speech.held_sound import HeldSound, gathered
from nodeworker.engines.speech.speech_bounds import WINDOW, WINDOW_SECONDS, Span, quietest
from nodeworker.engines.speech.spoken_words import whole_words

MOST_EXPECTED = 24 * 3600.0
_LOOK_EVERY = 128 * WINDOW
"""Samples (4 s) that the detector hears at once."""
_BATCH_SECONDS = 10.0
"""Chunks are put together while a batch takes less than this, so that progress and cancelling stay lively."""
_TELL_EVERY = 60.0
"""Seconds of mere silence after which progress is told."""
_LONGEST_HELD = int(480.0 / WINDOW_SECONDS)
"""Windows of sound that may be held: where somebody speaks now and then only, batches are not waited for."""


class Recording:
    """One recording being read: sound comes in, text and progress go out."""

    def __init__(
        self,
        reader: Reader,
        language: str,
        hotwords: str,
        *,
        expected: float,
        batches: Sequence[int],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`expected` seconds, 0 where unknown; `batches`: sizes that a batch may have, the second is begun with."""
        self._clock = clock
        self._reader = reader
        self._language = language
        self._probability = 0.0
        self._hotwords = hotwords
        self._expected = min(expected, MOST_EXPECTED) if math.isfinite(expected) and expected > 0 else 0.0
        self._batches = batches
        self._size = 1
        self._held = HeldSound(reader)
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
        self._expected = 0.0  # now the length is known
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
            if sum(span.end - span.start for span in spans) <= MOST:
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
            begun = self._clock()
            words = self._understood(batch, stopped)
            took = self._clock() - begun
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
        if not self._language:
            self._find_language(batch)
        after = self._words[-1].end if self._words else 0.0
        return read_through(
            self._reader, self._held, batch, self._language, self._hotwords, after=after, stopped=stopped
        )

    def _find_language(self, batch: Sequence[Chunk]) -> None:
        """Let the chunks of the first batch vote, each with its probability."""
        votes: dict[str, float] = {}
        looked_at = batch[:3]
        for chunk in looked_at:
            language, probability = self._reader.language_of(sound_of(chunk, self._held))
            votes[language] = votes.get(language, 0.0) + probability
        self._language = max(votes, key=lambda language: votes[language])
        self._probability = votes[self._language] / len(looked_at)
