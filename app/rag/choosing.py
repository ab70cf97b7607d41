"""Chooses passages out of ranked candidates: near-duplicates once, not all from one document. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.rag.finding import Hit

SAME_COSINE = 0.97
SAME_SHINGLES = 0.8
"""Passages are taken for the same from this cosine and this share (Jaccard) of runs of four words on."""
_SHINGLE = 4
NEAR_SCORE = 0.5
"""A document that has half of the places gives way to another one whose passage scores at most so much less (standard
deviations of the fused scores)."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that is shown."""

    at: int
    """Its place among the candidates."""
    same: tuple[str, ...]
    """Other documents that hold nearly the same passage."""


def choose(
    hits: Sequence[Hit], scores: NDArray[Any], vectors: NDArray[Any], k: int, *, spread: bool = True
) -> list[Chosen]:
    """Return the `k` best, best first.

    Args:
        hits: The candidates.
        scores: One a candidate.
        vectors: One unit vector a candidate.
        k: How many at most.
        spread: Half of the places at most for one document, as long as others are nearly as good; False where the
            question names its documents.
    """
    import numpy

    waiting = [int(at) for at in numpy.argsort(-scores, kind="stable")]
    most = max(2, (k + 1) // 2) if spread else k
    chosen: list[int] = []
    same: dict[int, list[str]] = {}
    taken: Counter[str] = Counter()
    shingles: dict[int, frozenset[tuple[str, ...]]] = {}
    while waiting and len(chosen) < k:
        place = 0
        if taken[hits[waiting[0]].path] >= most:
            least = scores[waiting[0]] - NEAR_SCORE
            others = (n for n, at in enumerate(waiting) if scores[at] >= least and taken[hits[at].path] < most)
            place = next(others, 0)
        at = waiting.pop(place)
        twin = _twin(at, chosen, hits, vectors, shingles)
        if twin is None:
            chosen.append(at)
            same[at] = []
            taken[hits[at].path] += 1
        elif hits[at].path != hits[twin].path and hits[at].path not in same[twin]:
            same[twin].append(hits[at].path)
    return [Chosen(at, tuple(same[at])) for at in chosen]


def _twin(
    at: int,
    chosen: Sequence[int],
    hits: Sequence[Hit],
    vectors: NDArray[Any],
    shingles: dict[int, frozenset[tuple[str, ...]]],
) -> int | None:
    """Return the chosen candidate that says the same, if there is one."""
    if not chosen:
        return None
    cosines = vectors[list(chosen)] @ vectors[at]
    for other, cosine in zip(chosen, cosines, strict=True):
        if cosine < SAME_COSINE:
            continue
        for one in (at, other):
            if one not in shingles:
                shingles[one] = shingles_of(hits[one].text)
        both = shingles[at] | shingles[other]
        if not both or len(shingles[at] & shingles[other]) >= SAME_SHINGLES * len(both):
            return other
    return None


def shingles_of(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of four words of a text, case folded; the whole of a shorter one."""
    found = _WORD.findall(text.casefold())
    if len(found) <= _SHINGLE:
        return frozenset({tuple(found)}) if found else frozenset()
    return frozenset(tuple(found[at : at + _SHINGLE]) for at in range(len(found) - _SHINGLE + 1))
