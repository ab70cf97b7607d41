"""Word documents: paragraphs under their headings, lists, tables, notes and comments where they are referred to."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr"})
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # repeats its Choice
_WRAPPERS = frozenset({f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml", f"{_W}smartTag"})
_NOTES = {
    f"{_W}footnoteReference": "footnotes",
    f"{_W}endnoteReference": "endnotes",
    f"{_W}commentReference": "comments",
}
_BULLET = "- "
_ID = f"{_W}id"
_VAL = f"{_W}val"


@dataclass(slots=True)
class _Style:
    level: int = 99
    numbering: tuple[str, int] = ("", 0)
    caption: bool = False


@dataclass(slots=True)
class _Parts:
    """What the paragraphs of the body refer to."""

    styles: dict[str, _Style]
    bullets: dict[tuple[str, int], bool]
    """Whether a list, by its number and level, has bullets instead of numbers."""
    notes: dict[tuple[str, str], tuple[str, str]]
    """Name and text of footnotes, endnotes and comments, by where they are and their id."""
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)


def read(data: bytes) -> Outcome:
    """Return the document in order, headers and footers once at the end. Raises Refused for a damaged file."""
    zip_guard.check(data)
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(io.BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, SyntaxError) as error:
        raise Refused("error", "The file is damaged: it is not a whole Word document.") from error
    related = _related(document)
    parts = _Parts(_styles(document.styles.element), _bullets(related), _notes(related))
    pieces = list(_pieces(document.element.body, parts))
    pieces += [Piece(f"{name}: {text}") for name, text in parts.notes.values()]  # not referred to
    pieces += _frames(related, pieces)
    return Outcome(pieces, title=(document.core_properties.title or "").strip())


def _related(document: Any) -> list[tuple[str, Any]]:
    """Return the other parts of the document's own folder: the last word of their type, and their root element."""
    from docx.oxml import parse_xml  # its parser resolves no entities and loads nothing

    found = []
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if not relation.is_external and kind in ("footnotes", "endnotes", "comments", "numbering", "header", "footer"):
            found.append((kind, parse_xml(relation.target_part.blob)))
    return found


def _styles(root: Any) -> dict[str, _Style]:
    """Return the styles of paragraphs by id; what a style does not say, the one it is based on does."""
    elements = {style.get(f"{_W}styleId", ""): style for style in root.iter(f"{_W}style")}
    return {id: _style(elements, id) for id in elements}


def _style(elements: dict[str, Any], id: str) -> _Style:
    found = _Style()
    seen: set[str] = set()
    while id in elements and id not in seen:
        seen.add(id)
        element = elements[id]
        name = _value(element, "name").lower()
        if found.level == 99:
            found.level = _level(name, _value(element, "pPr", "outlineLvl"))
        if not found.numbering[0]:
            found.numbering = _numbering(element)
        found.caption |= name == "caption"
        id = _value(element, "basedOn")
    return found


def _level(style: str, outline: str) -> int:
    """Return the heading level of a style, the title being 0; 99 for other styles."""
    if style == "title":
        return 0
    match = _HEADING.match(style)
    if match:
        return int(match.group(1))
    return int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 99


def _value(element: Any, *names: str) -> str:
    found = element.find("/".join(f"{_W}{name}" for name in names))
    return str(found.get(_VAL, "")) if found is not None else ""


def _numbering(element: Any) -> tuple[str, int]:
    level = _value(element, "pPr", "numPr", "ilvl")
    return _value(element, "pPr", "numPr", "numId"), int(level) if level.isdigit() else 0


def _bullets(related: list[tuple[str, Any]]) -> dict[tuple[str, int], bool]:
    found: dict[tuple[str, int], bool] = {}
    for root in (root for kind, root in related if kind == "numbering"):
        abstract = {
            element.get(f"{_W}abstractNumId"): {
                int(level.get(f"{_W}ilvl", "0")): _value(level, "numFmt") in ("bullet", "none", "")
                for level in element.iter(f"{_W}lvl")
            }
            for element in root.iter(f"{_W}abstractNum")
        }
        for number in root.iter(f"{_W}num"):
            for level, bullet in abstract.get(_value(number, "abstractNumId"), {}).items():
                found[number.get(f"{_W}numId", ""), level] = bullet
    return found


def _notes(related: list[tuple[str, Any]]) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for kind, root in related:
        if kind not in _NOTES.values():
            continue
        for note in root:
            text = "\n".join(_text(paragraph) for paragraph in note.iter(f"{_W}p")).strip()
            if text:
                author = note.get(f"{_W}author", "")
                name = f"Comment by {author}" if author else {"footnotes": "Footnote", "endnotes": "Endnote"}.get(kind)
                found[kind, note.get(_ID, "")] = (name or "Comment", text)
    return found


