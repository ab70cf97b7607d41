"""How often answers over documents are right, cited and honest.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_qa.py -s
FOLDER holds qa/squad2 (docs/*.md, qa_small.jsonl, qa_medium.jsonl; see the data's README).
TANGNET_BENCH_QA: small (100 questions, default) or medium (500).
TANGNET_BENCH_MODEL: a GGUF file to answer with; without it the starter model answers.
TANGNET_BENCH_ANSWERS: a file that keeps the answers. A second run goes on where the first one ended, so that hours of
answering can be had in pieces; its lines are what the data's tools/score_qa.py takes.
TANGNET_BENCH_QA_SECONDS: begin no further question after so long; figures are then of the answers there are.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import re
import statistics
import string
import time
import unicodedata
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from app import grounding
from app.answering import NEAREST, PLACES
from app.assistant import Question
from app.events import Answered, Retrieved
from app.runtime import Runtime
from app.streams import ending
from tests.bench.figures import DATA, show

SIZE = os.environ.get("TANGNET_BENCH_QA", "small")
MODEL = os.environ.get("TANGNET_BENCH_MODEL", "")
KEPT = os.environ.get("TANGNET_BENCH_ANSWERS", "")
LIMIT = float(os.environ.get("TANGNET_BENCH_QA_SECONDS", "1e9"))
GOALS = {
    "right answer contained": "value >= 0.75",
    "right document cited": "value >= 0.93",
    "refused, off_corpus": "value >= 0.95",
    "refused, answerable": "value <= 0.05",
}

pytestmark = [
    pytest.mark.bench,
    pytest.mark.models,
    pytest.mark.timeout(36000),
    pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder"),
]


async def test_answers_over_documents(home: Path, tmp_path: Path) -> None:
    folder = Path(DATA, "qa", "squad2")
    rows = await asyncio.to_thread(_questions, folder / f"qa_{SIZE}.jsonl")
    kept = Path(KEPT) if KEPT else tmp_path / "answers.jsonl"
    answers = await asyncio.to_thread(_read, kept)
    began = time.monotonic()
    runtime = await Runtime.open(home, discover=False)
    try:
        if MODEL:
            async with ending(runtime.cluster.add_model(MODEL)) as adding:
                async for _ in adding:
                    pass
        async with ending(runtime.library.add([folder / "docs"])) as indexing:
            async for _ in indexing:
                pass
        for row in rows:
            if row["id"] not in answers and time.monotonic() - began < LIMIT:
                answers[row["id"]] = await _answered(runtime, row)
                await asyncio.to_thread(_append, kept, answers[row["id"]])
    finally:
        await runtime.close()
    _report([(row, answers[row["id"]]) for row in rows if row["id"] in answers])


def _report(answers: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    good = [(row, one) for row, one in answers if row["kind"] == "answerable"]
    right = [_holds(one["answer"], row["answers"]) for row, one in good]
    _share("right answer contained", [hit and not one["refused"] for hit, (_, one) in zip(right, good, strict=True)])
    _share("… in the model's own words", [_holds(one["own"], row["answers"]) for row, one in good])
    _share("right document cited", [row["doc"] in one["citations"] for row, one in good])
    _share("… among what the model read", [row["doc"] in one["read"] for row, one in good])
    # As tools/score_qa.py counts: who says that it is not there, and shows it all the same, has not held it back.
    missed = [one["refused"] and not hit for hit, (_, one) in zip(right, good, strict=True)]
    _share("refused, answerable", missed)
    for kind in ("off_corpus", "near_miss"):
        _share(f"refused, {kind}", [one["refused"] for row, one in answers if row["kind"] == kind])
    flagged = [one for one in answers if one[1]["sentences"]]
    _share("answers with an unsupported sentence", [one["unsupported"] > 0 for _, one in flagged])
    firsts = [one["first_ms"] for _, one in answers if one["first_ms"] is not None]
    words = [len(one["answer"].split()) for _, one in good]
    show("first words, median", statistics.median(firsts), "ms", of=len(firsts))
    show("prompt, median", statistics.median(one["prompt_tokens"] for _, one in good), "tokens", of=len(good))
    show("answer, median", statistics.median(words), "words", of=len(good))


async def _answered(runtime: Runtime, row: dict[str, Any]) -> dict[str, Any]:
    read: Retrieved | None = None
    last: Answered | None = None
    async with aclosing(runtime.assistant.ask(Question(row["question"]))) as events:
        async for event in events:
            if isinstance(event, Retrieved):
                read = event
            elif isinstance(event, Answered):
                last = event
    assert last is not None and read is not None
    own = re.split(f"{re.escape(PLACES)}|{re.escape(NEAREST)}", last.text)[0].strip()
    return {
        "id": row["id"],
        "answer": last.text,
        "own": own,
        "refused": not last.grounded and grounding.refuses(own),
        "grounded": last.grounded,
        "citations": list(dict.fromkeys(Path(one.path).name for one in last.citations)),
        "read": [Path(one.path).name for one in read.passages],
        "contexts": [one.text for one in read.passages],
        "sentences": len(last.sentences),
        "unsupported": sum(not one.supported for one in last.sentences),
        "first_ms": last.timings.first_token_ms,
        "prompt_tokens": last.usage.prompt_tokens,
        "total_ms": last.timings.total_ms,
    }


def _share(figure: str, hits: Sequence[bool]) -> None:
    if hits:
        low, high = _interval(sum(hits), len(hits))
        goal = GOALS.get(figure, "")
        show(figure, sum(hits) / len(hits), "share", goal=goal, of=len(hits), low=round(low, 3), high=round(high, 3))


def _interval(count: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of Wilson."""
    share, z = count / of, 1.96
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def _holds(answer: str, golds: Sequence[str]) -> bool:
    said = f" {_normal(answer)} "
    return any(f" {_normal(gold)} " in said for gold in golds if _normal(gold))


def _normal(text: str) -> str:
    """SQuAD's: lower case, no punctuation, no articles."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = "".join(" " if one in string.punctuation or one in "–—‘’“”" else one for one in text)
    return " ".join(word for word in text.split() if word not in ("a", "an", "the"))


def _questions(path: Path) -> list[dict[str, Any]]:
    """All questions, the kinds in turn, so that a run that ends early has some of each."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kinds = ("answerable", "answerable", "answerable", "near_miss", "off_corpus")
    piles = {kind: iter([row for row in rows if row["kind"] == kind]) for kind in kinds}
    rounds = ([next(piles[kind], None) for kind in kinds] for _ in rows)
    taken = itertools.takewhile(any, rounds)
    return [row for one in taken for row in one if row is not None]


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def _append(path: Path, row: dict[str, Any]) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
