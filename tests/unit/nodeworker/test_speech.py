"""Bounds of speech from probabilities, and which words of a growing transcript can be believed."""

from __future__ import annotations

from nodeworker.engines import SpeechEnded, SpeechStarted, Word
from nodeworker.engines.speech.agreement import Agreement, pieces
from nodeworker.engines.speech.speech_bounds import WINDOW_SECONDS, Pause, Span, SpeechBounds, pauses, quietest
from nodeworker.engines.speech.spoken_words import in_order, repeats_itself, whole_words, without_loops


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
    agreement = Agreement()
    agreement.read(pieces(" Hello there"))
    agreement.settle(pieces(" Hello there, friend."))
    assert agreement.confirmed == agreement.text == "Hello there, friend."
    agreement.read(pieces(" How are"))
    assert agreement.text == "Hello there, friend. How are"


def test_confirmed_words_behind_a_cut_are_not_said_twice() -> None:
    agreement = Agreement()
    for _ in range(2):
        agreement.read(pieces(" One two three. Four five six"))
    assert agreement.confirmed == "One two three. Four five"
    agreement.settle(pieces(" One two three."))  # the careful reading ends at the cut
    assert agreement.confirmed == "One two three. Four five"
    agreement.read(pieces(" Four five six seven"))
    agreement.read(pieces(" Four five six seven"))
    assert agreement.confirmed == "One two three. Four five six"


def test_a_careful_reading_that_differs_changes_nothing_that_is_shown_and_adds_what_is_missing() -> None:
    agreement = Agreement()
    for _ in range(2):
        agreement.read(pieces(" I scream for ice cream now"))
    agreement.settle(pieces(" Ice cream for ice cream, now and then."))
    assert agreement.confirmed == "I scream for ice cream now and then."


def test_words_put_aside_stay_shown_and_are_settled_once() -> None:
    agreement = Agreement()
    for _ in range(2):
        agreement.read(pieces(" One two. Three four five"))
    assert not agreement.leave(5) and agreement.leave(2)
    assert agreement.confirmed == "One two. Three four"
    agreement.read(pieces(" Three four five six"))
    assert agreement.confirmed == "One two. Three four five"
    agreement.settle(pieces(" One"), reading_goes_on=True)  # a cut before the place where readings begin
    agreement.settle(pieces(" two. Three four five six"))
    assert agreement.confirmed == agreement.text == "One two. Three four five six"


def test_scripts_without_spaces_are_confirmed_by_character() -> None:
    assert pieces("今日は good 天気") == ["今", "日", "は", " good", " 天", "気"]
    agreement = Agreement()
    agreement.read(pieces("今日は"))
    agreement.read(pieces("今日は良"))
    assert agreement.confirmed == "今日は"


def test_what_the_recogniser_takes_apart_is_one_word() -> None:
    parts = [Word(" ill", 0, 1), Word("-disposed", 1, 2), Word(" man.", 2, 3), Word(" ", 3, 3), Word("日", 3, 4)]
    assert whole_words(parts) == [Word("ill-disposed", 0, 2), Word("man.", 2, 3), Word("日", 3, 4)]


def test_pauses_are_found_within_speech_too() -> None:
    sound = [0.9, 0.1, 0.2, 0.9, 0.9, 0.4, 0.1]
    assert pauses(sound, 100) == [Pause(101, 103), Pause(106, 107)]
    assert pauses([]) == [] and pauses([0.0] * 4) == [Pause(0, 4)]
    assert Pause(101, 105).middle == 103 and Pause(101, 105).length == 4
    assert quietest([0.9, 0.9, 0.6, 0.5, 0.6, 0.9], 10) == 13


def test_times_never_go_back_nor_leave_the_sound() -> None:
    words = [Word("a", -0.1, 0.5), Word("b", 0.4, 0.3), Word("c", 0.9, 2.5), Word("d", 2.2, 9.0)]
    times = [(word.start, word.end) for word in in_order(words, 0.0, 3.0)]
    assert times == [(0.0, 0.4), (0.4, 0.4), (0.9, 2.2), (2.2, 3.0)]


def test_a_phrase_that_goes_round_in_a_circle_is_kept_once() -> None:
    circle = [Word(" Well.", 0.0, 1.0)]
    circle += [Word(f" {text}", 1.0, 2.0) for text in ["thank", "you", "very", "much."] * 12]
    assert repeats_itself("".join(word.text for word in circle))
    assert "".join(word.text for word in without_loops(circle)).strip() == "Well. thank you very much."
    said = [Word(text, 0.0, 1.0) for text in pieces("No, no, no, no, I never said that to the inspector.")]
    assert without_loops(said) == said
    assert without_loops([]) == [] and not repeats_itself("")
