"""How long the memory looks for what fits a question, with 20,000 earlier turns and 200 facts.

`pytest -m bench tests/bench/bench_memory.py -s`. Made-up words and vectors of 384 numbers, as MiniLM gives.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from app.memory.memory import Asked, Memory
from app.memory.turns import Said

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]

TURNS, FACTS, DIMENSION = 20_000, 200, 384
ASKED = 50


def test_what_fits_is_found_soon(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    words = [f"word{at}" for at in range(3000)]
    memory = Memory(tmp_path)
    said = [
        Said(f"c{at // 10}", at, " ".join(rng.choice(words, 10)), " ".join(rng.choice(words, 60)), "2026-01-01")
        for at in range(TURNS)
    ]
    memory.turns.add(said)
    vectors = rng.standard_normal((TURNS, DIMENSION)).astype("<f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [one.id for one in memory.turns.lacking("", TURNS)]
    memory.turns.keep_vectors("m", {id: vectors[at].tobytes() for at, id in enumerate(ids)})
    for _ in range(FACTS):
        memory.facts.remember(" ".join(rng.choice(words, 8)))
    took = []
    for at in range(ASKED + 1):
        question = " ".join(rng.choice(words, 6))
        began = time.perf_counter()
        memory.find(question, Asked("m", vectors[at].tobytes()), turns=True, here="", private=True)
        took.append((time.perf_counter() - began) * 1000)
    memory.close()
    first, rest = took[0], sorted(took[1:])
    print(
        f"first (vectors read) {first:.0f} ms, then median {statistics.median(rest):.1f} ms, slowest {rest[-1]:.1f} ms"
    )
