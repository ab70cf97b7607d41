"""How many pages of PDF the reading process lays out in a second of computing, and what a book of 2,000 pages takes.

pytest -m bench tests/bench/bench_pdf.py -s
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from app.rag.readers.pdf import Book
from app.rag.worker import Reader, Reading
from tests.bench.figures import ROUNDS, show
from tests.documents import write
from tests.pdf_pages import Put, placed_pdf

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

_PAGES = 200


def words(count: int) -> list[str]:
    """Made-up words, the same each time."""
    drawn = random.Random(5)
    return ["".join(drawn.choices("etaoinshrdlucmfwyp", k=drawn.randint(2, 10))) for _ in range(count)]


def pages(count: int, columns: int, lines: int) -> list[list[Put]]:
    """Pages with a running line, a heading, columns of text, and a page number."""
    drawn, known = random.Random(7), words(2000)
    width = {1: 88, 2: 42}[columns]

    def line() -> str:
        text = ""
        while len(text) < width:
            text += drawn.choice(known) + " "
        return text[:width].strip()

    made = []
    for number in range(1, count + 1):
        puts = [Put(60, 770, "A book of many pages"), Put(300, 20, str(number))]
        puts.append(Put(60, 744, f"Part {number} of it", 14, bold=True))
        puts += [Put(60 + 260 * c, 720 - 12 * row, line()) for c in range(columns) for row in range(lines)]
        made.append(puts)
    return made


@pytest.mark.parametrize(("columns", "lines"), [(1, 54), (2, 54), (1, 20)])
def test_pages_a_second_of_computing(columns: int, lines: int) -> None:
    """With layout: columns, paragraphs, headings, running lines. One thread."""
    data = placed_pdf(pages(_PAGES, columns, lines))
    letters = 0
    rates = []
    for _ in range(ROUNDS):
        book = Book(data)
        started = time.process_time()
        outcome = book.read(pages=_PAGES, seconds=600)
        rates.append(_PAGES / (time.process_time() - started))
        letters = sum(len(piece.text) for piece in outcome.pieces)
        book.close()
    name = f"pdf: pages with {columns} column{'s' * (columns > 1)} of {lines} lines"
    show(name, rates, "pages/CPU-s", goal="value >= 300", letters=letters // _PAGES)


@pytest.mark.parametrize(("count", "lines"), [(2000, 54), (10_000, 20)])
def test_a_long_book_is_read_whole(tmp_path: Path, count: int, lines: int) -> None:
    """In parts, each with its own share of computing time."""
    path = write(tmp_path, "book.pdf", placed_pdf(pages(count, 1, lines)))
    shares: list[float] = []
    reading, seconds = asyncio.run(_timed(path, shares))
    assert reading.status == "ok" and reading.document is not None
    read = {block.page for block in reading.document.blocks}
    show(f"pdf: pages read of a book of {count}", len(read), "pages", goal=f"value >= {count}", parts=len(shares) + 1)
    show(f"pdf: a book of {count} pages", seconds, "s by the clock", memory=f"{reading.peak_mb:.0f} MB")


async def _timed(path: Path, shares: list[float]) -> tuple[Reading, float]:
    reader = Reader()
    try:
        started = time.perf_counter()
        reading = await reader.read(path, told=shares.append)
        return reading, time.perf_counter() - started
    finally:
        await reader.close()
