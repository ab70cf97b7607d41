"""Text of a PDF: lines become paragraphs, lists and headings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.rag.document import Kind, Line, Piece
from app.rag.readers.pdf_layout import Zone, typical_distance
from app.rag.readers.pdf_page import Run
from app.rag.readers.pdf_tables import divided, table

_LARGER = 1.12
"""Letters larger than the document's by this factor are those of a heading."""
_NARROW = 14
"""Text less wide than this many letters' heights is no running text: its lines stay apart."""
_FEW_NARROW = 25
"""The same where there are three lines at most, so that the longest tells little of how wide they may be."""
_HEADING_CHARACTERS = 160
_ITEM = re.compile(r"(?:[•‣◦▪●○■□▶►➢✓–—*·]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,5})[.)])\s+\S|[•‣◦▪●○■□▶►➢✓]\S")
_MARK_ALONE = re.compile(r"(?:[•‣◦▪●○■□▶►➢✓–—*·\uf0b7]|\(?(?:\d{1,3}|[a-zA-Z])[.)])")
_NUMBERED = re.compile(
    r"(?:(?:chapter|section|part|appendix)\s+)?((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*)\.?\s+\S", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?:;。！？]['\"”’)\]]*\d{0,2}$")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_TOLD = re.compile(r"[^\W_]|☒")
"""What a piece holds at least: a lone mark of a footnote or a drawn star is none."""
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|tab\.|abbildung|abb\.|tabelle|tableau|figura|tabla)\s*[A-Z]?\d+(?:[.:–—]|\s*$)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_HYPHENS = "-\u2010"


@dataclass(slots=True)
class Outline:
    """What is known of the whole document while its pages are read."""

    body: float = 10.0
    """Size of most letters, in points."""
    bookmarks: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Of each page from 1: titles as `plain` gives them, and how deep they are, from 0."""
    hyphenated: frozenset[str] = frozenset()
    """Words that are written with a hyphen in the middle of a line, in lower case."""
    headings: list[tuple[tuple[float, ...], str]] = field(default_factory=list)
    """Those that the text is under, outermost first, each with its rank."""

    def section(self) -> tuple[str, ...]:
        """Return the titles of the headings that the text is under."""
        return tuple(title for _, title in self.headings)

    def enter(self, rank: tuple[float, ...], title: str) -> None:
        """Begin the section of a heading; those of its rank and below end."""
        while self.headings and self.headings[-1][0] >= rank:
            self.headings.pop()
        self.headings.append((rank, title[:300]))


def plain(text: str) -> str:
    """Return a title for comparing: letters and digits in lower case, without its number."""
    return re.sub(r"[\W_]+", "", re.sub(r"^[\dIVX.\s]+(?=\D)", "", text)).lower()


def pieces(zones: Sequence[Zone], page: int, outline: Outline) -> list[Piece]:
    """Return the pieces of a page; `outline` goes on to the next."""
    found: list[Piece] = []
    for zone in (part for whole in zones for part in divided(whole)):
        made = table(zone.runs, page, outline.section()) if zone.kind == "table" else None
        if made is not None:
            found.append(made)
            continue
        new = [piece for piece in _of_text(zone.runs, page, outline) if _TOLD.search(piece.text)]
        if found and new and _goes_on(found[-1], new[0]):
            found[-1] = _together(found[-1], new.pop(0), outline)
        found += new
    return found


def _goes_on(before: Piece, after: Piece) -> bool:
    """Return True if a paragraph goes on in the next column."""
    return (
        before.kind in ("text", "list")
        and after.kind == "text"
        and len(before.text) > 40
        and not _ENDED.search(before.text)
        and after.text[:1].islower()
    )


def _together(before: Piece, after: Piece, outline: Outline) -> Piece:
    text, hyphen = before.text, before.text[-1] in _HYPHENS
    kept = _divided(text, after.text, outline.hyphenated) if hyphen else text + " "
    moved = tuple(replace(line, start=line.start + len(kept), end=line.end + len(kept)) for line in after.lines)
    lines = tuple(replace(line, end=min(line.end, len(kept))) for line in before.lines)
    return replace(before, text=kept + after.text, lines=lines + moved)


def _divided(text: str, following: str, hyphenated: frozenset[str]) -> str:
    """Return the text before the end of a line, without its hyphen where that only divides a word."""
    if not following[:1].islower():
        return text
    first = re.search(r"[^\W\d_][\w-]*$", text[:-1])
    second = re.match(r"[\w-]*\w", following)
    if first and second and f"{first.group()}-{second.group()}".lower() in hyphenated:
        return text
    return text[:-1] if first else text


class _Paragraph:
    """Lines that are being put together."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.text = ""
        self.places: list[Line] = []
        self.runs: list[Run] = []

    def add(self, line: Sequence[Run], glue: str, hyphenated: frozenset[str]) -> None:
        text = _SPACES.sub(" ", " ".join(run.text for run in line))
        if self.text:
            last = self.runs[-1]
            if glue == " " and last.hyphen:
                self.text = _divided(self.text if self.text[-1] in _HYPHENS else self.text + "-", text, hyphenated)
            elif glue == " " and self.text[-1] in _HYPHENS and len(self.text) > 1 and self.text[-2].isalpha():
                self.text = _divided(self.text, text, hyphenated)
            else:
                self.text += glue
        start = len(self.text)
        self.text += text
        place = Line(
            start,
            len(self.text),
            min(run.left for run in line),
            min(run.top for run in line),
            max(run.right for run in line),
            max(run.bottom for run in line),
        )
        self.places.append(place)
        self.runs.extend(line)

    def piece(self, page: int, section: tuple[str, ...], kind: Kind | None = None) -> Piece:
        end = len(self.text)
        lines = tuple(line if line.end <= end else replace(line, end=end) for line in self.places)
        return Piece(self.text, page, section, kind or self.kind, "", lines)


