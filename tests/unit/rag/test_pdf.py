"""PDF: reading order, paragraphs, headings, lists, tables, running lines, and where it all stands on the page."""

from __future__ import annotations

import pytest

from app.rag.document import Piece, assemble
from app.rag.readers import pdf
from app.rag.readers.outcome import Refused
from app.rag.readers.pdf_page import Run, Sheet
from app.rag.readers.pdf_text import Outline
from tests.documents import pdf_bytes, pdf_of
from tests.pdf_pages import Put, column, placed_pdf

PROSE = (
    "The heater of the greenhouse starts by itself",
    "when it gets colder than four degrees, and it",
    "stops again as soon as eight are reached. Two",
    "thermometers are compared before it starts, so",
    "that a broken one does not burn the gas of a",
    "whole winter in one night, as it once did here.",
)
OTHER = (
    "Water is let in at six in the morning. Every",
    "bed has a valve of its own, which is opened by",
    "hand on Sundays, when nobody is to be woken by",
    "the pump, and by a clock on all other days. The",
    "tank holds nine hundred litres, which is enough",
    "for two days in July and for a week in autumn.",
)


def read(*pages: list[Put], rotate: int = 0) -> list[Piece]:
    return list(pdf.read(placed_pdf(pages, rotate=rotate)).pieces)


def test_pages_and_lines() -> None:
    outcome = pdf.read(pdf_bytes([["First page."], [], ["Third (page)", "Second line"]]))
    assert outcome.pages == 3
    assert [(piece.text, piece.page) for piece in outcome.pieces] == [
        ("First page.", 1),
        ("Third (page)\nSecond line", 3),
    ]


def test_a_paragraph_is_one_line_of_text_and_each_line_has_its_place() -> None:
    (piece,) = read(column(60, 700, PROSE))
    assert piece.text == " ".join(PROSE)
    assert [piece.text[line.start : line.end] for line in piece.lines] == list(PROSE)
    first, second = piece.lines[:2]
    assert 58 < first.left < 62 and 90 < 792 - 700 <= first.bottom < 96 and 82 < first.top < 86
    assert 11 < second.top - first.top < 13 and first.right > 200
    document = assemble([Piece("Before.", 1), piece])
    assert document.text[document.blocks[1].lines[2].start :].startswith(PROSE[2])


def test_divided_words_are_joined_and_compounds_keep_their_hyphen() -> None:
    lines = ("A well-known green-", "house needs a well-", "known heater and a ther-", "mometer in it, at least.")
    (piece,) = read(column(60, 700, lines))
    assert piece.text == "A well-known greenhouse needs a well-known heater and a thermometer in it, at least."


def test_two_columns_under_a_heading_that_spans_them() -> None:
    title = Put(120, 740, "Rules of the greenhouse", 18, bold=True)
    across = column(60, 560, [" ".join(PROSE[:2]) + " and all that.", " ".join(OTHER[:2]) + " and so on."])
    puts = [title, *column(320, 700, OTHER), *column(60, 700, PROSE), *across, *column(60, 500, OTHER)]
    puts += column(320, 500, PROSE)
    pieces = read(puts)
    assert [piece.text[:9] for piece in pieces] == [
        *("Rules of ", PROSE[0][:9], OTHER[0][:9], PROSE[0][:9], OTHER[0][:9], PROSE[0][:9])
    ]
    assert pieces[0].kind == "heading" and all(piece.section == ("Rules of the greenhouse",) for piece in pieces)


def test_three_columns_on_the_same_lines() -> None:
    narrow = [[f"{name} line {number} of column" for number in range(9)] for name in ("first", "other", "third")]
    puts = [put for index, lines in enumerate(narrow) for put in column(50 + index * 180, 700, lines)]
    text = "\n".join(piece.text for piece in read(sorted(puts, key=lambda put: (-put.y, put.x))))
    assert text.index("first line 8") < text.index("other line 0") < text.index("other line 8") < text.index("third")


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    pieces = read([*column(60, 700, PROSE[:5]), *column(320, 700, [PROSE[5], *OTHER])])
    assert len(pieces) == 1 and "gas of a whole winter" in pieces[0].text
    assert len(pieces[0].lines) == 12 and pieces[0].lines[5].left > 300


