"""Barge-in by voice: when what the microphone hears while an answer is read is a person. Pure: sound in, verdicts out.

The echo of the own voice is taken out first (app/voice/echo.py). What is left is a person where it sounds like speech
and is clearly louder than what the canceller left of the echo until now. Where it sounds like speech but is not louder,
the voice is ducked for a moment: an echo gets softer with it, a person does not. Who seems to be a person silences the
voice at once; only if they are still heard without it, it stops for good, else it goes on where it was.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np

from app.voice.echo import STEP, EchoCanceller, Samples

WINDOW = 512
"""Samples (32 ms) that one verdict is about."""
WINDOW_SECONDS = WINDOW / 16_000
_SILENT = -100.0


class Verdict(Enum):
    """What to do with the own voice now."""

    NOTHING = "nothing"
    DUCK = "duck"
    """Softer: it is not clear whether somebody speaks."""
    RAISE = "raise"
    """As before: it was the echo."""
    HUSH = "hush"
    """Silent for a moment: somebody seems to speak, and without the own voice it can be told."""
    RESUME = "resume"
    """Nobody does: on where it was."""
    STOP = "stop"
    """A person speaks."""


@dataclass(frozen=True, slots=True)
class BargeInRules:
    """Bounds, chosen with tests/bench/bench_barge_in.py."""

    speech: float = 0.5
    """From which probability a window sounds like speech."""
    windows: int = 2
    """So many in a row make a person."""
    certain: float = 0.85
    """From which probability on a window counts for two."""
    margin: float = 6.0
    """Decibels above the loudest that was left of the echo lately."""
    first_margin: float = 9.0
    """The same in the first moments, when little was heard of the echo."""
    own: float = -40.0
    """Decibels of full scale of the own voice from which on its echo is learnt from."""
    least: float = -52.0
    """Decibels of full scale: what is softer is no person who speaks to the program."""
    above_noise: float = 9.0
    """Decibels above the noise of the room."""
    memory: int = 50
    """Windows of own voice (1.6 s) that say how much of the echo is left."""
    learning: int = 12
    """Windows of own voice (0.4 s) before anything counts as a person."""
    settle: int = 8
    """Windows (0.26 s) before what was left counts as the echo's: a person begins softly."""
    room: int = 100
    """Windows (3.2 s) whose softest are the noise of the room."""
    tail: int = 12
    """Windows (0.4 s) that an echo may last."""
    unsure: int = 12
    """Windows (0.4 s) of speech that may be the echo before the voice is ducked; others count back."""
    late: int = 7
    """Windows (0.2 s) from when what is played is ducked until nothing louder is left of the echo."""
    during: int = 9
    """Windows (0.3 s) that are looked at then."""
    never: int = 94
    """Windows (3 s) after which ducking is given up: the loudspeaker does not heed it."""
    drop: float = 6.0
    """Decibels by which an echo gets softer at least when ducked (by 18)."""
    before: int = 6
    """Windows (0.2 s) before the first that sounds like speech which belong to its first word."""
    trail: int = 8
    """Windows (0.26 s) of silence until nothing is left of the echo of what was played before."""
    sure: int = 3
    """Windows of speech after those that make a person."""
    waits: int = 28
    """Windows (0.9 s) of silence after which the voice goes on."""
    warier: float = 4.0
    """Decibels that are added to the margin each time when it was silent in vain."""
    tries: int = 3
    """Duckings in vain before the rule leaves it: then only who is louder than the echo is heard."""


@dataclass(frozen=True, slots=True)
class _Levels:
    heard: float
    """Decibels of what is left of the window."""
    own: float
    """The loudest that was played lately."""
    soft: bool
    """Whether what was played was ducked."""


