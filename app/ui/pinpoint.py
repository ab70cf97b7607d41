"""Pure: which sentences of a passage an answer rests on, found by the words that both have. No Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence

ENOUGH = 0.4
"""Share of a claim's words that a sentence of the passage has to have."""
NEARLY = 0.8
"""Of the best share; sentences as good as that are meant, too."""
_SENTENCE = re.compile(r"\S.*?(?:[.!?…](?=[\s\"'”’»)\]])[\"'”’»)\]]*|[。！？]|\n\s*\n|$)", re.DOTALL)
_CITATION = re.compile(r"\[\d[\d, ]*\]")
_WORD = re.compile(r"\w+")


def claims(text: str, number: int) -> tuple[str, ...]:
    """Return the sentences of an answer that cite passage `number`."""
    found = []
    for part in re.split(r"(?<=\])[.!?]?\s+|\n+", text):
        numbers = {int(one) for mark in _CITATION.findall(part) for one in re.findall(r"\d+", mark)}
        if number in numbers:
            found.append(_CITATION.sub("", part).strip())
    return tuple(found)


def spans(passage: str, claimed: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where in `passage` the sentences stand that `claimed` rests on, in order; none where that is unclear."""
    places = [match.span() for match in _SENTENCE.finditer(passage)]
    words = [_words(passage[start:end]) for start, end in places]
    meant: set[int] = set()
    for claim in claimed:
        wanted = _words(claim)
        shares = [len(wanted & one) / len(wanted) if wanted and len(wanted & one) > 1 else 0.0 for one in words]
        best = max(shares, default=0.0)
        if best >= ENOUGH:
            meant |= {at for at, share in enumerate(shares) if share >= max(ENOUGH, best * NEARLY)}
    if len(meant) == len(places):
        return ()
    return tuple(places[at] for at in sorted(meant))


def _words(text: str) -> set[str]:
    """Return words of three letters and more, and all numbers."""
    return {word for word in _WORD.findall(text.lower()) if len(word) > 2 or word.isdigit()}
