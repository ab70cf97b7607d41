"""HTML: what a person would see as the content, under its headings. Loads nothing, follows nothing, no recursion."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from app.rag.document import Kind, Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table
from app.rag.readers.text import decode as text_of

_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_DROPPED_NAMES = "script style template noscript svg math canvas iframe object audio video select button dialog head"
_BLOCK_NAMES = """
address article blockquote body caption center dd details div dl dt fieldset figcaption figure form h1 h2 h3 h4 h5 h6
header hr html legend li main ol p pre section summary table tbody tfoot thead tr ul
"""
_VOID = frozenset(_VOID_NAMES.split())
_DROPPED = frozenset(_DROPPED_NAMES.split())
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_FRAME = frozenset({"nav", "footer", "aside"})  # around the content, not of it
_CONTENT = frozenset({"main", "article"})
_FRAME_ROLES = frozenset({"navigation", "contentinfo", "complementary", "search", "banner"})
_CLOSES_P = _BLOCKS - {"body", "html"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_CLASS_NAMES = """
sr-only screen-reader-text screen-reader-only visually-hidden visuallyhidden mw-jump-link
"""
_HIDDEN_CLASSES = frozenset(_HIDDEN_CLASS_NAMES.split())  # the usual names of what is there for screen readers only
_SKIP_LINKS = ("skip-", "skip_", "skipto", "skiplink")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d])", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_SPACE = re.compile(r"\s+")
_LITTLE = 200
_MENU_ITEMS, _MENU_LETTERS, _MENU_LINKED = 20, 25, 0.9
"""A list of so many items, so short on average, with so much of it links, is a menu."""
_LONG_CELL = 300
"""Cells of more characters, on average, are columns of text."""
_KINDS: dict[str, Kind] = {"caption": "caption", "figcaption": "caption", "pre": "code", "li": "list"}


def read(data: bytes) -> Outcome:
    """Return headings, paragraphs, list items and table rows. Raises Refused for what is not text."""
    text, reason = decode(data)
    title, found = _read(text, title=True)
    return Outcome(found, reason=reason, title=title)


def pieces_of(text: str, *, title: bool = True) -> list[Piece]:
    """Return the content of a page; `title`: begin with the page's title where the content does not."""
    return _read(text, title=title)[1]


