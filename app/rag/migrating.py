"""Copies a table of an earlier program into the form of this one, without embedding or reading a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.rag import fulltext, language, outline
from app.rag.catalogue import kind_of
from app.rag.chunking import Chunk
from app.rag.document import SECTION_SEPARATOR

if TYPE_CHECKING:
    from app.rag.chunk_table import ChunkTable
    from app.rag.store import Store

_VERSIONS = 50
"""Versions of documents that are copied in one commit."""


def migrate(store: Store, old: ChunkTable) -> None:
    """Copy `old` and make the copy the table in use, in one step. Only with the writer's lock; a kill costs nothing."""
    wanted = store.records.revisions()
    number = int(store.records.fact("tables") or 0) + 1
    target = store.new_table(f"{old.name}_{number}", old.dimension)
    target.delete(target.counts())  # what an earlier try has left
    spread: dict[str, int] = {}
    revisions = sorted(set(old.counts()) & set(wanted))
    for start in range(0, len(revisions), _VERSIONS):
        rows = old.of_revisions(revisions[start : start + _VERSIONS], vectors=True)
        outlines = _copy(store, target, rows, spread)
        store.records.put_outlines(outlines)
    facts = {"tables": str(number), "table": target.name, "languages": json.dumps(spread)}
    target.close()
    store.records.set_facts(facts)
    table = store.table()
    if table is not None:
        table.drop_others()


def _copy(store: Store, target: ChunkTable, rows: Any, spread: dict[str, int]) -> dict[int, bytes]:
    values = rows.drop_columns(["vector"]).to_pylist()
    of: dict[int, list[dict[str, Any]]] = {}
    for value in values:
        of.setdefault(value["revision"], []).append(value)
    spoken: dict[int, str] = {}
    changed: dict[int, int] = {}
    outlines: dict[int, bytes] = {}
    for revision, members in of.items():
        members.sort(key=lambda value: int(value["chunk_id"]))
        name = spoken[revision] = language.of_document("\n".join(value["text"] for value in members[:5]))
        spread[name] = spread.get(name, 0) + len(members)
        outlines[revision] = outline.pack(_chunks(members), name)
        record = store.records.of_revision(revision)
        changed[revision] = record.mtime_ns // 10**9 if record is not None else 0
    numbers = [value["revision"] for value in values]
    target.add_arrow(
        rows,
        {
            "header": [""] * len(values),
            "parent_start": [value["start"] for value in values],
            "parent_end": [value["end"] for value in values],
            "language": [spoken[number] for number in numbers],
            "kind": [kind_of(value["path"]) for value in values],
            "modified": [changed[number] for number in numbers],
            "tokens": [
                fulltext.column(value["body"], spoken[number]) for value, number in zip(values, numbers, strict=True)
            ],
        },
    )
    return outlines


def _chunks(members: Sequence[dict[str, Any]]) -> list[Chunk]:
    return [
        Chunk(
            value["text"],
            value["page"],
            tuple(value["section"].split(SECTION_SEPARATOR)) if value["section"] else (),
            value["start"],
            value["end"],
        )
        for value in members
    ]
