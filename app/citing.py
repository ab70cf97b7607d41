"""Markers like [2] in an answer: read, put right while the text streams, added where a sentence has none; pure.

Small models forget markers or guess their numbers. A marker is compared with the passages by words (app/support.py) the
moment it is whole: one that its passage does not back gets the number of the passage that does. A sentence that ends
without a marker gets one when a passage backs it. So what is shown is never taken back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app import words
from app.events import Passage
from app.grounding import refuses
from app.support import BACKED, Sources

NEARLY = 0.35
"""A marker stays when its passage backs the sentence less than this behind the best one (`Backing.order`)."""
EQUALLY = 0.1
"""Two passages are named for a sentence when both say it and the second is less than this behind."""

_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_MAYBE_MARKER = re.compile(r"\[[\d\s,;–-]{0,24}$")
_UNIT = re.compile(r"\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]|\s+|[^\s\[]+|\[")


def markers(text: str, count: int) -> tuple[int, ...]:
    """Return the passage numbers that a text refers to, in order, each once; numbers beyond `count` are dropped."""
    found: list[int] = []
    for match in _MARKER.finditer(text):
        for n in _numbers(match.group(1)):
            if 1 <= n <= count and n not in found:
                found.append(n)
    return tuple(found)


def without_markers(text: str) -> str:
    """Return the text with a blank in the place of each marker."""
    return _MARKER.sub(" ", text)


def spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence of an answer; a line ends one, a marker belongs to the one before it."""
    found: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text):
        for start, end in words.sentences(line.group()):
            start, end = start + line.start(), end + line.start()
            while (leading := _MARKER.match(text, start, end)) is not None and found:
                found[-1] = (found[-1][0], leading.end())
                start = leading.end() + len(text[leading.end() : end]) - len(text[leading.end() : end].lstrip())
            if text[start:end].strip():
                found.append((start, end))
    return found


class CitedStream:
    """Takes a stream of an answer's text and gives it back with markers that point at what backs each sentence."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self._numbers = {passage.n for passage in passages}
        self._sources = Sources(passages, question)
        self._held = ""
        """A marker that has begun."""
        self._blanks = ""
        """Those after a sentence, not shown yet."""
        self._sentence = ""
        self._marked = False

    def feed(self, text: str) -> str:
        """Return what may be shown now."""
        if not self._numbers:
            return text
        text = self._held + text
        self._held = ""
        if (begun := _MAYBE_MARKER.search(text)) is not None:
            text, self._held = text[: begun.start()], text[begun.start() :]
        return "".join(map(self._unit, _UNIT.findall(text)))

    def flush(self) -> str:
        """Return what is still held, and the marker that the last sentence lacks."""
        held, self._held = self._held, ""
        if not self._numbers:
            return held
        rest = self._word(held) if held else ""
        return rest + self._missing()

    def _unit(self, unit: str) -> str:
        if unit.isspace():
            self._blanks += unit
            if self._ended():
                return ""  # what follows may be the marker of the sentence that has ended
            shown, self._blanks = self._blanks, ""
            self._sentence += shown
            return shown
        if (marker := _MARKER.fullmatch(unit)) is None:
            return self._word(unit)
        good = self._right(_numbers(marker.group(1)))
        blanks, self._blanks = self._blanks, ""
        if not good:
            return ""
        self._marked = True
        return blanks + (unit if good == _numbers(marker.group(1)) else "".join(f"[{n}]" for n in good))

    def _word(self, word: str) -> str:
        before = ""
        if self._ended():
            before = self._missing()
            self._sentence, self._marked = "", False
        shown = self._blanks + word
        self._sentence += shown
        self._blanks = ""
        return before + shown

    def _ended(self) -> bool:
        if not self._blanks:
            return False
        return "\n" in self._blanks or len(words.sentences(f"{self._sentence[-400:]} X")) > 1

    def _missing(self) -> str:
        """Return the marker that the sentence needs, with a blank before it; "" when it has one or nothing backs it."""
        if self._marked or refuses(self._sentence):
            return ""
        found = [one for one in self._sources.backings(self._sentence)[:2] if one.probability >= BACKED]
        self._marked = True
        found = [one for one in found if one.order > found[0].order - EQUALLY]
        return " " + "".join(f"[{one.n}]" for one in found) if found else ""

    def _right(self, numbers: Sequence[int]) -> list[int]:
        """Return the numbers that may stand behind the sentence instead of those that the model gave."""
        known = list(dict.fromkeys(n for n in numbers if n in self._numbers))
        backings = self._sources.backings(self._sentence)
        if not backings or backings[0].probability < BACKED:
            return known  # by words nothing backs it; whether it means the same is looked at in the end
        best = backings[0]
        good = {b.n for b in backings if b.probability >= BACKED and b.order > best.order - NEARLY}
        return [n for n in known if n in good] or [best.n]


def _numbers(inside: str) -> list[int]:
    """Read "1", "1, 2" and "1-3"."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", inside):
        ends = [int(piece) for piece in re.split(r"\s*[–-]\s*", part) if piece]
        if len(ends) == 2 and 0 <= ends[1] - ends[0] < 10:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return found
