"""Takes over the table of an earlier program, which kept text and vectors in LanceDB only. Nothing is embedded."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from app.rag import language
from app.rag.chunking import Chunk
from app.rag.document import SECTION_SEPARATOR
from app.rag.passages import Passages, key_of

if TYPE_CHECKING:
    from app.rag.store import Store

_VERSIONS = 50
"""Versions of documents that are taken over in one step."""


def old_table(store: Store) -> str:
    """Return the name of the earlier program's table; "" if there is none, or it was taken over already."""
    name = f"chunks_{store.model()[:16]}"
    there = store.place.folder is not None and (store.place.folder / f"{name}.lance").is_dir()
    return name if there and store.model() else ""


def migrate(store: Store) -> None:
    """Copy chunks and vectors to SQLite, then put the old table aside. Only with the writer's lock.

    A kill costs nothing. The new index is filled from there as after damage.
    """
    from app.rag.chunk_table import connect

    name = old_table(store)
    table = connect(store.place).open_table(name)
    missing = sorted(set(store.records.revisions()).difference(store.records.passages.numbers()))
    for start in range(0, len(missing), _VERSIONS):
        numbers = ",".join(map(str, missing[start : start + _VERSIONS]))
        rows = table.search().where(f"revision IN ({numbers})").limit(None).to_arrow()
        store.records.keep(partial(_take, rows=rows, generation=store.generation()))
    assert store.place.folder is not None
    aside = store.folder / "quarantine"
    aside.mkdir(mode=0o700, exist_ok=True)
    os.replace(store.place.folder / f"{name}.lance", aside / f"{name}.earlier.lance")


def _take(passages: Passages, rows: Any, generation: int) -> None:
    values = rows.to_pylist()
    of: dict[int, list[dict[str, Any]]] = {}
    for value in values:
        of.setdefault(value["revision"], []).append(value)
    for revision, members in of.items():
        members.sort(key=lambda value: int(value["chunk_id"]))
        spoken = language.of_document("\n".join(value["text"] for value in members[:5]))
        passages.put(revision, [_chunk(value) for value in members], spoken)
        passages.put_vectors(
            generation, ((key_of(revision, at), _bytes(value["vector"])) for at, value in enumerate(members))
        )


def _chunk(value: dict[str, Any]) -> Chunk:
    section = tuple(value["section"].split(SECTION_SEPARATOR)) if value["section"] else ()
    return Chunk(value["text"], value["page"], section, value["start"], value["end"])


def _bytes(vector: list[float]) -> bytes:
    import numpy

    return numpy.asarray(vector, "<f4").tobytes()
