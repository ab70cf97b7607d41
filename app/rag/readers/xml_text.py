"""XML and SVG: the text with the names of its elements; feeds and the like record by record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import defusedxml.common
import defusedxml.ElementTree

from app.rag.document import Piece
from app.rag.readers import html, zip_guard
from app.rag.readers.outcome import Outcome, Refused
from app.rag.readers.text import decode, paragraphs

MAX_DEPTH = 200
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MARKUP = re.compile(r"</(?:p|div|a|li|ul|b|i|em|strong|span|h\d|td)>|<br\s*/?>|<p>|<img\s", re.I)
_TITLES = ("title", "name", "head", "heading", "label")
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document"
_SPACE = re.compile(r"\s+")


def read(data: bytes) -> Outcome:
    """Return the text of all elements. Raises Refused for entities, and for what is not text."""
    try:
        root, reason = _root(data)
    except defusedxml.common.DefusedXmlException as error:
        raise Refused("rejected", zip_guard.ENTITIES) from error
    except SyntaxError:
        text, _ = decode(data)
        return Outcome(paragraphs(text), reason="Its XML is broken, so it was read as plain text.")
    if root.tag == _OFFICE:
        from app.rag.readers import opendocument

        return opendocument.flat(root)
    title = _title(root)
    return Outcome(list(_pieces(root, (), 0)), reason=reason, title=title)


def _root(data: bytes) -> tuple[Any, str]:
    """Return the root element. Raises SyntaxError and DefusedXmlException."""
    try:
        return defusedxml.ElementTree.fromstring(data), ""
    except (SyntaxError, ValueError, LookupError):
        # An encoding that the parser does not know, or another than the declared one.
        text, reason = decode(data)
        return defusedxml.ElementTree.fromstring(_DECLARATION.sub("", text)), reason


def _pieces(element: Any, section: tuple[str, ...], depth: int) -> Iterator[Piece]:
    if depth > MAX_DEPTH:
        raise Refused("rejected", "It is nested too deeply to be a document.")
    if _is_mixed(element):
        yield Piece(_SPACE.sub(" ", "".join(element.itertext())), None, section)
        return
    lines: list[str] = []
    title = _title(element)
    for child in element:
        if not isinstance(child.tag, str):
            continue  # a comment
        if len(child):
            yield Piece("\n".join(lines), None, section)
            lines = []
            inner = _title(child)
            path = (*section, inner[:300]) if inner and section[-1:] != (inner[:300],) else section
            yield from _pieces(child, path, depth + 1)
            continue
        words = (child.text or "").strip()
        if words and words == title and section and section[-1] == title[:300]:
            yield Piece(words, None, section, "heading")
        elif _MARKUP.search(words):
            yield Piece("\n".join(lines), None, section)
            lines = []
            for piece in html.pieces_of(words, title=False):
                yield Piece(piece.text, None, section, piece.kind, piece.header)
        else:
            lines.extend(_line(child, words))
    if not len(element):
        lines.extend(_line(element, (element.text or "").strip()))
    yield Piece("\n".join(lines), None, section)


def _line(element: Any, words: str) -> Iterator[str]:
    """Yield an element with its text, or with its attributes where it has none."""
    name = _name(element)
    if words:
        yield _SPACE.sub(" ", words) if name in ("text", "tspan", "p", "para", "title", "desc") else f"{name}: {words}"
    elif element.attrib and not any(len(value) > 300 for value in element.attrib.values()):
        said = ", ".join(f"{key.rpartition('}')[2]} {value}" for key, value in element.attrib.items() if value)
        if re.search(r"[^\W\d_]{2}", said) and not _is_drawing(element):
            yield f"{name}: {said}"


def _is_drawing(element: Any) -> bool:
    return str(element.tag).startswith("{http://www.w3.org/2000/svg}")


def _is_mixed(element: Any) -> bool:
    """Return True for text with elements in it, such as a sentence with a word in bold."""
    return len(element) > 0 and (
        (element.text or "").strip() != "" or any((child.tail or "").strip() for child in element)
    )


def _title(element: Any) -> str:
    for child in element:
        if isinstance(child.tag, str) and _name(child) in _TITLES and not len(child):
            words = _SPACE.sub(" ", child.text or "").strip()
            if words:
                return words
    return ""


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
