"""Which settings are best for a model on this machine: tried by measurement, cheapest first, within a time.

Pure but for the clock: what measures is behind `Measurer`. Settings are judged by the time for one question over
documents, so that neither reading nor writing alone decides. Every stage begins with the best of the stage before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from nodeworker.models.tuned import FLASH, Tuning

READ, WRITTEN = 1400, 150
"""Tokens of the question that settings are judged by: five passages, and an answer of a paragraph."""
ROUNDS = 3
MARGIN = 1.03
"""A change must promise that much: below it lies the noise of measuring."""
HOPELESS = 1.5
"""A candidate that takes that many times as long as the best in the first round is not measured again."""
STALL_SECONDS = 1.0
"""Longest pause between two tokens while all cores are busy with other work."""
STALL_RATIO = 4.0
"""The same as a multiple of one thread's longest pause: a large model needs seconds for a token by nature."""
COLLAPSE = 0.5
"""Least speed on busy cores, beside that of one thread."""
DRAFT_HITS = 0.95
"""Share of right guesses in a quotation. The engine guesses only where it pays; this asks whether it ever does."""
MOST_DRAFT = 15
CHUNK_SECONDS = 0.4
"""The engine reads prompts in pieces that take so long."""
BATCHES = (128, 2048)
"""Beside the 512 tokens that the engine computes at once by itself."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens/s of reading a prompt, and of writing one answer after it."""

    reading: float
    writing: float

    @property
    def question(self) -> float:
        """Seconds for the question that settings are judged by."""
        return READ / self.reading + WRITTEN / self.writing


@dataclass(frozen=True, slots=True)
class Strain:
    """What is left while every core is busy with other work."""

    writing: float
    """Tokens/s of one answer."""
    longest: float
    """Seconds of its longest decode."""


class Measurer(Protocol):
    """Runs a model with given settings, each call for a second or two."""

    def speed(self, settings: Tuning, tokens: int) -> Speed:
        """Read a prompt of so many tokens, then write."""
        ...

    def strain(self, settings: Tuning) -> Strain:
        """Write while every core is busy."""
        ...

    def costs(self, settings: Tuning) -> dict[int, float]:
        """Return the seconds of decodes by their number of tokens, as far as drafts may be that long."""
        ...


@dataclass(slots=True)
class Choice:
    """What is known so far; it grows while the chooser runs and is sound whenever it is interrupted."""

    settings: Tuning
    """The best that was proven."""
    speeds: dict[str, dict[str, Speed]] = field(default_factory=dict)
    """Medians by stage and `Tuning.label`; prompts have another length in each stage, so stages do not compare."""
    strains: dict[str, Strain] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """Why, by label."""
    untried: list[str] = field(default_factory=list)
    """Stages for which the time was over."""
    draft_gain: float = 0.0
    """How many times as fast an answer that quotes is with drafts; 0: not measured."""
    proven: bool = False
    """Whether the number of threads was measured, idle and with busy cores."""
    narrow: str = ""
    """The exact cache that was compared, by label; "" when none was."""
    wide: str = ""
    """The quickest 16-bit cache."""


class OutOfTime(Exception):
    """The budget is spent."""


