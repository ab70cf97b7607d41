"""The rules of hands-free, with seconds of sound: no sound, no clock."""

from __future__ import annotations

import random

import pytest

from app.thinking import Attention, SpeechBegan, SpeechPaused, WakeHeard
from app.voice.handsfree import Begin, Effect, Effects, HandsFree, HandsFreeRules, Stage, phrase_of, uncalled

FINISHED = "What time is it?"
OPEN = "I would like to know the"


def until(rules: HandsFree, seconds: float) -> list[Begin | Effect]:
    """Let sound come until `seconds`; return what was to be done."""
    effects: list[Begin | Effect] = []
    while rules.now + 0.032 <= seconds:
        effects += rules.attended(Attention(rules.now + 0.032, 0.0))
    return effects


def begins(effects: Effects, at: float, *, woken: bool) -> bool:
    """Whether an utterance begins with the sound from `at` on, and nothing else happens."""
    (effect,) = effects
    return isinstance(effect, Begin) and effect.woken is woken and effect.at == pytest.approx(at)


def stage(rules: HandsFree) -> Stage:
    return rules.stage


def woken(at: float = 2.0) -> HandsFree:
    """Somebody said the wake word and nothing else; it ended at `at`."""
    rules = HandsFree()
    until(rules, at)
    rules.attended(SpeechBegan(at - 0.7))
    assert begins(rules.attended(WakeHeard(at, 0.9)), at - 1.0, woken=True)
    until(rules, at + 0.2)
    assert rules.attended(SpeechPaused(at)) == ()
    return rules


def test_nothing_begins_without_the_wake_word() -> None:
    rules = HandsFree()
    for at in range(1, 60, 3):
        until(rules, at)
        assert rules.attended(SpeechBegan(at)) == ()
        until(rules, at + 2.0)
        assert rules.attended(SpeechPaused(at + 1.5)) == ()
    assert stage(rules) is Stage.ASLEEP


@pytest.mark.parametrize(
    ("text", "after"), [(FINISHED, 0.5), ("the water pump", 0.9), (OPEN, 1.5), ("Show me the letters, and.", 1.5)]
)
def test_the_pause_that_ends_a_turn_depends_on_how_the_sentence_sounds(text: str, after: float) -> None:
    rules = woken()
    rules.attended(SpeechBegan(2.5))
    until(rules, 4.1)
    rules.attended(SpeechPaused(4.0))
    rules.text(text)
    assert until(rules, 4.0 + after - 0.04) == []
    assert until(rules, 4.0 + after + 0.04) == [Effect.END]
    assert stage(rules) is Stage.THINKING


def test_a_text_from_before_the_last_words_does_not_end_the_turn_early() -> None:
    rules = woken()
    rules.attended(SpeechBegan(2.5))
    until(rules, 3.5)
    rules.text(FINISHED)  # and the speaker goes on
    until(rules, 4.2)
    rules.attended(SpeechPaused(4.0))
    assert until(rules, 4.8) == []
    rules.text(FINISHED + " And in")
    assert until(rules, 5.4) == []
    rules.text(FINISHED + " And in Paris?")
    assert until(rules, 5.5)[:1] == [Effect.END]


def test_who_goes_on_after_a_pause_is_listened_to() -> None:
    rules = woken()
    rules.attended(SpeechBegan(2.5))
    until(rules, 4.2)
    rules.attended(SpeechPaused(4.0))
    rules.text(OPEN)
    assert until(rules, 5.2) == []
    rules.attended(SpeechBegan(5.2))
    rules.text(OPEN + " time.")
    assert until(rules, 9.0) == []  # still speaking
    rules.attended(SpeechPaused(8.9))
    rules.text(OPEN + " time in Paris.")
    assert until(rules, 9.5) == [Effect.END]


def test_only_the_wake_word_times_out() -> None:
    rules = woken(2.0)
    assert until(rules, 6.9) == []
    assert stage(rules) is Stage.LISTENING
    assert until(rules, 7.1) == [Effect.DROP]
    assert stage(rules) is Stage.ASLEEP


