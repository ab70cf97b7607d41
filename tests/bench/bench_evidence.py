"""How well the program knows that the documents do not speak of a question: fitted on one half, checked on the other.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_evidence.py -s
FOLDER holds qa/squad2. Every question is searched as the assistant does; the weights of app/grounding.py are fitted
anew on half of the questions (answerable against off the subject) and printed beside the figures that those in the code
reach on the other half. Put them into app/grounding.py when search or embedder change. No chat model runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from app import grounding
from app.events import Passage
from app.runtime import Runtime
from app.streams import ending
from tests.bench.figures import DATA, show

EACH = int(os.environ.get("TANGNET_BENCH_QUESTIONS", "1400"))
"""Questions of each kind at most."""
REFUSED_WRONGLY = 0.03
"""Share of answerable questions that the threshold may refuse on the half it is chosen on: half of what is allowed for
the whole answer, since a model refuses too."""

pytestmark = [
    pytest.mark.bench,
    pytest.mark.models,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder"),
]


async def test_evidence(home: Path) -> None:
    folder = Path(DATA, "qa", "squad2")
    rows = await asyncio.to_thread(_questions, folder)
    runtime = await Runtime.open(home, discover=False)
    try:
        async with ending(runtime.library.add([folder / "docs"])) as adding:
            async for _ in adding:
                pass
        found = [await runtime.library.search(row["question"], k=8) for row in rows]
    finally:
        await runtime.close()
    _report(rows, found)


def _report(rows: list[dict[str, Any]], found: list[list[Passage]]) -> None:
    import numpy

    chance = random.Random(0)
    half = [chance.random() < 0.5 for _ in rows]
    kinds = numpy.array([row["kind"] for row in rows])
    first = numpy.array(half)
    features = numpy.zeros((len(rows), 8, 3))
    features[:, :, 0] = 1.0
    features[:, :, 1] = -1.0  # a place without a passage never is the best
    for at, passages in enumerate(found):
        for place, passage in enumerate(passages[:8]):
            features[at, place, 1:] = passage.similarity, passage.overlap
    weights = _fitted(features, kinds, first)
    for name, weight in zip(("intercept", "similarity", "overlap"), weights, strict=True):
        show(f"fitted: {name}", float(weight), "weight")
    scores = _logistic((features @ weights).max(axis=1))
    enough = float(numpy.quantile(scores[first & (kinds == "answerable")], REFUSED_WRONGLY))
    show("fitted: threshold", enough, "probability")
    code = numpy.array([grounding.evidence(one, row["question"]) for one, row in zip(found, rows, strict=True)])
    for name, values, limit in (("fitted", scores, enough), ("in the code", code, grounding.ENOUGH)):
        for kind, goal in (("answerable", "value <= 0.05"), ("off_corpus", "value >= 0.95"), ("near_miss", "")):
            chosen = ~first & (kinds == kind)
            share = float((values[chosen] < limit).mean())
            show(f"refused, {kind}, {name}, other half", share, "share", goal=goal, of=int(chosen.sum()))
    answerable = [(row, listed) for row, listed in zip(rows, found, strict=True) if row["kind"] == "answerable"]
    speaking = [row["doc"] in {Path(one.path).name for one in listed[:5]} for row, listed in answerable]
    show("right document among five passages", sum(speaking) / len(speaking), "share", of=len(speaking))


def _fitted(features: Any, kinds: Any, first: Any) -> Any:
    """Logistic regression over the best passage of each question, which the weights themselves choose."""
    import numpy

    used = first & (kinds != "near_miss")
    wanted = (kinds[used] == "answerable").astype(float)
    weigh = numpy.where(wanted == 1, 1.0, wanted.sum() / (1 - wanted).sum())
    weights = numpy.array([-8.0, 10.0, 8.0])
    for _ in range(10):
        rows = features[used][numpy.arange(int(used.sum())), (features[used] @ weights).argmax(axis=1)]
        for _ in range(40):
            said = _logistic(rows @ weights)
            spread = rows.T @ (rows * (weigh * said * (1 - said))[:, None]) + 1e-3 * numpy.eye(3)
            weights = weights + numpy.linalg.solve(spread, rows.T @ (weigh * (wanted - said)) - 1e-3 * weights)
    return weights


def _logistic(values: Any) -> Any:
    import numpy

    return 1.0 / (1.0 + numpy.exp(-numpy.clip(values, -60, 60)))


def _questions(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    random.Random(1).shuffle(rows)
    kept: list[dict[str, Any]] = []
    for kind in ("answerable", "off_corpus", "near_miss"):
        kept += [row for row in rows if row["kind"] == kind][:EACH]
    return kept
