"""Moves the store to another embedding model: embeds every stored chunk anew, without reading a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy

from app.events import Progress
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rag.vectors import matrix
from app.rules import Rules
from app.thinking import Embedder

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable

_BATCH = 256


async def reembed(thread: StoreThread, embedder: Embedder, rules: Rules) -> AsyncGenerator[tuple[Progress, int], None]:
    """Yield progress and the number of chunks embedded by each step. Only with the writer's lock.

    The new table comes into use in one step at the end; until then searches use the old one, and a killed process
    leaves nothing but a table that the next try starts anew.
    """
    sample = await embedder.embed(["model"], "passage")
    if sample.sha256 == await thread.call(Store.model):
        await thread.call(lambda store: store.records.set_facts({"wanted": ""}))
        return
    target = await thread.call(lambda store: _emptied(store, sample.sha256, sample.dimension))
    total = await thread.call(_count)
    done = 0
    while (part := await thread.call(partial(_rows, offset=done))) is not None:
        rows = await _rows_of(part["body"].to_pylist(), part["path"].to_pylist(), embedder, rules)
        await thread.call(partial(_add, target=target, part=part, rows=rows))
        done += len(part)
        yield Progress("Embedding all documents with the new model", min(1.0, done / max(1, total))), len(part)
    await thread.call(lambda store: store.set_model(sample.sha256, sample.model, sample.dimension).drop_others())


async def _rows_of(texts: Sequence[str], paths: Sequence[str], embedder: Embedder, rules: Rules) -> Any:
    """One vector a text, each made where its document may go."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, path in enumerate(paths):
        places.setdefault(rules.zones([path]), []).append(place)
    rows: Any = None
    for zones, found in places.items():
        embeddings = await embedder.embed([texts[place] for place in found], "passage", zones=zones)
        made = matrix(embeddings, len(found))
        rows = numpy.empty((len(texts), made.shape[1]), dtype=made.dtype) if rows is None else rows
        rows[found] = made
    return rows


def _emptied(store: Store, sha256: str, dimension: int) -> ChunkTable:
    table = store.new_table(sha256, dimension)
    table.delete(table.counts())
    return table


def _count(store: Store) -> int:
    return sum(store.records.revisions().values())


def _rows(store: Store, offset: int) -> Any:
    table = store.table()
    return table.rows(offset, _BATCH) if table is not None else None


def _add(_store: Store, target: ChunkTable, part: Any, rows: Any) -> None:
    target.add_table(part, rows)
