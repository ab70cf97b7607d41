"""Is an answer backed by the documents? Pure functions; the thresholds were measured, see docs/assistant.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app import words
from app.events import Passage

NOT_FOUND = (
    "I could not find this in your documents. Ask it in other words, add the documents that would say it, "
    "or ask without documents."
)
REPETITION = ("The model began to repeat itself, so its answer was stopped.", "A better model does this less.")
CUT = (
    "The answer ends here because it reached its longest length.",
    "Raise answer.max_tokens, or ask a narrower question.",
)

SIMILAR = 0.40
"""Cosine from which a passage is about the question whatever its words."""
RELATED = 0.20
"""Cosine that is enough when the passage also has OVERLAP of the question's words."""
OVERLAP = 0.5
BEHIND = 0.75
"""A passage this far behind the best one in similarity, and without the words, only distracts."""
SUPPORT = 0.6
"""Share of an answer's content words that must stand in the passages."""
SENTENCE_SUPPORT = 0.6
"""Share of a sentence's content words that must stand in one passage to give it that number."""

_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_MAYBE_MARKER = re.compile(r"\[[\d\s,;–-]{0,24}$")
_REFUSAL = re.compile(
    r"\b(i (do not|don't|cannot|can't|could not|couldn't) (know|find|answer|determine|tell)"
    r"|not (mentioned|stated|provided|specified|found|available|contained|given|included) in"
    r"|(passages?|documents?|text) (does not|doesn't|do not|don't) "
    r"(mention|contain|provide|state|specify|say|include|give|have)"
    r"|unable to (find|answer|determine)|no (relevant )?(information|answer|mention) (in|about|on|of)"
    r"|cannot be (answered|determined))",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|then|one|ones|former|latter)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"^\s*(and|but|or|so|why|how come|what about|how about|what else|really|also)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a finished answer says."""

    grounded: bool
    cited: tuple[int, ...]
    """Passage numbers, in the order in which the text refers to them, those of `markers` included."""
    markers: str
    """Text to append so that the shown answer names its sources; "" when it does already."""


def is_relevant(passage: Passage) -> bool:
    """Say whether a passage is about the question it was found for."""
    return passage.similarity >= SIMILAR or (passage.similarity >= RELATED and passage.overlap >= OVERLAP)


def relevant(passages: Sequence[Passage], wanted: int) -> tuple[Passage, ...]:
    """Return the passages worth reading, best first, numbered from 1; empty when none is about the question."""
    best = max((passage.similarity for passage in passages if is_relevant(passage)), default=0.0)
    kept = [
        passage
        for passage in passages
        if is_relevant(passage) and (passage.similarity >= best * BEHIND or passage.overlap >= OVERLAP)
    ]
    return tuple(kept[:wanted])


def queries(question: str, earlier: Sequence[str]) -> tuple[str, ...]:
    """Return what to search for, one after the other until something relevant is found.

    A question that points back ("and how long is it?") means nothing without the one before it. One that is only
    short stands alone first.
    """
    if not earlier:
        return (question,)
    together = f"{earlier[-1]} {question}"
    if _BACKWARD.search(question) or _CONTINUES.search(question):
        return (together,)
    return (question, together) if len(words.content(question)) <= 2 else (question,)


def refuses(text: str) -> bool:
    """Say whether a text says that it does not know."""
    return not text.strip() or bool(_REFUSAL.search(text.replace("’", "'")))


def markers(text: str, count: int) -> tuple[int, ...]:
    """Return the passage numbers that a text refers to, in order, each once; numbers beyond `count` are dropped."""
    found: list[int] = []
    for match in _MARKER.finditer(text):
        for n in _numbers(match.group(1)):
            if 1 <= n <= count and n not in found:
                found.append(n)
    return tuple(found)


def support(text: str, passages: Sequence[Passage]) -> float:
    """Return the share (0…1) of a text's content words and numbers that stand in the passages; 0 without any."""
    wanted = words.content(_MARKER.sub(" ", text))
    if not wanted:
        return 0.0
    known = {word for passage in passages for word in words.content(passage.text)}
    return sum(word in known for word in wanted) / len(wanted)


def judge(text: str, passages: Sequence[Passage], question: str) -> Verdict:
    """Check a finished answer against the passages that the model was given.

    Words that the question itself uses count as known: an answer may repeat them.
    """
    if not passages or refuses(text):
        return Verdict(False, (), "")
    cited = markers(text, len(passages))
    added: tuple[int, ...] = () if cited else _attributed(text, passages, question)
    asked = set(words.content(question))
    known = asked | {word for passage in passages for word in words.content(passage.text)}
    said = words.content(_MARKER.sub(" ", text))
    new = [word for word in said if word not in asked]
    # An answer that only repeats the question says nothing that could be backed, unless it is a bare yes or no.
    grounded = bool(new) and sum(word in known for word in said) / len(said) >= SUPPORT and bool(cited or added)
    suffix = ("" if text.endswith((" ", "\n")) else " ") + "".join(f"[{n}]" for n in added) if added else ""
    return Verdict(grounded, cited or added, suffix)


def repeats(text: str) -> bool:
    """Say whether a model has fallen into a loop: the text ends with the same piece over and over."""
    tail = text[-720:]
    for period in range(1, len(tail) // 3 + 1):
        unit = tail[-period:]
        times = 3 if period >= 24 else max(4, 72 // period)
        if len(tail) >= period * times and tail.endswith(unit * times) and unit.strip():
            return True
    spans = words.sentences(text[-2000:])
    if len(spans) < 4:
        return False
    said = [" ".join(words.all_words(text[-2000:][start:end])) for start, end in spans[:-1]]
    return len(said[-1].split()) >= 4 and said.count(said[-1]) >= 3


class CitationFilter:
    """Takes a stream of text apart so that markers which point at no passage never reach the reader."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what may be shown now; the beginning of a possible marker waits for its end."""
        text = self._held + text
        self._held = ""
        if (open_ := _MAYBE_MARKER.search(text)) is not None and self._count:
            text, self._held = text[: open_.start()], text[open_.start() :]
        return _MARKER.sub(self._kept, text) if self._count else text

    def flush(self) -> str:
        """Return what is still held at the end."""
        held, self._held = self._held, ""
        return held

    def _kept(self, match: re.Match[str]) -> str:
        numbers = _numbers(match.group(1))
        good = [n for n in numbers if 1 <= n <= self._count]
        if good == numbers:
            return match.group()
        return "".join(f"[{n}]" for n in good)


def _numbers(inside: str) -> list[int]:
    """Read "1", "1, 2" and "1-3"."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", inside):
        ends = [int(piece) for piece in re.split(r"\s*[–-]\s*", part) if piece]
        if len(ends) == 2 and 0 <= ends[1] - ends[0] < 10:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return found


def _attributed(text: str, passages: Sequence[Passage], question: str) -> tuple[int, ...]:
    """Return the passages that back the sentences of an answer which names none."""
    asked = set(words.content(question))
    pools = [(passage.n, asked | set(words.content(passage.text))) for passage in passages]
    found: list[int] = []
    for start, end in words.sentences(text):
        said = words.content(text[start:end])
        if not said:
            continue
        share, n = max(((sum(w in pool for w in said) / len(said), -n) for n, pool in pools), default=(0.0, 0))
        if share >= SENTENCE_SUPPORT and -n not in found:
            found.append(-n)
    return tuple(found)
