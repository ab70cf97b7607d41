"""The rule of barge-in and the echo canceller, with sound made by numbers: what stops the voice and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from app.voice.barge_in import WINDOW, BargeIn, BargeInRules, Verdict, decibels
from app.voice.echo import STEP, EchoCanceller, Samples
from app.voice.player import DUCKED

OWN, PERSON, ROOM = 0.1, 0.1, 0.0005
"""Loudness of the own voice as played, of a person and of the room at the microphone, as shares of full scale."""


VOLUMES = {Verdict.DUCK: DUCKED, Verdict.HUSH: 0.0, Verdict.RAISE: 1.0, Verdict.RESUME: 1.0}


def noise(seconds: float, loud: float, seed: int) -> Samples:
    """Noise with the swell of syllables."""
    samples = round(seconds * 16_000) // WINDOW * WINDOW
    swell = 0.02 + np.abs(np.sin(np.arange(samples) * 2 * np.pi * 2.5 / 16_000))
    return (np.random.default_rng(seed).standard_normal(samples) * swell * loud).astype(np.float32)


def room(samples: int) -> Samples:
    return (np.random.default_rng(9).standard_normal(samples) * ROOM).astype(np.float32)


def answer_of_room(loud: float, late: float) -> Samples:
    """What a room makes of a click: `loud` at most 1, late, and with a tail of 60 ms."""
    rng = np.random.default_rng(5)
    tail = rng.standard_normal(960) * np.exp(-np.arange(960) / 160)
    tail[0] = 2.0
    answer = np.concatenate((np.zeros(round(late * 16_000)), tail / np.sqrt((tail**2).sum()) * loud))
    return answer.astype(np.float32)


def echo_of(played: Samples, loud: float, late: float) -> Samples:
    return np.convolve(played, answer_of_room(loud, late))[: len(played)].astype(np.float32)


def verdicts(
    rule: BargeIn, own: Samples, loud: float, person: Samples | None = None, late: float = 0.1
) -> list[Verdict]:
    """What the rule says where all that is no silence sounds like speech, until it stops the voice; ducking is done."""
    answer, silence = answer_of_room(loud, late), room(len(own))
    echo = np.zeros(len(own) + len(answer), np.float32)
    said: list[Verdict] = []
    volume = 1.0
    for at in range(0, len(own), WINDOW):
        played = own[at : at + WINDOW] * np.float32(volume)
        echo[at : at + WINDOW + len(answer) - 1] += np.convolve(played, answer)[: len(echo) - at]
        heard = echo[at : at + WINDOW] + silence[at : at + WINDOW]
        if person is not None:
            heard = heard + person[at : at + WINDOW]
        left = rule.hear(heard.astype(np.float32), played, soft=volume < 1)
        said.append(rule.judge(0.95 if decibels(left) > -55 else 0.05))
        if said[-1] is Verdict.STOP:
            break
        volume = VOLUMES.get(said[-1], volume)
    return said


@pytest.mark.parametrize("late", [0.02, 0.1, 0.2])
def test_the_echo_is_taken_out_and_a_person_is_left(late: float) -> None:
    canceller, played = EchoCanceller(), noise(8.0, OWN, 1)
    person = np.zeros_like(played)
    person[-16_000:] = noise(2.0, PERSON, 2)[:16_000]
    heard = echo_of(played, 0.4, late) + person + room(len(played))
    left = np.concatenate(
        [canceller.take(heard[at : at + STEP], played[at : at + STEP])[0] for at in range(0, len(heard), STEP)]
    )
    before = slice(-48_000, -16_000)
    assert decibels(left[before]) < decibels(heard[before]) - 15
    assert decibels(left[-16_000:]) == pytest.approx(decibels(person[-16_000:]), abs=2)


def test_what_is_not_known_yet_never_makes_it_louder() -> None:
    canceller, played = EchoCanceller(), noise(3.0, OWN, 1)
    heard = echo_of(played, 0.01, 0.1) + room(len(played))
    for at in range(0, len(heard), STEP):
        left, _echo = canceller.take(heard[at : at + STEP], played[at : at + STEP])
        assert float(left @ left) <= float(heard[at : at + STEP] @ heard[at : at + STEP])


@pytest.mark.parametrize("loud", [0.0, 0.03, 0.25])
def test_a_person_stops_it_within_their_first_windows(loud: float) -> None:
    played = noise(8.0, OWN, 1)
    begins = 6 * 16_000 // WINDOW * WINDOW
    person = np.zeros_like(played)
    person[begins:] = noise(8.0, PERSON, 2)[: len(person) - begins]
    rule = BargeIn()
    said = verdicts(rule, played, loud, person)
    assert said[-1] is Verdict.STOP
    silent = said.index(Verdict.HUSH)
    assert begins // WINDOW <= silent <= begins // WINDOW + 3
    assert rule.seconds_ago == pytest.approx(0.256 + 0.032 * (len(said) - 1 - silent))


@pytest.mark.parametrize("loud", [0.0, 0.03, 0.25])
def test_its_own_voice_does_not(loud: float) -> None:
    played = noise(20.0, OWN, 1)
    assert not {Verdict.STOP, Verdict.HUSH} & set(verdicts(BargeIn(), played, loud))


def test_a_word_that_is_no_interruption_is_waited_out_and_the_next_must_be_louder() -> None:
    played, rules = noise(12.0, OWN, 1), BargeInRules()
    begins = 6 * 16_000 // WINDOW * WINDOW
    person = np.zeros_like(played)
    person[begins : begins + 4 * WINDOW] = noise(8.0, PERSON, 2)[: 4 * WINDOW]
    rule = BargeIn()
    said = verdicts(rule, played, 0.03, person)
    assert said.count(Verdict.HUSH) == said.count(Verdict.RESUME) == 1 and Verdict.STOP not in said
    assert said.index(Verdict.RESUME) - said.index(Verdict.HUSH) == rules.waits - 1


def test_a_loud_noise_is_no_person() -> None:
    played, rule = noise(4.0, OWN, 1), BargeIn()
    door = noise(4.0, 0.3, 3)
    for at in range(0, len(played), WINDOW):
        rule.hear(door[at : at + WINDOW], played[at : at + WINDOW])
        assert rule.judge(0.1) is Verdict.NOTHING


class Ducking:
    """Speech that the canceller knows nothing of, so that only ducking can tell what it is."""

    def __init__(self, drop: float) -> None:
        """`drop`: decibels by which it gets softer while the voice is ducked."""
        self.rule, self.soft, self.said = BargeIn(), 10 ** (-drop / 20), list[Verdict]()
        self._played, self._heard = noise(30.0, OWN, 1), noise(30.0, PERSON, 2)

    def until(self, *wanted: Verdict) -> Verdict:
        ducked = hushed = False
        while True:
            at = len(self.said) * WINDOW
            heard = self._heard[at : at + WINDOW] * (self.soft if ducked else 1.0)
            played = self._played[at : at + WINDOW] * np.float32(not hushed)
            self.rule.hear(heard.astype(np.float32), played, soft=ducked)
            self.said.append(self.rule.judge(0.95))
            if self.said[-1] is not Verdict.NOTHING:
                ducked, hushed = self.said[-1] is Verdict.DUCK, self.said[-1] is Verdict.HUSH
            if self.said[-1] in wanted:
                return self.said[-1]
            assert len(self.said) < 25 * 16_000 // WINDOW, "nothing came of it"


def test_who_stays_as_loud_when_it_is_ducked_is_a_person() -> None:
    ducking = Ducking(drop=0.0)
    assert ducking.until(Verdict.STOP, Verdict.RAISE) is Verdict.STOP
    assert Verdict.DUCK in ducking.said and len(ducking.said) * WINDOW / 16_000 < 6
    assert ducking.rule.seconds_ago > 1


def test_what_gets_softer_with_it_is_the_echo_and_three_times_are_enough() -> None:
    ducking = Ducking(drop=18.0)
    for _ in range(BargeInRules().tries):
        assert ducking.until(Verdict.STOP, Verdict.RAISE) is Verdict.RAISE
    with pytest.raises(AssertionError, match="nothing came of it"):
        ducking.until(Verdict.STOP, Verdict.DUCK)


def test_an_echo_at_another_time_is_learnt_anew() -> None:
    rule = BargeIn()
    assert Verdict.STOP not in verdicts(rule, noise(8.0, OWN, 1), 0.25)
    rule.forget()
    assert Verdict.STOP not in verdicts(rule, noise(8.0, OWN, 2), 0.25, late=0.15)
