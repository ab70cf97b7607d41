"""What of a growing transcript can be believed: words that two readings in a row agree on. Pure.

Local agreement as in Liu, Spanakis and Niehues, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation
by Partial Hypothesis Selection", Interspeech 2020.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nodeworker.engines import Word

_KEPT_OPEN = 1
"""Last words of a reading that are never confirmed: their sound may not be complete."""
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts written without spaces between words (Thai, Lao, Burmese, Khmer, Chinese, Japanese)."""
_PIECE = re.compile(rf"\s*(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)")
_STARTS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def pieces(text: str) -> list[str]:
    """Words with the space before them; single characters where a script has no spaces."""
    return _PIECE.findall(text)


def whole_words(parts: Iterable[Word]) -> list[Word]:
    """Join what the recogniser takes apart inside a word ("ill", "-disposed") and strip the spaces."""
    words: list[Word] = []
    for part in parts:
        text = part.text.strip()
        if not text:
            continue
        if words and not part.text[0].isspace() and not _STARTS_UNSPACED.match(text):
            words[-1] = Word(words[-1].text + text, words[-1].start, part.end)
        else:
            words.append(Word(text, part.start, part.end))
    return words


class Agreement:
    """Confirms words over successive readings of one stretch of sound. Confirmed words are never taken back."""

    def __init__(self, before: Sequence[str] = ()) -> None:
        """`before`: words shown for the sound in front of this stretch."""
        self._before = list(before)
        self._confirmed: list[str] = []
        self._reading: list[str] = []

    def read(self, words: Sequence[str]) -> None:
        """Take the next reading of the whole stretch."""
        settled = len(self._confirmed)
        for old, new in zip(self._reading[settled:], words[settled : len(words) - _KEPT_OPEN], strict=False):
            if _plain(old) != _plain(new):
                break
            self._confirmed.append(new)
        self._reading = list(words)

    def settle(self, words: Sequence[str]) -> list[str]:
        """Take the last, careful reading: all of it is confirmed now. Return every word shown up to here."""
        self._reading = list(words)
        self._confirmed += self._reading[len(self._confirmed) :]
        return [*self._before, *self._confirmed]

    @property
    def confirmed(self) -> str:
        """Text that will not be taken back."""
        return "".join([*self._before, *self._confirmed]).strip()

    @property
    def text(self) -> str:
        """The confirmed text and what the last reading says behind it."""
        return "".join([*self._before, *self._confirmed, *self._reading[len(self._confirmed) :]]).strip()


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalnum())
