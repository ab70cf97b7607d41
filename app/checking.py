"""The check of a finished answer: which sentences the passages back, which passages each rests on.

By words first (app/support.py), which takes a millisecond. Only a sentence that the words do not settle, and whose
numbers and names all stand in the passage, is compared by meaning: one call to the embedder for all of them, given up
after CHECK_SECONDS. It runs after the last token, so it never delays what is shown.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app import words
from app.citing import markers, spans, without_markers
from app.errors import NodeError
from app.events import Passage, Sentence
from app.grounding import refuses
from app.screening import OWN_WORDS
from app.support import BACKED, Backing, Sources
from app.thinking import Embeddings

CHECK_SECONDS = 0.15
SAME_MEANING = 0.80
"""Cosine from which a sentence says what a place says, though in other words. Of made sentences that nothing backs,
0.7 % reach it (docs/assistant.md)."""
MOST_COMPARED = 6
"""Sentences compared by meaning; the rest of a long answer is judged by words."""
SUPPORT = 0.6
"""Share of an answer's content words that must stand in sentences which the passages back."""

Embed = Callable[[Sequence[str]], Awaitable[Embeddings]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check says."""

    grounded: bool
    cited: tuple[int, ...]
    """Passages that the answer rests on, in the order in which it refers to them."""
    sentences: tuple[Sentence, ...]


async def check(text: str, passages: Sequence[Passage], question: str, embed: Embed, own: str = "") -> Verdict:
    """Check an answer against the passages that the model was given. Words of the question may be repeated.

    Args:
        text: The whole answer as shown.
        passages: Numbered as the answer refers to them.
        question: What was asked.
        embed: Makes the vectors; may raise NodeError.
        own: The part of the text that answers, if the rest only shows what the documents say; "" = all of it.
    """
    sources = Sources(passages, question)
    looked = [(span, _backings(sources, text[slice(*span)])) for span in spans(text)]
    unsure = [at for at, (_, found) in enumerate(looked) if found and _unsure(found)][:MOST_COMPARED]
    same = await _alike(
        [(without_markers(text[slice(*looked[at][0])]), _nearest(looked[at][1])) for at in unsure], embed
    )
    rescued = {at for at, cosine in zip(unsure, same, strict=True) if cosine >= SAME_MEANING}
    sentences = tuple(
        _sentence(text, span, found, len(passages), at in rescued) for at, (span, found) in enumerate(looked)
    )
    cited = tuple(dict.fromkeys(n for sentence in sentences for n in sentence.cited))
    grounded = bool(cited) and not refuses(own or text) and _grounded(text, sentences, question)
    return Verdict(grounded, cited, sentences)


def _backings(sources: Sources, said: str) -> list[Backing]:
    """Return what backs a sentence; one that only introduces others ("Your documents say:") claims nothing."""
    said = said.removeprefix(OWN_WORDS)
    return [] if said.rstrip().endswith(":") else sources.backings(said)


def _unsure(found: Sequence[Backing]) -> bool:
    near = _nearest(found)
    return found[0].probability < BACKED and near.numbers == 0.0 and near.names == 0.0


def _nearest(found: Sequence[Backing]) -> Backing:
    """Return the place that lacks no number and no name if there is one, else the best."""
    return next((backing for backing in found if backing.numbers == 0.0 and backing.names == 0.0), found[0])


def _sentence(text: str, span: tuple[int, int], found: Sequence[Backing], count: int, rescued: bool) -> Sentence:
    said = text[slice(*span)]
    named = markers(said, count)
    if refuses(without_markers(said)):
        return Sentence(*span, (), True)  # it claims nothing of the documents
    if not found:
        return Sentence(*span, named, True)
    backed = [backing.n for backing in found if backing.probability >= BACKED]
    if backed:
        return Sentence(*span, tuple(n for n in named if n in backed) or (backed[0],), True)
    return Sentence(*span, named or (_nearest(found).n,), True) if rescued else Sentence(*span, (), False)


def _grounded(text: str, sentences: Sequence[Sentence], question: str) -> bool:
    """Say whether most of the answer is backed, and more than the question's own words."""
    asked = set(words.content(question))
    said = [(sentence, words.content(without_markers(text[sentence.start : sentence.end]))) for sentence in sentences]
    total = sum(len(stems) for _, stems in said)
    backed = sum(len(stems) for sentence, stems in said if sentence.supported)
    # An answer that only repeats the question says nothing that could be backed, unless it is a bare yes or no.
    new = any(stem not in asked for _, stems in said for stem in stems)
    return new and backed >= SUPPORT * total


async def _alike(pairs: Sequence[tuple[str, Backing]], embed: Embed) -> list[float]:
    """Return the cosine of each pair; 0 for all when the embedder cannot say it in time."""
    if not pairs:
        return []
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            vectors = await embed([text for said, backing in pairs for text in (said, backing.window)])
    except (TimeoutError, NodeError):
        return [0.0] * len(pairs)
    size = vectors.dimension * 4
    rows = [vectors.data[at * size : (at + 1) * size] for at in range(2 * len(pairs))]
    return [_cosine(one, other) for one, other in zip(rows[::2], rows[1::2], strict=True)]


def _cosine(one: bytes, other: bytes) -> float:
    first, second = (struct.unpack(f"<{len(row) // 4}f", row) for row in (one, other))
    size = (sum(x * x for x in first) * sum(x * x for x in second)) ** 0.5
    return sum(x * y for x, y in zip(first, second, strict=True)) / size if size > 0 else 0.0
