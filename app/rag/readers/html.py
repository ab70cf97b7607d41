"""HTML: what a person would see as the content, under its headings. Loads nothing, follows nothing, no recursion."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.text import decode

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
_FRAME_ROLES = frozenset({"navigation", "contentinfo", "complementary", "search", "banner"})
_CLOSES_P = _BLOCKS - {"body", "html"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d])", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_SPACE = re.compile(r"\s+")


def read(data: bytes) -> Outcome:
    """Return headings, paragraphs, list items and table rows. Raises Refused for what is not text."""
    text, reason = _decode(data)
    found = _collect(text, frames=False)
    if sum(len(piece.text) for piece in found) < 200:
        # A page that is all menu, or whose content stands in a frame element: better all of it than nothing.
        found = max(found, _collect(text, frames=True), key=lambda pieces: sum(len(piece.text) for piece in pieces))
    return Outcome(found, reason=reason)


def _decode(data: bytes) -> tuple[str, str]:
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) and b"\0" not in data:
        try:
            return data.decode(declared.group(1).decode("ascii")), ""
        except (UnicodeDecodeError, LookupError, ValueError):
            pass  # the declaration is wrong or unknown
    return decode(data)


def _collect(text: str, *, frames: bool) -> list[Piece]:
    collector = _Collector(frames)
    collector.feed(text)
    collector.close()
    collector.flush()
    if collector.title and not any(piece.text == collector.title for piece in collector.pieces[:5]):
        title = (collector.title,)
        return [Piece(collector.title), *(_under(piece, title) for piece in collector.pieces)]
    return collector.pieces


def _under(piece: Piece, title: tuple[str, ...]) -> Piece:
    return Piece(piece.text, piece.page, piece.section or title)


class _Collector(HTMLParser):
    """Gathers visible text. A hidden or dropped element is left at its own end tag."""

    def __init__(self, frames: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.title = ""
        self._frames = frames
        self._words: list[str] = []
        self._section: list[tuple[int, str]] = []
        self._heading = 0
        self._skipped = ""
        self._depth = 0
        self._in_title = False
        self._preformatted = 0
        self._rows: list[str] = []
        self._tables = 0

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
        if tag not in _VOID and self._unseen(tag, dict(attrs)):
            self._break()
            self._skipped, self._depth = tag, 1
        elif tag in ("br", "hr"):
            self._words.append("\n")
        elif tag in ("td", "th"):
            if self._tables:
                self._words.append(" | " if "".join(self._words).strip() else "")
        elif tag in _BLOCKS:
            self._break()
            self._tables += tag == "table"
            self._preformatted += tag == "pre"
            self._heading = _HEADINGS.get(tag, 0)
            if tag == "li":
                self._words.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._skipped:
            self._depth -= tag == self._skipped
            if self._depth <= 0:
                self._skipped = ""
        elif tag in _BLOCKS:
            self._break()
            if tag == "table":
                self._tables = max(0, self._tables - 1)
                if not self._tables:
                    self._end_rows()
            self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = _SPACE.sub(" ", self.title + data).strip()[:300]
        elif not self._skipped:
            self._words.append(data if self._preformatted else _SPACE.sub(" ", data))

    def flush(self) -> None:
        """Close what is still open at the end of the file."""
        self._break()
        self._end_rows()

    def _unseen(self, tag: str, attributes: dict[str, str | None]) -> bool:
        if tag in _DROPPED or "hidden" in attributes:
            return True
        if attributes.get("aria-hidden") == "true" or _HIDDEN_STYLE.search(attributes.get("style") or ""):
            return True
        return not self._frames and (tag in _FRAME or attributes.get("role") in _FRAME_ROLES)

    def _break(self) -> None:
        """End the paragraph that is being gathered."""
        text = "".join(self._words).strip()
        self._words.clear()
        if not self._preformatted:
            text = "\n".join(line.strip() for line in text.split("\n")).strip()
        heading, self._heading = self._heading, 0
        if text in ("", "-", "|"):
            return
        if self._tables:
            self._rows.append(text)
            return
        if heading:
            while self._section and self._section[-1][0] >= heading:
                self._section.pop()
            self._section.append((heading, _SPACE.sub(" ", text)))
        self._add(text)

    def _end_rows(self) -> None:
        if self._rows:
            text = "\n".join(self._rows)
            self._rows.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        section = tuple(title for _, title in self._section)
        last = self.pieces[-1] if self.pieces else None
        if text.startswith("- ") and last and last.section == section and last.text.startswith("- "):
            # The items of a list stay together.
            self.pieces[-1] = Piece(f"{last.text}\n{text}", None, section)
        else:
            self.pieces.append(Piece(text, None, section))
