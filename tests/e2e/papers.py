"""A folder of real PDFs for end-to-end tests: printed by Qt with embedded fonts, several pages each."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QPageSize, QPainter, QPdfWriter

PAPERS: dict[str, tuple[str, ...]] = {
    "heat-pump-manual.pdf": (
        "Aurora 9 heat pump. Owner's manual.\n\nThis manual explains how to install, run and look after the Aurora 9 "
        "heat pump. Read it before the first start and keep it near the machine. The machine may be opened by a "
        "trained person only.",
        "Cleaning.\n\nThe air filter of the heat pump must be cleaned every six weeks. Take the grey cover off, pull "
        "the filter out, rinse it with lukewarm water and let it dry for a day. Never use soap or a brush.",
        "Warranty.\n\nThe compressor of the heat pump has a warranty of seven years from the day of delivery. "
        "All other parts have a warranty of two years. The warranty ends when the machine was opened by an untrained "
        "person.",
        "Error codes.\n\nE1 means that the water pressure is too low. E2 means that the outdoor sensor is broken. E3 "
        "means that the defrosting took longer than twenty minutes.",
    ),
    "lease-contract.pdf": (
        "Lease contract for the flat in Harbour Street 14.\n\nThe landlord is Maria Lindqvist. The tenant is Jonas "
        "Albrecht. The contract begins on the first of March and has no fixed end.",
        "Rent and deposit.\n\nThe monthly rent is 940 euros and is due on the third working day of each month. The "
        "deposit is 1,880 euros and is paid back within sixty days after the tenant moves out.",
        "Ending the contract.\n\nThe notice period is three months to the end of a month. Notice must be given in "
        "writing. Pets need the written permission of the landlord.",
    ),
    "bread.pdf": (
        "Rye bread at home.\n\nMix 500 grams of rye flour with 400 grams of water and the sourdough starter. Let the "
        "dough rest for sixteen hours in a cool place.",
        "Baking.\n\nHeat the oven to 250 degrees. Bake the rye bread for ten minutes, then turn the oven down to 190 "
        "degrees and bake it for another fifty minutes.",
    ),
}


def print_papers(folder: Path) -> Path:
    """Write all of PAPERS into `folder` (made if needed) and return it. Needs a QGuiApplication."""
    assert QGuiApplication.instance() is not None
    folder.mkdir(parents=True, exist_ok=True)
    for name, pages in PAPERS.items():
        print_pages(folder / name, pages)
    return folder


def print_pages(path: Path, pages: tuple[str, ...]) -> None:
    """Write one PDF, a text a page."""
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(20, 20, 20, 20))
    writer.setResolution(150)
    painter = QPainter(writer)
    painter.setFont(QFont("DejaVu Sans", 12))
    height = QFontMetrics(painter.font(), writer).lineSpacing()
    for number, page in enumerate(pages):
        if number:
            writer.newPage()
        y = height
        for line in _lines(page):
            painter.drawText(0, y, line)
            y += height
    painter.end()


def _lines(page: str, width: int = 72) -> list[str]:
    import textwrap

    return [line for paragraph in page.split("\n") for line in (textwrap.wrap(paragraph, width) or [""])]
