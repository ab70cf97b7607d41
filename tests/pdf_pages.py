"""PDFs with text at chosen places, for tests of layout."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.documents import pdf_of


@dataclass(frozen=True)
class Put:
    """Text put on a page: points from the bottom left corner to where its letters stand."""

    x: float
    y: float
    text: str
    size: float = 10
    bold: bool = False
    quarter: int = 0
    """Turned against the clock by so many quarters."""


def placed_pdf(
    pages: Sequence[Sequence[Put]], *, rotate: int = 0, catalogue: bytes = b"", info: bytes = b"", extra: str = ""
) -> bytes:
    """A PDF of US letter pages with this on them; `extra` is drawn on every page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        info or b"<<>>",
    ]
    kids = []
    turns = {0: "1 0 0 1", 1: "0 1 -1 0", 2: "-1 0 0 -1", 3: "0 -1 1 0"}
    for puts in pages:
        drawn = extra + "\n".join(
            f"BT /F{1 + put.bold} {put.size} Tf {turns[put.quarter]} {put.x} {put.y} Tm ({_escaped(put.text)}) Tj ET"
            for put in puts
        )
        stream = zlib.compress(drawn.encode("cp1252"))
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n" % len(stream) + stream + b"\nendstream")
        objects.append(
            b"<</Type/Page/Parent 2 0 R/Rotate %d/MediaBox[0 0 612 792]"
            b"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>/Contents %d 0 R>>" % (rotate, len(objects))
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    return pdf_of(objects, info=5)


def column(x: float, y: float, lines: Sequence[str], size: float = 10) -> list[Put]:
    """Lines below each other."""
    return [Put(x, y - index * size * 1.2, line, size) for index, line in enumerate(lines)]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
