"""Questions are understood: only what is in the library becomes a filter."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from app.rag.catalogue import Catalogue, Entry, kind_of
from app.rag.query import Query, understand

TODAY = date(2026, 11, 22)  # a Sunday


def entry(path: str, year: int, month: int = 6, day: int = 15) -> Entry:
    return Entry(path, kind_of(path), int(datetime(year, month, day).timestamp()))


ENTRIES = (
    entry("/home/a/Taxes/2023/return.pdf", 2024),
    entry("/home/a/Taxes/list.xlsx", 2023),
    entry("/home/a/notes/report.md", 2026, 11, 18),
    entry("/home/a/Annual Report 2023.pdf", 2024, 2, 1),
    entry("/home/a/Steuer/bescheid.pdf", 2022),
    entry("/home/a/impuestos/renta.docx", 2021),
    entry("/home/a/mail/hello.eml", 2026, 11, 12),
    entry("/home/a/notes/budget_2024.txt", 2025, 3, 3),
)


def ask(text: str) -> Query:
    return understand(text, Catalogue(lambda: ENTRIES, ("en", "de")), TODAY)


@pytest.mark.parametrize(
    ("text", "words", "paths", "kinds"),
    [
        ("what is in report.md", "what is", ("/home/a/notes/report.md",), ()),
        ("total in Annual Report 2023.pdf", "total", ("/home/a/Annual Report 2023.pdf",), ()),
        ("What does the file report say", "What does say", ("/home/a/notes/report.md",), ()),
        ("according to budget_2024 who pays", "who pays", ("/home/a/notes/budget_2024.txt",), ()),
        ("rent in the notes folder", "rent", ("/home/a/notes",), ()),
        ("rent in the tax folder", "rent", ("/home/a/Taxes",), ()),
        ("Was steht im Ordner Steuer", "Was steht", ("/home/a/Steuer",), ()),
        ("Was steht im Steuerordner", "Was steht", ("/home/a/Steuer",), ()),
        ("¿Qué hay en la carpeta de impuestos?", "¿Qué hay ?", ("/home/a/impuestos",), ()),
        ("in the pdf what is the rent", "what is the rent", (), ("pdf",)),
        ("sum of my spreadsheets", "sum", (), ("spreadsheet",)),
        ("Miete in den PDFs", "Miete", (), ("pdf",)),
        ("el total en mis hojas de cálculo", "el total", (), ("spreadsheet",)),
    ],
)
def test_what_is_named_becomes_a_filter(text: str, words: str, paths: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    query = ask(text)
    assert (query.words, query.paths, query.kinds) == (words, paths, kinds)
    assert query.filters and query.text == text


@pytest.mark.parametrize(
    "text",
    [
        "in the presentation about cats",  # there is none
        "in the invoices folder what is due",
        "what is in unknown.pdf",
        "What happened in 2008?",
        "Who came from 1066",
        "how do I make a pdf from a word file",
        "how do I embed a font in a pdf",
        "what happened today?",
        "what is true since 1990",  # all files are younger
        "report",
        "",
        "'; DROP TABLE x; --",
        "((((((((((",
    ],
)
def test_everything_else_stays_words(text: str) -> None:
    query = ask(text)
    assert (query.words, query.where(), query.filters, query.dropped) == (" ".join(text.split()), "", (), "")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("files since March 2023", date(2023, 3, 1), None),
        ("what did I write since November", date(2026, 11, 1), None),
        ("seit März 2023", date(2023, 3, 1), None),
        ("desde marzo de 2023", date(2023, 3, 1), None),
        ("mails last week", date(2026, 11, 9), date(2026, 11, 16)),
        ("Mails von letzter Woche", date(2026, 11, 9), date(2026, 11, 16)),
        ("correos de la semana pasada", date(2026, 11, 9), date(2026, 11, 16)),
        ("notes of the last 7 days", date(2026, 11, 15), date(2026, 11, 23)),
        ("rent before 2022", None, date(2022, 1, 1)),
        ("rent from 2021 to 2023", date(2021, 1, 1), date(2024, 1, 1)),
        ("rent from 2024-02-01", date(2024, 2, 1), date(2024, 2, 2)),
    ],
)
def test_times(text: str, since: date | None, until: date | None) -> None:
    query = ask(text)
    wanted = tuple(
        None if day is None else int(datetime(day.year, day.month, day.day).timestamp()) for day in (since, until)
    )
    assert (query.since, query.until) == wanted and query.filters


def test_a_year_may_stand_in_a_name() -> None:
    query = ask("How much did I pay in the tax folder from 2023?")
    assert query.words == "How much did I pay ?"
    assert query.paths == ("/home/a/Taxes",) and query.filters == ("folder Taxes", "of 2023")
    assert "/home/a/Taxes/2023/return.pdf" in query.named
    assert query.where().count(" AND ") == 2 and "starts_with(path, '/home/a/Taxes/')" in query.where()


def test_filters_that_leave_nothing_are_given_up_and_told() -> None:
    query = ask("in the notes folder from 2021 what is due")
    assert query.where() == "" and query.words == query.text and query.filters == ()
    assert query.dropped == "Nothing is in folder notes, of 2021: searched everywhere."


def test_quotes_are_phrases_unless_they_name_a_file() -> None:
    query = ask('who said "to be or not to be" and „sein oder nicht" in my emails')
    assert query.phrases == ("to be or not to be", "sein oder nicht") and query.kinds == ("mail",)
    assert query.filters == ("mails", 'with "to be or not to be"', 'with "sein oder nicht"')
    named = ask('rent in the file "Annual Report 2023"')
    assert named.phrases == () and named.paths == ("/home/a/Annual Report 2023.pdf",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the capital of France?", "en"),
        ("Was ist die Hauptstadt von Frankreich?", "de"),
        ("¿Cuál es la capital de Francia?", "es"),
        ("フランスの首都はどこですか", "ja"),
        ("法国的首都是哪里", "zh"),
        ("เมืองหลวงของฝรั่งเศสคืออะไร", "th"),
        ("xyzzy", ""),
    ],
)
def test_language_of_a_question(text: str, name: str) -> None:
    assert ask(text).language == name


def test_quotes_in_names_cannot_leave_the_condition() -> None:
    path = "/home/a/it's; x/o'clock.pdf"
    known = Catalogue(lambda: (entry(path, 2024), entry("/home/b/other.txt", 2020)), ())
    assert understand("time in o'clock.pdf", known, TODAY).where() == (
        "(path = '/home/a/it''s; x/o''clock.pdf' OR starts_with(path, '/home/a/it''s; x/o''clock.pdf/'))"
    )


def test_a_half_typed_word() -> None:
    assert ask("the embedd").half == "embedd" and ask("the embedd ").half == ""


def test_the_library_is_not_looked_at_for_a_plain_question() -> None:
    def fail() -> tuple[Entry, ...]:
        raise AssertionError

    assert understand("capital France population", Catalogue(fail), TODAY).filters == ()