class BargeIn:
    """Of one reading. `hear` for each window of sound, then `judge` with its probability, in the same order."""

    def __init__(self, rules: BargeInRules | None = None) -> None:
        self.rules = rules or BargeInRules()
        self.seconds_ago = 0.0
        """Before the end of the window judged last, when the verdict was HUSH or STOP: when the person began."""
        self._canceller = EchoCanceller()
        self._played: deque[float] = deque(maxlen=self.rules.tail)
        self._left: deque[float] = deque(maxlen=self.rules.memory)
        self._waiting: deque[_Levels] = deque()
        self._room: deque[float] = deque(maxlen=self.rules.room)
        self._recent: deque[float] = deque(maxlen=self.rules.settle)
        self._speaking = 0
        self._unsure = 0
        self._before: deque[float] = deque(maxlen=self.rules.unsure)
        self._ducked = 0
        """Windows since ducking was asked for; 0: it was not."""
        self._softly = 0
        """Windows since it is heard."""
        self._during: list[float] = []
        self._vain = 0
        self._hushed = 0
        """Windows since the voice is silent; 0: it is not."""
        self._heard = 0
        """Windows of speech in that silence."""
        self._wary = 0.0

    def hear(self, heard: Samples, played: Samples, *, soft: bool = False) -> Samples:
        """Return what is left of WINDOW samples when the echo is taken out; 1.0 = full scale.

        `soft`: what is played is ducked, as it lies in `played`.
        """
        left = np.concatenate(
            [self._canceller.take(heard[at : at + STEP], played[at : at + STEP])[0] for at in range(0, WINDOW, STEP)]
        )
        self._played.append(decibels(played))
        self._waiting.append(_Levels(decibels(left), max(self._played), soft))
        return left

    def judge(self, speech: float) -> Verdict:
        """What the next window means that `hear` got; `speech`: how likely it holds speech, 0 to 1."""
        rules, levels = self.rules, self._waiting.popleft()
        sounds = speech >= rules.speech
        self._room.append(levels.heard)
        noise = sorted(self._room)[len(self._room) // 20]
        if self._hushed:
            return self._confirmed(sounds and levels.heard > max(rules.least, noise + rules.above_noise))
        loud = levels.heard > max(self._bound(levels.own), noise + rules.above_noise, rules.least)
        person = sounds and loud
        self._speaking = self._speaking + (2 if speech >= rules.certain else 1) if person else 0
        if self._speaking >= rules.windows:
            return self._hush(rules.windows)
        if not person and levels.own > rules.own:
            if len(self._recent) == rules.settle:
                self._left.append(self._recent[0])
            self._recent.append(levels.heard - levels.own if levels.heard > noise + rules.above_noise / 2 else _SILENT)
        return self._duck(levels, sounds and levels.heard > max(rules.least, noise + rules.above_noise))

    def _hush(self, spoken: int) -> Verdict:
        """Somebody seems to have spoken for so many windows."""
        self.seconds_ago = (spoken + self.rules.before) * WINDOW_SECONDS
        self._hushed, self._heard, self._speaking, self._unsure = 1, 0, 0, 0
        return Verdict.HUSH

    def _confirmed(self, speech: bool) -> Verdict:
        """Take a window of the silence; `speech`: somebody speaks in it."""
        self._hushed += 1
        self.seconds_ago += WINDOW_SECONDS
        self._heard += speech and self._hushed > self.rules.trail
        if self._heard >= self.rules.sure:
            return Verdict.STOP
        if self._hushed < self.rules.waits:
            return Verdict.NOTHING
        self._hushed = 0
        self._wary += self.rules.warier
        return Verdict.RESUME

    def forget(self) -> None:
        """Learn the echo anew: what is played lies elsewhere beside what is heard from now on."""
        self._canceller = EchoCanceller()
        self._left.clear()
        self._recent.clear()
        self._speaking = self._unsure = 0

    def _bound(self, own: float) -> float:
        """How loud what is left of the echo can be, in decibels."""
        if own <= self.rules.least:
            return _SILENT
        if len(self._left) < self.rules.learning:
            return math.inf
        known = (len(self._left) - self.rules.learning) / (self.rules.memory - self.rules.learning)
        margin = self.rules.first_margin + known * (self.rules.margin - self.rules.first_margin)
        return own + max(self._left) + margin + self._wary

    def _duck(self, levels: _Levels, heard: bool) -> Verdict:
        rules = self.rules
        if self._ducked:
            self._ducked += 1
            self._softly += levels.soft
            if self._softly > rules.late:
                self._during.append(levels.heard)
            if len(self._during) < rules.during and self._ducked < rules.never:
                return Verdict.NOTHING
            waited, self._ducked = self._ducked, 0
            stays = _typical(self._during) > _typical(list(self._before)) - rules.drop
            if stays and len(self._during) == rules.during:
                return self._hush(rules.unsure + waited)
            self._vain += 1
            return Verdict.RAISE
        self._unsure = self._unsure + 1 if heard else max(0, self._unsure - 1)
        self._before.append(levels.heard)
        known = len(self._left) == rules.memory and levels.own > rules.least
        if self._unsure < rules.unsure or self._vain >= rules.tries or not known:
            return Verdict.NOTHING
        self._unsure, self._ducked, self._softly, self._during = 0, 1, 0, []
        return Verdict.DUCK


def decibels(sound: Samples) -> float:
    """Loudness of sound beside full scale, at least -100."""
    power = float(sound @ sound) / max(1, len(sound))
    return max(_SILENT, 10 * math.log10(power)) if power > 0 else _SILENT


def _typical(levels: list[float]) -> float:
    """The loudness of the louder half: gaps between words say nothing."""
    louder = sorted(levels)[len(levels) // 2 :]
    return sum(louder) / len(louder) if louder else _SILENT
