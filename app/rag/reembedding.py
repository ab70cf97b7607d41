"""Fills a table anew from what SQLite keeps, reading no file: after a change of model, or when it was damaged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy

from app.events import Progress
from app.rag.chunking import Chunk
from app.rag.records import Record
from app.rag.store import Store, rows_of
from app.rag.threads import StoreThread
from app.rag.vectors import matrix
from app.rules import Rules
from app.thinking import Embedder

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable

_BATCH = 256
"""Chunks that are embedded and committed together: what a kill may cost."""
_Part = list[tuple[Record, Sequence[Chunk], str]]


async def reembed(thread: StoreThread, embedder: Embedder, rules: Rules) -> AsyncGenerator[tuple[Progress, int], None]:
    """Move to the embedder's model; yield progress and the number of chunks embedded by each step.

    Only with the writer's lock. The new table comes into use in one step at the end; until then searches use the old
    one. A killed process goes on where it was.
    """
    sample = await embedder.embed(["model"], "passage")
    if sample.sha256 == await thread.call(Store.model):
        await thread.call(lambda store: store.records.set_facts({"wanted": ""}))
        return
    name = await thread.call(lambda store: _next_name(store, sample.sha256))
    target = await thread.call(lambda store: store.new_table(name, sample.dimension))
    what = "Embedding all documents with the new model"
    async for step in _fill(thread, embedder, rules, target, what):
        yield step
    await thread.call(lambda store: _swap(store, target, sample.sha256, sample.model, sample.dimension))


async def restore(thread: StoreThread, embedder: Embedder, rules: Rules) -> AsyncGenerator[tuple[Progress, int], None]:
    """Bring back chunks that the table in use lacks, after it was damaged and put aside; yields as `reembed`.

    Only with the writer's lock.
    """
    table = await thread.call(Store.table)
    if table is None or not await thread.call(lambda store: store.incomplete(table)):
        return
    sample = await embedder.embed(["model"], "passage")
    if sample.sha256 != await thread.call(Store.model):
        async for step in reembed(thread, embedder, rules):
            yield step
        return
    async for step in _fill(
        thread, embedder, rules, table, "Making the damaged index anew from the texts that are kept"
    ):
        yield step
    await thread.call(lambda store: store.records.set_facts({"damaged": ""}))


async def _fill(
    thread: StoreThread, embedder: Embedder, rules: Rules, target: ChunkTable, what: str
) -> AsyncGenerator[tuple[Progress, int], None]:
    missing = await thread.call(lambda store: store.incomplete(target))
    total = await thread.call(lambda store: sum(store.records.revisions().get(number, 0) for number in missing))
    await thread.call(lambda _: target.delete(missing))  # halves that a kill has left
    done = position = 0
    while position < len(missing):
        part, position = await thread.call(partial(_part, missing=missing, position=position))
        if not part:
            continue
        texts = [chunk.body for _, chunks, _ in part for chunk in chunks]
        paths = [record.path for record, chunks, _ in part for _ in chunks]
        vectors = await _rows_of(texts, paths, embedder, rules)
        await thread.call(partial(_add, target=target, part=part, vectors=vectors))
        done += len(texts)
        yield Progress(what, min(1.0, done / max(1, total))), len(texts)
    lost = await thread.call(lambda store: store.incomplete(target))
    if lost:
        await thread.call(lambda store: store.give_up(lost))


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


def _next_name(store: Store, sha256: str) -> str:
    """Return the name of the table to be filled: that of this model, numbered if a damaged one was put aside."""
    from app.rag.chunk_table import table_name

    number = int(store.records.fact("tables") or 0)
    return table_name(sha256) + (f"_{number}" if number else "")


def _part(store: Store, missing: Sequence[int], position: int) -> tuple[_Part, int]:
    """Return the versions that fill the next batch, and where the one after begins."""
    part: _Part = []
    size = 0
    while position < len(missing) and size < _BATCH:
        found = store.cut_again(missing[position])
        position += 1
        if found is not None:
            part.append(found)
            size += len(found[1])
    return part, position


def _add(_store: Store, target: ChunkTable, part: _Part, vectors: Any) -> None:
    rows, first = [], 0
    for record, chunks, spoken in part:
        rows.append(rows_of(record, chunks, vectors[first : first + len(chunks)], spoken))
        first += len(chunks)
    target.add(rows)


def _swap(store: Store, target: ChunkTable, sha256: str, model: str, dimension: int) -> None:
    store.set_model(sha256, model, dimension, target.name)
    target.close()
    table = store.table()
    if table is not None:
        table.drop_others()
