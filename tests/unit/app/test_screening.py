"""A weak model's words: only whole sentences that a passage backs are shown."""

from __future__ import annotations

import pytest

from app.events import Passage
from app.screening import SentenceScreen

WARRANTY = Passage(
    1,
    "/m.pdf",
    3,
    "",
    0,
    90,
    1.0,
    "The compressor has a warranty of seven years. Other parts have two years. They run at 2.5 bar.",
)
QUESTION = "How long is the warranty of the compressor?"


def screened(*pieces: str) -> str:
    screen = SentenceScreen(QUESTION, [WARRANTY], "“The compressor has a warranty of seven years.” [1]")
    return "".join(map(screen.feed, pieces)) + screen.flush()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Other parts have two years.", "Other parts have two years. [1]"),
        ("Other parts have two years [7]. ", "Other parts have two years. [1] "),
        ("<<< Other parts have two years.>>>\n\n", "Other parts have two years. [1] "),
        ("Other parts have 3 years.", ""),
        ("The answer is: 2 years.", ""),
        ("The warranty of the compressor is seven years.", ""),
        ("Other parts have two years. Other parts have two years.", "Other parts have two years. [1] "),
        ("Napoleon built it. Other parts have two", ""),
        ("Other parts run at 2.5 bar.", "Other parts run at 2.5 bar. [1]"),
        ("“The answer is: Other parts have two years.", "Other parts have two years. [1]"),
        ("", ""),
    ],
)
def test_only_what_is_backed_and_new(said: str, shown: str) -> None:
    assert screened(said) == shown


def test_pieces_of_any_size_give_the_same() -> None:
    text = "Other parts run at 2.5 bar. Napoleon built it. The rest is cut o"
    whole = screened(text)
    assert whole == "Other parts run at 2.5 bar. [1] "
    assert all(screened(*(text[i : i + n] for i in range(0, len(text), n))) == whole for n in (1, 2, 3, 7))


def test_a_year_of_the_question_must_stand_in_the_passage() -> None:
    passage = Passage(2, "/2022.md", None, "Tax 2022", 0, 50, 1.0, "The tax for the garden house was 398 euros.")
    screen = SentenceScreen("What was the tax for the garden house in 2023?", [passage], "")
    assert screen.feed("The tax for the garden house in 2023 was 398 euros.\n") + screen.flush() == ""
    screen = SentenceScreen("What was the tax for the garden house?", [passage], "")
    assert screen.feed("In 2022 the tax was 398 euros.\n") + screen.flush() == "In 2022 the tax was 398 euros. [2] "
