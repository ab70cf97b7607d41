"""Source code and settings: functions and classes as sections, told by their keywords; no line is ever cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome
from app.rag.readers.outline import Outline
from app.rag.readers.text import decode

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|abstract|final|sealed|async|override|virtual|inline|"
    r"extern|unsafe|pub(?:\([^)]*\))?|const|open|data|partial|readonly|declare|local|suspend)\s+)*"
)
_WORDS = (
    r"(?:class|interface|struct|enum|trait|impl|module|namespace|object|protocol|extension|record|union|def|fn|func|"
    r"function\*?|fun|sub|proc|procedure|type|package|service|message|resource|create\s+(?:or\s+replace\s+)?"
    r"(?:table|view|function|procedure|index|trigger))"
)
_KEYWORD = re.compile(rf"^(\s*){_MODIFIERS}{_WORDS}\s+(?:<[^>]*>\s*)?(?:if\s+not\s+exists\s+)?([\w.:$~`\"]+)", re.I)
_RECEIVER = re.compile(r"^(\s*)func\s+\([^)]*\)\s*(\w+)")
_ARROW = re.compile(r"^(\s*)(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>)")
_C_LIKE = re.compile(
    r"^(\s*)(?!(?:if|else|for|while|switch|return|do|case|new|delete|throw|using|typedef|catch|when)\b)"
    r"(?:[\w:<>,\[\]*&~]+\s+)+[*&]*([\w:~]+)\s*\([^;{}]*\)\s*(?:const\s*)?(?:noexcept\s*)?(?:throws\s+[\w., ]+)?\{?\s*$"
)
_TABLE = re.compile(r"^(\s*)\[+([\w .\"'-]+)\]+\s*$")
_SETTINGS = frozenset({".toml", ".ini", ".cfg", ".conf", ".properties"})
_C_FAMILY_NAMES = """
.c .h .cc .cpp .cxx .hh .hpp .hxx .m .mm .cs .java .kt .scala .dart .groovy .js .mjs .cjs .jsx .ts .tsx
"""
_C_FAMILY = frozenset(_C_FAMILY_NAMES.split())
_BEFORE = re.compile(r"\s*(?:#|//|/\*|\*|@|\[|--|;|\"\"\"|///|template\b)")
MAX_LINES = 200
"""A block longer than this is parted at a blank line."""


def read(data: bytes, extension: str) -> Outcome:
    """Return the code in blocks, each under its class and function. Raises Refused for what is not text."""
    text, reason = decode(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Outcome(list(_pieces(lines, extension)), reason=reason)


def _pieces(lines: list[str], extension: str) -> Iterator[Piece]:
    outline = Outline()
    held: list[str] = []
    for line in lines:
        found = _definition(line, extension)
        if found:
            # Comments and decorators right above belong to what they are about.
            cut = len(held)
            while cut and held[cut - 1].strip() and _BEFORE.match(held[cut - 1]):
                cut -= 1
            yield outline.piece("\n".join(held[:cut]), "code")
            held = held[cut:]
            outline.enter(*found)
        elif len(held) >= MAX_LINES and not line.strip():
            yield outline.piece("\n".join(held), "code")
            held = []
        held.append(line)
    yield outline.piece("\n".join(held), "code")


def _definition(line: str, extension: str) -> tuple[int, str] | None:
    """Return the indent and the name where a line begins a function, a class or a section."""
    if extension in _SETTINGS:
        match = _TABLE.match(line)
        return (0, match.group(2).strip()) if match else None
    if extension in (".yaml", ".yml"):
        match = re.match(r"([A-Za-z_][\w.-]*):\s*$", line)
        return (0, match.group(1)) if match else None
    if len(line) > 400:
        return None  # no definition, and slow to search
    match = _RECEIVER.match(line) or _KEYWORD.match(line) or _ARROW.match(line)
    if not match and extension in _C_FAMILY:
        match = _C_LIKE.match(line)
    return (len(match.group(1).expandtabs(4)), match.group(2).strip(':.`"')) if match else None