def decode(data: bytes) -> tuple[str, str]:
    """Return the text, in the encoding that the page declares if it is true, and a sentence as `text.decode` does."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) and b"\0" not in data:
        try:
            return data.decode(declared.group(1).decode("ascii")), ""
        except (UnicodeDecodeError, LookupError, ValueError):
            pass  # the declaration is wrong or unknown
    return text_of(data)


def _read(text: str, *, title: bool) -> tuple[str, list[Piece]]:
    """Return the title and the content."""
    named, found = _collect(text, frames=False, title=title)
    if _size(found) < _LITTLE:
        # A page that is all menu, or whose content stands in a frame element: better all of it than nothing.
        found = max(found, _collect(text, frames=True, title=title)[1], key=_size)
    return named, found


def _size(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _collect(text: str, *, frames: bool, title: bool) -> tuple[str, list[Piece]]:
    collector = _Collector(frames)
    collector.feed(text)
    collector.close()
    collector.flush()
    named, found = collector.title, collector.pieces
    if title and named and not any(piece.text == named for piece in found[:5]):
        section = (named,)
        return named, [Piece(named, None, section, "heading"), *(_under(piece, section) for piece in found)]
    return named, found


def _under(piece: Piece, title: tuple[str, ...]) -> Piece:
    return piece if piece.section else replace(piece, section=title)


@dataclass(slots=True)
class _Table:
    layout: bool
    """It only arranges the page: its cells are read like paragraphs."""
    rows: list[list[str]] = field(default_factory=list)
    named: list[bool] = field(default_factory=list)
    """Whether the cells of the first row are header cells."""


class _Collector(HTMLParser):
    """Gathers visible text. A hidden or dropped element is left at its own end tag."""

    def __init__(self, frames: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.title = ""
        self._frames = frames
        self._words: list[str] = []
        self._outline = Outline()
        self._heading = 0
        self._kind: Kind = "text"
        self._skipped = ""
        self._depth = 0
        self._in_title = False
        self._links = 0
        self._linked = 0
        """Characters in links of the paragraph that is being gathered."""
        self._items: list[tuple[str, int]] = []
        """Of the list that is being gathered: text, and characters of it in links."""
        self._preformatted = 0
        self._lists = 0
        self._content = 0
        """How many elements that hold the content itself are open."""
        self._tables: list[_Table] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" and not self.title and self._skipped in ("", "head"):
            self._in_title = True
            return
        if self._skipped == "head" and tag == "body":
            self._skipped = ""  # </head> may be left out
        if self._skipped:
            if self._skipped == "p" and tag in _CLOSES_P:
                self._skipped = ""  # a hidden paragraph without an end tag
            else:
                self._depth += tag == self._skipped
                return
        attributes = dict(attrs)
        if tag not in _VOID and self._unseen(tag, attributes):
            self._break()
            self._skipped, self._depth = tag, 1
        elif tag == "a":
            self._links += 1
        elif tag in ("br", "hr"):
            self._words.append("\n")
        elif tag in ("table", "tr", "td", "th"):
            self._start_of_table(tag, attributes)
        elif tag in _BLOCKS:
            self._break()
            self._preformatted += tag == "pre"
            self._content += tag in _CONTENT
            self._heading = _HEADINGS.get(tag, 0)
            self._kind = _KINDS.get(tag, "text")
            self._lists += tag in ("ul", "ol")
            if tag == "li":
                self._words.append("  " * min(max(0, self._lists - 1), 8) + "- ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._skipped:
            self._depth -= tag == self._skipped
            if self._depth <= 0:
                self._skipped = ""
        elif tag == "a":
            self._links = max(0, self._links - 1)
        elif tag in ("table", "tr", "td", "th"):
            self._end_cell()
            if tag == "table" and self._tables:
                self._end_table(self._tables.pop())
        elif tag in _BLOCKS:
            self._break()
            self._lists = max(0, self._lists - (tag in ("ul", "ol")))
            self._content = max(0, self._content - (tag in _CONTENT))
            self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = _SPACE.sub(" ", self.title + data).strip()[:300]
        elif not self._skipped:
            self._linked += len(data.strip()) if self._links else 0
            self._words.append(data if self._preformatted else _SPACE.sub(" ", data.replace("\u200b", "")))

    def flush(self) -> None:
        """Close what is still open at the end of the file."""
        self._end_cell()
        while self._tables:
            self._end_table(self._tables.pop())
        self._break()
        self._end_list()

    def _unseen(self, tag: str, attributes: dict[str, str | None]) -> bool:
        if tag in _DROPPED or "hidden" in attributes:
            return True
        for name in (attributes.get("class") or "").lower().split():
            if name in _HIDDEN_CLASSES or name.startswith(_SKIP_LINKS):
                return True
        if attributes.get("aria-hidden") == "true" or _HIDDEN_STYLE.search(attributes.get("style") or ""):
            return True
        if self._frames:
            return False
        role = attributes.get("role")
        # Within the content the role says no more than that a part has a head or an end of its own.
        return tag in _FRAME or (role in _FRAME_ROLES and not (self._content and role in ("contentinfo", "banner")))

    def _start_of_table(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "table":
            if self._tables and not self._tables[-1].layout:
                # A table around a table arranges the page.
                self._end_cell()
                self._as_text(self._tables[-1])
            self._break()
            self._tables.append(_Table(attributes.get("role") in ("presentation", "none")))
            return
        self._end_cell()
        if not self._tables or self._tables[-1].layout:
            self._break()
            return
        here = self._tables[-1]
        if tag == "tr" or not here.rows:
            here.rows.append([])
        if tag != "tr":
            self._break()
            self._in_cell = True
            if len(here.rows) == 1:
                here.named.append(tag == "th")
            span = attributes.get("colspan") or ""
            here.rows[-1].extend([""] * (min(int(span), 64) - 1 if span.isascii() and span.isdigit() else 0))

    def _end_cell(self) -> None:
        if self._in_cell:
            self._in_cell = False
            row = self._tables[-1].rows[-1]
            text = _SPACE.sub(" ", "".join(self._words)).strip()
            self._words.clear()
            self._heading, self._kind = 0, "text"
            row.append(text)
        elif not self._tables or self._tables[-1].layout:
            self._break()

    def _end_table(self, ended: _Table) -> None:
        self._break()
        cells = [cell for row in ended.rows for cell in row if cell]
        if max((sum(cell != "" for cell in row) for row in ended.rows), default=0) < 2:
            self._as_text(ended)
        elif sum(map(len, cells)) > _LONG_CELL * len(cells):
            self._as_text(ended)  # columns of text
        else:
            header = True if ended.named and all(ended.named) else None
            self._add(table(ended.rows, self._outline.path, header=header))

    def _as_text(self, ended: _Table) -> None:
        for row in ended.rows:
            for cell in row:
                self._add(self._outline.piece(cell))
        ended.rows.clear()
        ended.layout = True

    def _break(self) -> None:
        """End the paragraph that is being gathered; inside a cell only a blank."""
        if self._in_cell:
            self._words.append(" ")
            return
        text = "".join(self._words)
        self._words.clear()
        linked, self._linked = self._linked, 0
        heading, self._heading = self._heading, 0
        kind, self._kind = self._kind, "text"
        if self._preformatted:
            text = text.strip("\n")
            kind = "code"
        else:
            indent = len(text) - len(text.lstrip(" ")) if text.lstrip(" ").startswith("- ") else 0
            text = " " * indent + "\n".join(line.strip() for line in text.split("\n")).strip()
        if text.strip() in ("", "-", "|"):
            return
        if heading:
            self._add(self._outline.heading(heading, text))
        elif kind == "list" or text.lstrip().startswith("- "):
            self._add(self._outline.piece(text, "list"), linked)
        else:
            self._add(self._outline.piece(text, kind))

    def _add(self, piece: Piece, linked: int = 0) -> None:
        last = self.pieces[-1] if self.pieces else None
        if not piece.text:
            return
        if last and self._items and piece.kind == "list" and last.section == piece.section:
            self._items.append((piece.text, linked))  # the items of a list stay together
            return
        self._end_list()
        self.pieces.append(piece)
        if piece.kind == "list":
            self._items.append((piece.text, linked))

    def _end_list(self) -> None:
        """Join the items of the list that has just ended; if it is a menu, forget it, whatever element it stands in."""
        if not self._items:
            return
        letters = sum(len(text) - len("- ") for text, _ in self._items)
        linked = sum(linked for _, linked in self._items)
        count = len(self._items)
        short = count >= _MENU_ITEMS and letters <= _MENU_LETTERS * count
        if short and linked >= _MENU_LINKED * letters and not self._frames:
            self.pieces.pop()
        else:
            self.pieces[-1] = replace(self.pieces[-1], text="\n".join(text for text, _ in self._items))
        self._items.clear()
