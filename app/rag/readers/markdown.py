"""Markdown: paragraphs under their headings. The text stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.rag.document import Kind, Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table
from app.rag.readers.text import decode

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]+")
_DASHES = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_BAR = re.compile(r"(?<!\\)\|")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_FRONT = re.compile(r"---\n.*?\n---\n", re.S)
_TITLE = re.compile(r"^title:[ \t]*(\S.*)$", re.M)


def read(data: bytes) -> Outcome:
    """Return the blocks of a Markdown file. Raises Refused for what is not text."""
    text, reason = decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    title = _TITLE.search(front.group()) if front else None
    return Outcome(list(pieces(text, Outline())), reason=reason, title=title.group(1).strip("\"' ") if title else "")


def pieces(text: str, outline: Outline) -> Iterator[Piece]:
    """Yield headings, paragraphs, lists, tables and code blocks, each with the headings it is under.

    `outline`: the headings that are open; those of the text go on from there.
    """
    lines: list[str] = []
    fence = ""

    def enter(level: int, title: str) -> None:
        outline.enter(level, _MARKS.sub("", _LINK.sub(r"\1", title)).strip())

    def block() -> Piece:
        found = _block(lines, outline)
        lines.clear()
        return found

    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        opening = _FENCE.match(line)
        if fence:
            lines.append(line)
            if opening and opening.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
                yield outline.piece("\n".join(lines), "code")
                lines.clear()
            continue
        if opening:
            yield block()
            fence = opening.group(1)
            lines.append(line)
            continue
        atx = _HEADING.match(line)
        if atx:
            yield block()
            enter(len(atx.group(1)), atx.group(2) or "")
            yield outline.piece(line, "heading")
        elif len(lines) == 1 and lines[0].strip() and _UNDERLINE.match(line):
            title = lines.pop()
            enter(1 if "=" in line else 2, title)
            yield outline.piece(f"{title}\n{line}", "heading")
        elif not line.strip():
            yield block()
        else:
            lines.append(line)
    yield outline.piece("\n".join(lines), "code") if fence else block()


def _block(lines: list[str], outline: Outline) -> Piece:
    """Return what stands between blank lines; of a table without the line of dashes and the outer bars."""
    if len(lines) > 1 and _DASHES.match(lines[1]) and "|" in lines[0]:
        rows = [_BAR.split(line.strip().removeprefix("|").removesuffix("|")) for line in (lines[0], *lines[2:])]
        return table([[cell.replace("\\|", "|") for cell in row] for row in rows], outline.path, header=True)
    kind: Kind = "list" if lines and _ITEM.match(lines[0]) else "text"
    return outline.piece("\n".join(lines), kind)
