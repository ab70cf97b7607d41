"""Small documents of every format, made here, and an embedder that needs no model."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import docx
import numpy

from app.errors import NodeLost
from app.thinking import Embeddings, EmbedKind, Told

DIMENSION = 32


class HashEmbedder:
    """Bag of words by hash: equal words give close vectors. Counts what it was asked to embed."""

    def __init__(self, model: str = "hash", *, fail_after: int | None = None, delay: float = 0.0) -> None:
        self.model = model
        self.passages: list[str] = []
        self.queries: list[str] = []
        self._fail_after = fail_after
        self._delay = delay

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if self._fail_after is not None and len(self.passages) >= self._fail_after:
            raise NodeLost("the node is gone")
        if self._delay:
            await asyncio.sleep(self._delay)
        (self.passages if kind == "passage" else self.queries).extend(texts)
        rows = numpy.stack([self._vector(text) for text in texts])
        return Embeddings(self.model, sha256_of(self.model), DIMENSION, rows.astype("<f4").tobytes())

    def _vector(self, text: str) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.float64]]:
        row = numpy.zeros(DIMENSION)
        for word in re.findall(r"\w+", text.lower()):
            row[int(sha256_of(self.model + word)[:8], 16) % DIMENSION] += 1.0
        return row / max(1e-9, float(numpy.linalg.norm(row)))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def pdf_bytes(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with these lines of text on its pages."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for lines in pages:
        drawn = " ".join(f"({escaped(line)}) Tj 0 -14 Td" for line in lines)
        stream = zlib.compress(f"BT /F1 11 Tf 60 760 Td {drawn} ET".encode("latin-1"))
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n" % len(stream) + stream + b"\nendstream")
        content = len(objects)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % content
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    return pdf_of(objects)


def flate_bomb_pdf(size: int) -> bytes:
    """A PDF whose page content unpacks to `size` bytes of nothing."""
    stream = zlib.compress(zlib.compress(b"\0" * size, 9), 9)
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>",
            b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n" % len(stream) + stream + b"\nendstream",
        ]
    )


def pdf_of(objects: Sequence[bytes], info: int = 0) -> bytes:
    """A PDF of these objects, the first of which is its catalogue; `info`: number of the one that tells its title."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    more = b"/Info %d 0 R" % info if info else b""
    out.write(b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, more, table))
    return out.getvalue()


def escaped(text: str) -> str:
    """A text as it stands between brackets in a PDF."""
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def docx_bytes() -> bytes:
    """A Word file with a title, headings, paragraphs and a table."""
    document = docx.Document()
    document.add_heading("Greenhouse manual", 0)
    document.add_heading("Watering", 1)
    document.add_paragraph("Tomatoes get two litres a day in July.")
    document.add_heading("Frost", 2)
    document.add_paragraph("Below four degrees the heater starts.")
    table = document.add_table(rows=2, cols=2)
    for row, values in enumerate((("Plant", "Litres"), ("Basil", "0.3"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def raw_docx(body: bytes, before: bytes = b"") -> bytes:
    """A Word container with this XML in it."""
    space = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            b'<?xml version="1.0"?>'
            + before
            + b'<w:document xmlns:w="'
            + space
            + b'"><w:body>'
            + body
            + b"</w:body></w:document>",
        )
    return out.getvalue()


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