class Chooser:
    """Runs the stages. `choice` may be read at any time, also after KeyboardInterrupt."""

    def __init__(
        self,
        measurer: Measurer,
        *,
        threads: Sequence[int],
        seconds: float,
        prefer_speed: bool = False,
        tell: Callable[[str, float], None] = lambda _what, _left: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`threads`: counts to try, the default first. `tell` gets what is tried and the seconds left."""
        self.choice = Choice(Tuning(threads=threads[0]))
        self._measurer = measurer
        self._threads = tuple(dict.fromkeys(threads))
        self._prefer_speed = prefer_speed
        self._tell = tell
        self._clock = clock
        self._deadline = clock() + seconds
        self._tokens = 64
        self._longest = 0.0

    def run(self) -> Choice:
        """Go through all stages, as far as the time reaches."""
        for name, stage in (
            ("threads", self._choose_threads),
            ("drafts", self._choose_drafts),
            ("batch", self._choose_batch),
            ("cache", self._choose_cache),
        ):
            self._longest = 0.0
            try:
                stage()
            except OutOfTime:
                self.choice.untried.append(name)
        return self.choice

    # -- stages ------------------------------------------------------------------------------------------------------

    def _choose_threads(self) -> None:
        """The quickest number on an idle machine that also goes on when all cores are busy."""
        default = self.choice.settings
        self._warm(default)
        candidates = [replace(default, threads=count) for count in self._threads]
        for settings in self._ranked("threads", candidates, default):
            if settings.threads == 1 or self._endures(settings):
                self.choice.settings = settings
                self.choice.proven = True
                return

    def _choose_drafts(self) -> None:
        settings = self.choice.settings
        self._spend("drafts")
        costs = self._measurer.costs(settings)
        self.choice.draft_gain = draft_gain(costs)
        self.choice.settings = replace(settings, drafts=self.choice.draft_gain >= MARGIN)

    def _choose_batch(self) -> None:
        """Only where the pieces that prompts are read in are large enough for it to matter."""
        settings = self.choice.settings
        speed = self.choice.speeds.get("threads", {}).get(settings.label)
        piece = speed.reading * CHUNK_SECONDS if speed else 0.0
        if piece <= BATCHES[0]:
            return
        others = [replace(settings, batch=size) for size in BATCHES if size <= 2 * piece]
        self._tokens = READ
        self.choice.settings = self._ranked("batch", [settings, *others], settings)[0]

    def _choose_cache(self) -> None:
        """Eight bits keep answers exact; sixteen may be quicker, and are taken only by one who prefers that."""
        settings = self.choice.settings
        # The longer the prompt, the more the cache matters: as long as fits into half of the time that is left.
        speed = self.choice.speeds["threads"].get(settings.label) if "threads" in self.choice.speeds else None
        if speed is not None:
            left = self._deadline - self._clock()
            self._tokens = max(self._tokens, min(READ, int(speed.reading * left / 2 / (1 + len(FLASH))) // 32 * 32))
        wide = [replace(settings, exact=False, flash=flash) for flash in FLASH]
        ranked = self._ranked("cache", [settings, *wide], settings)
        speeds = self.choice.speeds["cache"]
        best = min(wide, key=lambda other: speeds[other.label].question)
        self.choice.narrow, self.choice.wide = settings.label, best.label
        if self._prefer_speed and ranked[0] != settings and self._endures(ranked[0]):
            self.choice.settings = ranked[0]

    # -- measuring ---------------------------------------------------------------------------------------------------

    def _warm(self, settings: Tuning) -> None:
        """Bring the weights into memory, and find out how long a prompt can be measured in about a second."""
        self._spend("a first look")
        speed = self._measurer.speed(settings, self._tokens)
        self._tokens = max(64, min(READ, int(speed.reading) // 32 * 32))

    def _ranked(self, stage: str, candidates: Sequence[Tuning], current: Tuning) -> list[Tuning]:
        """Return the candidates, quickest first; the current one leads unless another is clearly quicker.

        They are measured in turns, so that a busy moment of the machine hits all of them.
        """
        found: dict[str, list[Speed]] = {settings.label: [] for settings in candidates}
        left = list(candidates)
        for turn in range(ROUNDS):
            for settings in left:
                try:
                    self._spend(f"{stage}: {settings.label}")
                except OutOfTime:
                    if turn == 0:
                        raise
                    break
                begun = self._clock()
                found[settings.label].append(self._measurer.speed(settings, self._tokens))
                self._longest = max(self._longest, self._clock() - begun)
            best = min(speeds[0].question for speeds in found.values())
            left = [each for each in left if each == current or found[each.label][0].question < HOPELESS * best]
        medians = self.choice.speeds[stage] = {label: _median(speeds) for label, speeds in found.items()}
        ranked = sorted(candidates, key=lambda settings: medians[settings.label].question)
        if medians[ranked[0].label].question * MARGIN > medians[current.label].question:
            ranked.sort(key=lambda settings: settings != current)
        return ranked

    def _endures(self, settings: Tuning) -> bool:
        """Whether it goes on when all cores are busy; a refusal is measured twice, for it may be bad luck."""
        self._longest = 0.0  # of reading prompts: this takes a second or two
        for _ in range(2):
            alone = self._strain(replace(settings, threads=1))
            strain = self._strain(settings)
            allowed = max(STALL_SECONDS, STALL_RATIO * alone.longest)
            if strain.longest > allowed:
                why = f"stalls for {strain.longest:.1f} s when all cores are busy"
            elif strain.writing < COLLAPSE * alone.writing:
                why = f"falls to {strain.writing / alone.writing:.0%} of one thread's speed when all cores are busy"
            else:
                self.choice.refused.pop(settings.label, None)
                return True
            self.choice.refused[settings.label] = why
        return False

    def _strain(self, settings: Tuning) -> Strain:
        self._spend(f"busy cores: {settings.label}")
        begun = self._clock()
        strain = self.choice.strains[settings.label] = self._measurer.strain(settings)
        self._longest = max(self._longest, self._clock() - begun)
        return strain

    def _spend(self, what: str) -> None:
        """Say what comes. Raises OutOfTime when it would not end within the time."""
        left = self._deadline - self._clock()
        if left < self._longest or left <= 0:
            raise OutOfTime
        self._tell(what, left)


def thread_counts(default: int, usable: int) -> list[int]:
    """Return the numbers of threads worth trying: the default first, then powers of two and all processors."""
    counts = {1, default, usable, max(1, usable - 1)}
    power = 2
    while power < usable:
        counts.add(power)
        counts.add(min(usable, power + power // 2))
        power *= 2
    return [default, *sorted(counts - {default})]


def draft_gain(costs: dict[int, float], hits: float = DRAFT_HITS) -> float:
    """Return how many times as fast writing is with the best length of draft, each guess being right with `hits`."""
    alone = costs.get(1, 0.0)
    if not alone:
        return 0.0
    best = 1.0
    for size, seconds in costs.items():
        if 1 < size <= MOST_DRAFT + 1 and seconds > 0:
            tokens = sum(hits**place for place in range(size))
            best = max(best, tokens * alone / seconds)
    return best


def _median(speeds: Sequence[Speed]) -> Speed:
    return Speed(
        statistics.median(speed.reading for speed in speeds), statistics.median(speed.writing for speed in speeds)
    )
