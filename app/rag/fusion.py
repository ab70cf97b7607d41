"""Reciprocal rank fusion: one ranking out of several. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def fuse(
    rankings: Sequence[Sequence[Key]], *, constant: float = 60.0, weights: Sequence[float] = ()
) -> list[tuple[Key, float]]:
    """Return all keys with their fused score, best first.

    A key at place r (from 1) of a ranking adds weight / (constant + r). Method: Cormack, Clarke and Büttcher,
    "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009, where the constant
    is 60; a smaller one trusts the first places more.

    Args:
        rankings: Each best first; a key that occurs twice in one counts at its best place.
        constant: Above 0.
        weights: One per ranking; empty means 1 each.

    Raises:
        ValueError: the constant is not above 0, or the number of weights is wrong.
    """
    if constant <= 0:
        raise ValueError("constant must be above 0")
    if weights and len(weights) != len(rankings):
        raise ValueError("one weight per ranking")
    scores: dict[Key, float] = {}
    for index, ranking in enumerate(rankings):
        weight = weights[index] if weights else 1.0
        seen: set[Key] = set()
        for place, key in enumerate(ranking, 1):
            if key in seen:
                continue
            seen.add(key)
            scores[key] = scores.get(key, 0.0) + weight / (constant + place)
    # sorted() is stable: equal scores keep the order of the first ranking that has them.
    return sorted(scores.items(), key=lambda item: -item[1])
