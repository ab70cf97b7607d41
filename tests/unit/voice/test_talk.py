"""The rules of push-to-talk, with numbers: no sound, no clock."""

import random

import pytest

from app.voice.talk import Effect, Phase, Talk, TalkRules
from nodeworker.protocol import SAMPLE_RATE

SECOND = SAMPLE_RATE


def test_hold_talks_until_release_and_the_tail() -> None:
    talk = Talk()
    assert talk.press(10.0) == (Effect.START,)
    assert talk.heard(SECOND, zeros=False) == ()
    assert talk.release(11.0) == (Effect.FINISH,)
    assert talk.phase.value == "finishing"
    assert talk.heard(SECOND // 4 - 1, zeros=False) == ()
    assert talk.heard(1, zeros=False) == (Effect.END,)
    assert talk.phase.value == "idle"
    assert talk.seconds == pytest.approx(1.25)


def test_tail_grows_by_the_latency_of_the_microphone() -> None:
    talk = Talk()
    talk.press(0.0)
    talk.release(1.0, latency=0.1)
    assert talk.heard(round(0.349 * SECOND), zeros=False) == ()
    assert talk.heard(round(0.001 * SECOND), zeros=False) == (Effect.END,)


def test_tap_starts_and_the_next_tap_ends() -> None:
    talk = Talk()
    talk.press(0.0)
    assert talk.release(0.1) == ()
    assert talk.latched and talk.phase is Phase.LISTENING
    talk.heard(5 * SECOND, zeros=False)
    assert talk.press(5.0) == (Effect.FINISH,)
    assert talk.release(5.1) == ()
    assert talk.heard(SECOND, zeros=False) == (Effect.END,)


@pytest.mark.parametrize(("held", "latched"), [(0.199, True), (0.2, False)])
def test_what_counts_as_a_tap(held: float, latched: bool) -> None:
    talk = Talk()
    talk.press(0.0)
    talk.release(held)
    assert talk.latched is latched


def test_key_repeat_neither_ends_nor_latches() -> None:
    talk = Talk()
    talk.press(0.0)
    assert talk.press(0.05) == ()  # press without release, as some systems repeat
    for step in range(20):  # release and press in turn, as X11 repeats
        assert talk.release(0.5 + step * 0.03) == (Effect.FINISH,)
        assert talk.press(0.5 + step * 0.03) == (Effect.RESUME,)
        talk.heard(480, zeros=False)
    assert talk.phase is Phase.LISTENING and not talk.latched
    assert talk.release(1.2) == (Effect.FINISH,)


def test_cancel_anywhere() -> None:
    talk = Talk()
    assert talk.cancel() == ()
    talk.press(0.0)
    assert talk.cancel() == (Effect.CANCEL,)
    assert talk.release(0.5) == () and talk.heard(100, zeros=False) == ()
    talk.press(1.0)
    talk.release(2.0)
    assert talk.cancel() == (Effect.CANCEL,) and talk.end() == ()


def test_longest_length_ends_it_with_a_word() -> None:
    talk = Talk(TalkRules(longest=2.0))
    talk.press(0.0)
    assert talk.heard(2 * SECOND, zeros=False) == (Effect.TOO_LONG, Effect.FINISH)
    assert talk.heard(SECOND, zeros=False) == (Effect.END,)
    assert talk.release(3.5) == ()


def test_muted_is_said_once_and_only_for_zeros_in_a_row() -> None:
    talk = Talk()
    talk.press(0.0)
    for _ in range(3):
        assert talk.heard(SECOND // 2, zeros=True) == ()
        assert talk.heard(1, zeros=False) == ()
    assert talk.heard(SECOND * 7 // 10, zeros=True) == ()
    assert talk.heard(1, zeros=True) == (Effect.MUTED,)
    assert talk.heard(9 * SECOND, zeros=True) == ()
    talk.cancel()
    talk.press(20.0)
    assert talk.heard(SECOND + 1, zeros=True) == (Effect.MUTED,)


@pytest.mark.parametrize("seed", range(20))
def test_every_start_has_exactly_one_end(seed: int) -> None:
    dice = random.Random(seed)
    talk = Talk(TalkRules(longest=20.0))
    now, open_utterances = 0.0, 0
    for _ in range(2000):
        now += dice.random() * 0.4
        match dice.randrange(8):
            case 0 | 1:
                effects = talk.press(now)
            case 2 | 3:
                effects = talk.release(now)
            case 4:
                effects = talk.cancel() if dice.random() < 0.2 else ()
            case _:
                effects = talk.heard(dice.randrange(4000), zeros=dice.random() < 0.5)
        for effect in effects:
            open_utterances += (effect is Effect.START) - (effect in (Effect.END, Effect.CANCEL))
        assert open_utterances == (talk.phase is not Phase.IDLE)
