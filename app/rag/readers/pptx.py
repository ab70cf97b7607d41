"""PowerPoint presentations: slides as pages, their titles as headings, text by its place, tables, charts and notes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from app.rag.document import Piece
from app.rag.readers import zip_guard
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.tables import table

MAX_SLIDES = 2_000
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DGM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_ROW_SHARE = 0.04
"""Shapes whose tops are within this share of the slide's height stand beside each other."""


def read(data: bytes) -> Outcome:
    """Return all slides, hidden ones too. Raises Refused for a bomb or a damaged file."""
    zip_guard.check(data)
    import pptx
    from pptx.exc import PackageNotFoundError

    try:
        deck = pptx.Presentation(io.BytesIO(data))
        slides = list(deck.slides)
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, SyntaxError) as error:
        raise Refused("error", "The file is damaged: it is not a whole PowerPoint presentation.") from error
    if len(slides) > MAX_SLIDES:
        raise Refused("rejected", f"It has more than {MAX_SLIDES} slides.")
    height = int(deck.slide_height or 6_858_000)
    pieces = [piece for page, slide in enumerate(slides, 1) for piece in _slide(slide, page, height)]
    return Outcome(pieces, len(slides), title=(deck.core_properties.title or "").strip())


def _slide(slide: Any, page: int, height: int) -> Iterator[Piece]:
    title = slide.shapes.title
    words = _words(title.text_frame._txBody) if title is not None else ""
    section = (" ".join(words.split())[:300],) if words.strip() else ()
    if section:
        yield Piece(words, page, section, "heading")
    for shape in _ordered(slide.shapes, height):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape, page, section)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield Piece(f"Notes: {notes}", page, section)


def _ordered(shapes: Any, height: int) -> list[Any]:
    """Return shapes as they are read: from the top, those beside each other from the left; groups taken apart."""
    flat: list[tuple[int, int, Any]] = []

    def gather(inside: Any, depth: int) -> None:
        for shape in inside:
            if hasattr(shape, "shapes") and depth < 20:
                # The places of what is in a group are in the group's own measure: it keeps the group's place.
                members = len(flat)
                gather(shape.shapes, depth + 1)
                flat[members:] = [(shape.top or 0, shape.left or 0, one) for _, _, one in flat[members:]]
            else:
                flat.append((shape.top or 0, shape.left or 0, shape))

    gather(shapes, 0)
    flat.sort(key=lambda item: item[0])
    rows: list[list[tuple[int, int, Any]]] = []
    for item in flat:
        if rows and item[0] - rows[-1][0][0] <= _ROW_SHARE * height:
            rows[-1].append(item)
        else:
            rows.append([item])
    return [shape for row in rows for _, _, shape in sorted(row, key=lambda item: item[1])]


def _shape(shape: Any, page: int, section: tuple[str, ...]) -> Iterator[Piece]:
    if getattr(shape, "has_table", False):
        rows = [
            [_words(cell._tc.txBody) if cell._tc.txBody is not None else "" for cell in row.cells]
            for row in shape.table.rows
        ]
        yield table(rows, section, page, header=True if shape.table.first_row else None)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, page, section)
    elif shape.has_text_frame:
        words = _words(shape.text_frame._txBody)
        kind = "list" if shape.is_placeholder and "\n" in words.strip() else "text"
        yield Piece(words, page, section, "list" if kind == "list" else "text")
    elif shape._element.find(f".//{{{_DGM}}}relIds") is not None:
        yield Piece(_diagram(shape), page, section, "list")
    else:
        described = (shape._element.xpath(".//p:cNvPr/@descr") or [""])[0].strip()
        # A description that a person wrote; Office's own say so themselves, and file names say nothing.
        if described and not re.search(r"automatically generated|\.(?:png|jpe?g|gif|emf)$", described, re.I):
            yield Piece(described, page, section, "caption")


def _words(body: Any) -> str:
    """Return the paragraphs of a text body, a line each, indented by their level."""
    lines = []
    for paragraph in body.iter(f"{_A}p"):
        parts = []
        for run in paragraph.iter(f"{_A}t", f"{_A}br", f"{_A}tab"):
            parts.append(run.text or "" if run.tag == f"{_A}t" else "\n" if run.tag == f"{_A}br" else "\t")
        properties = paragraph.find(f"{_A}pPr")
        level = properties.get("lvl", "0") if properties is not None else "0"
        text = "".join(parts).strip()
        if text:
            lines.append("  " * min(int(level), 8) + text if level.isdigit() else text)
    return "\n".join(lines)


def _chart(chart: Any, page: int, section: tuple[str, ...]) -> Iterator[Piece]:
    """Yield a chart's title and its numbers: categories as rows, series as columns."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield Piece(chart.chart_title.text_frame.text, page, section, "caption")
    for plot in chart.plots:
        series = list(plot.series)[:50]
        names = [str(category) for category in plot.categories][:1000]
        values = [list(one.values) for one in series]
        rows = [["", *(one.name for one in series)]]
        for at, name in enumerate(names):
            rows.append([name, *(_number(column[at]) if at < len(column) else "" for column in values)])
        yield table(rows, section, page, header=True)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if abs(value) < 1e6 else str(value)


def _diagram(shape: Any) -> str:
    """Return the words of a SmartArt drawing."""
    from pptx.oxml import parse_xml  # its parser resolves no entities and loads nothing

    for relation in shape.part.rels.values():
        wanted = shape._element.xpath(f".//*[namespace-uri()='{_DGM}' and local-name()='relIds']/@r:dm")
        if not relation.is_external and relation.rId in wanted:
            return _words(parse_xml(relation.target_part.blob))
    return ""
