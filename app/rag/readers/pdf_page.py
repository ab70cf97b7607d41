"""One page of a PDF as PDFium sees it: runs of characters with their boxes, as few calls a line as it takes."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

from app.rag.readers.pdf_form import filled, form_of

GAP = 0.9
"""Two words farther apart than this many times the letter size may be cells or columns; runs end there."""
_SPREAD = 0.57
"""Letters wider than this share of their size, on average, tell of a gap inside one text object."""
_BOLD = re.compile(rb"bold|black|heavy|demi|-bd|,bd", re.IGNORECASE)
_BOLD_WEIGHT = 600
_FORCE_BOLD = 1 << 18
_BREAK = re.compile("[\r\n\x02\x0b\x0c\ufffe]+")
_WORD = re.compile(r"\S+")
_STRANGE = re.compile("[\x00-\x08\x0e-\x1f\ufffd\uffff\ue000-\uf8ff]")
_LEADERS = re.compile(r"(?:\s?\.){4,}\s?")
_RULE = re.compile(r"[-=_*~–—]{4,}")
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
    | {"\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u200b": None, "\ufeff": None, "\u00ad": None}
    | {code: None for code in (*range(9), *range(14, 32), 0xFFFF)}
)
_MAX_CHARACTERS = 400_000
"""Of one page; the rest is left out."""
_MAX_OBJECTS = 3000
_FAR = 20_000.0
"""Points from the corner of the page beyond which nothing is looked at; the largest sheets have 14,400."""
_Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Run:
    """Characters that stand beside each other in one line. Points from the top left of the page as shown."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    base: float
    """Where the letters stand, from the top."""
    size: float
    """Height of the letters' font, in points."""
    bold: bool
    angle: int = 0
    """0, 90, 180 or 270 degrees, clockwise, as shown."""
    hyphen: bool = False
    """A word is divided at its end."""


@dataclass(slots=True)
class Sheet:
    """What is on one page."""

    number: int
    width: float
    height: float
    runs: list[Run] = field(default_factory=list)
    unreadable: bool = False
    """It holds pictures or drawn letters and no text to speak of."""


