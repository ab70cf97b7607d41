"""How often answers over documents are right, cited and honest, with the models that are installed.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_qa.py -s
FOLDER holds qa/squad2/docs/*.md and qa/squad2/qa_small.jsonl (id, question, kind, answers, doc; see the data's README).
"""

from __future__ import annotations

import json
import os
import statistics
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from app.assistant import Question
from app.events import Answered
from app.runtime import Runtime
from app.streams import ending

DATA = os.environ.get("TANGNET_BENCH_DATA", "")
pytestmark = [
    pytest.mark.bench,
    pytest.mark.models,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder"),
]


async def answered(runtime: Runtime, question: str) -> Answered:
    """Ask; the last event."""
    last = None
    async with aclosing(runtime.assistant.ask(Question(question))) as events:
        async for event in events:
            last = event
    assert isinstance(last, Answered)
    return last


def share(figure: str, hits: list[bool]) -> None:
    """Print a share as JSON."""
    print(json.dumps({"figure": figure, "value": round(sum(hits) / len(hits), 3), "unit": "share", "of": len(hits)}))


async def test_answers_over_documents(home: Path) -> None:
    folder = Path(DATA, "qa", "squad2")
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (folder / "qa_small.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    runtime = await Runtime.open(home, discover=False)
    try:
        async with ending(runtime.library.add([folder / "docs"])) as adding:
            async for _ in adding:
                pass
        answers = [(row, await answered(runtime, row["question"])) for row in rows]
    finally:
        await runtime.close()
    good = [(row, answer) for row, answer in answers if row["kind"] == "answerable"]
    share("right answer contained", [any(a.lower() in x.text.lower() for a in row["answers"]) for row, x in good])
    share("right document cited", [row["doc"] in {Path(c.path).name for c in x.citations} for row, x in good])
    for kind in ("answerable", "near_miss", "off_corpus"):
        share(f"refused, {kind}", [not x.citations for row, x in answers if row["kind"] == kind])
    firsts = [x.timings.first_token_ms for _, x in answers if x.timings.first_token_ms is not None]
    print(json.dumps({"figure": "first words, median", "value": round(statistics.median(firsts), 1), "unit": "ms"}))
