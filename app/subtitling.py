"""Subtitles: words with their times cut into what can be read while it is said. Pure.

At most two lines of 42 columns, 1 to 7 seconds, cut where sentences and phrases end: as Netflix' and the BBC's
guidelines for subtitles have it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.events import Word

COLUMNS, LINES = 42, 2
"""Wide characters (Chinese, Japanese, Korean) take two columns."""
SHORTEST, LONGEST = 1.0, 7.0
"""Seconds. Shorter only where the next begins sooner and both do not fit into one."""
READ_A_SECOND = 17.0
"""Characters; what is said quicker stays longer where nobody goes on speaking."""
SILENCE = 1.5
"""Seconds over which no subtitle lasts."""
_CLAUSE = re.compile(r"[,;:–—、，；：][\"'”’»)\]]*$")
_STOP = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_ABBREVIATION = re.compile(
    r"^[\"'“‘«(\[]*(?:mr|mrs|ms|dr|prof|sr|jr|st|vs|no|nr|etc|ca|bzw|usw|e\.g|i\.e|z\.b|d\.h|u\.a|[a-z])\.$",
    re.IGNORECASE,
)
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]")
_JOINING = frozenset(
    re.findall(
        r"\w+",
        "and or but that which who because if when while where so then than und oder aber dass weil wenn als et ou "
        "mais que qui parce quand y o pero porque cuando",
    )
)
"""A phrase begins before these."""
_CLINGING = _JOINING | frozenset(
    re.findall(
        r"\w+",
        "the a an of at to in on by for with from my your his her our their no not der die das den dem des ein eine "
        "einen zu von mit le la les un une de du des el los las una del",
    )
)
"""No phrase ends with these."""
_BAD, _LOOSE = 1e6, 4.0
_INSIDE, _NOWHERE, _AT_JOINING, _AT_CLAUSE, _CLUNG = 6.0, 8.0, 4.0, 1.5, 16.0
"""What it costs that a sentence ends within a subtitle, or that one ends where no phrase does."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle; times in seconds."""

    start: float
    end: float
    lines: tuple[str, ...]


def subtitles(sentences: Sequence[Sequence[Word]]) -> list[Cue]:
    """Return the subtitles of sentences that follow each other."""
    runs: list[list[Word]] = []
    for word in (part for one in with_blanks([word for one in sentences for word in one]) for part in _narrow(one)):
        if not runs or word.start - runs[-1][-1].end > SILENCE:
            runs.append([])
        runs[-1].append(word)
    groups = [group for run in runs for group in _cut(run)]
    cues: list[Cue] = []
    for at, group in enumerate(groups):
        start = max(group[0].start, cues[-1].end if cues else 0.0)
        text = _text(group)
        wanted = max(group[-1].end, start + max(SHORTEST, len(text) / READ_A_SECOND))
        if at + 1 < len(groups):
            wanted = min(wanted, max(groups[at + 1][0].start, start))
        cues.append(Cue(start, min(wanted, start + LONGEST), broken(text)))
    return [cue for cue in cues if cue.lines]


def broken(text: str) -> tuple[str, ...]:
    """Return a text of at most LINES lines of COLUMNS columns, cut where a phrase ends, the lines about as long."""
    if width(text) <= COLUMNS:
        return (text,) if text else ()
    words = text.split(" ")
    best: tuple[float, tuple[str, str]] | None = None
    if len(words) == 1:
        pieces = _pieces(text, COLUMNS)
        return tuple(pieces[:LINES])
    for at in range(1, len(words)):
        first, second = " ".join(words[:at]), " ".join(words[at:])
        if max(width(first), width(second)) > COLUMNS:
            continue
        cost = abs(width(first) - width(second)) / 4 + _break_cost(words[at - 1], words[at])
        if best is None or cost < best[0]:
            best = (cost, (first, second))
    return best[1] if best else (text,)


@cache
def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def with_blanks(words: Sequence[Word]) -> list[Word]:
    """Return words such that put together they are the text.

    They come with a blank before each, or stripped, or from a language that has no blanks.
    """
    spaced = any(word.text[:1].isspace() for word in words[1:]) or any(_UNSPACED.search(word.text) for word in words)
    return list(words) if spaced else [Word(f" {word.text}", word.start, word.end) for word in words]


def _text(words: Sequence[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


def _fits(text: str) -> bool:
    lines = broken(text)
    return (
        len(lines) <= LINES
        and all(width(line) <= COLUMNS for line in lines)
        and ("".join(lines).replace(" ", "") == text.replace(" ", ""))
    )


def _cut(run: Sequence[Word]) -> list[Sequence[Word]]:
    """Cut words that follow each other into subtitles, such that it costs least (dynamic programming)."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(run) + 1):
        found = (_BAD * _BAD, end - 1)
        for start in range(end - 1, -1, -1):
            group = run[start:end]
            text = _text(group)
            alone = end - start == 1
            if not alone and (width(text) > LINES * COLUMNS or group[-1].end - group[0].start > LONGEST):
                break
            if not alone and not _fits(text):
                continue
            following = run[end].start if end < len(run) else group[-1].end + SHORTEST
            cost = best[start][0] + _cost(group, text, max(following, group[-1].end) - group[0].start)
            if end < len(run):
                cost += _break_cost(group[-1].text, run[end].text)
            if cost < found[0]:
                found = (cost, start)
        best.append(found)
    cuts: list[Sequence[Word]] = []
    end = len(run)
    while end:
        start = best[end][1]
        cuts.append(run[start:end])
        end = start
    return cuts[::-1]


def _cost(group: Sequence[Word], text: str, seconds: float) -> float:
    """What a subtitle costs by itself; `seconds`: how long it can be shown."""
    inside = sum(1 for word in group[:-1] if ends_sentence(word.text))
    short = 100.0 + 1000.0 * (SHORTEST - seconds) if seconds < SHORTEST else 0.0
    loose = (1 - width(text) / (LINES * COLUMNS)) ** 2
    return _LOOSE + _LOOSE * loose + _INSIDE * inside + short


def _break_cost(before: str, after: str) -> float:
    """What it costs to cut between two words."""
    said = before.strip()
    if ends_sentence(said):
        return 0.0
    if _CLAUSE.search(said):
        return _AT_CLAUSE
    if said.lower() in _CLINGING or said.endswith("."):  # "Dr."
        return _CLUNG
    return _AT_JOINING if after.strip().lower() in _JOINING else _NOWHERE


def ends_sentence(word: str) -> bool:
    """Return True where a sentence seems to end with this word: not with "Dr." or an initial."""
    bare = word.strip()
    return bool(_STOP.search(bare)) and not _ABBREVIATION.match(bare)


def _narrow(word: Word) -> list[Word]:
    """Cut a "word" that no line holds: an address, or a sentence in a script without blanks."""
    if width(word.text.strip()) <= COLUMNS:
        return [word]
    blank = " " if word.text[:1].isspace() else ""
    pieces = _pieces(word.text.strip(), COLUMNS // 2)
    each = (word.end - word.start) / len(pieces)
    return [
        Word((blank if at == 0 else "") + piece, word.start + at * each, word.start + (at + 1) * each)
        for at, piece in enumerate(pieces)
    ]


def _pieces(text: str, columns: int) -> list[str]:
    pieces = [""]
    for character in text:
        if width(pieces[-1] + character) > columns:
            pieces.append("")
        pieces[-1] += character
    return pieces
