"""Which keys write a text, and what spare keys are given for it: with made-up keyboards."""

from __future__ import annotations

import pytest

from app.errors import VoiceError
from app.voice.keystrokes import Stretch, Stroke, layout_of, plan, typable

LATIN = layout_of([(10, ("a", "A")), (11, ("b", "B")), (12, (" ", " ")), (13, ("", "a")), (14, ("c",))])
GREEK = layout_of([(10, ("α", "Α")), (11, ("β", "Β")), (12, (" ", " "))])


def test_a_text_becomes_one_line_that_runs_nothing() -> None:
    assert typable("ls\r\n\x1b[A\ttwo   words\u2028\x7f ") == "ls [A two words"
    assert typable(" said next") == " said next"
    assert typable("Gru\u0308ße \ud800😀\u200d\ufe0f") == "Grüße 😀\u200d\ufe0f"
    assert typable("\n") == ""


def test_a_key_without_shift_is_preferred() -> None:
    assert {
        "a": Stroke(10), "A": Stroke(10, True), "b": Stroke(11), "B": Stroke(11, True), " ": Stroke(12), "c": Stroke(14)
    } == LATIN  # fmt: skip


def test_the_layout_that_has_most_is_switched_on_and_the_present_one_stays_when_equal() -> None:
    spares = dict.fromkeys(range(200, 204), "")
    assert plan("ab α", [LATIN, GREEK], 1, spares).group == 0
    assert plan("αβ b", [LATIN, GREEK], 0, spares).group == 1
    assert plan("a α", [LATIN, GREEK], 1, spares).group == 1
    assert plan("!", [], 3, spares).group == 3


def test_the_spare_key_whose_letter_was_needed_longest_ago_is_given_another() -> None:
    made = plan("éaé", [LATIN], 0, {200: "ä", 201: "ö"})
    assert made.stretches == (Stretch(((200, "é"),), (Stroke(200), Stroke(10), Stroke(200))),)
    assert plan("äö", [LATIN], 0, {200: "ä", 201: "ö"}).stretches == (Stretch((), (Stroke(200), Stroke(201))),)


def test_with_too_few_spare_keys_it_goes_in_stretches() -> None:
    made = plan("αaβγα", [LATIN], 0, {200: "", 201: ""})
    assert made.stretches == (
        Stretch(((200, "α"), (201, "β")), (Stroke(200), Stroke(10), Stroke(201))),
        Stretch(((200, "γ"), (201, "α")), (Stroke(200), Stroke(201))),
    )


def test_without_a_spare_key_only_what_is_on_the_keyboard() -> None:
    assert plan("ab", [LATIN], 0, {}).stretches == (Stretch((), (Stroke(10), Stroke(11))),)
    with pytest.raises(VoiceError, match="no spare key"):
        plan("aβ", [LATIN], 0, {})
