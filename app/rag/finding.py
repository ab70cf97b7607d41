"""Finds candidates in the store: keys from LanceDB, then text and vectors of the current versions from SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.rag import fulltext, language
from app.rag.catalogue import Catalogue, Entry, kind_of
from app.rag.opening import Opened
from app.rag.passages import key_of, revision_of
from app.words import content

_COMPLETIONS = 5
"""The commonest words that a half-typed one may become."""


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of a search, and how common the question's words are."""

    matching: list[Hit]
    nearest: list[Hit]
    counts: dict[str, int]
    total: int
    scores: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """BM25 by the key of a chunk, of more than those in `matching`."""
    floor: float = 0.0
    """No other chunk has more than this."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found."""

    revision: int
    chunk_id: int
    path: str
    page: int | None
    section: str
    start: int
    end: int
    text: str
    vector: Any
    """numpy float32, as the model gave it."""
    header: str = ""
    parent: tuple[int, int] = (0, 0)
    """The section around it, in characters of the document."""

    @property
    def key(self) -> tuple[int, int]:
        """Names the chunk."""
        return self.revision, self.chunk_id


class Finding(Opened):
    """The side of the store that questions ask."""

    def catalogue(self) -> Catalogue:
        """Return what the library holds, for `query.understand`; loaded when a question may name something."""
        return Catalogue(
            lambda: (Entry(path, kind_of(path), changed // 10**9) for path, changed in self.records.searchable()),
            self.languages(),
        )

    def find(
        self,
        words: str,
        stems: Sequence[str],
        vector: Any,
        limit: int,
        where: str,
        *,
        spoken: str = "",
        half: str = "",
        phrases: Sequence[str] = (),
    ) -> Found:
        """Return candidates by full text (if `words`) and by vector (if `vector`), each best first.

        Args:
            words: What is searched by full text; it has no syntax.
            stems: Of which it is told how common they are.
            vector: numpy float32, or None.
            limit: How many of each.
            where: A condition on the columns of the table; "" for none.
            spoken: Language of the question, if known.
            half: Its last word, when that may be half typed.
            phrases: Must occur in every candidate.

        Raises:
            StoreError: with code store_damaged, the table cannot be read.
        """
        counts, total = self.records.counts(stems)
        table = self.table()
        if table is None:
            return Found([], [], counts, total)
        from app.rag.chunk_table import Wanted, broken

        known = self.languages()
        languages = tuple(filter(None, dict.fromkeys((spoken or language.of_query(words, known), *known))))
        completed = self._completed(half, languages) if half else ()
        matching: list[Hit] = []
        nearest: list[Hit] = []
        hits: dict[int, Hit] = {}
        scores: Mapping[int, float] = {}
        floor = 0.0
        try:
            for asked in (limit, 4 * limit, 16 * limit):
                wanted = Wanted(words, languages, completed, tuple(phrases), vector, asked, where)
                found, near, scores, floor = table.search(wanted)
                near = self._in_true_order(near, vector)[:asked]
                hits = self._hits((*found, *near), phrases)
                matching = [hits[key] for key in found if key in hits][:limit]
                nearest = [hits[key] for key in near if key in hits][:limit]
                # Versions that are being replaced may stand before the current ones: then look further down.
                if all(
                    len(kept) == limit or len(kept) == len(all_) or len(all_) < asked
                    for kept, all_ in ((matching, found), (nearest, near))
                ):
                    break
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            self.forget_table()
            raise broken(self.place, table.name, error) from error
        ranked = {hit.key: scores[key] for key, hit in hits.items() if key in scores}
        return Found(matching, nearest, counts, total, ranked, floor)

    def _completed(self, half: str, languages: Sequence[str]) -> tuple[str, ...]:
        """Return what a word that no document has may become when it is typed on."""
        stems = content(half)
        if not stems or any(self.records.counts(stems)[0].values()):
            return ()
        begun = {fulltext.folded(half), *stems}
        known = [word for prefix in begun for word in self.records.completions(prefix, _COMPLETIONS)]
        return tuple(fulltext.completed(known, languages))

    def _in_true_order(self, keys: list[int], vector: Any) -> list[int]:
        """Return keys of chunks by the cosine of their vectors to `vector`, closest first; those without one last."""
        import numpy

        kept = self.records.passages.vectors_at(keys, self.generation())
        if not kept:
            return keys
        vectors = numpy.frombuffer(b"".join(kept.values()), "<f4").reshape(len(kept), -1)
        cosines = vectors @ vector / numpy.maximum(numpy.linalg.norm(vectors, axis=1), 1e-12)
        known = list(kept)
        ordered = [known[place] for place in numpy.argsort(-cosines, kind="stable")]
        return ordered + [key for key in keys if key not in kept]

    def _hits(self, keys: Iterable[int], phrases: Sequence[str]) -> dict[int, Hit]:
        """Return what was found, without chunks of versions that are not current, or without one of the phrases."""
        import numpy

        kept = self.records.passages.of_keys(keys, self.generation())
        paths = self.records.paths_of(map(revision_of, kept))
        hits = {}
        for key, chunk in kept.items():
            path = paths.get(revision_of(key))
            if path is None or chunk.vector is None:
                continue
            if phrases and not fulltext.contains(f"{chunk.section}\n{chunk.header}\n{chunk.text}", phrases):
                continue
            hits[key] = Hit(
                revision_of(key),
                key - key_of(revision_of(key), 0),
                path,
                chunk.page,
                chunk.section,
                chunk.start,
                chunk.stop,
                chunk.text,
                numpy.frombuffer(chunk.vector, "<f4"),
                chunk.header,
                (chunk.parent_start, chunk.parent_stop),
            )
        return hits

    def chunks_of(self, path: str) -> list[Hit]:
        """Return the chunks of a document in order. Raises DocumentError."""
        record = self.known(path)
        generation = self.generation()
        hits = self._hits((kept.key for kept in self.records.passages.of_version(record.revision, generation)), ())
        return sorted(hits.values(), key=lambda hit: hit.chunk_id)