def test_a_question_in_the_same_breath_ends_even_where_no_text_came_yet() -> None:
    rules = HandsFree()
    until(rules, 2.0)
    rules.attended(SpeechBegan(1.3))
    rules.attended(WakeHeard(2.0, 0.9))
    until(rules, 4.2)
    rules.attended(SpeechPaused(4.0))
    assert until(rules, 5.4) == []
    assert until(rules, 5.6) == [Effect.END]


def test_a_wake_word_in_the_middle_of_talk_begins_with_the_word() -> None:
    rules = HandsFree()
    rules.attended(SpeechBegan(1.0))
    until(rules, 30.0)
    assert begins(rules.attended(WakeHeard(30.0, 0.9)), 28.2, woken=True)
    assert begins(HandsFree().attended(WakeHeard(0.5, 0.9)), 0.0, woken=True)


def test_called_twice_there_is_more_time_to_ask() -> None:
    rules = woken(2.0)
    until(rules, 5.0)
    assert rules.attended(WakeHeard(5.0, 0.9)) == ()
    assert until(rules, 9.9) == []
    assert until(rules, 10.1) == [Effect.DROP]


def test_the_longest_utterance() -> None:
    rules = woken(2.0)
    rules.attended(SpeechBegan(2.1))
    rules.text("And so on and on and")
    assert until(rules, 61.9) == []
    assert until(rules, 62.1) == [Effect.END]


def answered(rules: HandsFree, at: float) -> HandsFree:
    """The turn ended, and the answer was spoken until `at`."""
    rules.attended(SpeechBegan(2.5))
    until(rules, 4.2)
    rules.attended(SpeechPaused(4.0))
    rules.text(FINISHED)
    assert until(rules, 4.6) == [Effect.END]
    rules.thinking()
    until(rules, 6.0)
    rules.speaking()
    assert stage(rules) is Stage.SPEAKING
    until(rules, at)
    return rules


def test_after_the_answer_it_listens_for_more_and_falls_asleep() -> None:
    rules = answered(woken(), 10.0)
    rules.over(follow_up=True)
    assert stage(rules) is Stage.LISTENING
    assert until(rules, 15.9) == [] and stage(rules) is Stage.LISTENING
    assert until(rules, 16.1) == [] and stage(rules) is Stage.ASLEEP
    assert rules.attended(SpeechBegan(17.0)) == ()


def test_a_follow_up_needs_no_wake_word() -> None:
    rules = answered(woken(), 10.0)
    rules.over(follow_up=True)
    until(rules, 12.0)
    assert begins(rules.attended(SpeechBegan(11.9)), 11.6, woken=False)
    until(rules, 13.2)
    rules.attended(SpeechPaused(13.0))
    rules.text("And in Rome?")
    assert until(rules, 13.6) == [Effect.END]
    rules.over(follow_up=False)
    assert stage(rules) is Stage.ASLEEP


def test_the_end_of_its_own_voice_is_no_follow_up() -> None:
    rules = answered(woken(), 9.0)
    assert rules.attended(SpeechBegan(9.0)) == ()  # the loudspeaker in the microphone
    until(rules, 10.0)
    rules.over(follow_up=True)
    assert until(rules, 10.5) == []
    assert rules.attended(SpeechPaused(10.3)) == ()
    assert rules.attended(SpeechBegan(10.25)) == ()
    rules.attended(SpeechPaused(10.4))
    assert until(rules, 11.0) == [] and stage(rules) is Stage.LISTENING


def test_who_speaks_on_when_the_answer_has_ended_is_listened_to() -> None:
    rules = answered(woken(), 9.0)
    rules.attended(SpeechBegan(9.0))
    until(rules, 10.0)
    rules.over(follow_up=True)
    (begun,) = until(rules, 11.0)
    assert isinstance(begun, Begin) and begun.at == pytest.approx(rules.rules.before * -1 + 10.0, abs=0.04)


@pytest.mark.parametrize("speaking", [False, True])
def test_a_wake_word_during_an_answer_begins_a_new_turn(speaking: bool) -> None:
    rules = answered(woken(), 8.0)
    if not speaking:
        rules.thinking()
    rules.attended(SpeechBegan(8.0))
    assert begins(rules.attended(WakeHeard(8.7, 0.9)), 7.7, woken=True)
    assert stage(rules) is Stage.LISTENING
    rules.over(follow_up=True)  # of the answer before: it no longer counts
    rules.speaking()
    assert stage(rules) is Stage.LISTENING


