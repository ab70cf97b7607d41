"""Scans made here: text drawn by PDFium at a size, tilted, with noise; as PNG and as PDFs that hold only pictures."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import cv2
import numpy
import pypdfium2
from numpy.typing import NDArray

from tests.documents import escaped, pdf_of

Grey = NDArray[Any]
WIDTH, HEIGHT = 595, 842
"""A4 in points."""
TEXT = (
    "The lighthouse keeper wrote down every ship that passed the northern rock between dusk and dawn. On the 14th of "
    "March 1897 he counted 23 sails and two steamers, one of them the Aurora of Bergen with 412 tons of salted cod. "
    "Her captain, J. Halvorsen, signalled for a pilot at 5:40 and paid 18.75 crowns in advance. The lamp burned 3.2 "
    "litres of oil a night, which the harbour office in Vardo refunded each quarter against a signed receipt. In the "
    "margin he noted the wind, north-west, force 7, and that the glass was falling. A second hand has added: 'Nobody "
    "came back for the ledger; it lay under the stairs until the tower was sold in 1954.' Visitors who ask may read it "
    "today in the reading room, from Tuesday to Friday, 10 a.m. to 4 p.m. (ring twice). Copies cost 0.25 a page. "
)


def wrapped(text: str, size: float, *, width: float = WIDTH - 120) -> list[str]:
    """Lines of a text in Helvetica, about as wide as asked."""
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > width / (0.5 * size):
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def written(columns: Sequence[tuple[float, Sequence[str]]], size: float) -> bytes:
    """A PDF page with lines of text: each column from its left edge in points."""
    drawn = "".join(
        f"BT /F1 {size} Tf {left} 760 Td "
        + " ".join(f"({escaped(line)}) Tj 0 -{1.4 * size} Td" for line in lines)
        + " ET "
        for left, lines in columns
    )
    stream = drawn.encode("latin-1")
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources<</Font<</F1 3 0 R>>>>/Contents 4 0 R>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    body = b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream"
    return pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[5 0 R]/Count 1>>", font, body, page.encode()])


def drawn(pdf: bytes, width: int = 1414) -> Grey:
    """The first page of a PDF, grey, 0 is black."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    made: Grey = page.render(scale=width / page.get_width(), grayscale=True).to_numpy().squeeze().copy()
    document.close()
    return made


def page(text: str, size: float, *, width: int = 1414) -> tuple[Grey, list[str]]:
    """A picture of a page of A4 with a text set in points, and its lines."""
    lines = wrapped(text, size)[: int(700 / (1.4 * size))]
    return drawn(written([(60, lines)], size), width), lines


def tilted(picture: Grey, degrees: float) -> Grey:
    """Turned around its middle; what is new is white."""
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    made: Grey = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    return made


def noisy(picture: Grey, sigma: float = 25.0) -> Grey:
    """Softened, greyer, and with the noise of a poor scanner."""
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8).astype(float) * 0.85 + 20
    return numpy.clip(soft + numpy.random.default_rng(1).normal(0, sigma, picture.shape), 0, 255).astype(numpy.uint8)


def scene(width: int = 1200, height: int = 900) -> Grey:
    """Something like a photo: hills, clouds and grain, no text."""
    dice = numpy.random.default_rng(7)
    coarse = dice.normal(0, 1, (height // 60, width // 60)).astype(numpy.float32)
    clouds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 25
    slope = numpy.linspace(220, 60, height)[:, numpy.newaxis] + 30 * numpy.sin(numpy.linspace(0, 9, width))
    made: Grey = numpy.clip(slope + clouds + dice.normal(0, 4, (height, width)), 0, 255).astype(numpy.uint8)
    return made


def png(picture: Grey) -> bytes:
    """The picture as a PNG file."""
    encoded: Grey = cv2.imencode(".png", picture)[1]
    return encoded.tobytes()


def scanned_pdf(pictures: Sequence[Grey]) -> bytes:
    """A PDF of A4 pages that each hold one picture and no text."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for picture in pictures:
        height, width = picture.shape
        data = zlib.compress(picture.tobytes())
        objects.append(
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
            b"/Filter/FlateDecode/Length %d>>stream\n" % (width, height, len(data)) + data + b"\nendstream"
        )
        image = len(objects)
        show = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
        objects.append(b"<</Length %d>>stream\n" % len(show) + show + b"\nendstream")
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</XObject<</I %d 0 R>>>>/Contents %d 0 R>>"
            % (WIDTH, HEIGHT, image, len(objects))
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    return pdf_of(objects)


def errors(expected: str, found: str) -> float:
    """Character error rate: edits to make `found` of `expected`, by the length of that."""
    codes = numpy.array([ord(character) for character in found])
    places = numpy.arange(len(codes) + 1)
    row = places.copy()
    for number, character in enumerate(expected, 1):
        now = numpy.empty_like(row)
        now[0] = number
        now[1:] = numpy.minimum(row[1:] + 1, row[:-1] + (codes != ord(character)))
        row = numpy.minimum.accumulate(now - places) + places
    return float(row[-1]) / max(1, len(expected))
