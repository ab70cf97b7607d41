"""Search in libraries of a thousand to a million chunks: time, recall, memory, and what work beside it costs.

TANGNET_BENCH_CHUNKS=100000 pytest -m bench tests/bench/bench_store.py -s
The library is made once (a million chunks: about half an hour) in TANGNET_BENCH_FOLDER and kept there.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.rag.library import Library
from app.rag.passages import key_of
from app.rag.store import Store
from app.rag.tending import stale_words
from app.thinking import Embeddings, EmbedKind, Told
from tests.bench.big_library import CHUNKS, DIMENSION, FOLDER, MODEL, OF_A_DOCUMENT, Made, documents_of, library, write
from tests.bench.figures import percentile, show

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]
QUESTIONS = int(os.environ.get("TANGNET_BENCH_QUESTIONS", "300"))
_WARM = 30
_SEED = 99
_P50 = 15 if CHUNKS <= 100_000 else 40
_K = 10
_ADDITIONS = 12


class Drawn:
    """An embedder that takes no time: the vector of the next question."""

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors
        self._next = 0

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        row = self._vectors[self._next % len(self._vectors)]
        self._next += 1
        return Embeddings("made", MODEL, DIMENSION, row.astype("<f4").tobytes())


async def ask(home: Path, count: int) -> list[float]:
    """Return how long each of `count` hybrid searches took, in ms, after some to warm up."""
    made = Made(seed=_SEED)
    texts = made.texts(count + _WARM, 8)
    library = Library(home, Drawn(made.vectors(count + _WARM)))
    times = []
    try:
        for text in texts:
            started = time.perf_counter()
            found = await library.search(text, k=8)
            times.append(1000 * (time.perf_counter() - started))
            assert found
    finally:
        await library.close()
    return times[_WARM:]


async def test_time_of_a_search() -> None:
    times = await ask(await asyncio.to_thread(library, CHUNKS), QUESTIONS)
    show("hybrid search p50", statistics.median(times), "ms", goal=f"value <= {_P50}", chunks=CHUNKS)
    show("hybrid search p99", percentile(times, 0.99), "ms", goal="value <= 40", chunks=CHUNKS)


def test_recall() -> None:
    show(f"recall@{_K} against exact", recall(library(CHUNKS)), "", goal="value >= 0.98", chunks=CHUNKS)


def test_recall_after_many_small_additions() -> None:
    """A copy of the library gets documents a few at a time, and its indexes are tended after each of these groups."""
    copy = FOLDER / f"{CHUNKS}-added"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(library(CHUNKS), copy)
    store = Store(copy / "library")
    seconds = []
    try:
        assert store.try_lock()
        group = max(4, stale_words(CHUNKS) // OF_A_DOCUMENT + 1)
        for versions in documents_of(_ADDITIONS * group, prefix="/home/user/added", batch=group):
            write(store, versions)
            started = time.perf_counter()
            assert store.tend() and store.tending.wait(3600)
            seconds.append(time.perf_counter() - started)
        store.close()
        show(f"recall@{_K} after {_ADDITIONS} additions", recall(copy), "", goal="value >= 0.98", chunks=CHUNKS)
        show("tending after an addition p50", statistics.median(seconds), "s", chunks=CHUNKS)
    finally:
        store.close()
        shutil.rmtree(copy)


def recall(home: Path) -> float:
    """Return how many of the closest chunks a search by vector finds, as a share, over 100 questions."""
    store = Store(home / "library")
    try:
        table = store.table()
        assert table is not None
        found = []
        for vector in Made(seed=_SEED).vectors(100):
            near = [key_of(*hit.key) for hit in store.find("", (), vector, 50, "").nearest[:_K]]
            exact = set(table.exact(vector, _K))
            found.append(len(exact.intersection(near)) / _K)
    finally:
        store.close()
    return statistics.mean(found)


def test_memory_and_work_beside() -> None:
    """A process of its own searches; then it searches while it writes, and while its indexes are brought up to date."""
    home = library(CHUNKS)
    child = subprocess.run(
        [sys.executable, "-m", "tests.bench.store_child", str(home)], capture_output=True, text=True, check=True
    )
    seen = json.loads(child.stdout.splitlines()[-1])
    show("memory while searching", seen["searching_mib"], "MiB", goal="value <= 600", chunks=CHUNKS)
    show("memory while searching and writing", seen["peak_mib"], "MiB", goal="value <= 600", chunks=CHUNKS)
    show("hybrid search p50 beside a writer", statistics.median(seen["writing_ms"]), "ms", chunks=CHUNKS)
    show("hybrid search p99 beside a writer", percentile(seen["writing_ms"], 0.99), "ms", chunks=CHUNKS)
    show("hybrid search p50 while indexes are tended", statistics.median(seen["tending_ms"]), "ms", chunks=CHUNKS)
    show("hybrid search p99 while indexes are tended", percentile(seen["tending_ms"], 0.99), "ms", chunks=CHUNKS)