def test_an_interruption_is_listened_to_from_its_first_word() -> None:
    rules = answered(woken(), 8.0)
    rules.attended(SpeechBegan(6.0))  # its own voice
    until(rules, 8.2)
    assert begins(rules.interrupted(rules.now - 8.0), 7.7, woken=False)
    assert HandsFree().interrupted(0.3) == ()


def test_escape_wins_in_every_stage() -> None:
    assert HandsFree().cancel() == ()
    rules = woken()
    assert rules.cancel() == (Effect.DROP,) and stage(rules) is Stage.ASLEEP
    rules = answered(woken(), 8.0)
    assert rules.cancel() == () and stage(rules) is Stage.ASLEEP
    rules.over(follow_up=True)
    assert stage(rules) is Stage.ASLEEP


def test_the_talk_key_wins_in_every_stage() -> None:
    rules = woken()
    assert rules.yielded(True) == (Effect.DROP,)
    assert stage(rules) is Stage.YIELDED
    assert rules.attended(WakeHeard(9.0, 0.9)) == () and until(rules, 30.0) == []
    assert rules.yielded(False) == () and stage(rules) is Stage.ASLEEP
    assert rules.attended(WakeHeard(31.0, 0.9)) != ()
    assert rules.yielded(False) == () and stage(rules) is Stage.LISTENING


def test_whatever_happens_an_utterance_that_began_ends_once() -> None:
    chance = random.Random(7)
    for _ in range(300):
        rules, running = HandsFree(HandsFreeRules(longest=5.0)), False

        def take(effects: Effects, before: bool) -> bool:
            for effect in effects:
                assert isinstance(effect, Begin) is not before
                before = isinstance(effect, Begin)
            return before

        for _ in range(120):
            match chance.randrange(11):
                case 0:
                    running = take(rules.attended(WakeHeard(rules.now, 0.9)), running)
                case 1 | 2:
                    running = take(rules.attended(SpeechBegan(rules.now)), running)
                case 3 | 4:
                    running = take(rules.attended(SpeechPaused(rules.now)), running)
                case 5:
                    rules.text(chance.choice((FINISHED, OPEN)))
                case 6:
                    rules.over(chance.random() < 0.7)
                case 7:
                    running = take(rules.yielded(chance.random() < 0.3), running)
                case 8:
                    running = take(rules.cancel() if chance.random() < 0.3 else rules.interrupted(0.3), running)
                case _:
                    running = take(tuple(until(rules, rules.now + chance.random() * 3)), running)
            assert not running or stage(rules) is Stage.LISTENING
        running = take(rules.attended(SpeechPaused(rules.now)), running)
        running = take(tuple(until(rules, rules.now + 10)), running)
        assert not running


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hey Jarvis, what time is it?", "What time is it?"),
        ("Hey, Jarvis. What time is it?", "What time is it?"),
        ("hey jarvis what time is it", "What time is it"),
        ("Jarvis, what time is it?", "What time is it?"),
        ("Hey Jarvice, what time is it?", "What time is it?"),
        ("A Jarvis, stop.", "Stop."),
        ("Hey Jarvis. Hey Jarvis, stop.", "Stop."),
        ("Hey", ""),
        ("Hey Jarvis", ""),
        ("Hey Jarvis.", ""),
        ("What time is it?", "What time is it?"),
        ("Hey you, what time is it?", "Hey you, what time is it?"),
        ("Who is Jarvis?", "Who is Jarvis?"),
        ("", ""),
    ],
)
def test_the_wake_word_is_no_part_of_the_question(text: str, rest: str) -> None:
    assert uncalled(text, phrase_of("hey-jarvis")) == rest


def test_without_a_wake_word_nothing_is_taken_away() -> None:
    assert uncalled("Hey Jarvis", "") == "Hey Jarvis"
    assert phrase_of("") == "" and phrase_of("okay_nabu-v2") == "okay nabu v2"
