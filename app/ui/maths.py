"""Pure: where maths stands in a text, and its outlines, drawn by ziamath with a font of its own. No Qt, no network.

What a model writes is untrusted: the work for a formula doubles with each level of its braces, so it is estimated
before anything is drawn, and what would take long stays text.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 600
"""Characters of a formula."""
DEAREST = 2_500
"""What a formula may cost, in characters, each doubled for each level it stands in: about a second at most."""
SIZE = 24.0
"""Pixels of the letters in an outline."""

_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_MATHS = re.compile(
    r"\$\$(?P<double>[^$\n]{1,600}?)\$\$"
    r"|\\\((?P<round>.{1,600}?)\\\)"
    r"|\\\[(?P<square>.{1,600}?)\\\]"
    r"|(?<![\w$\\])\$(?P<single>[^\s$](?:[^$\n]{0,598}[^\s$\\])?)\$(?![\w$])",
    re.DOTALL,
)
_SIGNS = re.compile(r"[\\^_{}=<>+*/|]")
_SHORT = re.compile(r"-?\d+(?:[.,]\d+)?|[^\W\d_]{1,2}[\d']?|[^\W\d_]\([^\W\d_]\)")
_FORBIDDEN = re.compile(r"\\(?:href|url|def|newcommand|renewcommand|let|input|include|require|class|style|data)\b")
_OPENS = re.compile(r"\\left\b|\\begin\b|\{|\\right\b|\\end\b|\}")
_NUMBER = re.compile(r"[MLQCZ]|-?\d+(?:\.\d+)?(?:e-?\d+)?")


@dataclass(frozen=True, slots=True)
class Formula:
    """Maths in a text."""

    start: int
    end: int
    source: str
    """TeX, without what it stands between."""
    written: str
    """As it was written, with that."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One closed shape: path commands M, L, Q, C, Z with their numbers, or a rectangle."""

    steps: tuple[tuple[str, tuple[float, ...]], ...]
    outline: float = 0.0
    """Width of the line where only that is drawn; 0: the shape is filled."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A formula, its baseline at height 0."""

    width: float
    ascent: float
    descent: float
    strokes: tuple[Stroke, ...]


def formulas(text: str) -> list[Formula]:
    """Return the maths in a text, in order. Dollars with a blank behind the first or before the last are money."""
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return []
    code = [found.span() for found in _CODE.finditer(text)]
    found = []
    for match in _MATHS.finditer(text):
        source = next(part for part in match.groups() if part is not None)
        single = match["single"]
        if single is not None and not _SIGNS.search(single) and not _SHORT.fullmatch(single):
            continue
        if source.strip() and not any(start < match.end() and match.start() < end for start, end in code):
            found.append(Formula(match.start(), match.end(), source.strip(), match.group()))
    return found


def cost(source: str) -> int:
    """Estimate the work for a formula: each character counts twice as much for each level it stands in."""
    total = at = depth = 0
    for found in _OPENS.finditer(source):
        total += (found.start() - at) << min(depth, 20)
        at = found.start()
        depth = max(0, depth + (1 if found[0] in ("\\left", "\\begin", "{") else -1))
    return total + ((len(source) - at) << min(depth, 20))


@lru_cache(maxsize=512)
def outline(source: str, display: bool) -> Outline | None:
    """Draw a formula; None for what is no TeX, or too much of it.

    It takes milliseconds to a second: call it in a thread of its own.
    """
    if len(source) > LONGEST or cost(source) > DEAREST or _FORBIDDEN.search(source):
        return None
    import xml.etree.ElementTree as Tree

    with warnings.catch_warnings():  # it loads its font in a way that is not the newest
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath

    ziamath.config.svg2 = False
    try:
        drawn = Tree.fromstring(ziamath.Latex(source, size=SIZE, inline=not display).svg())
        _, top, width, height = map(float, drawn.get("viewBox", "").split())
        strokes = tuple(stroke for element in drawn.iter() if (stroke := _stroke(element)) is not None)
    except Exception:  # whatever a formula does to the two libraries, the answer is shown with its source
        return None
    if not strokes or not 0 < width < 20_000 or not 0 < height < 4_000:
        return None
    return Outline(width, max(0.0, -top), max(0.0, top + height), strokes)


def _stroke(element: Element) -> Stroke | None:
    tag, get = element.tag.rpartition("}")[2], element.get
    line = float(get("stroke-width") or 1.0) if get("fill") == "none" else 0.0
    if tag == "path":
        return Stroke(_steps(get("d") or ""), line)
    if tag == "rect":
        x, y, wide, high = (float(get(name) or 0) for name in ("x", "y", "width", "height"))
        corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
        return Stroke((("M", corners[0]), *(("L", one) for one in corners[1:]), ("Z", ())), line)
    return None


def _steps(path: str) -> tuple[tuple[str, tuple[float, ...]], ...]:
    wants = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
    steps: list[tuple[str, tuple[float, ...]]] = []
    words = _NUMBER.findall(path)
    at = 0
    while at < len(words):
        many = wants[words[at]]
        steps.append((words[at], tuple(map(float, words[at + 1 : at + 1 + many]))))
        at += 1 + many
    return tuple(steps)
