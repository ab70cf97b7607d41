"""Word documents: paragraphs under their headings, and tables row by row."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.outcome import Outcome, Refused

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}pPr", f"{_W}rPr"})
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # repeats its Choice


def read(data: bytes) -> Outcome:
    """Return the body of the document in order, then footnotes. Raises Refused for a bomb or a damaged file."""
    zip_guard.check(data)
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(io.BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise Refused("error", "The file is damaged: it is not a whole Word document.") from error
    levels = {style.style_id: _level(style.name or "") for style in document.styles}
    pieces = list(_pieces(document.element.body, levels))
    return Outcome([*pieces, *_notes(document)])


def _level(style: str) -> int:
    """Return the heading level of a style name, the title being 0; 99 for other styles."""
    if style.lower() == "title":
        return 0
    match = _HEADING.match(style)
    return int(match.group(1)) if match else 99


def _pieces(body: Any, levels: dict[str, int]) -> Iterator[Piece]:
    section: list[tuple[int, str]] = []
    for element in _blocks(body):
        path = tuple(title for _, title in section)
        if element.tag == f"{_W}tbl":
            yield Piece(_table_text(element), None, path)
            continue
        text = _text(element)
        level = levels.get(_style(element), 99)
        if level < 99 and text.strip():
            while section and section[-1][0] >= level:
                section.pop()
            section.append((level, " ".join(text.split())))
            path = tuple(title for _, title in section)
        yield Piece(text, None, path)


def _blocks(parent: Any) -> Iterator[Any]:
    """Yield paragraphs and tables in order, also those inside content controls and tracked insertions."""
    for element in parent:
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _blocks(element)


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return str(style.get(f"{_W}val", "")) if style is not None else ""


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
        elif tag not in _SKIPPED and tag != _ALTERNATE and isinstance(tag, str):
            _collect(child, parts)
            if tag == f"{_W}p":  # of a text box
                parts.append("\n")


def _table_text(table: Any) -> str:
    """One line per row, cells apart by " | "; a table in a cell becomes part of that cell's text."""
    rows = []
    for row in table.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not table:
            continue
        cells = [" ".join(_text(cell).split()) for cell in row.iter(f"{_W}tc") if _owner(cell) is row]
        if any(cells):
            rows.append(" | ".join(cells))
    return "\n".join(rows)


def _owner(cell: Any) -> Any:
    return next(cell.iterancestors(f"{_W}tr"))


def _notes(document: Any) -> Iterator[Piece]:
    from docx.oxml import parse_xml  # its parser resolves no entities and loads nothing

    for relation in document.part.rels.values():
        if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes", "/comments")):
            continue
        for note in parse_xml(relation.target_part.blob):
            yield Piece("\n".join(_text(paragraph) for paragraph in note.iter(f"{_W}p")))
