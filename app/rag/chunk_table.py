"""The index over the chunks, in LanceDB: words and vectors, one table per embedding model. Used in one thread.

Nothing is only here: `app.rag.passages` keeps text and vectors in SQLite, from where a search fetches what it found.

lancedb and pyarrow are imported here and in `app.rag.tending` only, and both only off the event loop. A search reads
one version of the table from its beginning to its end: the newest when it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import lancedb
import lancedb.index
import lancedb.query
import numpy
import pyarrow

from app.errors import StoreError
from app.rag import fulltext
from app.rag.catalogue import kind_of
from app.rag.passages import key_of
from app.rag.place import Place
from app.rag.tending import KEPT_VERSIONS

_INDEX_CACHE_BYTES = 128 * 2**20
_METADATA_CACHE_BYTES = 48 * 2**20
"""What LanceDB may keep of indexes and of files' metadata, for all tables of the process together."""
FLAT_CHUNKS = 5_000
"""Up to here every vector is compared; beyond, an index is worth building. Measured: see docs/documents.md."""
INDEX_TYPE = "IVF_RQ"
CHUNKS_A_PARTITION = 1000
_PARTITIONS = (16, 2000)
_PROBED = (16, 0.03)
"""Of how many partitions a search looks at the vectors: so many, or this share where that is more."""
_ROUGH = 6
"""So many times more chunks than are wanted come from the index, which knows one bit of each number."""
STALE_SHARE = 0.1
"""Rows outside the vector index are compared one by one: beyond this share they are put into it."""
_SCORED = 4
"""So many times more chunks than are wanted are scored by full text, for those that only their vector finds."""
_PHRASES_MORE = 4
"""So many times more chunks are taken when a phrase must occur: the index knows its words' stems only."""


@dataclass(frozen=True, slots=True)
class Rows:
    """New chunks of one version of a document with their vectors (numpy float32, one row per chunk)."""

    revision: int
    path: str
    bodies: Sequence[str]
    """What is searched: `Chunk.body`, in order."""
    vectors: Any
    language: str = ""
    modified: int = 0
    """When the file was last changed, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks of the table."""

    words: str = ""
    """Full text; "" = none. No syntax."""
    languages: tuple[str, ...] = ()
    """Of the question, then of the library."""
    completed: tuple[str, ...] = ()
    """What a half-typed word may become, as the index has it."""
    phrases: tuple[str, ...] = ()
    vector: Any = None
    """numpy float32; None = not by meaning."""
    limit: int = 50
    where: str = ""


def table_name(model_sha256: str) -> str:
    """Return the name of the table of an embedding model."""
    return f"index_{model_sha256[:16]}"