def _frames(related: list[tuple[str, Any]], pieces: Iterable[Piece]) -> list[Piece]:
    """Return what headers and footers say, each once, without page numbers and what the body says too."""
    seen = {" ".join(piece.text.split()) for piece in pieces}
    found = []
    for _, root in (part for part in related if part[0] in ("header", "footer")):
        lines = ["\t".join(_text(paragraph).split("\t")).strip() for paragraph in root.iter(f"{_W}p")]
        text = "\n".join(line for line in lines if re.search(r"[^\W\d]", line))
        if text and " ".join(text.split()) not in seen:
            seen.add(" ".join(text.split()))
            found.append(Piece(text))
    return found


def _pieces(body: Any, parts: _Parts) -> Iterator[Piece]:
    outline = Outline()
    items: list[str] = []
    """Of the list that is being gathered."""
    for element in _blocks(body):
        if element.tag == f"{_W}tbl":
            yield outline.piece("\n".join(items), "list")
            items.clear()
            yield from _table(element, outline.path)
            yield from _beside(element, parts, outline)
            continue
        text = _text(element).strip()
        style = parts.styles.get(_value(element, "pPr", "pStyle"), _Style())
        level = _level("", _value(element, "pPr", "outlineLvl")) if style.level == 99 else style.level
        mark = _mark(element, style, parts) if text and level == 99 else ""
        if mark:
            items.append(mark + text)
        else:
            yield outline.piece("\n".join(items), "list")
            items.clear()
            if text and level < 99:
                yield outline.heading(level, text)
            else:
                yield outline.piece(text, "caption" if style.caption else "text")
        beside = list(_beside(element, parts, outline))
        if beside:
            yield outline.piece("\n".join(items), "list")
            items.clear()
            yield from beside
    yield outline.piece("\n".join(items), "list")


def _mark(element: Any, style: _Style, parts: _Parts) -> str:
    """Return what stands before an item of a list: a dash or its number; "" for a paragraph of no list."""
    number, level = _numbering(element)
    if not number:
        number, level = style.numbering
    if number in ("", "0"):
        return ""
    indent = "  " * min(level, 8)
    if parts.bullets.get((number, level), True):
        return indent + _BULLET
    parts.counts[number, level] += 1
    for deeper in [key for key in parts.counts if key[0] == number and key[1] > level]:
        del parts.counts[deeper]
    return f"{indent}{parts.counts[number, level]}. "


def _beside(element: Any, parts: _Parts, outline: Outline) -> Iterator[Piece]:
    """Yield the text boxes that hang on a paragraph, and the notes and comments that it refers to."""
    for box in element.iter(f"{_W}txbxContent"):
        if not any(parent.tag == _ALTERNATE for parent in box.iterancestors()):
            yield outline.piece("\n".join(_text(paragraph) for paragraph in box.iter(f"{_W}p")))
    for reference in element.iter(*_NOTES):
        name, text = parts.notes.pop((_NOTES[reference.tag], reference.get(_ID, "")), ("", ""))
        if text:
            yield outline.piece(f"{name}: {text}")


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in order, also those inside content controls and tracked insertions."""
    for element in parent:
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag in _WRAPPERS:
            yield from _blocks(element)


def _text(element: Any) -> str:
    parts: list[str] = []
    _collect(element, parts)
    return "".join(parts)


def _collect(element: Any, parts: list[str]) -> None:
    for child in element:
        tag = child.tag
        if tag in (f"{_W}t", f"{_M}t"):
            parts.append(child.text or "")
        elif tag in _BREAKS:
            parts.append(_BREAKS[tag])
        elif tag not in _SKIPPED and tag not in (_ALTERNATE, f"{_W}txbxContent") and isinstance(tag, str):
            _collect(child, parts)
            if tag == f"{_W}p":  # of a cell
                parts.append("\n")


def _table(element: Any, section: tuple[str, ...]) -> Iterator[Piece]:
    """Yield a table; a table in a cell becomes part of that cell's text, a table of one cell is a box of text."""
    rows: list[list[str]] = []
    named: bool | None = None
    for row in element.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not element:
            continue
        cells: list[str] = []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr")) is not row:
                continue
            cells.append(_text(cell))
            span = _value(cell, "tcPr", "gridSpan")
            cells.extend([""] * (min(int(span), 64) - 1 if span.isdigit() else 0))
        if not rows and row.find(f"{_W}trPr/{_W}tblHeader") is not None:
            named = True
        rows.append(cells)
    if sum(len(row) for row in rows) == 1:
        yield Piece(rows[0][0], None, section)
    else:
        yield table(rows, section, header=named)
