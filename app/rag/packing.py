"""Decides where a run of text is cut, given its smallest pieces. Pure.

The cuts are the cheapest way through the run (dynamic programming from its end): a chunk costs by how far it is from
the size aimed at, a cut by what it tears apart, and by a small number drawn from the text behind it. What a cut costs
depends on the text around it only, and two cheapest ways that share one cut share all after it. So where a text is
changed, the cuts become the same again a few chunks further, on both sides: content-defined chunking, but at ends of
paragraphs and sentences. The drawn number makes them meet where rows or paragraphs are all of one size.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

BLOCK, ITEM, SENTENCE, FRAGMENT = 0.0, 0.08, 0.2, 1.0
"""What it costs to cut before a block; before a row, item or line of one; inside a paragraph; inside a sentence."""
STRANDED = 1.5
"""What it costs to cut between a heading and what it is about."""
_DRAWN = 0.15
_DRAWN_FROM = 32
"""Characters."""


@dataclass(frozen=True, slots=True)
class Atom:
    """What is never cut: a sentence, a row, an item, a line."""

    tokens: int
    cut: float
    """Cost of beginning a chunk with it."""
    extra: int = 0
    """Tokens that a chunk has more when it begins here: the header of a table."""


def drawn(text: str) -> float:
    """Return a number from 0 to 0.15 that depends on the first characters of a text alone."""
    return zlib.crc32(text[:_DRAWN_FROM].encode("utf-8", "replace")) / 2**32 * _DRAWN


def pack(atoms: Sequence[Atom], *, target: int, limit: int) -> list[int]:
    """Return the places of `atoms` at which chunks begin, the first left out.

    Args:
        atoms: In order.
        target: Tokens that a chunk should have.
        limit: Tokens that it may have; an atom that is larger stands alone.
    """
    count = len(atoms)
    best = [0.0] * (count + 1)
    after = [count] * (count + 1)
    for start in range(count - 1, -1, -1):
        size = atoms[start].extra
        cheapest = float("inf")
        for end in range(start + 1, count + 1):
            size += atoms[end - 1].tokens
            if size > limit and end > start + 1:
                break
            off = (size - target) / target
            cost = off * off + best[end] + (atoms[end].cut if end < count else 0.0)
            if cost < cheapest:
                cheapest, after[start] = cost, end
        best[start] = cheapest
    cuts = []
    place = after[0] if count else 0
    while place < count:
        cuts.append(place)
        place = after[place]
    return cuts
