"""What the model reads: everything where there is room, else the sentences that matter; neighbours in one piece."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.events import Passage
from app.excerpts import excerpts, merged, tokens
from tests.fakes import passage

FILLER = "Nothing of interest stands in this sentence about the weather. " * 6
LONG = FILLER + "The tower is 330 metres high. It was painted red in 1925. " + FILLER


def test_with_room_everything_is_read_in_the_order_of_the_search() -> None:
    found = excerpts("How high is the tower?", [passage(5), passage(9, "Other text.")], 1000)
    assert [(one.passage.n, one.text) for one in found] == [(1, "The tower is 330 metres high."), (2, "Other text.")]


def test_without_room_the_sentences_that_answer_are_read() -> None:
    (one,) = excerpts("How high is the tower?", [passage(1, LONG)], 60)
    assert "330 metres" in one.text and tokens(one.text) <= 60
    assert one.passage.text == LONG  # what is cited and shown stays whole


def test_what_is_left_out_is_marked() -> None:
    text = f"The tower is 330 metres high. {FILLER}The tower was finished in 1889."
    (one,) = excerpts("How high is the tower, when was the tower finished?", [passage(1, text)], 48)
    assert one.text == "The tower is 330 metres high. … The tower was finished in 1889."


def test_a_table_is_read_by_rows_below_its_header() -> None:
    rows = "\n".join(f"{year} | {year * 2} | no remark of any interest here" for year in range(1990, 2020))
    table = replace(passage(1, rows), header="Year | Revenue | Remark")
    (one,) = excerpts("What was the revenue in 2004?", [table], 60)
    assert one.text.splitlines()[0] == "Year | Revenue | Remark"
    assert any(row.startswith("2004 | 4008") for row in one.text.splitlines())


@pytest.mark.parametrize("room", [0, 1, 20, 100, 400, 4000])
def test_there_is_always_something_and_never_much_too_much(room: int) -> None:
    found = excerpts("How high is the tower?", [passage(n, LONG) for n in range(1, 6)], room)
    assert found and [one.passage.n for one in found] == list(range(1, len(found) + 1))
    assert sum(tokens(one.text) for one in found) <= max(room, 40)


def test_neighbours_become_one_passage() -> None:
    text = "Alpha beta gamma. Delta epsilon zeta. Eta theta iota."

    def piece(start: int, end: int) -> Passage:
        return replace(passage(1, text[start:end], similarity=end / 100), start=start, end=end)

    first, second = piece(0, 37), piece(18, len(text))
    (one,) = merged([second, first])
    assert (one.text, one.start, one.end, one.n) == (text, 0, len(text), 1)
    apart = replace(passage(2, "far"), start=500, end=503)
    assert len(merged([first, apart])) == 2
    other = replace(passage(2, text[18:], path="/docs/other.pdf"), start=18, end=len(text))
    assert len(merged([first, other])) == 2
