"""How long a new answer would wait before it begins. Pure: from what runs and waits, recent lengths, measured rates.

While anybody waits all slots are taken, so each running answer gets its share of the engine and the next place is free
when the first of them ends. How long an answer will be nobody knows: each is given another of the recent lengths, and
the mean over several ways of giving them out is the prediction. With one length for all, answers that differ would
seem to end at the same moment, and the first place would be expected far too late.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MEMORY = 64
"""Recent answers whose lengths count."""
FIRST_GUESS = 256
"""Tokens of an answer before the first one has ended."""
_DRAWS = 8
_GOLDEN = 0.6180339887498949
"""Steps of this size spread evenly over 0…1 however many there are."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that runs or waits; tokens."""

    prompt: float
    """Still to be read."""
    made: int = 0
    """Already written; of a resumed answer only what was written here."""
    limit: int = 0
    """Never more than that; 0 = no limit."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Measured tokens a second. 0 = unknown."""

    prefill: float
    decode: float
    """Of all answers together, with every slot taken."""


class Lengths:
    """What recent answers came to: tokens written, and prompt tokens that had to be read."""

    def __init__(self) -> None:
        self._answers: deque[int] = deque(maxlen=MEMORY)
        self._prompts: deque[int] = deque(maxlen=MEMORY)

    def add(self, prompt: int, tokens: int) -> None:
        """Note one answer that has ended."""
        self._answers.append(tokens)
        self._prompts.append(prompt)

    @property
    def prompt(self) -> float:
        """Prompt tokens to be read for an answer, on average."""
        return sum(self._prompts) / len(self._prompts) if self._prompts else 0.0

    def left(self, answer: Answer, shares: Sequence[float]) -> list[float]:
        """Return for each share of 0…1 how many tokens are left, so that this share of answers has fewer left."""
        answers = sorted(self._answers) or [FIRST_GUESS]
        longer = answers[bisect_right(answers, answer.made) :]
        if longer:
            found = [longer[min(len(longer) - 1, int(share * len(longer)))] - answer.made for share in shares]
        else:  # longer than any lately: the longer it is already, the longer it may go on
            found = [max(16, answer.made // 4)] * len(shares)
        most = answer.limit - answer.made if answer.limit else max(found)
        return [float(max(0, min(most, tokens))) for tokens in found]


def predicted_wait(
    running: Sequence[Answer], waiting: Sequence[Answer], slots: int, rates: Rates, lengths: Lengths
) -> float:
    """Return the seconds until an answer that came now would begin; 0.0 when at once, or when no rate is known."""
    if len(running) + len(waiting) < slots or rates.decode <= 0:
        return 0.0
    answers = [*running, *waiting]
    draws = [
        lengths.left(answer, [(place * _GOLDEN + draw / _DRAWS) % 1 for draw in range(_DRAWS)])
        for place, answer in enumerate(answers)
    ]
    reading = [answer.prompt / rates.prefill if rates.prefill > 0 else 0.0 for answer in answers]
    total = 0.0
    for draw in range(_DRAWS):
        # Seconds that each would take if it had the engine for itself; all slots share it.
        work = [read + left[draw] / rates.decode for read, left in zip(reading, draws, strict=True)]
        ends = [slots * seconds for seconds in work[: len(running)]]
        ends += [0.0] * (slots - len(ends))
        heapq.heapify(ends)
        for seconds in work[len(running) :]:
            heapq.heapreplace(ends, ends[0] + slots * seconds)
        total += max(0.0, ends[0])
    return total / _DRAWS
