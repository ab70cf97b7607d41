"""The chunks and their vectors, in LanceDB: one table per embedding model. Used in one thread.

lancedb and pyarrow are imported here and in `app.rag.tending` only, and both only off the event loop. A search reads
one version of the table from its beginning to its end: the newest when it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from app.rag.chunking import Chunk
from app.rag.document import section_name
from app.rag.place import Place

_INDEX_CACHE_BYTES = 128 * 2**20
_METADATA_CACHE_BYTES = 48 * 2**20
"""What LanceDB may keep of indexes and of files' metadata, for all tables of the process together."""
FLAT_CHUNKS = 20_000
"""Up to here every vector is compared; beyond, an index is worth building. Measured: see docs/documents.md."""
CHUNKS_A_PARTITION = 500
_PARTITIONS = (16, 2000)
_PROBED = (16, 0.03)
"""Of how many partitions a search looks at the vectors: so many, or this share where that is more."""
_MORE = 2
"""So many times more neighbours are taken from the index, by vectors of 8 bits, than are kept by the exact ones."""
STALE_SHARE = 0.1
"""Rows outside the vector index are compared one by one: beyond this share they are put into it."""
_COLUMNS = ("revision", "chunk_id", "path", "page", "section", "start", "end", "text")
_LATER_COLUMNS = ("header", "parent_start", "parent_end")
_COPIES = 500
"""Documents that are copied in one commit."""
_PREFIX_DISTANCE = 12
"""How many letters may follow a half-typed word."""


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
    parent_start: int = 0
    parent_end: int = 0
    """The section around it, in characters of the document."""

    @property
    def key(self) -> tuple[int, int]:
        """Names the chunk."""
        return self.revision, self.chunk_id


@dataclass(frozen=True, slots=True)
class Rows:
    """New chunks of one version of a document with their vectors (numpy float32, one row per chunk)."""

    revision: int
    path: str
    sha256: str
    chunks: Sequence[Chunk]
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
    half: str = ""
    """A word that may go on, when it is to be completed; else ""."""
    phrases: tuple[str, ...] = ()
    vector: Any = None
    """numpy float32; None = not by meaning."""
    limit: int = 50
    where: str = ""


