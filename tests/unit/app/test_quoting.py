"""Quotations: word for word, the sentence that holds what is asked for, a second one only when it is as good."""

from __future__ import annotations

from app.quoting import LONGEST, quotes
from tests.fakes import passage

RIVER = passage(2, "The Danube flows through Vienna.\nIt is 2,850 kilometres\n long. It was cleaned by Tulla.")


def test_the_sentence_with_the_number_is_quoted_when_a_number_is_asked_for() -> None:
    (quote, *_) = quotes("How long is the Danube in kilometres?", [RIVER])
    assert str(quote) == "“It is 2,850 kilometres long.” [2]"


def test_the_sentence_with_the_name_is_quoted_when_a_name_is_asked_for() -> None:
    assert quotes("Who cleaned it?", [RIVER])[0].text == "It was cleaned by Tulla."


def test_one_sentence_in_two_chunks_is_quoted_once() -> None:
    twin = passage(1, "The tower is 330 metres high.")
    again = passage(2, "The tower is 330 metres high.")
    assert [quote.n for quote in quotes("How high is the tower?", [twin, again])] == [1]


def test_a_second_passage_is_quoted_only_when_it_is_about_as_good() -> None:
    first, near = passage(1, "The tower is 330 metres high."), passage(2, "The old tower is 90 metres high.")
    far = passage(2, "Bread is baked from flour and water.", similarity=0.45)
    assert [quote.n for quote in quotes("How high is the tower?", [first, near])] == [1, 2]
    assert [quote.n for quote in quotes("How high is the tower?", [first, far])] == [1]


def test_long_and_empty_passages() -> None:
    long = quotes("What?", [passage(1, "word " * 500)])[0].text
    assert len(long) <= LONGEST + 2 and long.endswith("…")
    assert quotes("What?", [passage(1, " \n ")]) == () == quotes("What?", [])