def test_running_lines_and_page_numbers_are_left_out_and_body_text_is_not() -> None:
    pages = []
    for number in range(1, 6):
        head = Put(60, 770, f"Greenhouse manual, edition {number % 2}")
        foot = Put(300, 20, f"- {number} -")
        pages.append([head, *column(60, 740, [f"Page {number} begins so.", *PROSE]), Put(60, 300, "The end."), foot])
    text = "\n".join(piece.text for piece in read(*pages))
    assert "manual" not in text and "- 3 -" not in text
    assert text.count("The end.") == 5 and all(f"Page {number} begins so." in text for number in range(1, 6))


def test_the_same_line_in_the_middle_of_pages_stays() -> None:
    text = "\n".join(piece.text for piece in read(*[[Put(60, 400, "Signed by the gardener.")]] * 4))
    assert text.count("Signed") == 4


def test_a_table_is_kept_as_rows_with_its_header() -> None:
    rows = (("Plant", "Litres", "Bed"), ("Basil", "0.3", "A"), ("Tomato", "2.0", "B"), ("Pepper", "", "C"))
    wide = [" ".join(PROSE[place : place + 2]) for place in (0, 2, 4)]
    puts = column(60, 740, wide)
    for row, cells in enumerate(rows):
        puts += [Put(60 + 120 * place, 640 - 16 * row, cell) for place, cell in enumerate(cells) if cell]
    puts += column(60, 560, wide)
    before, table, after = read(puts)
    assert table.kind == "table" and table.header == "Plant | Litres | Bed"
    assert table.text.split("\n") == ["Plant | Litres | Bed", "Basil | 0.3 | A", "Tomato | 2.0 | B", "Pepper |  | C"]
    assert [table.text[line.start : line.end] for line in table.lines] == table.text.split("\n")
    assert before.text == after.text == " ".join(PROSE)


def test_cells_of_several_lines_stay_in_their_row() -> None:
    puts = [Put(60, 700, "Name", bold=True), Put(160, 700, "Duty", bold=True), Put(400, 700, "Pay", bold=True)]
    puts += [Put(60, 670, "Ada"), *column(160, 670, ["opens the valves and", "closes them"]), Put(400, 670, "12")]
    puts += [Put(60, 630, "Bob"), *column(160, 630, ["looks after the heater", "in winter"]), Put(400, 630, "14")]
    (table,) = read(puts)
    assert table.text.split("\n") == [
        "Name | Duty | Pay",
        "Ada | opens the valves and closes them | 12",
        "Bob | looks after the heater in winter | 14",
    ]
    assert table.header == "Name | Duty | Pay"


