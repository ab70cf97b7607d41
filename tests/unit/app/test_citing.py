"""Markers in a stream: read, put right, added, in pieces of any size."""

from __future__ import annotations

import pytest

from app.citing import CitedStream, markers, spans
from tests.fakes import passage

TOWER = passage(1)
RIVER = passage(2, "The Danube flows through Vienna and Budapest. It is 2,850 kilometres long.", path="/docs/river.md")
SIZES = [1, 2, 3, 7, 1000]


def _shown(text: str, size: int, question: str = "How high is the tower, and how long is the Danube?") -> str:
    stream = CitedStream([TOWER, RIVER], question)
    return "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.flush()


def test_markers_are_read_and_those_beyond_the_passages_dropped() -> None:
    assert markers("a [1] b [2][1] c [1, 3] d [9] e [2-3] [0]", 3) == (1, 2, 3)
    assert markers("no markers, array[i], [a]", 3) == ()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The tower is 330 metres high [1].", "The tower is 330 metres high [1]."),
        ("The tower is 330 metres high. [1]", "The tower is 330 metres high. [1]"),
        ("The tower is 330 metres high.", "The tower is 330 metres high. [1]"),
        ("The Danube is 2,850 kilometres long [1].", "The Danube is 2,850 kilometres long [2]."),
        ("The Danube is 2850 kilometres long [7].", "The Danube is 2850 kilometres long [2]."),
        (
            "The tower is 330 metres high. The Danube flows through Vienna.",
            "The tower is 330 metres high. [1] The Danube flows through Vienna. [2]",
        ),
        ("- The tower is 330 metres high\n- The Danube", "- The tower is 330 metres high [1]\n- The Danube [2]"),
        ("Napoleon conquered Moscow during winter.", "Napoleon conquered Moscow during winter."),
        ("Napoleon conquered Moscow [9].", "Napoleon conquered Moscow ."),
        ("I could not find this in your documents.", "I could not find this in your documents."),
        ("See list[x] and a[i] and [12", "See list[x] and a[i] and [12"),
    ],
)
def test_every_sentence_names_what_backs_it(said: str, shown: str, size: int) -> None:
    assert _shown(said, size) == shown


def test_a_wrong_number_makes_no_passage_back_a_sentence() -> None:
    assert _shown("The Danube is 9,999 kilometres long.", 5) == "The Danube is 9,999 kilometres long."


def test_without_passages_brackets_are_left_alone() -> None:
    assert CitedStream([], "Q?").feed("a[3] = [1, 2] ") == "a[3] = [1, 2] "


def test_a_marker_belongs_to_the_sentence_before_it() -> None:
    text = "One here. [1] Two here [2].\nThree. [3]"
    assert [text[a:b] for a, b in spans(text)] == ["One here. [1]", "Two here [2].", "Three. [3]"]
