"""PDF with PDFium: the text of each page in reading order."""

from __future__ import annotations

import re

import pypdfium2
import pypdfium2.raw

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome, Refused

MAX_PAGES = 20_000
_HYPHEN = re.compile(r"[\x02\ufffe\u00ad]\r?\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def opened(data: bytes, password: str = "") -> pypdfium2.PdfDocument:
    """Return the open document, which the caller closes. Raises Refused: wrong password, or no PDF."""
    try:
        return pypdfium2.PdfDocument(data, password=password or None)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            reason = "The password is wrong." if password else "It is protected by a password."
            raise Refused("password", reason) from error
        raise Refused("error", "The file is damaged: it cannot be opened as a PDF.") from error


def read(data: bytes, password: str = "", first: int = 1) -> Outcome:
    """Return the text page by page, from page `first` on. Raises Refused."""
    document = opened(data, password)
    try:
        count = len(document)
        if count > MAX_PAGES:
            raise Refused("rejected", f"It has more than {MAX_PAGES} pages.")
        pieces: list[Piece] = []
        scans: list[int] = []
        broken = 0
        for index in range(first - 1, count):
            try:
                text, scanned = _page_text(document, index)
            except pypdfium2.PdfiumError:
                broken += 1
                continue
            if scanned:
                scans.append(index + 1)
            pieces.extend(Piece(part, index + 1) for part in text.split("\n\n"))
    finally:
        document.close()
    if count == 0 or broken == count:
        raise Refused("error", "The file is damaged: it has no page that can be read.")
    reason = f"{broken} of its {count} pages could not be read." if broken else ""
    if not any(piece.text.strip() for piece in pieces):
        pages = "page seems" if count == 1 else f"{count} pages seem"
        reason = reason or f"It holds no text: its {pages} to be pictures, such as scans."
        pieces = []
    return Outcome(pieces, count, reason, needs_ocr=scans)


def _page_text(document: pypdfium2.PdfDocument, index: int) -> tuple[str, bool]:
    """Return the text of a page, and True if it has none but pictures."""
    page = document[index]
    try:
        content = page.get_textpage()
        try:
            text = content.get_text_range()
        finally:
            content.close()
        scanned = not text.strip() and _has_pictures(page)
    finally:
        page.close()
    return reflow(text), scanned


def _has_pictures(page: pypdfium2.PdfPage) -> bool:
    kinds = (pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,)
    return next(iter(page.get_objects(filter=kinds, max_depth=5)), None) is not None


def reflow(text: str) -> str:
    """Join the lines of a paragraph, so that sentences are whole; short lines such as those of tables stay apart."""
    text = _HYPHEN.sub("", text)  # PDFium marks a word divided at the end of a line
    lines = [line.rstrip() for line in _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")]
    lengths = sorted(len(line) for line in lines if line)
    full = lengths[int(len(lengths) * 0.9)] if lengths else 0
    parts: list[str] = []
    for index, line in enumerate(lines):
        parts.append(line)
        if index + 1 == len(lines):
            break
        following = lines[index + 1].lstrip()
        goes_on = full >= 40 and len(line) >= 0.75 * full and following != ""
        parts.append(" " if goes_on else "\n")
    return "".join(parts)
