"""Adding documents: against the embedder alone, with four nodes, unchanged files, one edited paragraph, deleting.

pytest -m bench tests/bench/bench_ingest.py -s
Nodes of the second figure embed at a set pace each, by the program's own way of spreading texts over nodes; in those
after it an embedder without a model stands for the node, which has no part in them.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from app.cluster.spreading import Embed, Helper, Spreading
from app.events import IndexDone
from app.rag.library import Library
from app.runtime import Runtime
from app.thinking import Embedder, Embeddings, EmbedKind, Told
from tests.bench.figures import show
from tests.documents import HashEmbedder, pdf_bytes

ROUNDS = int(os.environ.get("TANGNET_BENCH_ROUNDS", "2"))
FILES = int(os.environ.get("TANGNET_BENCH_FILES", "10000"))
PAGES = 500
PACE = 80.0
"""Texts/s of a paced node, about what two cores of a desktop do."""
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


class Recording:
    """Passes texts on to an embedder and keeps them."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.texts: list[str] = []

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        self.texts += texts
        return await self._embedder.embed(texts, kind, zones=zones, told=told)


class PacedNodes:
    """Nodes that embed so many texts a second each, one piece after the other."""

    def __init__(self, count: int) -> None:
        self._hash = HashEmbedder()
        self._locks = [asyncio.Lock() for _ in range(count)]
        helpers = [Helper(str(number), f"node-{number}", self._node(number)) for number in range(1, count)]
        self._spreading = Spreading(self._node(0), lambda sha256, zones: helpers)

    def _node(self, number: int) -> Embed:
        async def embed(texts: Sequence[str]) -> Embeddings:
            async with self._locks[number]:
                await asyncio.sleep(len(texts) / PACE)
                return await self._hash.embed(texts, "passage")

        return embed

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if kind == "query":
            return await self._hash.embed(texts, kind)
        return await self._spreading.embed(texts, zones, told)


async def add(library: Library, *paths: Path) -> IndexDone:
    done: IndexDone | None = None
    async with aclosing(library.add(paths)) as events:
        async for event in events:
            if isinstance(event, IndexDone):
                done = event
    assert done is not None
    return done


def words() -> list[str]:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return " ".join(page.read_text(encoding="utf-8") for page in pages).replace("|", " ").replace("#", " ").split()


def fill(folder: Path, files: int, size: int, seed: int = 1) -> None:
    """Write text files of `size` words of this project's pages, in paragraphs, all different."""
    source, known = random.Random(seed), words()
    for number in range(files):
        place = folder / f"{number // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        made = [f"Note {number} of {seed}."]
        while sum(len(part.split()) for part in made) < size:
            at = source.randrange(len(known) - 100)
            made.append(" ".join(known[at : at + source.randrange(30, 100)]) + ".")
        (place / f"{number:05}.txt").write_text("\n\n".join(made), encoding="utf-8")


@pytest.mark.models
async def test_end_to_end_against_the_embedder_alone(home: Path, tmp_path: Path) -> None:
    ours: list[float] = []
    alone: list[float] = []
    runtime = await Runtime.open(home, discover=False)
    try:
        await runtime.cluster.embed(["The first call loads the model."], "passage")
        for number in range(ROUNDS):
            folder = tmp_path / str(number)
            await asyncio.to_thread(fill, folder, 40, 3000, number)
            recording = Recording(runtime.cluster)
            library = Library(tmp_path / f"home{number}", recording)
            try:
                began = time.monotonic()
                done = await add(library, folder)
                ours.append(done.embedded / (time.monotonic() - began))
            finally:
                await library.close()
            began = time.monotonic()
            await runtime.cluster.embed(recording.texts, "passage")
            alone.append(len(recording.texts) / (time.monotonic() - began))
    finally:
        await runtime.close()
    show("ingest: end to end, against the embedder alone", ours, "chunks/s", alone, "ratio >= 0.9")


async def test_four_nodes_against_one(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    await asyncio.to_thread(fill, folder, 60, 8000)
    first = tmp_path / "first.txt"
    first.write_text("The first document.")
    rates = []
    for count in (4, 1):
        library = Library(tmp_path / f"home{count}", PacedNodes(count))
        try:
            await add(library, first)  # what a program loads once
            began = time.monotonic()
            done = await add(library, folder)
            rates.append(done.embedded / (time.monotonic() - began))
        finally:
            await library.close()
    show("ingest: 4 paced nodes against 1", rates[0], "chunks/s", rates[1], "ratio >= 3.6")


async def test_ten_thousand_files(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    await asyncio.to_thread(fill, folder, FILES, 60)
    library = Library(tmp_path / "home", HashEmbedder())
    try:
        began = time.monotonic()
        await add(library, folder)
        show(f"ingest: adding {FILES} small files", time.monotonic() - began, "s")
        began = time.monotonic()
        done = await add(library, folder)
        assert done.files == FILES and done.embedded == 0
        show(f"ingest: adding {FILES} unchanged files again", time.monotonic() - began, "s", goal="value <= 3")
        folder.rename(tmp_path / "moved")
        began = time.monotonic()
        folder.mkdir()
        done = await add(library, folder, tmp_path / "moved")
        assert done.embedded == 0 and len(await library.documents()) == FILES
        show(f"ingest: renaming the folder of {FILES} files", time.monotonic() - began, "s")
        began = time.monotonic()
        removed = await library.remove([tmp_path / "moved"])
        assert len(removed) == FILES and await library.documents() == []
        show(f"ingest: deleting {FILES} files", time.monotonic() - began, "s", goal="value <= 2")
    finally:
        await library.close()


async def test_one_edited_paragraph(tmp_path: Path) -> None:
    source, known = random.Random(5), words()
    pages = [[" ".join(known[at : at + 12]) for at in source.sample(range(len(known) - 12), 40)] for _ in range(PAGES)]
    book = tmp_path / "book.pdf"
    book.write_bytes(pdf_bytes([[_latin(line) for line in page] for page in pages]))
    library = Library(tmp_path / "home", HashEmbedder())
    try:
        first = await add(library, book)
        pages[249][18:22] = ["This paragraph was edited by hand.", "It says something else now.", "So it is.", "End."]
        book.write_bytes(pdf_bytes([[_latin(line) for line in page] for page in pages]))
        second = await add(library, book)
        assert first.chunks > PAGES
        what = f"ingest: one paragraph edited in a PDF of {PAGES} pages, embedded anew"
        show(what, second.embedded, "chunks", goal="value <= 3", of=first.chunks)
    finally:
        await library.close()


def _latin(line: str) -> str:
    return line.encode("latin-1", "replace").decode("latin-1")
