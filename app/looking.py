"""One search for a question: put so that it can be searched alone, and only what is relevant of what was found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.events import Passage
from app.following import queries
from app.grounding import relevant
from app.prompts import Turn

if TYPE_CHECKING:
    from app.rag.search import Result

LEAST_FOUND = 8

Find = Callable[[str, int], "Awaitable[Result]"]
"""Searches for a text; so many passages at most."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; `meant` is the question as it was searched, `dropped` says which limits were given up."""

    passages: tuple[Passage, ...] = ()
    meant: str = ""
    filters: tuple[str, ...] = ()
    dropped: str = ""
    rerank_ms: float = 0.0


async def look(find: Find, question: str, history: Sequence[Turn], wanted: int) -> Looked:
    """Return at most `wanted` relevant passages for `question`. Raises StoreError, NodeError."""
    for query in queries(question, history):
        result = await find(query, max(LEAST_FOUND, wanted))
        if found := relevant(result.passages, wanted, query):
            return Looked(found, query, result.filters, result.dropped, result.rerank_ms)
    return Looked()
