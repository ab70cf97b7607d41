"""How well the check of finished answers tells sentences that the passages back from those that nothing backs.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_checking.py -s
FOLDER holds qa/squad2. The pairs are made (tests/bench/made_pairs.py): the weights of app/support.py were fitted on
those of the questions of seed 0, and are checked here on others. No chat model runs; this machine's embedder does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.checking import check
from app.runtime import Runtime
from app.thinking import Embeddings
from tests.bench.figures import DATA, percentile, show
from tests.bench.made_pairs import pairs

QUESTIONS = 200
SEED = 7

pytestmark = [
    pytest.mark.bench,
    pytest.mark.models,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder"),
]


async def test_unsupported_sentences_are_seen(home: Path) -> None:
    made = await asyncio.to_thread(pairs, Path(DATA, "qa", "squad2"), QUESTIONS, SEED)
    flagged: dict[str, list[bool]] = {}
    cited: list[bool] = []
    times: list[float] = []
    runtime = await Runtime.open(home, discover=False)

    async def embed(texts: Sequence[str]) -> Embeddings:
        return await runtime.cluster.embed(texts, "query")

    try:
        await embed(["The engine is loaded before anything is measured."])
        for pair in made:
            began = time.perf_counter()
            verdict = await check(pair.sentence, pair.passages, pair.question, embed)
            times.append(1000 * (time.perf_counter() - began))
            flagged.setdefault(pair.kind, []).append(any(not one.supported for one in verdict.sentences))
            if pair.backed and verdict.cited:
                cited.append(pair.right in verdict.cited)
    finally:
        await runtime.close()
    for kind, marks in flagged.items():
        show(f"marked as unsupported: {kind}", sum(marks) / len(marks), "share", of=len(marks))
    wrong = [mark for kind in ("foreign", "elsewhere", "swapped", "trap") for mark in flagged[kind]]
    right = [mark for kind in ("stated", "bare") for mark in flagged[kind]]
    show("unsupported: precision", sum(wrong) / max(1, sum(wrong) + sum(right)), "share", of=sum(wrong) + sum(right))
    show("unsupported: recall", sum(wrong) / len(wrong), "share", of=len(wrong))
    far = [mark for kind in ("foreign", "elsewhere") for mark in flagged[kind]]
    show("… of what stands in no passage", sum(far) / len(far), "share", of=len(far))
    show("right passage cited", sum(cited) / len(cited), "share", of=len(cited))
    show("the check takes, 95 %", percentile(times, 0.95), "ms", goal="value <= 150", most=round(max(times), 1))
