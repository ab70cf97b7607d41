"""reStructuredText: paragraphs under their headings, code and tables. Nothing is included and no directive obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.rag.document import Kind, Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table
from app.rag.readers.text import decode

_RULE = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"\s*\.\. (?:([\w:-]+)::)?")
_CODE = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "math", "doctest"})
_GRID = re.compile(r"\+[-=+]+\+$")
_COLUMNS = re.compile(r"=+(?: +=+)+\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,4}[.)]|#\.|\(\w{1,4}\))\s")


def read(data: bytes) -> Outcome:
    """Return the blocks of the file. Raises Refused for what is not text."""
    text, reason = decode(data)
    lines = [line.expandtabs(8).rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return Outcome(list(_pieces(lines)), reason=reason)


def _pieces(lines: list[str]) -> Iterator[Piece]:
    outline = Outline()
    styles: list[tuple[str, bool]] = []
    """Adornments in the order in which they were met: that is their level."""
    code = False  # the next indented block is code
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end]:
            end += 1
        block = lines[at:end]
        at = end + 1
        if not block:
            continue
        title, over, used = _title(block)
        if title:
            style = (block[used - 1][0], over)
            if style not in styles:
                styles.append(style)
            yield outline.heading(styles.index(style) + 1, title)
            block = block[used:]
            if not block:
                continue
        if code and block[0].startswith(" "):
            yield outline.piece("\n".join(block), "code")
            continue
        directive = _DIRECTIVE.match(block[0])
        name = directive.group(1) if directive else ""
        code = name in _CODE or (not directive and block[-1].endswith("::"))
        if directive and name is None:
            continue  # a comment, or a target of links
        yield _block(block, outline, bool(directive))


def _title(block: list[str]) -> tuple[str, bool, int]:
    """Return the heading that a block begins with, whether a line stands over it, and how many lines it takes."""
    if len(block) >= 3 and _RULE.match(block[0]) and block[2] == block[0] and not _COLUMNS.match(block[0]):
        return block[1].strip(), True, 3
    if len(block) >= 2 and _RULE.match(block[1]) and not _RULE.match(block[0]) and len(block[1]) >= len(block[0]) - 2:
        return block[0].strip(), False, 2
    return "", False, 0


def _block(block: list[str], outline: Outline, directive: bool) -> Piece:
    if _GRID.match(block[0].strip()):
        return table(list(_grid(block)), outline.path, header=any("=" in line for line in block[1:]) or None)
    if _COLUMNS.match(block[0]):
        return table(list(_columns(block)), outline.path, header=True)
    if _RULE.match(block[0]) and len(block) == 1:
        return Piece("")  # a line across the page
    if directive:
        # Options say how it looks; the argument and the body are text.
        first = _DIRECTIVE.sub("", block[0], count=1).strip()
        words = [line.strip() for line in block[1:] if not re.match(r"\s*:[\w-]+:", line)]
        return outline.piece("\n".join([first, *words]))
    kind: Kind = "list" if _ITEM.match(block[0]) else "text"
    return outline.piece("\n".join(block), kind)


def _grid(block: list[str]) -> Iterator[list[str]]:
    row: list[str] = []
    for line in (line.strip() for line in block):
        if _GRID.match(line):
            if any(row):
                yield row
            row = []
        else:
            cells = line.strip("|").split("|")
            row = [*row, *[""] * (len(cells) - len(row))]
            row = [f"{old} {cells[at].strip()}" if at < len(cells) else old for at, old in enumerate(row)]


def _columns(block: list[str]) -> Iterator[list[str]]:
    starts = [match.start() for match in re.finditer(r"=+", block[0])]
    for line in block:
        if not re.fullmatch(r"[= -]+", line):
            yield [line[start:stop] for start, stop in zip(starts, [*starts[1:], None], strict=True)]
