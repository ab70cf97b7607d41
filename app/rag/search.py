"""Answers a query: understood, searched by full text and by vector, fused, repetitions told once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from app import words
from app.errors import NodeError, StoreError
from app.events import Passage
from app.rag.fusion import text_weight
from app.rag.library import SearchMode
from app.rag.query import Query, understand
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rules import Rules
from app.thinking import Embedder, Embeddings, Reranker

if TYPE_CHECKING:
    from app.rag.ranking import Ranked

CANDIDATES = 50
RERANKED = 20
"""So many of the best candidates a reranker reads, or twice as many as are asked for."""
RERANK_SECONDS = 2.0
"""Who searches waits so long for a reranker; then the order stays that of the search."""
_MOST_RERANKED = 64
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
    reranked: str = ""
    """Name of the model that ordered the passages once more; "" = none did."""
    not_reranked: str = ""
    """One sentence on why none did, where one should have."""
    rerank_ms: float = 0.0
    """What that took, of the whole search."""


class Search:
    """Searches the store of a thread."""

    def __init__(
        self,
        thread: StoreThread,
        embedder: Embedder,
        rules: Callable[[], Rules] = Rules,
        reranker: Callable[[bool], Reranker | None] = lambda _wanted: None,
        *,
        seconds: float = RERANK_SECONDS,
    ) -> None:
        """Open nothing.

        Args:
            thread: Has the store.
            embedder: Embeds questions.
            rules: Where documents may go.
            reranker: As `Library` has it.
            seconds: How long a reranker is waited for.
        """
        self._thread = thread
        self._embedder = embedder
        self._rules = rules
        self._reranker = reranker
        self._seconds = seconds

    async def find(
        self, query: str, *, k: int, mode: SearchMode, within: Sequence[str], rerank: bool | None = None
    ) -> Result:
        """Return what `Library.find` promises."""
        asked = query[:_MAX_QUERY_CHARACTERS].strip()
        if not asked or k < 1:
            return Result([])
        if not await self._thread.call(Store.model):
            return Result([])  # nothing was ever added: no reason to start a node
        understood = await self._thread.call(lambda store: understand(asked, store.catalogue()))
        # Full text alone needs no node, so none is started for it unbidden.
        reranker = self._reranker(bool(rerank)) if rerank or (rerank is None and mode != "text") else None
        found = await self._search(understood, k, mode, within, reranker)
        if not found.passages and (understood.filters or understood.phrases):
            limits = ", ".join(understood.filters or (f'with "{phrase}"' for phrase in understood.phrases))
            found = await self._search(understood.without_filters(), k, mode, within, reranker)
            return replace(found, dropped=f"Nothing was found {limits}: searched without that.")
        return replace(found, filters=understood.filters, dropped=understood.dropped)

    async def _search(
        self, query: Query, k: int, mode: SearchMode, within: Sequence[str], reranker: Reranker | None
    ) -> Result:
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
        spread = not (within or query.paths)

        def find(store: Store) -> Ranked:
            from app.rag.ranking import ranked

            asked, meant = text, vector
            if embeddings is not None and not _fits(store, embeddings):
                asked, meant = full_text(query.words), None  # until all is embedded anew, words alone must do
            found = store.find(
                asked, stems, meant, limit, where, spoken=query.language, half=query.half, phrases=query.phrases
            )
            return ranked(found, meant, stems, weight)

        found, model, problem, rerank_ms = await self._thread.call(find), "", "", 0.0
        if reranker is not None and len(found.hits) > 1:
            began = perf_counter()
            found, model, problem = await self._reranked(found, query.words, k, reranker)
            rerank_ms = (perf_counter() - began) * 1000
        passages = await self._thread.call(lambda store: store.placed(found.passages(k, spread=spread)))
        return Result(passages, reranked=model, not_reranked=problem, rerank_ms=rerank_ms)

    async def _reranked(self, found: Ranked, query: str, k: int, reranker: Reranker) -> tuple[Ranked, str, str]:
        """Have the best read together with the question, if it can be done in time; with the model, or why not."""
        places = found.best(min(_MOST_RERANKED, max(RERANKED, 2 * k)))
        hits = [found.hits[at] for at in places]
        texts = [f"{hit.section}\n{hit.header}\n{hit.text}".strip() for hit in hits]
        try:
            async with asyncio.timeout(self._seconds):
                made = await reranker.rerank(query, texts, zones=self._rules().zones({hit.path for hit in hits}))
        except TimeoutError:
            return found, "", f"The reranker took more than {self._seconds:g} s: the order is that of the search."
        except NodeError as error:
            return found, "", f"{error.message} The order is that of the search."
        return found.reranked(places, made.scores), made.model, ""


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
