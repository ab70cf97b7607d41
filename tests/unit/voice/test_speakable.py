"""What is said of an answer: sentences while it streams, numbers and signs in words, nothing that is not shown."""

from __future__ import annotations

import random

import pytest

from app.voice.speakable import MOST_CHARACTERS, MOST_ROWS, Reader, speakable

TABLE = "| City | People | Area |\n|---|---|---|\n| Oslo | 700,000 | 454 km² |\n| Bergen | 290,000 | 465 km² |\n"
ANSWER = (
    "# Tides\n\nThe **tide** turns at noon [1]. Dr. Smith measured it, i.e. 3.5 m [2, 3]!\n\n"
    f"{TABLE}\n1. Look at `tide_table()`.\n2. See https://www.example.org/a?b=c now.\n\n"
    "```python\nprint(1)\nprint(2)\n```\n<!-- secret\nnever said -->\n> It falls again\n\nAnd <b>rises</b>."
)
SAID = [
    "Tides.",
    "The tide turns at noon.",
    "Dr. Smith measured it, that is 3.5 metres!",
    "Oslo, People: 700000, Area: 454 square kilometres.",
    "Bergen, People: 290000, Area: 465 square kilometres.",
    "1: Look at tide table.",
    "2: See link to example dot org now.",
    "Here are 2 lines of code.",
    "It falls again.",
    "And rises.",
]


def test_an_answer_is_said_as_a_person_would_read_it() -> None:
    assert speakable(ANSWER) == SAID


@pytest.mark.parametrize("seed", range(20))
def test_the_same_is_said_however_the_text_is_cut_while_it_streams(seed: int) -> None:
    draw, reader, made, at = random.Random(seed), Reader(), list[str](), 0
    while at < len(ANSWER):
        step = draw.randint(1, 9)
        made += reader.feed(ANSWER[at : at + step])
        at += step
    assert made + reader.end() == SAID


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Der Preis ist 1.234,56 € am 05.03.2024.", "Der Preis ist 1234,56 Euro am 5. März 2024."),
        ("Die Sitzung ist um 14:30 Uhr, d. h. in Nr. 5.", "Die Sitzung ist um 14 Uhr 30, das heißt in Nummer 5."),
        ("It was 2024-03-05 and 10–20 km.", "It was 5 March 2024 and 10 to 20 kilometres."),
        ("The bill is 1,234.56 € for 1 kg.", "The bill is 1234.56 euros for 1 kilogram."),
        ("Version 1.2.3 needs ±3 °C.", "Version 1 point 2 point 3 needs plus or minus 3 degrees Celsius."),
        ("Write to bob@example.org.", "Write to bob at example dot org."),
        ("Open /home/me/docs/report.pdf now.", "Open report dot pdf now."),
        ("See [the manual](https://example.org/x).", "See the manual."),
        ("So 5 < 6, x^2 + y^3 = z.", "So 5 is less than 6, x squared plus y cubed equals z."),
        ("Take `x = y[3] + foo(bar)` there.", "Take some code there."),
        ("R&D costs &lt;b&gt; 5 % more.", "R and D costs b 5 percent more."),
        ("The ***best*** ~~old~~ _tide_ in snake_case.", "The best old tide in snake case."),
    ],
)
def test_numbers_units_links_and_signs_are_said_in_words(shown: str, said: str) -> None:
    language = "de" if shown.startswith("D") else "en"
    assert speakable(shown, language) == [said]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- secret -->",
        "<!-- secret",
        '<span style="display: none">secret</span>',
        "<p hidden>secret</p>",
        "<script>secret()</script>",
        "<style>secret {}</style>",
        "[a]: https://example.org/secret",
        "\U000e0073\U000e0065\U000e0063",
        "[x](https://example.org/secret)",
        '<img src="secret.png" alt="">',
    ],
)
def test_what_is_not_shown_is_never_said(hidden: str) -> None:
    assert "secret" not in " ".join(speakable(f"The tide turns.\n\n{hidden}"))
    assert all(ord(one) < 0xE0000 for one in "".join(speakable(f"The tide {hidden} turns.")))


def test_what_has_no_words_is_not_said() -> None:
    assert speakable("!!! ... ???\n\n---\n\n[1]\n\n😀") == []


def test_a_long_table_says_its_first_rows_and_how_many_are_left() -> None:
    rows = "".join(f"| R{number} | {number} |\n" for number in range(MOST_ROWS + 3))
    made = speakable("| Row | Value |\n|---|---|\n" + rows)
    assert made[0] == "R0, Value: 0." and made[-1] == "The table has 3 more rows." and len(made) == MOST_ROWS + 1


def test_no_sentence_is_longer_than_can_be_said_in_one_breath() -> None:
    made = speakable("word " * 1000)
    assert len(made) > 1 and all(len(sentence) <= MOST_CHARACTERS + 1 for sentence in made)
    assert " ".join(made).split().count("word") + " ".join(made).split().count("word.") == 1000


def test_the_first_clause_goes_ahead_when_somebody_waits() -> None:
    reader = Reader(early=True)
    assert reader.feed("When the moon is over the sea, the water ") == ["When the moon is over the sea,"]
    assert reader.feed("rises, and falls again. Then") == ["the water rises, and falls again."]
    assert reader.end() == ["Then."]


def test_a_stop_of_an_abbreviation_or_an_ordinal_ends_no_sentence() -> None:
    assert len(speakable("He met Mr. J. R. Low, Prof. Dr. Kim and No. 5 at 10:30 a.m. today.")) == 1
    assert len(speakable("Am 3. Mai war z. B. der 2. Termin mit Fr. Klein.", "de")) == 1
    assert len(speakable("It ended. Then it began! Why? Nobody knows…")) == 4
