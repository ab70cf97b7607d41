"""Listening: one live transcription. Partial texts while somebody speaks, and each stretch of sound read once for good.

Sound is held only until it has been read for good: from 6 s on a pause of the speaker is looked for, at first a long
one, and what lies before it is transcribed once, carefully, and dropped. So an hour costs an hour's work, memory stays
small, and little is left to read at the end. Whenever the speaker pauses, what is held is read as carefully as if that
were the end: if nothing more is said, the last text is there at once (docs/decisions/0033).
A partial text is read from the last pause whose words are all confirmed, at most half of the time goes into them, and
none ever reads more than 28 s: so their delay is bounded on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from nodeworker.engines import Final, Partial, TranscriptEvent, Word
from nodeworker.engines.speech.agreement import Agreement, pieces
from nodeworker.engines.speech.chunks import Chunk, Reader, read_through, sound_of
from nodeworker.engines.speech.held_sound import PAD, HeldSound, gathered
from nodeworker.engines.speech.speech_bounds import WINDOW, WINDOW_SECONDS, Span, quietest
from nodeworker.engines.speech.spoken_words import whole_words
from nodeworker.protocol import SAMPLE_RATE

CUT_AFTER, CUT_LATEST = 6.0, 28.0
"""Seconds of held sound: from the first on a pause is waited for, at the second it is cut at the quietest place."""
PARTIAL_EVERY = 1.0
"""Seconds of new sound between two partial texts."""
_LOOK_EVERY = 4 * WINDOW
_CUT_PAUSES = ((20.0, 6), (10.0, 10), (CUT_AFTER, 16))
"""With so many seconds held, windows without speech that are long enough to cut in: 0.19, 0.32 and 0.51 s."""
_CUT_FROM = ((20.0, 12.0), (0.0, 3.0))
"""With so many seconds held, the second from which on a pause is looked for: short stretches are read less well."""
_AHEAD_PAUSE, _HUSH = PAD, 2
"""Windows without speech after which the held sound is read as if nothing more were said, with as much silence as at
any end: with half of it more words were wrong. From the second on this reading is waited for, no other is begun."""
_LEAVE_PAUSE, _LEAVE_NEAR = 5, 0.6
"""Windows of the pause behind which partial readings may begin, and how far in seconds the recogniser's idea of where
a phrase ends may be from it."""
_LEAST_SPEECH = 0.3
"""Seconds of speech below which no partial text is tried."""
_LANGUAGE_SPEECH = 2.0
"""Seconds of speech from which on the language is found out for partial texts."""
_SURE = 0.7
"""Probability from which on a language found out early is not looked at again."""


class Recogniser(Reader, Protocol):
    """What a live transcription needs of a recogniser."""

    def phrases(self, sound: Any, language: str, hotwords: str) -> Sequence[Word]:
        """Read up to 30 s of sound (float32) quickly; nothing where it cannot be sure. Raises EngineError.

        Phrases with the space before them and times from the beginning.
        """
        ...


class Listening:
    """One transcription: the sound not yet read for good, the bounds of speech, the words so far."""

    def __init__(
        self, recogniser: Recogniser, language: str, hotwords: str, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """`language` "": found out; the first stretch of speech decides. `clock` in seconds."""
        self._clock = clock
        self._recogniser = recogniser
        self._language = language
        self._probability = 0.0
        self._hotwords = hotwords
        self._held = HeldSound(recogniser)
        self._agreement = Agreement()
        self._words: list[Word] = []
        self._read_from = 0
        """Window at which partial readings begin."""
        self._partial_at = 0
        self._partial_not_before = 0.0
        self._ahead_not_before = 0.0
        self._told: Partial | None = None
        self._ahead: tuple[int, int, list[Word]] | None = None
        """What a careful reading made of the held sound: where it began, where speech ended, its words."""

    def run(self, audio: Iterator[bytes], partials: bool, stopped: Callable[[], bool]) -> Iterator[TranscriptEvent]:
        """Yield bounds of speech and partial texts while sound comes; everything is read when this ends."""
        for block in gathered(audio, 2 * _LOOK_EVERY):
            if stopped():
                return
            yield from self._held.take(block)
            self._held.forget_silence()
            while (cut := self._place_to_cut()) is not None and not stopped():
                self._settle(cut, stopped)
            if partials and not stopped() and (partial := self._look_ahead(stopped) or self._partial()):
                yield partial
        if stopped():
            return
        yield from self._held.take(b"", last=True)
        while (cut := self._place_to_cut()) is not None and not stopped():
            self._settle(cut, stopped)
        if not stopped():
            self._settle(self._held.end, stopped)

    def final(self, seconds: float) -> Final:
        """Return all that was said; `seconds` is what the work took."""
        text = "".join(word.text for word in self._words).strip()
        words = tuple(whole_words(self._words))
        return Final(text, self._language, words, self._held.seconds, seconds, self._probability)

    def _place_to_cut(self) -> int | None:
        """Window before which the held sound is read for good; None while it may still grow."""
        held = self._held
        seconds = (held.end - held.offset) * WINDOW_SECONDS
        least = next((pause for after, pause in _CUT_PAUSES if seconds >= after), 0)
        if not least:
            return None
        begin = next(begin for after, begin in _CUT_FROM if seconds >= after)
        earliest = held.offset + int(begin / WINDOW_SECONDS)
        latest = held.offset + int(CUT_LATEST / WINDOW_SECONDS)
        good = [
            pause
            for pause in held.pauses(earliest, min(held.end, latest))
            if pause.length >= least and (pause.end < held.end or pause.length >= PAD)
        ]
        if good:
            return max(good, key=lambda pause: (pause.length, pause.start)).middle
        if held.end < latest:
            return None
        return quietest(held.loudness(earliest, latest), earliest)

    def _settle(self, cut: int, stopped: Callable[[], bool]) -> None:
        """Read the held sound before window `cut` for good, and drop it."""
        held, words = self._held, list[Word]()
        spans = held.speech(end=cut)
        if spans:
            words = self._read(spans, cut, stopped)
        self._words += words
        said = pieces("".join(word.text for word in words))
        self._agreement.settle(said, reading_goes_on=self._read_from > cut)
        self._read_from = max(self._read_from, cut)
        held.forget(cut)
        self._partial_at = held.samples

    def _read(self, spans: Sequence[Span], cut: int, stopped: Callable[[], bool]) -> list[Word]:
        """Read speech before window `cut` with care, unless that has been done already."""
        held, begun, ended = self._held, spans[0].start, spans[-1].end
        if self._ahead and self._is_read(spans):
            return self._ahead[2]
        whole = Chunk((Span(max(held.offset, begun - PAD), min(cut, ended + PAD)),))
        doubted = not self._words and 0 < self._probability < _SURE
        if not self._language or doubted:
            self._language, self._probability = self._recogniser.language_of(sound_of(whole, held))
        after = self._words[-1].end if self._words else 0.0
        language, hotwords = self._language, self._hotwords
        words = read_through(
            self._recogniser, held, [whole], language, hotwords, after=after, stopped=stopped, short=True
        )
        self._ahead = (begun, ended, words)
        return words

    def _is_read(self, spans: Sequence[Span]) -> bool:
        """Whether the last careful reading was of just this speech."""
        return self._ahead is not None and self._ahead[:2] == (spans[0].start, spans[-1].end)

    def _look_ahead(self, stopped: Callable[[], bool]) -> Partial | None:
        """Read the held sound with care when the speaker pauses: perhaps that was all.

        What it says counts as the next reading for the partial text, too.
        """
        held = self._held
        spans = held.speech()
        if not spans or held.end - spans[-1].end < _AHEAD_PAUSE:
            return None
        spoken = sum(span.end - span.start for span in spans) * WINDOW_SECONDS
        begun = self._clock()
        if begun < self._ahead_not_before or self._is_read(spans) or not (self._language or spoken >= _LANGUAGE_SPEECH):
            return None
        words = self._read(spans, held.end, stopped)
        ended = self._clock()
        self._ahead_not_before = self._partial_not_before = ended + (ended - begun)
        if not words or self._read_from > spans[0].start:
            return None
        self._agreement.read(pieces("".join(word.text for word in words)))
        self._partial_at = held.samples
        return self._next_partial()

    def _partial(self) -> Partial | None:
        """A partial text, when enough new sound has come and at most half of the time goes into partial texts."""
        held = self._held
        if held.samples - self._partial_at < PARTIAL_EVERY * SAMPLE_RATE:
            return None
        begun = self._clock()
        spans = held.speech(max(self._read_from, held.offset))
        spoken = sum(span.end - span.start for span in spans) * WINDOW_SECONDS
        if begun < self._partial_not_before or spoken < _LEAST_SPEECH:
            return None
        if self._is_read(held.speech()) or _HUSH <= held.end - spans[-1].end < _AHEAD_PAUSE:
            return None
        start = max(held.offset, self._read_from, spans[0].start - PAD)
        sound = held.sound(start, held.end)
        if not self._language and spoken >= _LANGUAGE_SPEECH:
            self._language, self._probability = self._recogniser.language_of(sound)
        if self._language:
            phrases = self._recogniser.phrases(sound, self._language, self._hotwords)
            if phrases:
                self._agreement.read(pieces("".join(phrase.text for phrase in phrases)))
                self._leave(phrases, start)
        ended = self._clock()
        self._partial_not_before = ended + (ended - begun)
        self._partial_at = held.samples
        return self._next_partial()

    def _next_partial(self) -> Partial | None:
        """The partial text as it stands, when it has not been told."""
        partial = Partial(self._agreement.text, self._agreement.confirmed)
        if not partial.text or partial == self._told:
            return None
        self._told = partial
        return partial

    def _leave(self, phrases: Sequence[Word], start: int) -> None:
        """Let the next partial reading begin behind the last phrase that is confirmed and followed by a pause."""
        near = int(_LEAVE_NEAR / WINDOW_SECONDS)
        for count in range(len(phrases), 0, -1):
            end = start + int(phrases[count - 1].end / WINDOW_SECONDS)
            pauses = [pause for pause in self._held.pauses(end - near, end + near) if pause.length >= _LEAVE_PAUSE]
            words = len(pieces("".join(phrase.text for phrase in phrases[:count])))
            if pauses and self._agreement.leave(words):
                self._read_from = max(pauses, key=lambda pause: pause.length).middle
                return
