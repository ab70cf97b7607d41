"""Answers a query: vector and full-text search, fused, without repeated texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app import words
from app.errors import StoreError
from app.events import Passage
from app.rag.fusion import fuse
from app.rag.library import SearchMode
from app.rag.store import Found, Store
from app.rag.threads import StoreThread
from app.thinking import Embedder, Embeddings

if TYPE_CHECKING:
    from app.rag.store import Hit

# Chosen on public sets, see docs/documents.md.
FUSION_CONSTANT = 10.0
TEXT_WEIGHT = 1.5
VECTOR_WEIGHT = 1.0
CANDIDATES = 50
_MAX_QUERY_WORDS = 200
_MAX_QUERY_CHARACTERS = 8000
_WORD = re.compile(r"\w+")


class Search:
    """Searches the store of a thread; the query is embedded while full text is already being searched."""

    def __init__(self, thread: StoreThread, embedder: Embedder) -> None:
        self._thread = thread
        self._embedder = embedder

    async def find(self, query: str, *, k: int, mode: SearchMode, within: Sequence[str]) -> list[Passage]:
        """Return what `Library.search` promises."""
        query = " ".join(query.split())[:_MAX_QUERY_CHARACTERS]
        if not query or k < 1:
            return []
        if not await self._thread.call(Store.model):
            return []  # nothing was ever added: no reason to start a node
        limit = max(CANDIDATES, 3 * k)
        where = where_clause(within)
        stems = words.content(query)
        text = full_text(query) if mode != "vector" else ""
        if mode == "text":
            found = await self._thread.call(lambda store: store.find(text, stems, None, limit, where))
            return passages(found, None, stems, k)
        embeddings = await self._embedder.embed([query], "query")
        vector = _vector(embeddings)
        fits = await self._thread.call(lambda store: _fits(store, embeddings))
        if not fits:  # until all is embedded anew, words alone must do
            found = await self._thread.call(lambda store: store.find(full_text(query), stems, None, limit, where))
            return passages(found, None, stems, k)
        found = await self._thread.call(lambda store: store.find(text, stems, vector, limit, where))
        return passages(found, vector, stems, k)


def full_text(query: str) -> str:
    """Return the words of a query, without anything that could be taken for syntax."""
    return " ".join(_WORD.findall(query)[:_MAX_QUERY_WORDS])


def where_clause(within: Sequence[str]) -> str:
    """Return the filter for files, and files below folders; "" for none."""
    parts = []
    for path in within:
        quoted = path.replace("'", "''")
        folder = quoted.rstrip("/") + "/"
        parts.append(f"path = '{quoted}' OR starts_with(path, '{folder}')")
    return " OR ".join(parts)


def passages(found: Found, vector: Any, stems: Sequence[str], k: int) -> list[Passage]:
    """Fuse the candidates and return the `k` best with different texts."""
    hits: dict[tuple[int, int], Hit] = {}
    for hit in (*found.matching, *found.nearest):
        hits.setdefault(hit.key, hit)
    rankings = [[hit.key for hit in found.matching], [hit.key for hit in found.nearest]]
    ranked = fuse(rankings, constant=FUSION_CONSTANT, weights=(TEXT_WEIGHT, VECTOR_WEIGHT))
    weights = {stem: words.rarity(count, found.total) for stem, count in found.counts.items()}
    result: list[Passage] = []
    texts: set[str] = set()
    for key, score in ranked:
        hit = hits[key]
        same = " ".join(hit.text.split())
        if same in texts:
            continue
        texts.add(same)
        result.append(
            Passage(
                n=len(result) + 1,
                path=hit.path,
                page=hit.page,
                section=hit.section,
                start=hit.start,
                end=hit.end,
                score=round(score, 6),
                text=hit.text,
                similarity=round(_cosine(vector, hit.vector), 4) if vector is not None else 0.0,
                overlap=round(words.overlap(stems, words.content(f"{hit.section}\n{hit.text}"), weights), 4),
            )
        )
        if len(result) == k:
            break
    return result


def _fits(store: Store, embeddings: Embeddings) -> bool:
    """Return whether the vectors in the store are of this model; if not, ask for all to be embedded anew."""
    if store.model() == embeddings.sha256:
        return True
    if store.records.fact("wanted") != embeddings.sha256:
        store.records.set_facts({"wanted": embeddings.sha256})
    return False


def _vector(embeddings: Embeddings) -> Any:
    import numpy

    vector = numpy.frombuffer(embeddings.data, dtype="<f4")
    if vector.size != embeddings.dimension or not numpy.isfinite(vector).all():
        raise StoreError("The node sent a vector that cannot be used.", code="bad_vector")
    return vector


def _cosine(one: Any, other: Any) -> float:
    import numpy

    size = float(numpy.linalg.norm(one) * numpy.linalg.norm(other))
    return float(numpy.dot(one, other)) / size if size > 0 else 0.0
