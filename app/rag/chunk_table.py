"""The chunks and their vectors, in LanceDB: one table per embedding model. Used in one thread.

lancedb and pyarrow are imported here only, and this module only in the library's threads. Every call reads the newest
version of the table, so that a window sees at once what a command has added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import lancedb.index
import lancedb.query
import numpy
import pyarrow

from app.errors import StoreError
from app.rag.chunking import Chunk
from app.rag.document import section_name

FLAT_CHUNKS = 20_000
"""Up to here every vector is compared; beyond, an index is worth building. Measured: see docs/documents.md."""
_KEPT_VERSIONS = timedelta(minutes=30)
_COLUMNS = ["revision", "chunk_id", "path", "page", "section", "start", "end", "text", "vector"]


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


def table_name(model_sha256: str) -> str:
    """Return the name of the table of an embedding model."""
    return f"chunks_{model_sha256[:16]}"


class ChunkTable:
    """The table of one embedding model, made when it is missing."""

    def __init__(self, folder: Path, name: str, dimension: int) -> None:
        self.dimension = dimension
        self._schema = pyarrow.schema(
            [
                ("revision", pyarrow.int64()),
                ("chunk_id", pyarrow.int32()),
                ("path", pyarrow.string()),
                ("sha256", pyarrow.string()),
                ("digest", pyarrow.string()),
                ("page", pyarrow.int32()),
                ("section", pyarrow.string()),
                ("start", pyarrow.int64()),
                ("end", pyarrow.int64()),
                ("text", pyarrow.string()),
                ("body", pyarrow.string()),
                ("vector", pyarrow.list_(pyarrow.float32(), dimension)),
            ]
        )
        try:
            self._db = lancedb.connect(folder, read_consistency_interval=timedelta(0))
            self._table = self._db.create_table(name, schema=self._schema, exist_ok=True)
            if not any(index.columns == ["body"] for index in self._table.list_indices()):
                config = lancedb.index.FTS(with_position=False, remove_stop_words=False)
                self._table.create_index("body", config=config)
        except (OSError, RuntimeError, ValueError) as error:
            raise broken(folder, error) from error

    def add(self, rows: Sequence[Rows]) -> None:
        """Add the chunks of several documents in one commit."""
        tables = [self._as_table(item) for item in rows if item.chunks]
        if tables:
            self._table.add(pyarrow.concat_tables(tables))

    def copy(self, revision: int, path: str, to: int) -> int:
        """Repeat the chunks of a version under another path and revision; returns how many there were."""
        found = self._all(f"revision = {int(revision)}")
        count = len(found)
        if count:
            found = found.set_column(found.schema.get_field_index("path"), "path", pyarrow.array([path] * count))
            column = pyarrow.array([to] * count, pyarrow.int64())
            found = found.set_column(found.schema.get_field_index("revision"), "revision", column)
            self._table.add(found.select(self._schema.names).cast(self._schema))
        return count

    def delete(self, revisions: Iterable[int]) -> None:
        """Delete the chunks of versions."""
        wanted = sorted({int(revision) for revision in revisions})
        for start in range(0, len(wanted), 500):
            part = ",".join(map(str, wanted[start : start + 500]))
            self._table.delete(f"revision IN ({part})")

    def counts(self) -> dict[int, int]:
        """Return how many chunks each revision has."""
        found = self._table.search().select(["revision"]).limit(None).to_arrow()
        values, counts = numpy.unique(found["revision"].to_numpy(), return_counts=True)
        return {int(value): int(count) for value, count in zip(values, counts, strict=True)}

    def vectors_of(self, digests: Iterable[str]) -> dict[str, Any]:
        """Return the vectors of chunks that are known already, by digest."""
        wanted = sorted(set(digests))
        known: dict[str, Any] = {}
        if not wanted or not self._table.count_rows():
            return known
        for start in range(0, len(wanted), 1000):
            part = ",".join(f"'{digest}'" for digest in wanted[start : start + 1000])  # hex digits only
            found = self._table.search().where(f"digest IN ({part})").select(["digest", "vector"]).limit(None)
            table = found.to_arrow()
            matrix = _matrix(table["vector"], self.dimension)
            known |= {digest: matrix[row] for row, digest in enumerate(table["digest"].to_pylist())}
        return known

    def rows(self, offset: int, count: int) -> Any:
        """Return some rows as an Arrow table without vectors, in a fixed order; None after the last."""
        names = [name for name in self._schema.names if name != "vector"]
        part = self._table.search().select(names).limit(count).offset(offset).to_arrow()
        return part if len(part) else None

    def add_table(self, table: Any, vectors: Any) -> None:
        """Add rows as `rows` returns them, with new vectors."""
        flat = pyarrow.array(numpy.ascontiguousarray(vectors, dtype="<f4").ravel())
        column = pyarrow.FixedSizeListArray.from_arrays(flat, self.dimension)
        self._table.add(table.append_column("vector", column).select(self._schema.names).cast(self._schema))

    def nearest(self, vector: Any, limit: int, where: str) -> list[Hit]:
        """Return the chunks closest to `vector` by cosine, best first."""
        query = self._table.search(vector, vector_column_name="vector").distance_type("cosine")
        query = query.select([*_COLUMNS, "_distance"]).limit(limit).refine_factor(2)
        if where:
            query = query.where(where, prefilter=True)
        found = query.to_arrow()
        return self._hits(found)

    def matching(self, words: str, limit: int, where: str) -> list[Hit]:
        """Return the chunks that match `words` by BM25, best first. `words` has no syntax."""
        match = lancedb.query.MatchQuery(words, "body")
        query = self._table.search(match, query_type="fts").select([*_COLUMNS, "_score"]).limit(limit)
        if where:
            query = query.where(where, prefilter=True)
        found = query.to_arrow()
        return self._hits(found)

    def unindexed(self) -> int:
        """Return how many rows the full-text index does not hold yet; they are found, but slowly."""
        for index in self._table.list_indices():
            if index.columns == ["body"]:
                statistics = self._table.index_stats(index.name)
                return int(statistics.num_unindexed_rows) if statistics else 0
        return 0

    def optimize(self) -> None:
        """Bring the indexes up to date and merge small files. May take long: never on the way of a question."""
        self._table.optimize(cleanup_older_than=_KEPT_VERSIONS)

    def wants_index(self) -> bool:
        """Return True when there are so many chunks that comparing all of them is slow, and no index yet."""
        return bool(
            self._table.count_rows() > FLAT_CHUNKS
            and not any(index.columns == ["vector"] for index in self._table.list_indices())
        )

    def build_index(self) -> None:
        """Build the vector index: takes up to minutes."""
        partitions = max(2, self._table.count_rows() // 50_000)
        config = lancedb.index.HnswSq(distance_type="cosine", num_partitions=partitions)
        self._table.create_index("vector", config=config)

    def drop_others(self) -> None:
        """Drop the tables of other embedding models."""
        for name in self._db.list_tables().tables or []:
            if name != self._table.name:
                self._db.drop_table(name)

    def _all(self, where: str) -> Any:
        return self._table.search().where(where).limit(None).to_arrow()

    def _as_table(self, rows: Rows) -> Any:
        chunks = rows.chunks
        count = len(chunks)
        flat = pyarrow.array(numpy.ascontiguousarray(rows.vectors, dtype="<f4").ravel())
        columns = {
            "revision": [rows.revision] * count,
            "chunk_id": list(range(count)),
            "path": [rows.path] * count,
            "sha256": [rows.sha256] * count,
            "digest": [chunk.digest for chunk in chunks],
            "page": [chunk.page for chunk in chunks],
            "section": [section_name(chunk.section) for chunk in chunks],
            "start": [chunk.start for chunk in chunks],
            "end": [chunk.end for chunk in chunks],
            "text": [chunk.text for chunk in chunks],
            "body": [chunk.body for chunk in chunks],
            "vector": pyarrow.FixedSizeListArray.from_arrays(flat, self.dimension),
        }
        return pyarrow.table(columns, schema=self._schema)

    def _hits(self, found: Any) -> list[Hit]:
        matrix = _matrix(found["vector"], self.dimension)
        rows = found.select(_COLUMNS[:-1]).to_pylist()
        return [Hit(**values, vector=matrix[number]) for number, values in enumerate(rows)]


def broken(folder: Path, error: Exception) -> StoreError:
    """Return the error for a table that cannot be opened or read."""
    return StoreError(
        f"The index in {folder} cannot be used: {error}",
        code="store_open",
        hint=f"Move {folder.parent} away and add your documents again.",
    )


def _matrix(column: Any, dimension: int) -> Any:
    if not len(column):
        return numpy.zeros((0, dimension), "<f4")
    return column.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
