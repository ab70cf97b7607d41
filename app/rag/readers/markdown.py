"""Markdown: paragraphs under their headings. The text stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.text import decode

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]+")


def read(data: bytes) -> Outcome:
    """Return the blocks of a Markdown file. Raises Refused for what is not text."""
    text, reason = decode(data)
    return Outcome(list(pieces(text)), reason=reason)


def pieces(text: str) -> Iterator[Piece]:
    """Yield headings, paragraphs, lists and code blocks, each with the headings it is under."""
    section: list[tuple[int, str]] = []
    lines: list[str] = []
    fence = ""

    def path() -> tuple[str, ...]:
        return tuple(title for _, title in section)

    def heading(level: int, title: str) -> None:
        while section and section[-1][0] >= level:
            section.pop()
        plain = _MARKS.sub("", _LINK.sub(r"\1", title)).strip()
        if plain:
            section.append((level, plain))

    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        opening = _FENCE.match(line)
        if fence:
            lines.append(line)
            if opening and opening.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if opening:
            fence = opening.group(1)
            lines.append(line)
            continue
        atx = _HEADING.match(line)
        if atx:
            yield Piece("\n".join(lines), None, path())
            lines = []
            heading(len(atx.group(1)), atx.group(2) or "")
            yield Piece(line, None, path())
        elif len(lines) == 1 and lines[0].strip() and _UNDERLINE.match(line):
            title = lines.pop()
            heading(1 if "=" in line else 2, title)
            yield Piece(f"{title}\n{line}", None, path())
        elif not line.strip():
            yield Piece("\n".join(lines), None, path())
            lines = []
        else:
            lines.append(line)
    yield Piece("\n".join(lines), None, path())
