"""Where speech begins and ends, from one probability per 32 ms of sound. Pure: never touches audio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nodeworker.engines import SpeechEnded, SpeechStarted

WINDOW = 512
"""Samples that one probability stands for (Silero VAD at 16 kHz)."""
WINDOW_SECONDS = WINDOW / 16_000
_ON, _OFF = 0.5, 0.35
"""Speech begins above the first and lasts until below the second: two bounds keep it from flickering."""
_LEAST_SPEECH = 8
"""Windows (0.26 s): anything shorter is a click."""
_PAUSE = 16
"""Windows (0.5 s) of silence that end speech."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech, in windows; `end` is the first window after it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Windows without speech in a row, perhaps between two words: `middle` is the best place to cut."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Windows that it lasts."""
        return self.end - self.start

    @property
    def middle(self) -> int:
        """The window before which to cut."""
        return (self.start + self.end) // 2


def pauses(probabilities: Sequence[float], first: int = 0) -> list[Pause]:
    """Return every run of windows below the bound of speech; `first` is the window of the first probability."""
    found: list[Pause] = []
    begun: int | None = None
    for at, probability in enumerate(probabilities, first):
        if probability >= _OFF:
            if begun is not None:
                found.append(Pause(begun, at))
            begun = None
        elif begun is None:
            begun = at
    if begun is not None:
        found.append(Pause(begun, first + len(probabilities)))
    return found


def quietest(probabilities: Sequence[float], first: int = 0) -> int:
    """Return the window in the deepest dip: where nobody pauses, that is between two words; the later of two."""

    def depth(at: int) -> float:
        around = probabilities[max(0, at - 1) : at + 2]
        return sum(around) / len(around)

    at = min(range(len(probabilities)), key=lambda at: (depth(at), probabilities[at], -at))
    return first + at


class SpeechBounds:
    """Turns probabilities into spans of speech, as they come."""

    def __init__(self) -> None:
        self.windows = 0
        """Probabilities seen so far."""
        self.spans: list[Span] = []
        """Speech that has ended."""
        self._from: int | None = None
        self._last = 0
        self._active = 0
        self._announced = False

    def feed(self, probabilities: Iterable[float]) -> list[SpeechStarted | SpeechEnded]:
        """Take the next probabilities; return what has begun or ended."""
        events: list[SpeechStarted | SpeechEnded] = []
        for probability in probabilities:
            at = self.windows
            self.windows += 1
            if self._from is None:
                if probability >= _ON:
                    self._from, self._last, self._active, self._announced = at, at, 1, False
                continue
            if probability >= _OFF:
                self._last = at
                self._active += 1
            if not self._announced and self._active >= _LEAST_SPEECH:
                self._announced = True
                events.append(SpeechStarted(self._from * WINDOW_SECONDS))
            if at - self._last >= _PAUSE:
                events += self._end()
        return events

    def finish(self) -> list[SpeechStarted | SpeechEnded]:
        """No more sound: speech that still lasts ends here."""
        return [] if self._from is None else self._end()

    def open_span(self) -> Span | None:
        """Speech that lasts now, up to its last loud window."""
        if self._from is None or not self._announced:
            return None
        return Span(self._from, self._last + 1)

    def speech_between(self, start: int, end: int) -> list[Span]:
        """Speech within these windows, the lasting one included; cut to them."""
        lasting = self.open_span()
        spans = [*self.spans, lasting] if lasting else self.spans
        return [Span(max(s.start, start), min(s.end, end)) for s in spans if s.start < end and s.end > start]

    def forget(self, before: int) -> None:
        """Drop spans that end before this window."""
        self.spans = [span for span in self.spans if span.end > before]

    def _end(self) -> list[SpeechStarted | SpeechEnded]:
        begun, self._from = self._from, None
        if begun is None or not self._announced:
            return []
        span = Span(begun, self._last + 1)
        self.spans.append(span)
        return [SpeechEnded(span.end * WINDOW_SECONDS)]
