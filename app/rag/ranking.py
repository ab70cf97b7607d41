"""The candidates of a search in one order, and the passages that are made of the best of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app import words
from app.events import Passage
from app.rag.choosing import choose
from app.rag.fusion import fuse, standard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.rag.finding import Found, Hit


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates with all that their order depends on; one row a candidate in each array."""

    hits: list[Hit]
    scores: NDArray[Any]
    """Higher is better."""
    vectors: NDArray[Any]
    """Of length 1."""
    cosines: NDArray[Any]
    stems: Sequence[str]
    """The question's words."""
    weights: dict[str, float]
    """Rarity of each in the library."""
    reranks: dict[int, float] = field(default_factory=dict)
    """What a reranker said of candidates, by their places."""

    def best(self, count: int) -> list[int]:
        """Return the places of the best candidates, best first."""
        import numpy

        return [int(at) for at in numpy.argsort(-self.scores, kind="stable")[:count]]

    def reranked(self, places: Sequence[int], scores: Sequence[float]) -> Ranked:
        """Return the same with the candidates at `places` in the order of `scores`, before all others."""
        import numpy

        made = standard(numpy.asarray(scores, "f8"))
        new = self.scores.astype("f8").copy()
        others = numpy.delete(new, places)
        new[list(places)] = made - made.min() + (others.max() if others.size else 0.0)
        return Ranked(self.hits, new, self.vectors, self.cosines, self.stems, self.weights,
                      {at: float(score) for at, score in zip(places, scores, strict=True)})  # fmt: skip

    def passages(self, k: int, *, spread: bool = True) -> list[Passage]:
        """Return the `k` best that say different things; `spread`: see `app.rag.choosing.choose`."""
        if not self.hits:
            return []
        chosen = choose(self.hits, self.scores, self.vectors, k, spread=spread)
        return [self._passage(n, one.at, one.same) for n, one in enumerate(chosen, 1)]

    def _passage(self, n: int, at: int, same: tuple[str, ...]) -> Passage:
        hit = self.hits[at]
        held = words.content(f"{hit.section}\n{hit.header}\n{hit.text}")
        return Passage(
            n=n,
            path=hit.path,
            page=hit.page,
            section=hit.section,
            start=hit.start,
            end=hit.end,
            score=round(float(self.scores[at]), 6),
            text=hit.text,
            similarity=round(float(self.cosines[at]), 4),
            overlap=round(words.overlap(self.stems, held, self.weights), 4),
            header=hit.header,
            same=same,
            reranked=round(self.reranks[at], 4) if at in self.reranks else None,
        )


def ranked(found: Found, vector: Any, stems: Sequence[str], weight: float) -> Ranked:
    """Fuse the candidates of both sides.

    Args:
        found: The candidates.
        vector: The question's; None when only full text was searched.
        stems: The question's words, for `Passage.overlap`.
        weight: Share of full text in the fused score.
    """
    import numpy

    unique: dict[tuple[int, int], Hit] = {}
    for hit in (*found.matching, *found.nearest):
        unique.setdefault(hit.key, hit)
    hits = list(unique.values())
    weights = {stem: words.rarity(count, found.total) for stem, count in found.counts.items()}
    if not hits:
        return Ranked([], numpy.zeros(0), numpy.zeros((0, 0)), numpy.zeros(0), stems, weights)
    vectors = _unit(numpy.stack([hit.vector for hit in hits]))
    matches = numpy.array([found.scores.get(hit.key, found.floor) for hit in hits], "f8")
    cosines = numpy.zeros(len(hits))
    scores = standard(matches)
    if vector is not None:
        unit = _unit(vector.reshape(1, -1))[0]
        cosines = vectors @ unit
        scores = fuse(matches, vectors, unit, weight) if weight > 0 else cosines
    return Ranked(hits, scores, vectors, cosines, stems, weights)


def _unit(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return rows of length 1."""
    import numpy

    unit: NDArray[Any] = vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