class Eye:
    """Reads pages through PDFium's own functions; what is passed to them is made once."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._sides = [ctypes.c_double() for _ in range(4)]
        self._side_pointers = [ctypes.byref(side) for side in self._sides]
        self._matrix = pdfium.FS_MATRIX()
        self._box = pdfium.FS_RECTF()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._form = form_of(document)

    def sheet(self, number: int) -> Sheet:
        """Return page `number`, from 1. Raises pypdfium2.PdfiumError for a page that cannot be read."""
        page = pdfium.FPDF_LoadPage(self._document.raw, number - 1)
        if not page:
            raise pypdfium2.PdfiumError("no such page")
        try:
            text = pdfium.FPDFText_LoadPage(page)
            if not text:
                raise pypdfium2.PdfiumError("no text page")
            try:
                return self._read(number, page, text)
            finally:
                pdfium.FPDFText_ClosePage(text)
        finally:
            pdfium.FPDF_ClosePage(page)

    def _read(self, number: int, page: object, text: object) -> Sheet:
        box = self._box
        if not pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box)):
            raise pypdfium2.PdfiumError("no page box")
        frame = _Frame(box.left, box.top, box.right, box.bottom, pdfium.FPDFPage_GetRotation(page) % 4)
        sheet = Sheet(number, *frame.size)
        count = min(pdfium.FPDFText_CountChars(text), _MAX_CHARACTERS)
        if count > 0:
            self._runs(sheet, text, _characters(text, count), frame)
        if self._form is not None:
            for filled_in, box in filled(self._form, page):
                left, top, right, bottom = frame.shown(*box)
                size = min(10.0, 0.8 * (bottom - top))
                base = (top + bottom) / 2 + 0.35 * size
                right = min(right, left + 0.6 * size * len(filled_in))
                sheet.runs.append(Run(filled_in, left, top, right, bottom, base, size, False))
        letters = sum(len(run.text) for run in sheet.runs)
        if letters < 3 and _pictured(page):
            sheet.unreadable = True
        return sheet

    def _runs(self, sheet: Sheet, text: object, characters: str, frame: _Frame) -> None:
        start = 0
        strange = len(_STRANGE.findall(characters))
        if strange * 3 > len(characters):
            sheet.unreadable = True  # fonts that don't tell their letters: what is seen is not what would be read
            return
        while start < len(characters):
            found = _BREAK.search(characters, start)
            end, after = found.span() if found else (len(characters), len(characters))
            hyphen = found is not None and found.group()[0] in "\x02\ufffe"
            if end > start:
                self._line(sheet, text, characters, start, end, hyphen, frame)
            start = after

    def _line(
        self, sheet: Sheet, text: object, characters: str, start: int, end: int, hyphen: bool, frame: _Frame
    ) -> None:
        words = characters[start:end]
        stripped = words.strip()
        if not stripped:
            return
        start += len(words) - len(words.lstrip())
        end = start + len(stripped)
        matrix = self._matrix
        if not pdfium.FPDFText_GetMatrix(text, start, ctypes.byref(matrix)):
            return
        size = pdfium.FPDFText_GetFontSize(text, start) * math.hypot(matrix.c, matrix.d)
        angle = frame.angle(matrix.a, matrix.b)
        boxes = self._boxes(text, start, end - start)
        if not boxes:
            return
        if not 1.0 < size < 2000:
            size = max(box[3] - box[1] for box in boxes) or 1.0
        cuts = [start]
        if len(stripped) > 2 and (angle == 0 or angle == 180) and frame.turned in (0, 2):
            cuts += self._gaps(text, characters, start, end, boxes, size)
        for place, cut in enumerate(cuts):
            to = cuts[place + 1] if place + 1 < len(cuts) else end
            if len(cuts) > 1:
                boxes = self._boxes(text, cut, to - cut)
                if not boxes:
                    continue
            left, top, right, bottom = frame.shown(*(boxes[0] if len(boxes) == 1 else _around(boxes)))
            if not (-_FAR < left <= right < _FAR and -_FAR < top <= bottom < _FAR and size < _FAR):
                continue
            base = bottom
            if angle == 0:
                if frame.turned == 0 and top - size < frame.top - matrix.f < bottom + size:
                    base = frame.top - matrix.f
                top, bottom = min(top, base - 0.75 * size), max(bottom, base + 0.2 * size)
            shown = characters[cut:to].strip().translate(_LIGATURES).strip()
            if "...." in shown or ". . ." in shown:
                shown = _LEADERS.sub(" … ", shown)
            if shown and not _RULE.fullmatch(shown):
                bold = self._bold(text, cut) and self._bold(text, cut + len(characters[cut:to].rstrip()) - 1)
                last = hyphen and to == end
                sheet.runs.append(Run(shown, left, top, right, bottom, base, size, bold, angle, last))

    def _boxes(self, text: object, start: int, count: int) -> list[_Box]:
        """Return left, bottom, right, top of each text object among these characters, in the page's own space."""
        found = []
        left, top, right, bottom = self._sides
        get, pointers = pdfium.FPDFText_GetRect, self._side_pointers
        for index in range(pdfium.FPDFText_CountRects(text, start, count)):
            get(text, index, *pointers)
            if left.value < right.value:
                found.append((left.value, bottom.value, right.value, top.value))
        return found

    def _gaps(
        self,
        text: object,
        characters: str,
        start: int,
        end: int,
        boxes: list[_Box],
        size: float,
    ) -> list[int]:
        """Return where in the line words begin that stand apart from those before them."""
        wide = GAP * size
        edge = boxes[0][2]
        for box in boxes[1:]:
            if box[0] - edge > wide or box[0] < edge - 3 * size:
                break
            edge = max(edge, box[2])
        else:
            if edge - boxes[0][0] < _SPREAD * size * (end - start):
                return []
        cuts: list[int] = []
        box = self._box
        pointer, get = ctypes.byref(box), pdfium.FPDFText_GetLooseCharBox
        last: float | None = None
        for word in _WORD.finditer(characters, start, end):
            if not get(text, word.start(), pointer):
                continue
            left = box.left
            if last is not None and (left - last > wide or left < last - 3 * size):
                cuts.append(word.start())
            get(text, word.end() - 1, pointer)
            last = box.right
        return cuts

    def _bold(self, text: object, index: int) -> bool:
        if pdfium.FPDFText_GetFontWeight(text, index) >= _BOLD_WEIGHT:
            return True
        length = pdfium.FPDFText_GetFontInfo(text, index, self._name, 128, ctypes.byref(self._flags))
        return length > 0 and (bool(self._flags.value & _FORCE_BOLD) or _BOLD.search(self._name.value) is not None)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The box of a page in its own space, and how often it is turned clockwise by 90 degrees to be shown."""

    left: float
    top: float
    right: float
    bottom: float
    turned: int

    @property
    def size(self) -> tuple[float, float]:
        across, down = self.right - self.left, self.top - self.bottom
        return (down, across) if self.turned % 2 else (across, down)

    def shown(self, left: float, bottom: float, right: float, top: float) -> _Box:
        """Return left, top, right, bottom as shown, of a box in the page's own space."""
        if self.turned == 0:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.turned == 1:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.turned == 2:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left

    def angle(self, a: float, b: float) -> int:
        """Return how letters are turned as shown, clockwise, to the next 90 degrees."""
        if b == 0 and a > 0:
            return self.turned * 90 % 360
        return (round(-math.degrees(math.atan2(b, a)) / 90) + self.turned) % 4 * 90


def _around(boxes: Sequence[_Box]) -> _Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _characters(text: object, count: int) -> str:
    """Return the characters, one for each that PDFium counts."""
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    got = pdfium.FPDFText_GetText(text, 0, count, buffer)
    found = bytes(buffer)[: 2 * max(got - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(found) == count:
        return found
    codes = (pdfium.FPDFText_GetUnicode(text, index) for index in range(count))
    return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)


def _pictured(page: object) -> bool:
    """Return True if there is anything to see: a picture, or letters drawn as lines."""
    drawn = 0
    for index in range(min(pdfium.FPDFPage_CountObjects(page), _MAX_OBJECTS)):
        kind = pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            return True
        drawn += kind == pdfium.FPDF_PAGEOBJ_PATH
    return drawn > 50
