"""What a voice is given: text without commands of its phonemiser, phonemes in parts of a bounded length. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST_PHONEMES = 200
"""Of one part, about fifteen seconds of sound: bounds memory, and how long a call takes to end when it is cancelled."""
_CLAUSE = re.compile(r"(?<=[,;:.!?—])\s+")
_SPACE = re.compile(r"\s+")
_COMMAND = str.maketrans("[]", "()")


def readable(text: str) -> str:
    """Return the text on one line, without invisible characters.

    Square brackets become round ones: "[shown](/spoken/)" would say something else than what stands there.
    """
    shown = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text)
    shown = "".join(one for one in shown if unicodedata.category(one) not in ("Cf", "Cs", "Co", "Cn"))
    return _SPACE.sub(" ", shown.translate(_COMMAND)).strip()


def parts(phonemes: str, most: int = MOST_PHONEMES) -> Iterator[str]:
    """Yield the phonemes in parts: cut behind clauses, else between words, else anywhere; none longer than `most`."""
    held = ""
    for clause in _CLAUSE.split(phonemes):
        for piece in _bounded(clause, most):
            if held and len(held) + 1 + len(piece) > most:
                yield held
                held = ""
            held = f"{held} {piece}" if held else piece
    if held:
        yield held


def _bounded(clause: str, most: int) -> Iterator[str]:
    while len(clause) > most:
        cut = clause.rfind(" ", 1, most + 1)
        cut = cut if cut > 0 else most
        yield clause[:cut]
        clause = clause[cut:].lstrip(" ")
    if clause:
        yield clause
