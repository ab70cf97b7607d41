"""Fills a table anew from what SQLite keeps, reading no file: after a change of model, or when it was damaged."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from app.events import Progress
from app.rag.passages import Kept
from app.rag.records import Record
from app.rag.store import Store
from app.rag.threads import StoreThread
from app.rag.vectors import matrix
from app.rag.versions import rows_of_kept
from app.rules import Rules
from app.thinking import Embedder

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable

_BATCH = 256
"""Chunks that are embedded and committed together: what a kill may cost."""
_Part = list[tuple[Record, list[Kept]]]


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
    generation = await thread.call(lambda store: _next_generation(store, sample.sha256))
    what = "Embedding all documents with the new model"
    async for step in _fill(thread, embedder, rules, target, generation, what):
        yield step
    await thread.call(lambda store: _swap(store, target, sample.sha256, sample.model, sample.dimension, generation))


async def restore(thread: StoreThread, embedder: Embedder, rules: Rules) -> AsyncGenerator[tuple[Progress, int], None]:
    """Bring back chunks that the table in use lacks, after it was damaged and put aside; yields as `reembed`.

    Only with the writer's lock.
    """
    table = await thread.call(Store.table)
    if table is None or not await thread.call(lambda store: store.incomplete(table)):
        return
    generation = await thread.call(Store.generation)
    what = "Making the index anew from what is kept"
    async for step in _fill(thread, embedder, rules, table, generation, what):
        yield step
    await thread.call(lambda store: store.records.set_facts({"damaged": ""}))


async def _fill(
    thread: StoreThread, embedder: Embedder, rules: Rules, target: ChunkTable, generation: int, what: str
) -> AsyncGenerator[tuple[Progress, int], None]:
    missing = await thread.call(lambda store: store.incomplete(target))
    total = await thread.call(lambda store: sum(store.records.revisions().get(number, 0) for number in missing))
    await thread.call(lambda _: target.delete(missing))  # halves that a kill has left
    done = position = 0
    while position < len(missing):
        part, position = await thread.call(partial(_part, missing=missing, position=position, generation=generation))
        new = [(record, chunk) for record, chunks in part for chunk in chunks if chunk.vector is None]
        if new:
            texts = [chunk.chunk().body for _, chunk in new]
            rows = await _rows_of(texts, [record.path for record, _ in new], embedder, rules)
            vectors = [(chunk.key, rows[at].astype("<f4").tobytes()) for at, (_, chunk) in enumerate(new)]
            await thread.call(partial(_keep, generation=generation, vectors=vectors))
        done += await thread.call(partial(_add, target=target, part=part, generation=generation))
        yield Progress(what, min(1.0, done / max(1, total))), len(new)


async def _rows_of(texts: Sequence[str], paths: Sequence[str], embedder: Embedder, rules: Rules) -> Any:
    """One vector a text, each made where its document may go."""
    import numpy

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


def _part(store: Store, missing: Sequence[int], position: int, generation: int) -> tuple[_Part, int]:
    """Return the versions that fill the next batch, and where the one after begins."""
    part: _Part = []
    size = 0
    while position < len(missing) and size < _BATCH:
        found = store.kept(missing[position], generation)
        position += 1
        if found is not None:
            part.append(found)
            size += len(found[1])
    return part, position


def _keep(store: Store, generation: int, vectors: Sequence[tuple[int, bytes]]) -> None:
    store.records.keep(lambda passages: passages.put_vectors(generation, vectors))


def _add(store: Store, target: ChunkTable, part: _Part, generation: int) -> int:
    """Put versions into the table as they are now; returns how many chunks they have."""
    now = [found for record, _ in part if (found := store.kept(record.revision, generation)) is not None]
    target.add([rows_of_kept(record, chunks) for record, chunks in now if chunks])
    return sum(len(chunks) for _, chunks in now)


def _next_generation(store: Store, sha256: str) -> int:
    """Return the generation that vectors of a new model are kept under, empty unless they are of that very model."""
    generation = store.generation() + 1
    if store.records.fact("coming") != sha256:
        store.records.keep(lambda passages: passages.drop_generation(generation))
        store.records.set_facts({"coming": sha256})
    return generation


def _swap(store: Store, target: ChunkTable, sha256: str, model: str, dimension: int, generation: int) -> None:
    store.set_model(sha256, model, dimension, target.name, generation)
    target.close()
    store.records.keep(lambda passages: passages.drop_generation(generation - 1))
    table = store.table()
    if table is not None:
        table.drop_others()
