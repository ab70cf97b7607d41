"""What of a growing transcript can be believed: words that two readings in a row agree on. Pure.

Local agreement as in Liu, Spanakis and Niehues, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation
by Partial Hypothesis Selection", Interspeech 2020.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from nodeworker.engines.speech.spoken_words import UNSPACED, plain_word

_KEPT_OPEN = 1
"""Last words of a reading that are never confirmed: their sound may not be complete."""
_PIECE = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)")


def pieces(text: str) -> list[str]:
    """Words with the space before them; single characters where a script has no spaces."""
    return _PIECE.findall(text)


class Agreement:
    """Confirms words over successive readings of one stretch of sound. Confirmed words are never taken back.

    Words that are shown come in four parts: those of sound that is settled, those that `leave` put aside, the
    confirmed ones of the stretch that is being read, and what its last reading says behind them.
    """

    def __init__(self) -> None:
        self._settled: list[str] = []
        self._left: list[str] = []
        self._confirmed: list[str] = []
        self._reading: list[str] = []

    def read(self, words: Sequence[str]) -> None:
        """Take the next reading of the whole stretch."""
        known = len(self._confirmed)
        for old, new in zip(self._reading[known:], words[known : len(words) - _KEPT_OPEN], strict=False):
            if plain_word(old) != plain_word(new):
                break
            self._confirmed.append(new)
        self._reading = list(words)

    def leave(self, count: int) -> bool:
        """Put the first `count` words aside: readings begin behind them. False: not all of them are confirmed."""
        if not 0 < count <= len(self._confirmed):
            return False
        self._left += self._confirmed[:count]
        self._confirmed = self._confirmed[count:]
        self._reading = self._reading[count:]
        return True

    def settle(self, words: Sequence[str], *, reading_goes_on: bool = False) -> None:
        """Take the last, careful reading of the sound up to a cut; what it says is no longer open.

        Words that are shown already stay, also where the careful reading differs; only what it has behind them is
        added. Confirmed words of sound behind the cut are expected at the beginning of the next reading.
        `reading_goes_on`: readings begin behind the cut already, so they are not touched.
        """
        shown = [*self._left, *self._confirmed]
        known, stands_for = _same_speech(shown, words)
        if reading_goes_on:
            known = min(known, len(self._left))
            self._settled += self._left[:known]
            self._left = self._left[known:]
            return
        self._settled += [*shown[:known], *words[stands_for:]]
        self._left = []
        self._confirmed = shown[known:]
        self._reading = list(self._confirmed)

    @property
    def confirmed(self) -> str:
        """Text that will not be taken back."""
        return "".join([*self._settled, *self._left, *self._confirmed]).strip()

    @property
    def text(self) -> str:
        """The confirmed text and what the last reading says behind it."""
        return "".join([*self._settled, *self._left, *self._confirmed, *self._reading[len(self._confirmed) :]]).strip()


def _same_speech(shown: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """How many of `shown` and how many of `words` stand for the same speech; all of one of them, or of both."""
    matcher = SequenceMatcher(None, [*map(plain_word, shown)], [*map(plain_word, words)], autojunk=False)
    ends = [(block.a + block.size, block.b + block.size) for block in matcher.get_matching_blocks() if block.size]
    a, b = ends[-1] if ends else (0, 0)
    more = min(len(shown) - a, len(words) - b)
    return a + more, b + more
