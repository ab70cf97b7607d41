"""How far a sentence stands in passages: windows of their sentences, words, numbers and names; pure.

A passage backs a sentence only where its words stand together: in one or two neighbouring sentences, with the heading
above them. What the question asks for counts too, for an answer may be a bare name. How the parts are weighed was
fitted on made pairs, see docs/assistant.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app import words
from app.events import Passage

WINDOW = 2
"""Neighbouring sentences of a passage that may back a sentence together."""
LONGEST_WINDOW = 700
"""Characters of a window; a passage without full stops is one long sentence."""

INTERCEPT, NEW, ALL, NUMBERS, NAMES = -7.99, 5.23, 5.45, -3.25, -0.74
"""Weights of the parts of `Backing`; fitted on half of the made pairs by tests/bench/bench_checking.py."""
BACKED = 0.3
"""Probability from which a passage counts as backing a sentence."""

_MARKER = re.compile(r"\[\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-ZÀ-ÖØ-Þ][\w’'-]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Backing:
    """How one passage backs a sentence at its best place."""

    n: int
    """Number of the passage."""
    window: str
    """The one or two sentences that back it best."""
    new: float
    """Share of the sentence's content words beyond the question's that stand there; 1 without any."""
    all: float
    """Share of all its content words."""
    claim: float
    """Share of its words and the question's together."""
    numbers: float
    """Share of its numbers that do not stand there."""
    names: float
    """Share of its names that do not stand there."""

    @property
    def probability(self) -> float:
        """How likely the passage backs the sentence, by words alone, 0…1."""
        return logistic(INTERCEPT + NEW * self.new + ALL * self.all + NUMBERS * self.numbers + NAMES * self.names)

    @property
    def order(self) -> float:
        """What backings are compared by: of places that say the sentence the one that also speaks of the question."""
        return self.probability + self.claim


class Sources:
    """The passages of one answer, prepared for looking sentences up."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self._asked = set(_stems(question))
        self._windows = [(passage.n, *window) for passage in passages for window in _windows(passage)]

    def backings(self, sentence: str) -> list[Backing]:
        """Return each passage's best backing of a sentence, best first; empty when it says nothing to look up."""
        sentence = _MARKER.sub(" ", sentence)
        said = list(dict.fromkeys(_stems(sentence)))
        if not said:
            return []
        new = [word for word in said if word not in self._asked]
        claim = self._asked | set(said)
        numbers = {number for number in map(_plain_number, _NUMBER.findall(sentence))}
        names = {stem for name in _NAME.findall(sentence) for stem in _stems(name)} - self._asked
        best: dict[int, Backing] = {}
        for n, text, stems, known in self._windows:
            backing = Backing(
                n,
                text,
                _share(new, stems),
                _share(said, stems),
                _share(claim, stems),
                1.0 - _share(numbers, known),
                1.0 - _share(names, stems),
            )
            if n not in best or backing.order > best[n].order:
                best[n] = backing
        return sorted(best.values(), key=lambda backing: (-backing.order, backing.n))


def logistic(value: float) -> float:
    """Return 1 / (1 + e^-value) without overflow."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))


def _share(wanted: Sequence[str] | set[str], known: set[str]) -> float:
    return sum(word in known for word in wanted) / len(wanted) if wanted else 1.0


def _windows(passage: Passage) -> list[tuple[str, set[str], set[str]]]:
    """Return (text, stems, numbers) of each window; heading, table header and file name count for all of them."""
    head = f"{passage.section}\n{passage.header}\n{passage.path.rsplit('/', 1)[-1].replace('_', ' ')}"
    above = set(_stems(head))
    numbers_above = set(map(_plain_number, _NUMBER.findall(head)))
    spans = words.sentences(passage.text)
    found = []
    for at in range(len(spans)):
        last = min(at + WINDOW, len(spans)) - 1
        if at and last == at:
            break  # the end of the last pair
        text = passage.text[spans[at][0] : spans[last][1]]
        if len(text) > LONGEST_WINDOW:
            text = passage.text[spans[at][0] : spans[at][1]]
        found.append((text, above | set(_stems(text)), numbers_above | _numbers_of(text)))
    return found


def _numbers_of(text: str) -> set[str]:
    return set(map(_plain_number, _NUMBER.findall(text)))


def _stems(text: str) -> list[str]:
    return [_plain_number(word) if word[0].isdigit() else word for word in words.content(text)]


def _plain_number(number: str) -> str:
    """Write a number as others may: "2,850" and "2850" are one, "2,5" and "2.5" too."""
    if _THOUSANDS.fullmatch(number):
        return re.sub("[.,]", "", number)
    return number.replace(",", ".")