def test_a_drawing_with_thousands_of_labels_is_read_line_by_line() -> None:
    labels = [Put(20 + 7 * (n % 80), 20 + 7 * (n // 80), f"{n}", 3) for n in range(6000)]
    far = [Put(10.0**8, 10.0**8, "far away"), Put(60, 760, "Plan of the beds", 12)]
    text = "\n".join(piece.text for piece in read([*labels, *far], column(60, 700, PROSE)))
    assert "Plan of the beds" in text and " ".join(PROSE) in text and "far away" not in text


def test_captions_are_told_from_text() -> None:
    pieces = read([*column(60, 740, PROSE), Put(60, 600, "Figure 2: The valves of the tank"), *column(60, 560, OTHER)])
    assert [piece.kind for piece in pieces] == ["text", "caption", "text"]


def test_headings_nest_by_size_and_number() -> None:
    puts = [Put(60, 750, "Manual", 24), Put(60, 710, "1 Water", 14, bold=True), *column(60, 690, PROSE)]
    puts += [Put(60, 600, "1.1 Valves", 14, bold=True), *column(60, 580, OTHER)]
    puts += [Put(60, 480, "2 Heat", 14, bold=True), *column(60, 460, PROSE)]
    found = [(piece.section, piece.kind) for piece in read(puts)]
    assert found == [
        (("Manual",), "heading"),
        (("Manual", "1 Water"), "heading"),
        (("Manual", "1 Water"), "text"),
        (("Manual", "1 Water", "1.1 Valves"), "heading"),
        (("Manual", "1 Water", "1.1 Valves"), "text"),
        (("Manual", "2 Heat"), "heading"),
        (("Manual", "2 Heat"), "text"),
    ]


def test_lists_keep_one_item_a_line() -> None:
    items = ["1. Close the valves of all the beds before the", "first frost comes.", "2. Empty the tank.", "3. Rest."]
    pieces = read([*column(60, 740, PROSE), *column(60, 650, items)])
    assert pieces[1].kind == "list"
    assert pieces[1].text.split("\n") == [f"{items[0]} {items[1]}", "2. Empty the tank.", "3. Rest."]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_page_that_is_shown_turned(rotate: int) -> None:
    quarter = rotate // 90
    places = {0: (60, 700), 1: (92, 60), 2: (552, 92), 3: (520, 732)}
    steps = {0: (0, -12), 1: (12, 0), 2: (0, 12), 3: (-12, 0)}
    x, y = places[quarter]
    puts = [
        Put(x + steps[quarter][0] * index, y + steps[quarter][1] * index, line, quarter=quarter)
        for index, line in enumerate(PROSE)
    ]
    (piece,) = read(puts, rotate=rotate)
    assert piece.text == " ".join(PROSE)
    first = piece.lines[0]
    assert 58 < first.left < 62 and 80 < first.top < 88 and 90 < first.bottom < 98


def test_a_sideways_table_is_read_though_the_page_is_not_turned() -> None:
    puts = [Put(100 + 12 * index, 60, line, quarter=1) for index, line in enumerate(PROSE)]
    (piece,) = read(puts)
    assert piece.text == " ".join(PROSE)
    assert piece.lines[0].left < piece.lines[1].left and piece.lines[0].bottom > 700, "places are as shown"


def test_right_to_left_pages_begin_at_the_right() -> None:
    words = "שלום לכולם וברוכים הבאים אל החממה הגדולה שלנו"
    sheet = Sheet(1, 612, 792)
    for left in (60, 330):
        for row in range(6):
            top = 80 + 12 * row
            text = f"{words} {'א' if left == 330 else 'ב'}{row}"
            sheet.runs.append(Run(text, left, top, left + 220, top + 10, top + 8, 10, False))
    first, second = pdf.page_pieces(sheet, Outline())
    assert "א0" in first.text and "א5" in first.text and "ב5" in second.text
    assert first.lines[0].left == 330 and first.lines[0].right == 550


def test_title_labels_and_bookmarks() -> None:
    catalogue = b"/PageLabels<</Nums[0<</S/r>>2<</S/D>>]>>"
    pages = [column(60, 700, PROSE)] * 4
    outcome = pdf.read(placed_pdf(pages, catalogue=catalogue, info=b"<</Title(Greenhouse manual)>>"))
    assert outcome.title == "Greenhouse manual" and list(outcome.labels) == ["i", "ii", "1", "2"]
    assert pdf.read(placed_pdf(pages, info=b"<</Title(manual_final.docx)>>")).title == ""


def test_a_long_document_is_read_in_parts() -> None:
    pages = [[Put(60, 770, "Manual"), *column(60, 700, [f"Page number {number}.", *PROSE])] for number in range(1, 9)]
    book = pdf.Book(placed_pdf(pages))
    try:
        parts = [book.read(1, pages=3), book.read(4, pages=3), book.read(7, pages=3)]
    finally:
        book.close()
    assert [part.more for part in parts] == [4, 7, 0]
    assert [piece.page for part in parts for piece in part.pieces] == list(range(1, 9))


def test_pages_without_text_are_named_where_they_hold_pictures() -> None:
    drawn = "q 400 0 0 400 50 50 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x41 EI Q\n"
    outcome = pdf.read(placed_pdf([[], column(60, 700, PROSE)], extra=drawn))
    assert list(outcome.needs_ocr) == [1] and len(outcome.pieces) == 1
    scan = pdf.read(placed_pdf([[], []], extra=drawn))
    assert list(scan.needs_ocr) == [1, 2] and "2 pages seem to be pictures" in scan.reason
    assert not pdf.read(pdf_bytes([[], []])).needs_ocr


def test_what_is_filled_into_a_form_stands_beside_its_name() -> None:
    fields = [
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Ada Lovelace)/Rect[140 695 300 712]>>",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/Ff 8192/T(code)/V(secret)/Rect[140 675 300 692]>>",
    ]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R 6 0 R]>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Annots[5 0 R 6 0 R]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length 51>>stream\nBT /F1 10 Tf 60 700 Td (Name) Tj 0 -20 Td (Code) Tj ET \nendstream",
        *fields,
    ]
    assert [piece.text for piece in pdf.read(pdf_of(objects)).pieces] == ["Name Ada Lovelace\nCode"]


@pytest.mark.parametrize("data", [b"%PDF-1.7\nnothing", b"%PDF-", pdf_bytes([["x"]])[:60]])
def test_broken(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        pdf.read(data)
    assert refusal.value.status == "error"