class ChunkTable:
    """The table of one embedding model, made when it is missing. Raises StoreError when it cannot be used."""

    def __init__(self, place: Place, name: str, dimension: int) -> None:
        self.place = place
        self.name = name
        self.dimension = dimension
        self._schema = _schema(dimension)
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="library-words")
        try:
            self._db = connect(place)
            if name in (self._db.list_tables().tables or []):
                self._table = self._db.open_table(name)
            else:
                self._table = self._db.create_table(name, schema=self._schema, exist_ok=True)
            width = self._table.schema.field("vector").type.list_size
            if width != dimension:
                raise ValueError(f"its vectors have {width} numbers, not {dimension}")
            if not self._index_of("tokens"):
                self._index_words()
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise broken(place, name, error) from error

    def _index_words(self) -> None:
        try:
            self._table.create_index("tokens", config=words_index())
        except RuntimeError:
            self.fresh()
            if not self._index_of("tokens"):  # another thread or process, opening the new table too, has made it
                raise

    def close(self) -> None:
        """End the second thread of searches."""
        self._beside.shutdown(wait=False)

    def fresh(self) -> None:
        """Look at the newest version, and stay with it until this is called again."""
        self._table.checkout_latest()

    # -- writing -----------------------------------------------------------------------------------------------------

    def add(self, rows: Sequence[Rows]) -> None:
        """Add the chunks of several documents in one commit. Raises StoreError."""
        tables = [self._as_table(item) for item in rows if item.bodies]
        if tables:
            try:
                self._table.add(pyarrow.concat_tables(tables))
            except (OSError, RuntimeError) as error:
                raise unwritable(self.place, error) from error

    def delete(self, revisions: Iterable[int]) -> None:
        """Delete the chunks of versions. Raises StoreError."""
        wanted = sorted({int(revision) for revision in revisions})
        for start in range(0, len(wanted), 500):
            part = ",".join(map(str, wanted[start : start + 500]))
            try:
                self._table.delete(f"revision IN ({part})")
            except (OSError, RuntimeError) as error:
                raise unwritable(self.place, error) from error

    # -- reading -----------------------------------------------------------------------------------------------------

    def counts(self) -> dict[int, int]:
        """Return how many chunks each revision has."""
        self.fresh()
        found = self._table.search().select(["revision"]).limit(None).to_arrow()
        values, counts = numpy.unique(found["revision"].to_numpy(), return_counts=True)
        return {int(value): int(count) for value, count in zip(values, counts, strict=True)}

    def check(self) -> None:
        """Read a column of every file and some whole rows. Raises StoreError when that is not possible."""
        try:
            self.counts()
            rows = self._table.count_rows()
            for offset in {0, max(0, rows // 2), max(0, rows - 1)} if rows else ():
                self._table.take_offsets([offset]).to_arrow()
            for index in self._table.list_indices():
                self._table.index_stats(index.name)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise broken(self.place, self.name, error) from error

    def count(self) -> int:
        """Return the number of rows."""
        return int(self._table.count_rows())

    def search(self, wanted: Wanted) -> tuple[list[int], list[int], dict[int, float], float]:
        """Return the keys of chunks by full text and by vector, each best first; both are looked for at the same time.

        Then BM25 by key, of more chunks than the first list has, and what all others have at most.
        The index knows vectors only roughly and gives more than are wanted: who has the vectors puts them in order.
        """
        self.fresh()
        words = self._beside.submit(self._matching, wanted) if wanted.words or wanted.phrases else None
        near = self._nearest(wanted) if wanted.vector is not None else []
        scores, limit = words.result() if words is not None else ({}, 0)
        floor = min(scores.values()) if scores and len(scores) >= limit * _SCORED else 0.0
        return list(scores)[:limit], near, scores, floor

    def exact(self, vector: Any, limit: int) -> list[int]:
        """Return the keys of the closest chunks by comparing every vector: the measure of what an index finds."""
        query = self._table.search(vector, vector_column_name="vector").distance_type("cosine").bypass_vector_index()
        return self._keys(query.select(["key", "_distance"]).limit(limit), "")

    def _nearest(self, wanted: Wanted) -> list[int]:
        query = self._table.search(wanted.vector, vector_column_name="vector").distance_type("cosine")
        rows = self.count()
        probes = max(_PROBED[0], int(_PROBED[1] * partitions(rows)))
        # What a filter leaves may be in any partition: then look on until there is enough.
        query = query.minimum_nprobes(probes).maximum_nprobes(0 if wanted.where else probes)
        limit = wanted.limit * (_ROUGH if rows > FLAT_CHUNKS else 1)
        return self._keys(query.select(["key", "_distance"]).limit(limit), wanted.where)

    def _matching(self, wanted: Wanted) -> tuple[dict[int, float], int]:
        """Return BM25 by key, best first, and how many of these count as found."""
        asked = self._words_query(wanted)
        if asked is None:
            return {}, 0
        limit = wanted.limit * (_PHRASES_MORE if wanted.phrases else 1)
        query = self._table.search(asked, query_type="fts").select(["key", "_score"]).limit(limit * _SCORED)
        if wanted.where:
            query = query.where(wanted.where, prefilter=True)
        found = query.to_arrow()
        return dict(zip(found["key"].to_pylist(), found["_score"].to_pylist(), strict=True)), limit

    def _keys(self, query: Any, where: str) -> list[int]:
        if where:
            query = query.where(where, prefilter=True)
        keys: list[int] = query.to_arrow()["key"].to_pylist()
        return keys

    def _words_query(self, wanted: Wanted) -> Any:
        """Return the full-text query; None when the question has no word that could be looked for."""
        match, must, should = lancedb.query.MatchQuery, lancedb.query.Occur.MUST, lancedb.query.Occur.SHOULD
        words = " ".join((*fulltext.asked(wanted.words, wanted.languages), *wanted.completed))
        parts: list[Any] = [match(words, "tokens")] if words else []
        needed = []
        for phrase in wanted.phrases:
            ways = [text for text in fulltext.phrase(phrase, wanted.languages) if text]
            queries = [
                lancedb.query.PhraseQuery(text, "tokens") if " " in text else match(text, "tokens") for text in ways
            ]
            if queries:
                one = queries[0] if len(queries) == 1 else lancedb.query.BooleanQuery([(should, q) for q in queries])
                needed.append(one)
        if needed:
            return lancedb.query.BooleanQuery([*((must, q) for q in needed), *((should, q) for q in parts)])
        if len(parts) > 1:
            return lancedb.query.BooleanQuery([(should, q) for q in parts])
        return parts[0] if parts else None

    # -- indexes -----------------------------------------------------------------------------------------------------

    def unindexed(self) -> int:
        """Return how many rows the full-text index does not hold yet; they are found, but slowly."""
        self.fresh()
        return self._outside("tokens")

    def tidy(self) -> None:
        """Merge small files and take new rows into the full-text index, here and now: for small tables only.

        Raises StoreError.
        """
        self.fresh()
        try:
            self._table.optimize(cleanup_older_than=KEPT_VERSIONS)
        except (OSError, RuntimeError) as error:
            raise unwritable(self.place, error) from error

    def wants_index(self) -> bool:
        """Return True when so many vectors are outside the vector index that comparing them all is slow."""
        self.fresh()
        rows = self.count()
        if rows <= FLAT_CHUNKS:
            return False
        outside = self._outside("vector") if is_current(self._table, self._index_of("vector")) else rows
        return outside > max(FLAT_CHUNKS // 2, STALE_SHARE * rows)

    def drop_others(self) -> None:
        """Drop the tables of other embedding models."""
        for name in self._db.list_tables().tables or []:
            if name != self._table.name:
                self._db.drop_table(name)

    def _outside(self, column: str) -> int:
        name = self._index_of(column)
        statistics = self._table.index_stats(name) if name else None
        return int(statistics.num_unindexed_rows) if statistics else 0

    def _index_of(self, column: str) -> str:
        return next((index.name for index in self._table.list_indices() if index.columns == [column]), "")

    def _as_table(self, rows: Rows) -> Any:
        count = len(rows.bodies)
        flat = pyarrow.array(numpy.ascontiguousarray(rows.vectors, dtype="<f4").ravel())
        columns = {
            "key": [key_of(rows.revision, number) for number in range(count)],
            "revision": [rows.revision] * count,
            "path": [rows.path] * count,
            "kind": [kind_of(rows.path)] * count,
            "language": [rows.language] * count,
            "modified": [rows.modified] * count,
            "tokens": [fulltext.column(body, rows.language) for body in rows.bodies],
            "vector": pyarrow.FixedSizeListArray.from_arrays(flat, self.dimension),
        }
        return pyarrow.table(columns, schema=self._schema)


def connect(place: Place) -> Any:
    """Return LanceDB's connection to where the tables are; caches are shared by all of the process."""
    return lancedb.connect(place.uri, session=_session(), storage_options=dict(place.options) or None)


def words_index() -> Any:
    """Return the full-text index: words are made by `app.rag.fulltext`, so only blanks split; positions for phrases."""
    return lancedb.index.FTS(
        base_tokenizer="whitespace",
        with_position=True,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        lower_case=False,
        max_token_length=None,
        num_workers=1,
        memory_limit=256,
    )


def vector_index(rows: int) -> Any:
    """Return the vector index for so many rows: small partitions, one bit a number; why: docs/decisions/0026."""
    return lancedb.index.IvfRq(distance_type="cosine", num_partitions=partitions(rows), num_bits=1, sample_rate=64)


def is_current(table: Any, name: str) -> bool:
    """Return whether the vector index of this name is of the kind that is built today."""
    statistics = table.index_stats(name) if name else None
    return statistics is not None and statistics.index_type == INDEX_TYPE


def partitions(rows: int) -> int:
    """Return into how many parts the vectors of so many rows are divided."""
    return max(_PARTITIONS[0], min(_PARTITIONS[1], rows // CHUNKS_A_PARTITION))


def broken(place: Place, name: str, error: Exception) -> StoreError:
    """Return the error for a table that cannot be opened or read."""
    return StoreError(
        f"The index {name} in {place.shown} cannot be used: {error}",
        code="store_damaged",
        hint="Add any document again (tangnet add PATH): the index is then made anew from the texts that are kept.",
    )


def unwritable(place: Place, error: Exception) -> StoreError:
    """Return the error for a table that cannot be written now."""
    full = "No space left" in str(error)
    said = "the disk is full." if full else str(error).split(", /")[0]  # without the place in LanceDB's source
    return StoreError(
        f"The index in {place.shown} cannot be written: {said}",
        code="store_write",
        hint="Make room; adding then goes on by itself." if full else "Is the disk full?",
    )


@cache
def _session() -> Any:
    return lancedb.Session(index_cache_size_bytes=_INDEX_CACHE_BYTES, metadata_cache_size_bytes=_METADATA_CACHE_BYTES)


def _schema(dimension: int) -> Any:
    return pyarrow.schema(
        [
            ("key", pyarrow.int64()),
            ("revision", pyarrow.int64()),
            ("path", pyarrow.string()),
            ("kind", pyarrow.string()),
            ("language", pyarrow.string()),
            ("modified", pyarrow.int64()),
            ("tokens", pyarrow.string()),
            ("vector", pyarrow.list_(pyarrow.float32(), dimension)),
        ]
    )