def _lines(runs: Sequence[Run]) -> list[list[Run]]:
    """Return the runs of each line from left to right, lines from top to bottom."""
    lines: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.base):
        if lines and abs(run.base - lines[-1][0].base) < 0.38 * min(run.size, lines[-1][0].size):
            lines[-1].append(run)
        else:
            lines.append([run])
    for line in lines:
        line.sort(key=lambda run: run.left)
    return lines


def _of_text(runs: Sequence[Run], page: int, outline: Outline) -> Iterator[Piece]:
    lines = _lines(runs)
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    distance = typical_distance([line[0].base for line in lines], outline.body)
    running = right - left > (_NARROW if len(lines) > 3 else _FEW_NARROW) * max(run.size for run in lines[0])
    paragraph: _Paragraph | None = None
    previous: list[Run] | None = None
    for line in lines:
        glue = ""
        if paragraph is not None and previous is not None:
            glue = _glue(paragraph, previous, line, left, right, distance, running)
        if paragraph is None or not glue:
            if paragraph is not None:
                yield _finished(paragraph, page, outline)
            paragraph = _Paragraph("list" if _is_item(line) else "text")
            glue = ""
        paragraph.add(line, glue, outline.hyphenated)
        previous = line
    if paragraph is not None:
        yield _finished(paragraph, page, outline)


def _is_item(line: Sequence[Run]) -> bool:
    if _ITEM.match(line[0].text):
        return not _is_heading_like(line)
    return len(line) > 1 and _MARK_ALONE.fullmatch(line[0].text) is not None and not line[0].bold


def _is_heading_like(line: Sequence[Run]) -> bool:
    return all(run.bold for run in line)


def _glue(
    paragraph: _Paragraph,
    previous: Sequence[Run],
    line: Sequence[Run],
    left: float,
    right: float,
    distance: float,
    running: bool,
) -> str:
    """Return what stands between two lines of one paragraph: a space or a line end; "" where a new one begins.

    `left`, `right`: of all lines around; `distance` from one to the next; `running`: they are wide enough for prose.
    """
    before, now = previous[0], line[0]
    size = max(before.size, now.size)
    step = now.base - before.base
    ended = bool(_ENDED.search(previous[-1].text))
    if abs(before.size - now.size) > 0.1 * size or step > max(1.35 * distance, 1.3 * size):
        return "\n" if _is_item(line) and paragraph.kind == "list" and step < 3 * distance else ""
    if _is_item(line):
        return "\n" if paragraph.kind == "list" else ""
    edge = previous[-1].right
    full = edge > right - max(0.12 * (right - left), 2.5 * size) and running
    if all(run.bold for run in previous) != all(run.bold for run in line) and not (full and not ended):
        return ""
    centred = abs((before.left + edge) - (now.left + line[-1].right)) < 2 * size and before.left > left + 2 * size
    if paragraph.kind == "list":
        if now.left <= paragraph.runs[0].left + 0.3 * size and (ended or not full):
            return ""
        return " "
    indented = now.left - before.left > 0.8 * size and not centred
    if indented and (ended or not full) and now.left - before.left < 8 * size:
        return ""
    if full:
        return " "
    if centred or not ended:
        return " " if now.text[:1].islower() else "\n"
    return "\n" if before.left - now.left < 0.8 * size or len(paragraph.places) == 1 else ""


def _finished(paragraph: _Paragraph, page: int, outline: Outline) -> Piece:
    if _CAPTION.match(paragraph.text):
        return paragraph.piece(page, outline.section(), "caption")
    rank = _rank(paragraph, page, outline)
    if rank is None:
        return paragraph.piece(page, outline.section())
    title = _SPACES.sub(" ", paragraph.text)
    outline.enter(rank, title)
    return paragraph.piece(page, outline.section(), "heading")


def _rank(paragraph: _Paragraph, page: int, outline: Outline) -> tuple[float, ...] | None:
    """Return how high a heading stands, the smaller the higher; None for what is no heading."""
    text, runs = paragraph.text, paragraph.runs
    if len(text) > _HEADING_CHARACTERS or len(paragraph.places) > 3 or not _WORDS.search(text):
        return None
    depth = outline.bookmarks.get(page, {}).get(plain(text))
    if depth is not None:
        return (-1000.0, float(depth))
    size = max(run.size for run in runs)
    if "\n" in text and size < 1.3 * outline.body:
        return None
    numbered = _NUMBERED.match(text)
    levels = float(numbered.group(1).count(".")) if numbered else 0.0
    bold = all(run.bold for run in runs)
    if size >= _LARGER * outline.body and not text.endswith((",", ";")):
        return (-round(size * 2) / 2, 0.0 if bold else 1.0, levels)
    if bold and size >= 0.93 * outline.body and len(paragraph.places) <= 2 and not text.endswith((".", ",", ";")):
        return (-round(outline.body * 2) / 2, 0.0, levels)
    return None
