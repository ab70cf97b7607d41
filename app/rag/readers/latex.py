"""LaTeX sources as text: sections, paragraphs, code and tables; comments and the preamble are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.rag.document import Kind, Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.tables import table
from app.rag.readers.text import decode

_LEVELS = {"part": 0, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*?$\n?", re.M)
_HEADING = re.compile(r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\]]*\])?\{")
_TITLE = re.compile(r"\\title(?:\[[^\]]*\])?\{")
_BLOCK = re.compile(
    r"\\begin\{(verbatim|lstlisting|minted|tabular[x*]?|longtable|itemize|enumerate|description)\}(.*?)\\end\{\1\}",
    re.S,
)
_DROPPED = re.compile(
    r"\\(?:label|cite[tp]?|ref|eqref|pageref|bibliography|bibliographystyle|usepackage|includegraphics|vspace|hspace|"
    r"input|include|begin|end|index|documentclass|pagestyle|thispagestyle|setlength)\*?(?:\[[^\]]*\])*(?:\{[^{}]*\})?"
)
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\]]*\])?")
_ESCAPED = re.compile(r"\\([%&_#${} ])")
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def read(data: bytes) -> Outcome:
    """Return the text of the source. Raises Refused for what is not text."""
    text, reason = decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = _TITLE.search(text)
    named = _plain(_braced(text, title.end())[0]) if title else ""
    body = text.partition("\\begin{document}")[2].partition("\\end{document}")[0] or text
    first = [Piece(named, None, (named,), "heading")] if named else []
    return Outcome([*first, *_pieces(body, Outline(*((named,) if named else ())))], reason=reason, title=named)


def _pieces(text: str, outline: Outline) -> Iterator[Piece]:
    position = 0
    for match in _BLOCK.finditer(text):
        yield from _sections(text[position : match.start()], outline)
        yield _environment(match.group(1), match.group(2), outline)
        position = match.end()
    yield from _sections(text[position:], outline)


def _environment(name: str, inside: str, outline: Outline) -> Piece:
    if name in ("verbatim", "lstlisting", "minted"):
        return outline.piece(inside.strip("\n"), "code")
    inside = _COMMENT.sub(r"\1", inside)
    if name.startswith(("tabular", "longtable")):
        rules = re.sub(
            r"\\(?:[tbm]?rule|hline|toprule|midrule|bottomrule|cline\{[^}]*\})|^(?:\s*\{[^}]*\})+", "", inside
        )
        rows = [[_plain(cell) for cell in re.split(r"(?<!\\)&", row)] for row in rules.split(r"\\")]
        return table(rows, outline.path)
    items = (_plain(item) for item in inside.split("\\item"))
    return outline.piece("\n".join(f"- {item}" for item in items if item), "list")


def _sections(text: str, outline: Outline) -> Iterator[Piece]:
    text = _COMMENT.sub(r"\1", text)
    position = 0
    for match in _HEADING.finditer(text):
        if match.start() < position:
            continue
        yield from _paragraphs(text[position : match.start()], outline)
        title, position = _braced(text, match.end())
        yield outline.heading(_LEVELS[match.group(1)], _plain(title))
    yield from _paragraphs(text[position:], outline)


def _paragraphs(text: str, outline: Outline) -> Iterator[Piece]:
    kind: Kind = "text"
    for part in _PARAGRAPH.split(text):
        yield outline.piece(_plain(part), kind)


def _braced(text: str, start: int) -> tuple[str, int]:
    """Return what stands up to the brace that closes, and where it ends; at most 2,000 characters."""
    depth = 1
    for at in range(start, min(len(text), start + 2_000)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return text[start:at], at + 1
    return "", start


def _plain(text: str) -> str:
    """Return the words without commands; formulas stay as they are written."""
    text = _DROPPED.sub(" ", text).replace("~", " ").replace("``", "“").replace("''", "”").replace(r"\\", "\n")
    text = _ESCAPED.sub(r"\1", _COMMAND.sub("", text).replace("{", "").replace("}", ""))
    return re.sub(r"[ \t]+", " ", re.sub(r" *\n *", " ", text)).strip()
