"""What chunks are worth: recall, precision and IoU of the reference characters in the five best chunks.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_chunking.py -s
FOLDER holds qa/chunking_eval: NAME.md and NAME.questions.jsonl with the characters that answer each question.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
from contextlib import aclosing
from pathlib import Path

import pytest

from app.rag.library import Library
from tests.bench.bench_search import MiniLm
from tests.bench.figures import show

DATA = os.environ.get("TANGNET_BENCH_DATA", "")
NAMES = ("state_of_the_union", "wikitexts")
BEST = 5

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(1800)]


def place(text: str, quoted: str) -> range:
    """Where the quotation stands, white space counted alike."""
    found = re.search(r"\s+".join(map(re.escape, quoted.split())), text)
    assert found is not None, f"not in the document: {quoted[:60]}"
    return range(*found.span())


@pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder")
async def test_reference_characters(tmp_path: Path) -> None:
    recalls, precisions, shares = [], [], []
    library = Library(tmp_path / "library", MiniLm())
    try:
        for name in NAMES:
            path = Path(DATA) / "qa" / "chunking_eval" / f"{name}.md"
            async with aclosing(library.add([path])) as events:
                async for _event in events:
                    pass
            text = (await library.read(path)).text
            rows = await asyncio.to_thread(path.with_suffix(".questions.jsonl").read_text, encoding="utf-8")
            for row in map(json.loads, rows.splitlines()):
                wanted = {at for part in row["references"] for at in place(text, part["content"])}
                passages = await library.search(row["question"], k=BEST, within=[path])
                given = {at for passage in passages for at in range(passage.start, passage.end)}
                both = len(wanted & given)
                recalls.append(both / len(wanted))
                precisions.append(both / max(1, len(given)))
                shares.append(both / len(wanted | given))
    finally:
        await library.close()
    show("recall of reference characters, best 5", statistics.mean(recalls), "share", goal="value >= 0.9")
    show("precision of reference characters", statistics.mean(precisions), "share", questions=len(recalls))
    show("intersection over union", statistics.mean(shares), "share")