def table_name(model_sha256: str) -> str:
    """Return the name of the table of an embedding model."""
    return f"chunks_{model_sha256[:16]}"


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
            self._columns = frozenset(self._table.schema.names)
            width = self._table.schema.field("vector").type.list_size
            if width != dimension:
                raise ValueError(f"its vectors have {width} numbers, not {dimension}")
            if self.current_format and not self._index_of("tokens"):
                self._table.create_index("tokens", config=words_index())
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise broken(place, name, error) from error

    def close(self) -> None:
        """End the second thread of searches."""
        self._beside.shutdown(wait=False)

    @property
    def current_format(self) -> bool:
        """False for a table of an earlier program: it is read as it is until the writer has copied it."""
        return "tokens" in self._columns

    def fresh(self) -> None:
        """Look at the newest version, and stay with it until this is called again."""
        self._table.checkout_latest()

    # -- writing -----------------------------------------------------------------------------------------------------

    def add(self, rows: Sequence[Rows]) -> None:
        """Add the chunks of several documents in one commit."""
        tables = [self._as_table(item) for item in rows if item.chunks]
        if tables:
            self._table.add(pyarrow.concat_tables(tables))

    def copy(self, copies: Sequence[tuple[int, str, int, int]]) -> dict[int, int]:
        """Repeat the chunks of versions under other paths and revisions, in few commits.

        Args:
            copies: from which revision; path, revision and time of change (seconds since 1970) of the copy.

        Returns:
            How many chunks each new revision has got.
        """
        self.fresh()
        counts: dict[int, int] = {}
        for begin in range(0, len(copies), _COPIES):
            part = copies[begin : begin + _COPIES]
            found = self.of_revisions({source for source, _, _, _ in part}, vectors=True)
            places: dict[int, list[int]] = {}
            for place, revision in enumerate(found["revision"].to_pylist()):
                places.setdefault(revision, []).append(place)
            rows = [(place, copy) for copy in part for place in places.get(copy[0], ())]
            if rows:
                new = {
                    "path": [path for _, (_, path, _, _) in rows],
                    "revision": [to for _, (_, _, to, _) in rows],
                    "kind": [kind_of(path) for _, (_, path, _, _) in rows],
                    "modified": [modified for _, (_, _, _, modified) in rows],
                }
                self.add_arrow(found.take([place for place, _ in rows]), new)
            counts |= {to: len(places.get(source, ())) for source, _, to, _ in part}
        return counts

    def delete(self, revisions: Iterable[int]) -> None:
        """Delete the chunks of versions."""
        wanted = sorted({int(revision) for revision in revisions})
        for start in range(0, len(wanted), 500):
            part = ",".join(map(str, wanted[start : start + 500]))
            self._table.delete(f"revision IN ({part})")

    def add_arrow(self, table: Any, columns: Mapping[str, Any]) -> None:
        """Add rows of an Arrow table, some columns replaced or added (lists, or numpy for the vector)."""
        for name, values in columns.items():
            if name == "vector":
                flat = pyarrow.array(numpy.ascontiguousarray(values, dtype="<f4").ravel())
                column = pyarrow.FixedSizeListArray.from_arrays(flat, self.dimension)
            else:
                column = pyarrow.array(values, self._schema.field(name).type)
            at = table.schema.get_field_index(name)
            table = table.append_column(name, column) if at < 0 else table.set_column(at, name, column)
        self._table.add(table.select(self._schema.names).cast(self._schema))

    # -- reading -----------------------------------------------------------------------------------------------------

    def counts(self) -> dict[int, int]:
        """Return how many chunks each revision has."""
        self.fresh()
        found = self._table.search().select(["revision"]).limit(None).to_arrow()
        values, counts = numpy.unique(found["revision"].to_numpy(), return_counts=True)
        return {int(value): int(count) for value, count in zip(values, counts, strict=True)}

    def vectors_of(self, digests: Iterable[str]) -> dict[str, Any]:
        """Return the vectors of chunks that are known already, by digest."""
        wanted = sorted(set(digests))
        known: dict[str, Any] = {}
        self.fresh()
        if not wanted or not self._table.count_rows():
            return known
        for start in range(0, len(wanted), 1000):
            part = ",".join(f"'{digest}'" for digest in wanted[start : start + 1000])  # hex digits only
            found = self._table.search().where(f"digest IN ({part})").select(["digest", "vector"]).limit(None)
            table = found.to_arrow()
            matrix = _matrix(table["vector"], self.dimension)
            known |= {digest: matrix[row] for row, digest in enumerate(table["digest"].to_pylist())}
        return known

    def of_revisions(self, revisions: Iterable[int], vectors: bool) -> Any:
        """Return all rows of some versions as an Arrow table, with or without their vectors."""
        self.fresh()
        part = ",".join(str(int(revision)) for revision in revisions)
        names = [name for name in self._table.schema.names if vectors or name != "vector"]
        return self._table.search().where(f"revision IN ({part})").select(names).limit(None).to_arrow()

    def of_revision(self, revision: int) -> list[Hit]:
        """Return the chunks of a version in order."""
        self.fresh()
        found = self._table.search().where(f"revision = {int(revision)}").with_row_id(True).limit(None).to_arrow()
        hits = self._fetch(found["_rowid"].to_pylist())
        return sorted(hits.values(), key=lambda hit: hit.chunk_id)

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

    def search(self, wanted: Wanted) -> tuple[list[Hit], list[Hit], bool]:
        """Return chunks by full text and by vector, each best first, and whether there were as many as asked for.

        Both are looked for at the same time, as numbers of rows; then each row is fetched once. Distances by the index
        are of rounded vectors, so the order of the nearest is made anew from the vectors themselves.
        """
        self.fresh()
        words = self._beside.submit(self._matching, wanted) if wanted.words or wanted.phrases else None
        near = self._nearest(wanted) if wanted.vector is not None else []
        matching = words.result() if words is not None else []
        hits = self._fetch([*matching, *near])
        if wanted.phrases:
            hits = {row: hit for row, hit in hits.items() if fulltext.contains(_whole(hit), wanted.phrases)}
        found = [hits[row] for row in matching if row in hits]
        close = [hits[row] for row in near if row in hits]
        if close:
            vectors = numpy.stack([hit.vector for hit in close])
            norms = numpy.linalg.norm(vectors, axis=1) * float(numpy.linalg.norm(wanted.vector))
            cosines = vectors @ wanted.vector / numpy.maximum(norms, 1e-12)
            close = [close[place] for place in numpy.argsort(-cosines, kind="stable")[: wanted.limit]]
        full = len(matching) >= wanted.limit or len(near) >= wanted.limit
        return found, close, full

    def _nearest(self, wanted: Wanted) -> list[int]:
        query = self._table.search(wanted.vector, vector_column_name="vector").distance_type("cosine")
        more = 1
        if self._index_of("vector"):
            more = _MORE
            query = query.nprobes(max(_PROBED[0], int(_PROBED[1] * partitions(self.count()))))
        query = query.select(["_distance"]).with_row_id(True).limit(wanted.limit * more)
        if wanted.where:
            query = query.where(wanted.where, prefilter=True)
        rows: list[int] = query.to_arrow()["_rowid"].to_pylist()
        return rows

    def _matching(self, wanted: Wanted) -> list[int]:
        query = self._words_query(wanted)
        if query is None:
            return []
        found = self._table.search(query, query_type="fts").select(["_score"]).with_row_id(True)
        found = found.limit(wanted.limit * (4 if wanted.phrases else 1))
        if wanted.where:
            found = found.where(wanted.where, prefilter=True)
        rows: list[int] = found.to_arrow()["_rowid"].to_pylist()
        return rows

    def _words_query(self, wanted: Wanted) -> Any:
        """Return the full-text query; None when the question has no word that could be looked for."""
        if not self.current_format:
            return lancedb.query.MatchQuery(wanted.words, "body") if wanted.words else None
        match, must, should = lancedb.query.MatchQuery, lancedb.query.Occur.MUST, lancedb.query.Occur.SHOULD
        words = " ".join(fulltext.asked(wanted.words, wanted.languages))
        parts: list[Any] = [match(words, "tokens")] if words else []
        for prefix in _prefixes(wanted.half):
            # Fuzzy, but all that was typed as it stands, only letters to come: LanceDB's way to search by prefix.
            parts.append(match(prefix, "tokens", fuzziness=_PREFIX_DISTANCE, prefix_length=len(prefix)))
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

    def _fetch(self, rows: Iterable[int]) -> dict[int, Hit]:
        wanted = list(dict.fromkeys(rows))
        if not wanted:
            return {}
        columns = [*_COLUMNS, *(name for name in _LATER_COLUMNS if name in self._columns)]
        found = self._table.take_row_ids(wanted).select([*columns, "vector"]).with_row_id().to_arrow()
        matrix = _matrix(found["vector"], self.dimension)
        numbers = found["_rowid"].to_pylist()
        values = found.select(columns).to_pylist()
        return {numbers[at]: Hit(**values[at], vector=matrix[at]) for at in range(len(numbers))}

    # -- indexes -----------------------------------------------------------------------------------------------------

    def unindexed(self) -> int:
        """Return how many rows the full-text index does not hold yet; they are found, but slowly."""
        self.fresh()
        return self._outside("tokens" if self.current_format else "body")

    def wants_index(self) -> bool:
        """Return True when so many vectors are outside the vector index that comparing them all is slow."""
        self.fresh()
        rows = self.count()
        if rows <= FLAT_CHUNKS:
            return False
        outside = self._outside("vector") if self._index_of("vector") else rows
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

    def _all(self, where: str) -> Any:
        return self._table.search().where(where).limit(None).to_arrow()

    def _as_table(self, rows: Rows) -> Any:
        chunks = rows.chunks
        count = len(chunks)
        flat = pyarrow.array(numpy.ascontiguousarray(rows.vectors, dtype="<f4").ravel())
        parents = [getattr(chunk, "parent", None) or (chunk.start, chunk.end) for chunk in chunks]
        columns = {
            "revision": [rows.revision] * count,
            "chunk_id": list(range(count)),
            "path": [rows.path] * count,
            "sha256": [rows.sha256] * count,
            "digest": [chunk.digest for chunk in chunks],
            "page": [chunk.page for chunk in chunks],
            "section": [section_name(chunk.section) for chunk in chunks],
            "header": [getattr(chunk, "header", "") for chunk in chunks],
            "start": [chunk.start for chunk in chunks],
            "end": [chunk.end for chunk in chunks],
            "parent_start": [parent[0] for parent in parents],
            "parent_end": [parent[1] for parent in parents],
            "language": [rows.language] * count,
            "kind": [kind_of(rows.path)] * count,
            "modified": [rows.modified] * count,
            "text": [chunk.text for chunk in chunks],
            "body": [chunk.body for chunk in chunks],
            "tokens": [fulltext.column(chunk.body, rows.language) for chunk in chunks],
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
    """Return the vector index for so many rows: many small partitions of 8-bit vectors; why: docs/decisions/0026."""
    return lancedb.index.IvfSq(distance_type="cosine", num_partitions=partitions(rows), sample_rate=64)


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


@cache
def _session() -> Any:
    return lancedb.Session(index_cache_size_bytes=_INDEX_CACHE_BYTES, metadata_cache_size_bytes=_METADATA_CACHE_BYTES)


def _schema(dimension: int) -> Any:
    text, count, place = pyarrow.string(), pyarrow.int32(), pyarrow.int64()
    columns = {
        "revision": place, "chunk_id": count, "path": text, "sha256": text, "digest": text, "page": count,
        "section": text, "header": text, "start": place, "end": place, "parent_start": place, "parent_end": place,
        "language": text, "kind": text, "modified": place, "text": text, "body": text, "tokens": text,
        "vector": pyarrow.list_(pyarrow.float32(), dimension),
    }  # fmt: skip
    return pyarrow.schema(list(columns.items()))


def _prefixes(half: str) -> list[str]:
    """Return what words that begin with `half` begin with in the index, where their endings are cut off."""
    folded = fulltext.folded(half)
    if len(folded) < 2:
        return []
    return [folded, folded[:-3]] if len(folded) >= 7 else [folded]


def _whole(hit: Hit) -> str:
    return f"{hit.section}\n{hit.header}\n{hit.text}"


def _matrix(column: Any, dimension: int) -> Any:
    if not len(column):
        return numpy.zeros((0, dimension), "<f4")
    return column.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
