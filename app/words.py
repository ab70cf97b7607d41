"""Words and sentences of plain text, pure: content words cut to a rough stem, sentences with their places."""

from __future__ import annotations

import re
import unicodedata

STOP = frozenset(
    re.findall(
        r"\S+",
        """
    a about above after again against all also am an and any are as at be because been before being below
    between both but by can could did do does doing down during each few for from further had has have having he
    her here hers him his how i if in into is it its itself just kind many may me might more most much must my
    name no nor not now of off on once only or other our out over own please same shall she should so some such
    tell than that the their theirs them then there these they this those through to too type under until up us
    very was we were what when where which while who whom whose why will with would you your yours
    """,
    )
)
ABBREVIATIONS = frozenset(
    re.findall(r"\S+", "a.m co col dr e.g etc fig gen i.e inc jr ltd mr mrs ms no p.m prof sr st u.k u.s vs")
)

_WORD = re.compile(r"\w+(?:[.,]\d+)*", re.UNICODE)
_END = re.compile(r"[.!?。！？]+[\"”’')\]]*(?=\s|$)|\n\s*\n")
_SUFFIXES = ("ations", "ation", "ingly", "ings", "ing", "edly", "ies", "ied", "ers", "ed", "es", "er", "ly", "s")


def stem(word: str) -> str:
    """Cut common English endings off a lower-case word; rough, but the same for question and passage."""
    if len(word) < 4 or word[0].isdigit():
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            base = word[: -len(suffix)]
            if suffix == "s" and base.endswith("s"):
                return word
            if suffix in ("ies", "ied"):
                return base + "i"
            if len(base) > 3 and base[-1] == base[-2]:
                base = base[:-1]
            return _open(base)
    return _open(word)


def _open(word: str) -> str:
    if word.endswith("e") and len(word) > 4:
        return word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def all_words(text: str) -> list[str]:
    """Return the lower-case words of a text, numbers included, accents folded."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).casefold()
    folded = "".join(character for character in folded if not unicodedata.combining(character))
    return [word for word in _WORD.findall(folded) if word.strip("_")]


def content(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order, with repetitions."""
    return [stem(word) for word in all_words(text) if word not in STOP and (len(word) > 1 or word.isdigit())]


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence, blanks around it left out."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        before = text[start : match.start()].rsplit(None, 1)
        last = before[-1].lower().lstrip("(\"'“[") if before else ""
        single = len(last) == 1 and last.isalpha() and match.group().startswith(".")
        if last == "no" and not text[match.end() :].lstrip()[:1].isdigit():
            last = ""  # "No." is an answer, "No. 7" a number
        if match.group().startswith(".") and (last in ABBREVIATIONS or single):
            continue
        _add(found, text, start, match.end())
        start = match.end()
    _add(found, text, start, len(text))
    return found


def _add(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    if piece.strip():
        found.append((start + left, start + len(piece.rstrip())))
