"""Reading order of recognised lines: columns, tables, tilted and turned pages, paragraphs, places."""

from __future__ import annotations

import math

import pytest

from app.rag.page_lines import confidence, pieces
from app.thinking import RecognisedLine, RecognisedPage

WIDTH, HEIGHT = 1000, 1400


def line(text: str, left: float, top: float, width: float, height: float = 20, sure: float = 0.9) -> RecognisedLine:
    right, bottom = left + width, top + height
    return RecognisedLine(text, ((left, top), (right, top), (right, bottom), (left, bottom)), sure)


def page(*lines: RecognisedLine, width: int = WIDTH, height: int = HEIGHT) -> RecognisedPage:
    return RecognisedPage(width, height, lines)


def texts(found: RecognisedPage) -> list[str]:
    return [piece.text for piece in pieces(found, 3, 500.0, 700.0)]


def two_columns() -> list[RecognisedLine]:
    made = [line("A title over both columns of it", 100, 50, 800, 30)]
    for row in range(5):
        made.append(line(f"left line {row}", 100, 120 + 28 * row, 370))
        made.append(line(f"right line {row}", 530, 124 + 28 * row, 370))
    return [*made, line("A note at the foot of the page, also wide", 100, 320, 800)]


def test_columns_are_read_one_after_the_other_between_what_spans_them() -> None:
    left, right = (" ".join(f"{side} line {row}" for row in range(5)) for side in ("left", "right"))
    expected = ["A title over both columns of it", left, right, "A note at the foot of the page, also wide"]
    assert texts(page(*two_columns())) == expected
    assert texts(page(*reversed(two_columns()))) == expected


def turned(lines: list[RecognisedLine], degrees: float) -> list[RecognisedLine]:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [
        RecognisedLine(
            one.text,
            tuple((x * cosine - y * sine + 2000, x * sine + y * cosine + 2000) for x, y in one.corners),
            one.confidence,
        )
        for one in lines
    ]


@pytest.mark.parametrize("degrees", [2, -3, 90, 180, 268])
def test_a_page_that_is_tilted_or_turned_is_read_in_the_same_order(degrees: float) -> None:
    assert texts(page(*turned(two_columns(), degrees), width=4000, height=4000)) == texts(page(*two_columns()))


def test_cells_of_a_table_are_read_row_by_row() -> None:
    cells = [
        line(f"{name}{row}", 100 + 300 * column, 100 + 30 * row + column, 60)
        for row in range(4)
        for column, name in enumerate(("plant", "litres", "day"))
    ]
    assert texts(page(*cells)) == [f"plant{row} litres{row} day{row}" for row in range(4)]


def test_lines_become_paragraphs_and_divided_words_whole() -> None:
    found = page(
        line("The keeper wrote down every ship that passed the north-", 100, 100, 600),
        line("ern rock between dusk and dawn, as he had for 30", 100, 126, 590),
        line("years.", 100, 152, 70),
        line("A new one begins after a line that ends early and says", 100, 178, 600),
        line("what it has to say.", 100, 204, 200),
        line("White makes one too", 100, 290, 580),
        line("A heading is larger", 100, 318, 300, 40),
    )
    assert texts(found) == [
        "The keeper wrote down every ship that passed the northern rock between dusk and dawn, as he had for 30 years.",
        "A new one begins after a line that ends early and says what it has to say.",
        "White makes one too",
        "A heading is larger",
    ]


def test_each_line_knows_its_place_in_points_and_its_range() -> None:
    found = page(line("first half and", 100, 100, 600, sure=0.5), line("second", 100, 126, 590, sure=1.0))
    (piece,) = pieces(found, 3, 500.0, 700.0)
    assert [piece.text[one.start : one.end] for one in piece.lines] == ["first half and", "second"]
    first = piece.lines[0]
    assert (first.left, first.top, first.right, first.bottom) == (50, 50, 350, 60)
    assert piece.page == 3 and piece.confidence == pytest.approx((14 * 0.5 + 6) / 20)
    assert confidence(found) == pytest.approx(piece.confidence) and confidence(page()) == 1.0
    assert pieces(page(), 1, 500.0, 700.0) == []
