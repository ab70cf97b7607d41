"""One ranking out of two, full text and vectors: their scores, made comparable, weighed by the question. Pure.

Both scores of every candidate are brought to mean 0 and deviation 1 among the candidates, then added. Ranks, as
reciprocal rank fusion takes them, forget how far ahead the first is: on questions of facts that costs 0.03 nDCG
(decision 27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT_WEIGHT = 0.38
"""Share of full text where the embedding model reads the question's words well; the rest is that of the vectors."""
MOST_TEXT = 0.9
"""Its share where the model does not."""
READ_WELL, READ_BADLY = 3.6, 2.7
"""Letters and digits a token of the question: English has 3.3 to 6, Spanish 2.3 to 3.2, German 2.2 to 2.7 with MiniLM's
English vocabulary, scripts that it does not know one."""
_BADLY_TEXT = 0.84
"""Share of full text at READ_BADLY; between it and READ_WELL it changes evenly, and goes on so to MOST_TEXT."""
UNREAD = 12.0
"""So many letters a token: the model has taken whole words for one unknown."""
_WIDE_LETTERS = 2.0
"""A Han character or syllable says as much as so many letters."""
FEEDBACK = 0.3
"""How far the question's vector is moved towards the best candidates (Rocchio, 1971; pseudo-relevance feedback)."""
FEEDBACK_FROM = 2
"""Candidates. With the two numbers above, what five of six collections choose for the sixth (docs/documents.md)."""


def text_weight(query: str, tokens: int) -> float:
    """Return the share of full text for a question, from how well the embedding model reads it.

    Args:
        query: The question.
        tokens: How many tokens it has for the model, its two marks included; 0 when that is not known.
    """
    marks = sum(not (c.isalnum() or c.isspace()) for c in query)
    letters = sum(_WIDE_LETTERS if "\u2e80" <= c <= "\ud7af" else 1.0 for c in query if c.isalnum())
    if tokens <= 0 or not letters:
        return TEXT_WEIGHT
    fertility = letters / max(1, tokens - 2 - marks)
    if fertility >= UNREAD:
        return MOST_TEXT
    slope = (_BADLY_TEXT - TEXT_WEIGHT) / (READ_WELL - READ_BADLY)
    return min(MOST_TEXT, max(TEXT_WEIGHT, TEXT_WEIGHT + slope * (READ_WELL - fertility)))


def fuse(matches: NDArray[Any], vectors: NDArray[Any], query: NDArray[Any], weight: float) -> NDArray[Any]:
    """Return one score a candidate, higher for a better one; comparable within one call only.

    Args:
        matches: Score by full text of each candidate, 0 = no word of the question.
        vectors: One unit vector a row.
        query: The question's unit vector.
        weight: Share of full text, 0 to 1.
    """
    import numpy

    texts = weight * standard(matches)
    first = texts + (1 - weight) * standard(vectors @ query)
    best = numpy.argsort(-first, kind="stable")[:FEEDBACK_FROM]
    trust = numpy.maximum(first[best], 0.0)
    if not trust.sum() > 0:
        return first
    moved = query + FEEDBACK * (trust / trust.sum()) @ vectors[best]
    moved = moved / max(float(numpy.linalg.norm(moved)), 1e-12)
    fused: NDArray[Any] = texts + (1 - weight) * standard(vectors @ moved)
    return fused


def standard(scores: NDArray[Any]) -> NDArray[Any]:
    """Return scores with mean 0 and deviation 1; all 0 where they are all the same."""
    spread = float(scores.std())
    result: NDArray[Any] = (scores - scores.mean()) / spread if spread > 1e-9 else scores * 0.0
    return result
