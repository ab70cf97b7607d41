"""Versions of questions and answers: each message follows another, and what is shown is one way through that tree.

Pure functions on `following`: the id of each message and the id of the one that it follows, 0 for none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping

LONGEST_BASE = 54
"""Characters of a title before the number of a branch."""
_NUMBER = re.compile(r" \(\d+\)$")


def way(following: Mapping[int, int], tip: int) -> list[int]:
    """Return the ids from the first message to `tip`; what is damaged ends the way."""
    found: list[int] = []
    seen: set[int] = set()
    while tip in following and tip not in seen:
        seen.add(tip)
        found.append(tip)
        tip = following[tip]
    return found[::-1]


def siblings(following: Mapping[int, int]) -> dict[int, list[int]]:
    """Return what follows each message, oldest first."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for id in sorted(following):
        found[following[id]].append(id)
    return dict(found)


def newest_after(following: Mapping[int, int], id: int) -> int:
    """Return the last message of the version that was added to last, among those that go through `id`."""
    after = siblings(following)
    best, ways, seen = id, [id], set[int]()
    while ways:
        one = ways.pop()
        if one in seen:
            continue
        seen.add(one)
        best = max(best, one)
        ways += after.get(one, [])
    return best


def branch_title(title: str, taken: Collection[str]) -> str:
    """Return "Roof (2)" for "Roof", with the first number that is free: two rows of a list must be told apart."""
    base, n = _NUMBER.sub("", title)[:LONGEST_BASE].rstrip(), 2
    while base and f"{base} ({n})" in taken:
        n += 1
    return f"{base} ({n})" if base else ""
