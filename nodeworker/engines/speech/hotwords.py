"""Names and terms that a recording is likely to hold: which of them fit into a recogniser's prompt. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MOST_TOKENS = 96
"""Tokens of the prompt given to hotwords. Whisper's prompt holds 223 and its context 448, of which half a minute of
quick speech takes 200 to 250; and the longer the list, the likelier a word of it is heard where it was not said."""
MOST_WORDS = 64
MOST_CHARACTERS = 60
"""Of one hotword: beyond that it is no name."""
_SPECIAL = re.compile(r"<\|.*?\|>|[<|>]")
"""What a tokenizer would take for a command, such as the end of the text."""


def fitting(hotwords: Iterable[str], tokens: Callable[[str], int]) -> str:
    """Return the hotwords that fit, in their order, as one text; "" for none.

    Each is cleaned of control characters and of the tokenizer's commands. Doubles, whatever is longer than
    MOST_CHARACTERS and all that has no letter or digit are left out, and one that no longer fits does not keep a
    shorter one behind it from being taken. `tokens` counts the tokens of a text.
    """
    taken: list[str] = []
    seen: set[str] = set()
    looked_at = 0
    for hotword in hotwords:
        looked_at += 1
        if looked_at > 4 * MOST_WORDS or len(taken) == MOST_WORDS:
            break
        if len(hotword) > 4 * MOST_CHARACTERS:
            continue
        clean = _SPECIAL.sub(" ", hotword)
        clean = " ".join("".join(c if c.isprintable() else " " for c in clean).replace(",", " ").split())
        key = clean.casefold()
        if not any(c.isalnum() for c in clean) or len(clean) > MOST_CHARACTERS or key in seen:
            continue
        seen.add(key)
        if tokens(" " + ", ".join([*taken, clean])) <= MOST_TOKENS:
            taken.append(clean)
    return ", ".join(taken)
