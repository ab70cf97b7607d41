"""Word, PowerPoint, spreadsheets, OpenDocument and EPUB: what their readers keep, and what they refuse."""

from __future__ import annotations

import datetime
import io
import zipfile

import docx
import pptx
import pytest
import xlsxwriter
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from app.rag.document import Piece
from app.rag.readers import docx as docx_reader
from app.rag.readers import epub, opendocument, sheets
from app.rag.readers import pptx as pptx_reader
from app.rag.readers.outcome import Outcome, Refused
from tests.documents import raw_docx


def zipped(entries: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def seen(outcome: Outcome) -> list[Piece]:
    return [piece for piece in outcome.pieces if piece.text.strip()]


def word(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_word_lists_are_one_piece_with_marks() -> None:
    document = docx.Document()
    document.add_paragraph("Bring along:")
    for item in ("gloves", "shears"):
        document.add_paragraph(item, style="List Bullet")
    for item in ("Dig.", "Plant."):
        document.add_paragraph(item, style="List Number")
    assert [(piece.kind, piece.text) for piece in seen(docx_reader.read(word(document)))] == [
        ("text", "Bring along:"),
        ("list", "- gloves\n- shears\n1. Dig.\n2. Plant."),
    ]


def test_word_table_keeps_its_header() -> None:
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for row, values in enumerate((("1", "2"), ("Basil", "Thyme"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    assert seen(docx_reader.read(word(document)))[0].header == ""
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    piece = seen(docx_reader.read(word(document)))[0]
    assert (piece.kind, piece.header, piece.text) == ("table", "1 | 2", "1 | 2\nBasil | Thyme")


def test_word_headers_and_footers_once_and_without_page_numbers() -> None:
    document = docx.Document()
    document.add_paragraph("Body.")
    for _ in range(2):
        section = document.add_section()
        section.header.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Greenhouse Ltd"
        section.footer.is_linked_to_previous = False
        section.footer.paragraphs[0].text = "7"
    assert [piece.text for piece in seen(docx_reader.read(word(document)))] == ["Body.", "Greenhouse Ltd"]


def test_word_comments_stand_where_they_belong() -> None:
    document = docx.Document()
    document.add_heading("Frost", 1)
    paragraph = document.add_paragraph("The heater starts at four degrees.")
    document.add_comment(paragraph.runs, "Is that enough?", author="Ada")
    document.add_paragraph("Then it rains.")
    assert [(piece.text, piece.section) for piece in seen(docx_reader.read(word(document)))][1:] == [
        ("The heater starts at four degrees.", ("Frost",)),
        ("Comment by Ada: Is that enough?", ("Frost",)),
        ("Then it rains.", ("Frost",)),
    ]


def test_word_text_box_stands_after_its_paragraph_once() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Around.")
    box = "<w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></w:txbxContent>"
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    paragraph._p.append(
        parse_xml(
            f"<w:r {nsdecls('w')} {space}><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    assert [piece.text for piece in seen(docx_reader.read(word(document)))] == ["Around.", "In the box."]


def test_word_heading_by_outline_level_of_a_style() -> None:
    document = docx.Document()
    style = document.styles.add_style("Überschrift", 1)
    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), "1")
    style.element.get_or_add_pPr().append(level)
    document.add_paragraph("Watering", style="Überschrift")
    document.add_paragraph("Daily.")
    assert [(piece.kind, piece.section) for piece in seen(docx_reader.read(word(document)))] == [
        ("heading", ("Watering",)),
        ("text", ("Watering",)),
    ]


def test_word_deleted_text_is_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("")
    changes = "<w:del {}><w:r><w:delText>gone</w:delText></w:r></w:del>", "<w:ins {}><w:r><w:t>new</w:t></w:r></w:ins>"
    for change in changes:
        paragraph._p.append(parse_xml(change.format(nsdecls("w"))))
    assert [piece.text for piece in seen(docx_reader.read(word(document)))] == ["new"]


def test_word_container_that_is_no_document() -> None:
    with pytest.raises(Refused, match="not a whole Word document"):
        docx_reader.read(raw_docx(b"<w:p/>"))


def deck() -> bytes:
    presentation = pptx.Presentation()
    presentation.core_properties.title = "Greenhouse"
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Watering"
    for words, left in (("right", 5), ("left", 1)):
        slide.shapes.add_textbox(Inches(left), Inches(3), Inches(2), Inches(1)).text_frame.text = words
    slide.shapes.add_textbox(Inches(1), Inches(2), Inches(2), Inches(0.5)).text_frame.text = "above"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for row, values in enumerate((("Plant", "Litres"), ("Basil", "0.3"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    slide.notes_slide.notes_text_frame.text = "Say this slowly."
    other = presentation.slides.add_slide(presentation.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Rain", (30, 12.5))
    other.shapes.add_chart(XL_CHART_TYPE.LINE, Inches(1), Inches(1), Inches(4), Inches(3), data)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def test_slides_are_pages_read_by_place() -> None:
    outcome = pptx_reader.read(deck())
    assert (outcome.pages, outcome.title) == (2, "Greenhouse")
    assert [(piece.page, piece.kind, piece.text) for piece in seen(outcome)] == [
        (1, "heading", "Watering"),
        (1, "text", "above"),
        (1, "text", "left"),
        (1, "text", "right"),
        (1, "table", "Plant | Litres\nBasil | 0.3"),
        (1, "text", "Notes: Say this slowly."),
        (2, "table", " | Rain\nMay | 30\nJune | 12.5"),
    ]
    assert all(piece.section == ("Watering",) for piece in seen(outcome) if piece.page == 1)
    assert seen(outcome)[4].header == "Plant | Litres"


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Rain")
        sheet.write_row(0, 1, ["Rain of the year"])
        sheet.write_row(1, 1, ["Month", "Litres", "Seen"])
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for row, (month, litres) in enumerate((("May", 30), ("June", 12.5)), 2):
            sheet.write_row(row, 1, [month, litres])
            sheet.write_datetime(row, 3, datetime.datetime(2024, row, 1), date)
        sheet.write_row(6, 0, ["1", "2"])
        sheet.write_row(7, 0, ["3", "4"])
        book.add_worksheet("Empty")
    return out.getvalue()


def test_sheets_with_their_tables() -> None:
    found = seen(sheets.read(workbook()))
    assert [(piece.kind, piece.section, piece.header, piece.text) for piece in found] == [
        ("heading", ("Rain",), "", "Rain"),
        ("caption", ("Rain",), "", "Rain of the year"),
        (
            "table",
            ("Rain",),
            "Month | Litres | Seen",
            "Month | Litres | Seen\nMay | 30 | 2024-02-01\nJune | 12.5 | 2024-03-01",
        ),
        ("table", ("Rain",), "", "1 | 2\n3 | 4"),
    ]


def test_a_sheet_of_two_far_corners_takes_no_memory() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Wide")
        sheet.write(0, 0, "near")
        sheet.write(1_048_575, 16_383, "far")
        sheet.write(5, 5, 7)
    assert [piece.text for piece in seen(sheets.read(out.getvalue()))] == ["Wide", "near", "7", "far"]


def test_a_huge_sheet_is_bounded_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_CELLS", 3)
    outcome = sheets.read(workbook())
    assert "before row" in outcome.reason and "“Rain”" in outcome.reason
    assert "June" not in "".join(piece.text for piece in seen(outcome))


def test_a_spreadsheet_that_is_none() -> None:
    with pytest.raises(Refused, match="damaged"):
        sheets.read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("style", "style"),
        ("svg", "svg-compatible"),
        ("presentation", "presentation"),
    )
)


def opened(body: str, *, styles: str = "", before: str = "") -> Outcome:
    entries: dict[str, str | bytes] = {
        "content.xml": f"{before}<office:document-content {NAMES}><office:body>{body}</office:body>"
        "</office:document-content>"
    }
    if styles:
        entries["styles.xml"] = f"<office:document-styles {NAMES}>{styles}</office:document-styles>"
    return opendocument.read(zipped(entries))


def test_opendocument_text() -> None:
    body = """<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>
    <text:h text:outline-level="1">Frost</text:h>
    <text:p>Four<text:s text:c="2"/>degrees<text:note text:note-class="footnote">
    <text:note-citation>1</text:note-citation><text:note-body><text:p>Celsius.</text:p></text:note-body></text:note>.</text:p>
    <text:list><text:list-item><text:p>gloves</text:p><text:list><text:list-item><text:p>warm</text:p></text:list-item>
    </text:list></text:list-item></text:list>
    <table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell>
    <table:table-cell><text:p>2</text:p></table:table-cell></table:table-row></table:table-header-rows><table:table-row>
    <table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row>
    </table:table></office:text>"""
    styles = "<style:master-page><style:footer><text:p>Greenhouse Ltd</text:p></style:footer></style:master-page>"
    found = seen(opened(body, styles=styles))
    assert [(piece.kind, piece.text, piece.section) for piece in found] == [
        ("heading", "Frost", ("Frost",)),
        ("text", "Four  degrees.", ("Frost",)),
        ("text", "Footnote: Celsius.", ("Frost",)),
        ("list", "- gloves\n  - warm", ("Frost",)),
        ("table", "1 | 2\nx | x", ("Frost",)),
        ("text", "Greenhouse Ltd", ()),
    ]
    assert found[4].header == "1 | 2"


def test_opendocument_slides() -> None:
    body = """<office:presentation><draw:page><draw:frame svg:y="9cm"><draw:text-box><text:p>below</text:p>
    </draw:text-box></draw:frame><draw:frame presentation:class="title" svg:y="1cm"><draw:text-box>
    <text:p>Frost</text:p></draw:text-box></draw:frame><draw:frame svg:y="50mm"><draw:text-box>
    <text:p>above</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>slowly</text:p></draw:text-box></draw:frame>
    </presentation:notes></draw:page></office:presentation>"""
    outcome = opened(body)
    assert outcome.pages == 1
    assert [(piece.text, piece.page, piece.section) for piece in seen(outcome)] == [
        ("Frost", 1, ("Frost",)),
        ("above", 1, ("Frost",)),
        ("below", 1, ("Frost",)),
        ("Notes: slowly", 1, ("Frost",)),
    ]


def test_opendocument_under_a_password_and_with_entities() -> None:
    with pytest.raises(Refused) as refusal:
        opendocument.read(zipped({"content.xml": "<x/>", "META-INF/manifest.xml": "<encryption-data/>"}))
    assert refusal.value.status == "password"
    with pytest.raises(Refused, match="entities"):
        opened("<office:text/>", before='<!DOCTYPE d [<!ENTITY a "b">]>')


def book(chapter: str, **more: str | bytes) -> bytes:
    package = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
    <dc:title>Garden</dc:title><dc:creator>Ada</dc:creator></metadata><manifest>
    <item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
    <item id="b" href="text/b%20.xhtml" media-type="application/xhtml+xml"/>
    <item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/></manifest>
    <spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/></spine></package>"""
    nav = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
    <nav epub:type="toc"><ol><li><a href="text/b%20.xhtml#top">Frost</a></li><li><a href="text/a.xhtml">Sun</a></li>
    </ol></nav></body></html>"""
    container = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
    <rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/book.opf": package,
            "OPS/nav.xhtml": nav,
            "OPS/text/b .xhtml": chapter,
            "OPS/text/a.xhtml": "<html><body><h1>Sun</h1><p>It shines.</p></body></html>",
            **more,
        }
    )


def test_epub_in_the_order_of_its_spine() -> None:
    outcome = epub.read(book("<html><head><title>x</title></head><body><p>It is cold.</p></body></html>"))
    assert outcome.title == "Garden"
    assert [(piece.kind, piece.text, piece.section) for piece in seen(outcome)] == [
        ("text", "Garden\nCreator: Ada", ()),
        ("heading", "Frost", ("Frost",)),
        ("text", "It is cold.", ("Frost",)),
        ("heading", "Sun", ("Sun",)),
        ("text", "It shines.", ("Sun",)),
    ]


def test_epub_with_copy_protection_or_without_a_package() -> None:
    rights = '<encryption><x xmlns="y"><EncryptionMethod Algorithm="aes"/></x></encryption>'
    with pytest.raises(Refused) as refusal:
        epub.read(book("<p>x</p>", **{"META-INF/encryption.xml": rights}))
    assert refusal.value.status == "password"
    with pytest.raises(Refused, match="damaged"):
        epub.read(zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>"}))
