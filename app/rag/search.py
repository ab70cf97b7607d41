"""Answers a query: understood, searched by full text and by vector, fused, repetitions told once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import words
from app.errors import StoreError
from app.events import Passage
from app.rag.choosing import choose
from app.rag.finding import Found, Hit
from app.rag.fusion import fuse, standard, text_weight
from app.rag.library import SearchMode
from app.rag.query import Query, understand
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.thinking import Embedder, Embeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 50
_MAX_QUERY_WORDS = 200
_MAX_QUERY_CHARACTERS = 8000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Result:
    """What a search found, and what it took as limits."""

    passages: list[Passage]
    filters: tuple[str, ...] = ()
    """Limits that the question named, in plain words."""
    dropped: str = ""
    """One sentence when the limits were given up because nothing is within them."""


class Search:
    """Searches the store of a thread."""

    def __init__(self, thread: StoreThread, embedder: Embedder) -> None:
        self._thread = thread
        self._embedder = embedder

    async def find(self, query: str, *, k: int, mode: SearchMode, within: Sequence[str]) -> Result:
        """Return what `Library.find` promises."""
        asked = query[:_MAX_QUERY_CHARACTERS].strip()
        if not asked or k < 1:
            return Result([])
        if not await self._thread.call(Store.model):
            return Result([])  # nothing was ever added: no reason to start a node
        understood = await self._thread.call(lambda store: understand(asked, store.catalogue()))
        found = await self._search(understood, k, mode, within)
        if not found and (understood.filters or understood.phrases):
            limits = ", ".join(understood.filters or (f'with "{phrase}"' for phrase in understood.phrases))
            plain = understood.without_filters()
            found = await self._search(plain, k, mode, within)
            return Result(found, (), f"Nothing was found {limits}: searched without that.")
        return Result(found, understood.filters, understood.dropped)

    async def _search(self, query: Query, k: int, mode: SearchMode, within: Sequence[str]) -> list[Passage]:
        limit = max(CANDIDATES, 3 * k)
        where = " AND ".join(f"({part})" for part in (where_clause(within), query.where()) if part)
        text = full_text(query.words) if mode != "vector" else ""
        stems = words.content(query.words)
        embeddings = await self._embedder.embed([query.words], "query") if mode != "text" else None
        vector = _vector(embeddings) if embeddings is not None else None
        weight = 1.0
        if embeddings is not None:
            tokens = embeddings.tokens[0] if embeddings.tokens else 0
            weight = text_weight(query.words, tokens) if mode == "hybrid" else 0.0

        def find(store: Store) -> list[Passage]:
            asked, meant = text, vector
            if embeddings is not None and not _fits(store, embeddings):
                asked, meant = full_text(query.words), None  # until all is embedded anew, words alone must do
            found = store.find(
                asked, stems, meant, limit, where, spoken=query.language, half=query.half, phrases=query.phrases
            )
            spread = not (within or query.paths)
            return store.placed(passages(found, meant, stems, k, weight=weight, spread=spread))

        return await self._thread.call(find)


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


def passages(
    found: Found, vector: Any, stems: Sequence[str], k: int, *, weight: float, spread: bool = True
) -> list[Passage]:
    """Fuse the candidates and return the `k` best that say different things.

    Args:
        found: The candidates.
        vector: The question's; None when only full text was searched.
        stems: The question's words, for `Passage.overlap`.
        k: How many at most.
        weight: Share of full text in the fused score.
        spread: See `app.rag.choosing.choose`.
    """
    import numpy

    unique: dict[tuple[int, int], Hit] = {}
    for hit in (*found.matching, *found.nearest):
        unique.setdefault(hit.key, hit)
    hits = list(unique.values())
    if not hits:
        return []
    vectors = _unit(numpy.stack([hit.vector for hit in hits]))
    matches = numpy.array([found.scores.get(hit.key, found.floor) for hit in hits], "f8")
    cosines = numpy.zeros(len(hits))
    scores = standard(matches)
    if vector is not None:
        unit = _unit(vector.reshape(1, -1))[0]
        cosines = vectors @ unit
        scores = fuse(matches, vectors, unit, weight) if weight > 0 else cosines
    weights = {stem: words.rarity(count, found.total) for stem, count in found.counts.items()}
    result: list[Passage] = []
    for number, one in enumerate(choose(hits, scores, vectors, k, spread=spread), 1):
        hit = hits[one.at]
        result.append(
            Passage(
                n=number,
                path=hit.path,
                page=hit.page,
                section=hit.section,
                start=hit.start,
                end=hit.end,
                score=round(float(scores[one.at]), 6),
                text=hit.text,
                similarity=round(float(cosines[one.at]), 4),
                overlap=round(
                    words.overlap(stems, words.content(f"{hit.section}\n{hit.header}\n{hit.text}"), weights), 4
                ),
                header=hit.header,
                same=one.same,
            )
        )
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


def _unit(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return rows of length 1."""
    import numpy

    unit: NDArray[Any] = vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
