"""Names and terms of the documents, for a recogniser that has to spell them: capitalised, and rare in the library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from app.words import content

if TYPE_CHECKING:
    from app.rag.store import Store

LOOKED_AT = 1000
"""Passages, the newest: a tenth of a second at most, in the thread that searches."""
LEAST_LETTERS = 4
MOST_SHARE = 0.1
"""A word that stands in more passages than this share is no rare one; three passages are always few."""
FEW = 3
_WORD = re.compile(r"(?<=[\w,;:] )[^\W\d_][^\W_]*(?:[-'’][^\W_]+)*")
"""A word inside a sentence, whose capital is therefore its own."""


def names(store: Store, most: int) -> list[str]:
    """Return at most `most` names, those that the newest documents speak of most often first. Raises StoreError."""
    texts = store.records.passages.newest(LOOKED_AT)
    return chosen(texts, store.records.counts, most)


def chosen(
    texts: Iterable[str], counts: Callable[[Iterable[str]], tuple[Mapping[str, int], int]], most: int
) -> list[str]:
    """Pick the names out of `texts`; `counts` tells in how many passages stems occur, and how many there are."""
    capital: Counter[str] = Counter()
    small: set[str] = set()
    for text in texts:
        for match in _WORD.finditer(text):
            word = match.group()
            if word[0].isupper():
                if len(word) >= LEAST_LETTERS and not word.isupper():
                    capital[word] += 1
            else:
                small.add(word)
    likely = [(word, count) for word, count in capital.most_common(8 * most) if word.lower() not in small]
    stems = {word: content(word) for word, _count in likely}
    found, total = counts({stem for some in stems.values() for stem in some})
    limit = max(FEW, int(total * MOST_SHARE))
    return [
        word for word, _count in likely if stems[word] and all(found.get(stem, 0) <= limit for stem in stems[word])
    ][:most]
