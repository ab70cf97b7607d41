"""PDF with PDFium: text in reading order, paragraphs, lists, tables and headings, each with its place on the page."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace

import pypdfium2
import pypdfium2.raw

from app.rag.document import Line, Piece
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.pdf_layout import is_right_to_left, zones
from app.rag.readers.pdf_page import Eye, Run, Sheet
from app.rag.readers.pdf_running import Running
from app.rag.readers.pdf_text import Outline, pieces, plain

MAX_PAGES = 20_000
PART_SECONDS = 3.0
"""Computing time after which the rest of a document waits for the next request; a part takes twice this, all in all.
Far below what a request may take, since the clock runs on while other programs have the cores."""
PART_PAGES = 400
_MAX_BOOKMARKS = 20_000
_HYPHENATED = re.compile(r"[^\W\d_]{2,}-[^\W\d_]{2,}")
_NO_TITLE = re.compile(
    r"(untitled|unbenannt|document\d*|microsoft word - .*|.*\.(docx?|odt|tex|dvi|pdf|indd|pptx?|xlsx?|qxd))", re.I
)


def opened(data: bytes, password: str = "") -> pypdfium2.PdfDocument:
    """Return the open document, which the caller closes. Raises Refused: wrong password, or no PDF."""
    try:
        return pypdfium2.PdfDocument(data, password=password or None)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            reason = "The password is wrong." if password else "It is protected by a password."
            raise Refused("password", reason) from error
        raise Refused("error", "The file is damaged: it cannot be opened as a PDF.") from error


class Book:
    """An open PDF that is read in parts, from the first page to the last."""

    def __init__(self, data: bytes, password: str = "") -> None:
        """Raises Refused: wrong password, no PDF, or too many pages."""
        self._document = opened(data, password)
        self.pages = len(self._document)
        if self.pages == 0 or self.pages > MAX_PAGES:
            self._document.close()
            if self.pages:
                raise Refused("rejected", f"It has more than {MAX_PAGES} pages.")
            raise Refused("error", "The file is damaged: it has no page that can be read.")
        self._eye = Eye(self._document)
        self._outline = Outline(bookmarks=_bookmarks(self._document))
        self._sizes: Counter[float] = Counter()
        self._running = Running()
        self._broken = 0
        self._written = False
        self._pictures = 0

    def close(self) -> None:
        """Close the document."""
        self._document.close()

    def read(self, first: int = 1, pages: int = PART_PAGES, seconds: float = PART_SECONDS) -> Outcome:
        """Return the pages from `first` on: as many as fit, at least one.

        Args:
            first: From 1.
            pages: At most so many.
            seconds: Computing time after which no further page is begun; laying them out takes as long again.

        Raises:
            Refused: no page of the document can be read.
        """
        started = time.process_time()
        sheets: list[Sheet] = []
        number = first
        while number <= self.pages and number < first + pages:
            try:
                sheets.append(self._eye.sheet(number))
            except pypdfium2.PdfiumError:
                self._broken += 1
            number += 1
            if time.process_time() - started > seconds:
                break
        found = self._laid_out(sheets)
        self._written = self._written or bool(found)
        scans = [sheet.number for sheet in sheets if sheet.unreadable]
        self._pictures += len(scans)
        more = number if number <= self.pages else 0
        if not more and self._broken == self.pages:
            raise Refused("error", "The file is damaged: it has no page that can be read.")
        return Outcome(
            found,
            self.pages,
            self._reason() if not more else "",
            self._title() if first == 1 else "",
            self._labels() if first == 1 else (),
            scans,
            more,
        )

    def _laid_out(self, sheets: list[Sheet]) -> list[Piece]:
        for sheet in sheets:
            for run in sheet.runs:
                self._sizes[round(run.size, 1)] += len(run.text)
        if self._sizes:
            self._outline.body = self._sizes.most_common(1)[0][0]
        self._running.take_out(sheets)
        self._outline.hyphenated |= {
            word.lower()
            for sheet in sheets
            for run in sheet.runs
            if "-" in run.text
            for word in _HYPHENATED.findall(run.text)
        }
        found: list[Piece] = []
        for sheet in sheets:
            found += page_pieces(sheet, self._outline)
        return found

    def _reason(self) -> str:
        if self._broken:
            return f"{self._broken} of its {self.pages} pages could not be read."
        if self._written or not self._pictures:
            return ""
        pages = "page seems" if self.pages == 1 else f"{self.pages} pages seem"
        return f"It holds no text: its {pages} to be pictures, such as scans."

    def _title(self) -> str:
        try:
            title = " ".join(str(self._document.get_metadata_value("Title")).split())
        except (pypdfium2.PdfiumError, ValueError):
            return ""
        return "" if _NO_TITLE.fullmatch(title) else title

    def _labels(self) -> list[str]:
        try:
            labels = [str(self._document.get_page_label(index)) for index in range(self.pages)]
        except (pypdfium2.PdfiumError, ValueError):
            return []
        counted = all(label in ("", str(number)) for number, label in enumerate(labels, 1))
        return [] if counted else labels


def read(data: bytes, password: str = "", seconds: float = 10.0) -> Outcome:
    """Return a document at once, or so much of it as can be read in that computing time. Raises Refused."""
    book = Book(data, password)
    try:
        outcome = book.read(pages=MAX_PAGES, seconds=seconds)
    finally:
        book.close()
    if not outcome.more:
        return outcome
    return replace(outcome, more=0, reason=f"Only its first {outcome.more - 1} pages were read.")


def _bookmarks(document: pypdfium2.PdfDocument) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    try:
        for count, bookmark in enumerate(document.get_toc(max_depth=8)):
            destination = bookmark.get_dest()
            page = destination.get_index() if destination else None
            if page is not None:
                found.setdefault(page + 1, {})[plain(bookmark.get_title())] = bookmark.level
            if count > _MAX_BOOKMARKS:
                break
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        pass  # a hint only
    return found


def page_pieces(sheet: Sheet, outline: Outline) -> list[Piece]:
    """Return the pieces of a page: what stands as most of it does, then what is turned against it."""
    counted: Counter[int] = Counter()
    for run in sheet.runs:
        counted[run.angle] += len(run.text)
    found: list[Piece] = []
    aside = Outline(body=1e6)  # what stands across the page is no heading, whatever its size
    for place, (angle, _) in enumerate(counted.most_common()):
        runs = [run for run in sheet.runs if run.angle == angle]
        if angle:
            runs = [_turned(run, angle, sheet) for run in runs]
        width = sheet.height if angle in (90, 270) else sheet.width
        mirrored = is_right_to_left(runs)
        if mirrored:
            runs = [replace(run, left=width - run.right, right=width - run.left) for run in runs]
        made = pieces(zones(runs), sheet.number, aside if place else outline)
        if mirrored:
            made = [_mirrored(piece, width) for piece in made]
        found += [_back(piece, angle, sheet) for piece in made] if angle else made
    return found


def _mirrored(piece: Piece, width: float) -> Piece:
    """Return a piece of a page that reads from right to left, its places as shown."""
    lines = tuple(replace(line, left=width - line.right, right=width - line.left) for line in piece.lines)
    return replace(piece, lines=lines)


def _turned(run: Run, angle: int, sheet: Sheet) -> Run:
    """Return a run as it stands when the page is turned so that it is upright."""
    left, top, right, bottom = _rotated((run.left, run.top, run.right, run.bottom), angle, sheet.width, sheet.height)
    base = bottom - 0.2 * (bottom - top)
    return Run(run.text, left, top, right, bottom, base, run.size, run.bold, 0, run.hyphen)


def _back(piece: Piece, angle: int, sheet: Sheet) -> Piece:
    width, height = (sheet.height, sheet.width) if angle in (90, 270) else (sheet.width, sheet.height)
    lines = []
    for line in piece.lines:
        box = _rotated((line.left, line.top, line.right, line.bottom), 360 - angle, width, height)
        lines.append(Line(line.start, line.end, *box))
    return Piece(piece.text, piece.page, piece.section, piece.kind, piece.header, tuple(lines))


def _rotated(
    box: tuple[float, float, float, float], angle: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return a box of a page that is turned back (against the clock) by `angle`."""
    left, top, right, bottom = box
    if angle == 90:
        return top, width - right, bottom, width - left
    if angle == 180:
        return width - right, height - bottom, width - left, height - top
    if angle == 270:
        return height - bottom, left, height - top, right
    return box
