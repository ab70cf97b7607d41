"""What may be shown of an answer: whole characters, never a stop string, across the seam of a resumed answer too."""

from __future__ import annotations

import pytest

from nodeworker.engines.text import TextStream


def test_an_incomplete_character_is_held_back() -> None:
    stream = TextStream()
    euro = "€".encode()
    assert stream.feed(b"5 " + euro[:1]) == "5 "
    assert stream.feed(euro[1:2]) == ""
    assert stream.feed(euro[2:] + b"!") == "€!"


def test_bytes_that_are_no_text_become_a_replacement_and_do_not_stop_the_rest() -> None:
    stream = TextStream()
    assert stream.feed(b"a\xffb") == "a\ufffdb"
    assert stream.feed("日".encode()[:2]) == ""
    assert stream.finish() == ""


def test_the_beginning_of_a_stop_string_is_held_back_until_it_is_clear() -> None:
    stream = TextStream(["\nUser:"])
    assert stream.feed(b"yes\nUs") == "yes"
    assert stream.feed(b"ually") == "\nUsually"
    assert stream.feed(b"\nUser: me") == ""
    assert stream.stopped
    assert stream.feed(b"more") == "" and stream.finish() == ""


def test_what_was_held_back_is_shown_at_the_end() -> None:
    stream = TextStream(["END"])
    assert stream.feed(b"the EN") == "the "
    assert stream.finish() == "EN"


def test_the_earliest_of_several_stop_strings_counts() -> None:
    stream = TextStream(["cd", "b"])
    assert stream.feed(b"abcd") == "a"
    assert stream.stopped


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_resumed_stream_goes_on_as_if_it_had_not_been_cut(cut: int) -> None:
    pieces = [
        b"He",
        b"llo ",
        "日".encode()[:1],
        "日".encode()[1:],
        b" S",
        b"TO",
        b"Px",
        b"ST",
        b"OP",
        b"p",
        b"STOP!",
        b"x",
    ]

    def shown(stream: TextStream, some: list[bytes]) -> str:
        return "".join(stream.feed(piece) for piece in some)

    whole = TextStream(["STOP!", "STOPP"])
    text = shown(whole, pieces)
    before = TextStream(["STOP!", "STOPP"])
    first = shown(before, pieces[:cut])
    after = TextStream(["STOP!", "STOPP"])
    shown(after, pieces[:cut])
    assert first + shown(after, pieces[cut:]) == text
    assert after.stopped == whole.stopped


def test_a_stop_string_that_began_in_text_shown_elsewhere_still_stops() -> None:
    stream = TextStream(["STOP"], shown="go on ST")
    assert stream.feed(b"OP now") == ""
    assert stream.stopped
    other = TextStream(["STOP"], shown="go on ST")
    assert other.feed(b"AY and") == "AY and"
    assert other.feed(b" STOP") == " "
