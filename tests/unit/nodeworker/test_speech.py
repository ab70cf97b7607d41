"""Bounds of speech from probabilities, and which words of a growing transcript can be believed."""

from __future__ import annotations

from nodeworker.engines import SpeechEnded, SpeechStarted, Word
from nodeworker.engines.agreement import Agreement, pieces, whole_words
from nodeworker.engines.speech_bounds import WINDOW_SECONDS, Span, SpeechBounds


def test_speech_begins_once_it_has_lasted_and_ends_after_a_pause() -> None:
    bounds = SpeechBounds()
    events = bounds.feed([0.0] * 10 + [0.9] * 30 + [0.1] * 30)
    assert events == [SpeechStarted(10 * WINDOW_SECONDS), SpeechEnded(40 * WINDOW_SECONDS)]
    assert bounds.spans == [Span(10, 40)]


def test_a_click_and_silence_are_no_speech() -> None:
    bounds = SpeechBounds()
    assert bounds.feed([0.0] * 20 + [0.9] * 3 + [0.0] * 40) == []
    assert bounds.finish() == [] and bounds.spans == []


def test_a_short_pause_does_not_end_speech_and_the_end_of_sound_does() -> None:
    bounds = SpeechBounds()
    assert bounds.feed([0.9] * 12 + [0.0] * 10 + [0.4] * 2 + [0.9] * 10) == [SpeechStarted(0.0)]
    assert bounds.open_span() == Span(0, 34)
    assert bounds.finish() == [SpeechEnded(34 * WINDOW_SECONDS)]


def test_events_do_not_depend_on_how_the_sound_was_cut_into_blocks() -> None:
    sound = [0.0] * 5 + [0.8] * 20 + [0.2] * 20 + [0.7] * 9 + [0.0] * 20
    at_once, by_one = SpeechBounds(), SpeechBounds()
    together = at_once.feed(sound)
    assert [event for p in sound for event in by_one.feed([p])] == together


def test_words_are_confirmed_when_two_readings_agree_and_never_taken_back() -> None:
    agreement = Agreement()
    seen = ""
    for reading in ("the", "the cat sad", "The cat sat on", "a dog sat on the", "the cat sat on the mat."):
        agreement.read(pieces(reading))
        assert agreement.confirmed.startswith(seen)
        assert agreement.text.startswith(agreement.confirmed)
        seen = agreement.confirmed
    assert seen == "the cat sat on the"


def test_a_settled_stretch_is_followed_by_the_next() -> None:
    first = Agreement()
    first.read(pieces(" Hello there"))
    second = Agreement(first.settle(pieces(" Hello there, friend.")))
    assert second.confirmed == second.text == "Hello there, friend."
    second.read(pieces(" How are"))
    assert second.text == "Hello there, friend. How are"


def test_scripts_without_spaces_are_confirmed_by_character() -> None:
    assert pieces("今日は good 天気") == ["今", "日", "は", " good", " 天", "気"]
    agreement = Agreement()
    agreement.read(pieces("今日は"))
    agreement.read(pieces("今日は良"))
    assert agreement.confirmed == "今日は"


def test_what_the_recogniser_takes_apart_is_one_word() -> None:
    parts = [Word(" ill", 0, 1), Word("-disposed", 1, 2), Word(" man.", 2, 3), Word(" ", 3, 3), Word("日", 3, 4)]
    assert whole_words(parts) == [Word("ill-disposed", 0, 2), Word("man.", 2, 3), Word("日", 3, 4)]
