"""Vectors on their way from the embedder to the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.errors import StoreError
from app.rag.chunking import Chunk
from app.thinking import Embeddings


class Vectors:
    """Vectors of a group of files, by chunk digest."""

    def __init__(self) -> None:
        self._rows: dict[str, Any] = {}

    def __contains__(self, digest: str) -> bool:
        return digest in self._rows

    def put(self, rows: Mapping[str, Any]) -> None:
        """Add vectors."""
        self._rows.update(rows)

    def drop(self, digests: Iterable[str]) -> None:
        """Forget vectors that no file needs any more."""
        for digest in digests:
            self._rows.pop(digest, None)

    def packed(self, digest: str) -> bytes:
        """Return a vector as little-endian float32."""
        import numpy

        return numpy.ascontiguousarray(self._rows[digest], dtype="<f4").tobytes()

    def clear(self) -> None:
        """Forget all, because the model has changed."""
        self._rows.clear()

    def of(self, chunks: Sequence[Chunk]) -> Any:
        """Return one row per chunk; None if there are no chunks."""
        import numpy

        return numpy.stack([self._rows[chunk.digest] for chunk in chunks]) if chunks else None


def matrix(embeddings: Embeddings, count: int) -> Any:
    """Return the vectors as numpy float32, one row per text. Raises StoreError if they are not what was asked for."""
    import numpy

    rows = numpy.frombuffer(embeddings.data, dtype="<f4")
    if embeddings.dimension < 1 or rows.size != count * embeddings.dimension or not numpy.isfinite(rows).all():
        raise StoreError("The node sent vectors that cannot be used.", code="bad_vector")
    return rows.reshape(count, embeddings.dimension)
