"""OpenDocument text, presentations and drawings (ODT, ODP, ODG, and flat XML of them): own reading of content.xml."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import defusedxml.common
import defusedxml.ElementTree

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table

_SPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _DRAW, _OFFICE = (_SPACE % name for name in ("text", "table", "drawing", "office"))
_STYLE, _SVG, _SHOW = _SPACE % "style", _SPACE % "svg-compatible", _SPACE % "presentation"
_DC = "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = frozenset(
    {
        f"{_TEXT}tracked-changes",
        f"{_TEXT}sequence-decls",
        f"{_TEXT}table-of-content",
        f"{_TEXT}bookmark",
        f"{_OFFICE}forms",
        f"{_OFFICE}binary-data",
        f"{_SVG}title",
    }
)
_CENTIMETRES = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6, "px": 2.54 / 96}
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)$")
_ROW_CENTIMETRES = 0.7
"""Frames whose tops differ by less stand beside each other."""
_MAX_REPEATED = 1_000


def read(data: bytes) -> Outcome:
    """Return the document in order. Raises Refused for a bomb, a password or a damaged file."""
    zip_guard.check(data, doctype=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise Refused("password", "It is protected by a password.")
            content = _xml(archive, "content.xml")
            styles = _xml(archive, "styles.xml") if "styles.xml" in names else None
            meta = _xml(archive, "meta.xml") if "meta.xml" in names else None
    except defusedxml.common.DefusedXmlException as error:
        raise Refused("rejected", zip_guard.ENTITIES) from error
    except (*zip_guard.BROKEN, KeyError, SyntaxError) as error:
        raise Refused("error", "The file is damaged: it is not a whole OpenDocument file.") from error
    return _outcome(content, styles, meta)


def flat(root: Any) -> Outcome:
    """Return what is in an OpenDocument file that is one XML file."""
    return _outcome(root, root, root)


def _outcome(content: Any, styles: Any, meta: Any) -> Outcome:
    body = content.find(f"{_OFFICE}body")
    title = (meta.findtext(f".//{_DC}title") or "").strip() if meta is not None else ""
    slides = list(body.iter(f"{_DRAW}page")) if body is not None else []
    if body is None:
        raise Refused("error", "The file is damaged: it is not a whole OpenDocument file.")
    parents = {
        style.get(f"{_STYLE}name"): style.get(f"{_STYLE}parent-style-name", "")
        for root in (content, styles)
        if root is not None
        for style in root.iter(f"{_STYLE}style")
    }
    reader = _Reader(parents)
    if slides:
        pieces = [piece for page, slide in enumerate(slides, 1) for piece in reader.slide(slide, page)]
        return Outcome(pieces, len(slides), title=title)
    pieces = list(reader.blocks(body))
    seen = {" ".join(piece.text.split()) for piece in pieces}
    for frame in _frames(styles):
        words = "\n".join(reader.text(paragraph) for paragraph in frame.iter(f"{_TEXT}p")).strip()
        if re.search(r"[^\W\d]", words) and " ".join(words.split()) not in seen:
            seen.add(" ".join(words.split()))
            pieces.append(Piece(words))
    return Outcome(pieces, title=title)


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    return defusedxml.ElementTree.fromstring(archive.read(name))


def _frames(styles: Any) -> Iterator[Any]:
    """Yield headers and footers."""
    for master in styles.iter(f"{_STYLE}master-page") if styles is not None else ():
        for part in master:
            if part.tag.startswith((f"{_STYLE}header", f"{_STYLE}footer")):
                yield part


class _Reader:
    """Goes through a body; holds the headings that are open."""

    def __init__(self, parents: dict[str | None, str]) -> None:
        """`parents`: the style that each style is based on."""
        self._parents = parents
        self._outline = Outline()
        self._page: int | None = None
        self._aside: list[Piece] = []
        """Notes, comments and text boxes of the paragraph that is being read."""

    def blocks(self, parent: Any) -> Iterator[Piece]:
        """Yield paragraphs, headings, lists and tables in order."""
        for element in parent:
            tag = element.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                continue
            if tag == f"{_TEXT}h":
                level = element.get(f"{_TEXT}outline-level", "1")
                yield self._outline.heading(int(level) if level.isdigit() else 1, self.text(element), self._page)
            elif tag == f"{_TEXT}p":
                words = self.text(element)
                if self._is_a(element, "Title"):
                    yield self._outline.heading(0, words, self._page)
                else:
                    yield self._outline.piece(words, page=self._page)
            elif tag == f"{_TEXT}list":
                yield self._outline.piece("\n".join(self._items(element, 0)), "list", self._page)
            elif tag == f"{_TABLE}table":
                yield self._table(element)
            elif tag == f"{_DRAW}frame":
                yield from self._frame(element)
            else:
                yield from self.blocks(element)
            yield from self._asides()

    def slide(self, slide: Any, page: int) -> Iterator[Piece]:
        """Yield what is on a slide: its title, the frames by their place, then the notes."""
        self._page, self._outline = page, Outline()
        frames = [element for element in slide if element.tag not in (f"{_SHOW}notes", *_SKIPPED)]
        title = next((one for one in frames if one.get(f"{_SHOW}class") == "title"), None)
        if title is not None:
            words = "\n".join(self.text(paragraph) for paragraph in title.iter(f"{_TEXT}p"))
            self._asides()
            yield self._outline.heading(1, words, page)
        for frame in sorted(frames, key=_place):
            if frame is not title:
                yield from self.blocks([frame])
        for notes in slide.iter(f"{_SHOW}notes"):
            words = "\n".join(self.text(paragraph) for paragraph in notes.iter(f"{_TEXT}p")).strip()
            if words:
                yield self._outline.piece(f"Notes: {words}", page=page)

    def text(self, element: Any) -> str:
        """Return the words of a paragraph; what hangs on it is kept for after it."""
        parts: list[str] = []
        self._collect(element, parts)
        return "".join(parts).strip()

    def _collect(self, element: Any, parts: list[str]) -> None:
        parts.append(_blank(element.text))
        for child in element:
            tag = child.tag
            if tag == f"{_TEXT}s":
                count = child.get(f"{_TEXT}c", "1")
                parts.append(" " * (min(int(count), 100) if count.isdigit() else 1))
            elif tag == f"{_TEXT}tab":
                parts.append("\t")
            elif tag == f"{_TEXT}line-break":
                parts.append("\n")
            elif tag == f"{_TEXT}note":
                body = child.find(f"{_TEXT}note-body")
                name = "Endnote" if child.get(f"{_TEXT}note-class") == "endnote" else "Footnote"
                self._keep(name, body if body is not None else child)
            elif tag == f"{_OFFICE}annotation":
                author = child.findtext(f"{_DC}creator") or ""
                self._keep(f"Comment by {author}" if author else "Comment", child)
            elif tag == f"{_DRAW}frame":
                self._aside.extend(list(self._frame(child)))
            elif tag not in _SKIPPED and isinstance(tag, str):
                self._collect(child, parts)
            parts.append(_blank(child.tail))

    def _keep(self, name: str, element: Any) -> None:
        words = "\n".join(_flat(paragraph) for paragraph in element.iter(f"{_TEXT}p")).strip()
        if words:
            self._aside.append(self._outline.piece(f"{name}: {words}", page=self._page))

    def _asides(self) -> list[Piece]:
        found, self._aside = self._aside, []
        return found

    def _frame(self, frame: Any) -> Iterator[Piece]:
        """Yield the text of a box, or what a picture is said to show."""
        inside = list(self.blocks([child for child in frame if child.tag != f"{_DRAW}object"]))
        described = " ".join((frame.findtext(f"{_SVG}desc") or "").split())
        yield from inside
        if described:
            yield self._outline.piece(described, "caption", self._page)

    def _items(self, element: Any, depth: int) -> Iterator[str]:
        for item in element:
            first = True
            for child in item:
                if child.tag == f"{_TEXT}list":
                    yield from self._items(child, depth + 1)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    words = self.text(child)
                    if words:
                        yield "  " * min(depth, 8) + ("- " if first else "  ") + words
                        first = False

    def _table(self, element: Any) -> Piece:
        rows = []
        named = element.find(f"{_TABLE}table-header-rows") is not None
        for row in element.iter(f"{_TABLE}table-row"):
            cells: list[str] = []
            for cell in row:
                if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                    continue
                words = " ".join(self.text(paragraph) for paragraph in cell.iter(f"{_TEXT}p"))
                count = cell.get(f"{_TABLE}number-columns-repeated", "1")
                cells.extend([words] * (min(int(count), _MAX_REPEATED if words else 64) if count.isdigit() else 1))
            rows.append(cells)
        return table(rows, self._outline.path, self._page, header=named or None)

    def _is_a(self, element: Any, style: str) -> bool:
        name = element.get(f"{_TEXT}style-name", "")
        for _ in range(10):
            if name == style:
                return True
            name = self._parents.get(name, "")
        return False


def _blank(words: str | None) -> str:
    """Return text as OpenDocument means it: line ends and runs of blanks are one blank."""
    return re.sub(r"[ \t\r\n]+", " ", words) if words else ""


def _flat(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _place(frame: Any) -> tuple[int, float]:
    left, top = (_centimetres(frame.get(f"{_SVG}{name}", "")) for name in ("x", "y"))
    return int(top / _ROW_CENTIMETRES), left


def _centimetres(length: str) -> float:
    match = _LENGTH.match(length)
    return float(match.group(1)) * _CENTIMETRES[match.group(2)] if match else 0.0
