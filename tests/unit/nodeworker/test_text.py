"""What may be shown of an answer: whole characters, never a stop string, across the seam of a resumed answer too."""

from __future__ import annotations

import random

import pytest

from nodeworker.engines.chat.text import TextStream


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


def cut_up(data: bytes, chance: random.Random) -> list[bytes]:
    """The same bytes in pieces that may end inside a character."""
    places = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(6)))
    return [data[low:high] for low, high in zip([0, *places], [*places, len(data)], strict=True)]


@pytest.mark.parametrize("seed", range(40))
def test_no_cut_and_no_seam_changes_what_is_shown(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choices("ab日😀", k=chance.randrange(2, 14)))
    stops = ["".join(chance.choices("ab日😀", k=chance.randrange(1, 5))) for _ in range(chance.randrange(3))]
    wanted, found = text, [at for at in map(text.find, stops) if at >= 0]
    if found:
        wanted = text[: min(found)]
    for _ in range(30):
        stream = TextStream(stops)
        shown = "".join(map(stream.feed, cut_up(text.encode(), chance)))
        assert (shown + stream.finish(), stream.stopped) == (wanted, bool(found))
        assert "\ufffd" not in shown
        # Cut anywhere, and gone on with by a node that knows only the text that was shown.
        before = TextStream(stops)
        first = before.feed(text.encode()[: chance.randrange(len(text.encode()) + 1)])
        if not before.stopped:
            after = TextStream(stops, first)
            rest = "".join(map(after.feed, cut_up(text[len(first) :].encode(), chance)))
            assert (first + rest + after.finish(), after.stopped) == (wanted, bool(found))


def test_an_incomplete_character_at_the_end_is_not_shown() -> None:
    stream = TextStream(["STOP"])
    assert stream.feed("a日".encode()[:-1]) == "a"
    assert stream.finish() == ""
    held = TextStream(["STOP"])
    assert held.feed(b"aST" + "日".encode()[:1]) == "a"
    assert held.finish() == "ST"
