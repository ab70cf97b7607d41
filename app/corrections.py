"""What a user changed in what was heard: the words to listen for from then on; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from app.words import content

MOST_WORDS = 50
LEAST_ALIKE = 0.5
"""Share of equal words below which a text is another question and no correction."""
MOST_IN_A_ROW = 3
"""More words than these in the place of others are no name."""
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")


def corrected(heard: str, sent: str) -> list[str]:
    """Return the words or names of `sent` that stand in the place of others in `heard`; empty for another text."""
    before, after = _WORD.findall(heard), _WORD.findall(sent)
    compared = SequenceMatcher(None, [w.casefold() for w in before], [w.casefold() for w in after], autojunk=False)
    if not before or compared.ratio() < LEAST_ALIKE:
        return []
    found = []
    for what, _begin, _end, first, last in compared.get_opcodes():
        words = after[first:last]
        if what == "replace" and len(words) <= MOST_IN_A_ROW and content(" ".join(words)):
            found.append(" ".join(words))
    return [name for name in found if len(name) > 2 and any(letter.isalpha() for letter in name)]


def kept(known: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the words to keep, the newest first, each once whatever its case."""
    by_name = {word.casefold(): word for word in (*known[::-1], *new)}
    order = dict.fromkeys(word.casefold() for word in (*new, *known))
    return [by_name[name] for name in order][:MOST_WORDS]
