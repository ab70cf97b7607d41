"""A library of any size made by a seed: clustered vectors, words as common as in prose, documents of 50 chunks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy

from app.rag.chunking import Chunk
from app.rag.document import Extent
from app.rag.records import Change, Record
from app.rag.store import Store
from app.rag.versions import RULES, Version

FOLDER = Path(os.environ.get("TANGNET_BENCH_FOLDER", "/tmp/tangnet-bench"))
"""Libraries are kept here from one run to the next, by size."""
CHUNKS = int(os.environ.get("TANGNET_BENCH_CHUNKS", "100000"))
MODEL = "b" * 64
DIMENSION = 384
OF_A_DOCUMENT = 50
_TOPICS = 1000
_SPREAD = 0.7
_WORDS = 100_000
_WORDS_OF_A_CHUNK = 110
_BATCH = 200
"""Documents that are written in one commit."""


class Made:
    """Draws vectors and words. Topics are of unequal size, and so are the directions in which vectors differ."""

    def __init__(self, seed: int) -> None:
        fixed = numpy.random.default_rng(7)
        self._scale = (1 / numpy.sqrt(1 + numpy.arange(DIMENSION) / 20)).astype("f4")
        self._centres = fixed.standard_normal((_TOPICS, DIMENSION), dtype="f4") * self._scale
        share = 1 / numpy.arange(1, _TOPICS + 1) ** 0.7
        self._share = share / share.sum()
        common = 1 / numpy.arange(1, _WORDS + 1)
        self._common = numpy.cumsum(common / common.sum())
        self._names = numpy.array([f"w{number:x}" for number in range(_WORDS)])
        self._random = numpy.random.default_rng(seed)

    def vectors(self, count: int) -> Any:
        topics = self._random.choice(_TOPICS, count, p=self._share)
        noise = self._random.standard_normal((count, DIMENSION), dtype="f4") * self._scale
        rows = self._centres[topics] + _SPREAD * noise
        return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)

    def texts(self, count: int, words: int) -> list[str]:
        drawn = numpy.searchsorted(self._common, self._random.random((count, words))).clip(0, _WORDS - 1)
        return [" ".join(self._names[row]) for row in drawn]


def library(chunks: int) -> Path:
    """Return the home of a library of so many chunks, made when it is not there yet."""
    home = FOLDER / str(chunks)
    done = home / "done"
    if not done.exists():
        store = Store(home / "library")
        try:
            if not store.try_lock():
                raise RuntimeError(f"{home} is being made")
            common: Counter[str] = Counter()
            for versions in documents_of(max(1, chunks // OF_A_DOCUMENT)):
                for version in versions:
                    for chunk in version.chunks:
                        common.update(set(chunk.text.split()))
                write(store, versions)
            # How common words are stands with one document: per document it would be most of what is made here.
            record = Record("/home/user/words", "skipped", revision=store.records.new_revision())
            store.records.put([Change(record, words=common)])
            store.tend()
            store.tending.wait(3600)
        finally:
            store.close()
        done.touch()
    return home


def documents_of(
    documents: int, *, prefix: str = "/home/user/Documents", batch: int = _BATCH
) -> Iterator[list[Version]]:
    """Yield so many documents in groups, each ready to be stored."""
    made = Made(seed=documents)
    for first in range(0, documents, batch):
        numbers = range(first, min(first + batch, documents))
        vectors = made.vectors(len(numbers) * OF_A_DOCUMENT)
        texts = made.texts(len(numbers) * OF_A_DOCUMENT, _WORDS_OF_A_CHUNK)
        versions = []
        for place, number in enumerate(numbers):
            rows = slice(place * OF_A_DOCUMENT, (place + 1) * OF_A_DOCUMENT)
            cut, position = [], 0
            for text in texts[rows]:
                cut.append(Chunk(text, None, (), position, position + len(text)))
                position += len(text) + 2
            path = f"{prefix}/{number}.txt"
            record = Record(
                path, "indexed", f"{number:064x}", position, 10**18 + number * 10**12, 0, OF_A_DOCUMENT, rules=RULES
            )
            whole = [Extent(None, 0, "\n\n".join(chunk.text for chunk in cut))]
            versions.append(Version(record, whole, {}, cut, vectors[rows]))
        yield versions


def write(store: Store, versions: list[Version]) -> None:
    """Store documents as adding does."""
    if not store.model():
        store.set_model(MODEL, "made", DIMENSION)
    store.commit(versions)
