"""Do the documents speak of a question, and does an answer say that it does not know? Pure; see docs/assistant.md."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app import words
from app.events import Passage
from app.support import logistic

NOT_FOUND = (
    "I could not find this in your documents. Ask it in other words, add the documents that would say it, "
    "or ask without documents."
)
REPETITION = ("The model began to repeat itself, so its answer was stopped.", "A better model does this less.")
CUT = (
    "The answer ends here because it reached its longest length.",
    "Raise answer.max_tokens, or ask a narrower question.",
)

INTERCEPT, SIMILARITY, OVERLAP = -13.6, 25.83, 10.47
"""Weights of the passage's cosine and of the share of the question's words in it. Fitted on half of the questions of
SQuAD 2.0's public half (answerable against off the subject, both kinds weighing the same), checked on the other half by
tests/bench/bench_evidence.py, which prints them; see docs/assistant.md."""
ENOUGH = 0.45
"""Evidence from which documents count as being about the question: above the 0.38 below which 3 % of that half's
answerable ones are, since what else is asked than facts of SQuAD comes nearer (docs/assistant.md)."""
BEHIND = 0.75
"""A passage this far behind the best one in similarity, and without the words, only distracts."""
WORDED = 0.5
"""Overlap of a passage that has the words."""

_REFUSAL = re.compile(
    r"\b(i (do not|don't|cannot|can't|could not|couldn't) (know|find|answer|determine|tell)"
    r"|not (mentioned|stated|provided|specified|found|available|contained|given|included) in"
    r"|(passages?|documents?|text) (does not|doesn't|do not|don't) "
    r"(mention|contain|provide|state|specify|say|include|give|have)"
    r"|unable to (find|answer|determine)|no (relevant )?(information|answer|mention) (in|about|on|of)"
    r"|cannot be (answered|determined))",
    re.IGNORECASE,
)


def backing(passage: Passage) -> float:
    """Return the probability, 0…1, that this passage is about the question that it was found for."""
    return logistic(INTERCEPT + SIMILARITY * passage.similarity + OVERLAP * passage.overlap)


def evidence(passages: Sequence[Passage], question: str) -> float:
    """Return the calibrated probability, 0…1, that the documents speak of what is asked: that of the best passage.

    A question without a content word ("and why?") cannot be judged by its words; its cosine decides alone.
    """
    if not words.content(question):
        return max((logistic(INTERCEPT + (SIMILARITY + OVERLAP) * one.similarity) for one in passages), default=0.0)
    return max(map(backing, passages), default=0.0)


def relevant(passages: Sequence[Passage], wanted: int, question: str) -> tuple[Passage, ...]:
    """Return the passages worth reading, best first; empty when the documents do not speak of the question."""
    if evidence(passages, question) < ENOUGH:
        return ()
    best = max(passage.similarity for passage in passages)
    kept = [one for one in passages if one.similarity >= best * BEHIND or one.overlap >= WORDED]
    return tuple(kept[:wanted])


def refuses(text: str) -> bool:
    """Say whether a text says that it does not know."""
    return not text.strip() or bool(_REFUSAL.search(text.replace("’", "'")))


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
