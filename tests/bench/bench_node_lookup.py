"""Answers over documents with and without drafts from the prompt: the same text, sooner.

TANGNET_BENCH_DATA=FOLDER pytest -m bench tests/bench/bench_node_lookup.py -s
FOLDER holds qa/squad2/docs/*.md and qa/squad2/qa_small.jsonl. The prompt is the app's own, with the paragraphs of the
document that holds the answer as its passages; greedy, one answer at a time. "quotation" asks for a passage word for
word: the most that drafts can gain in an answer. What they could gain if every one were right is printed first: it
follows from how much longer a decode of several tokens takes, which depends on the weights' format.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app import prompts
from app.events import Passage
from nodeworker.engines import ChatRequest, Message
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.engines.llama.slots import Answer
from nodeworker.models.model_file import ModelFile
from tests.bench import native
from tests.bench.asking import GREEDY, Heard, ask, passage, request
from tests.bench.engines import loaded
from tests.bench.figures import CORES, DATA, PROMPT, ROUNDS, TOKENS, cores, show

pytestmark = [
    pytest.mark.bench,
    pytest.mark.models,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA, reason="TANGNET_BENCH_DATA names no folder"),
]

QUESTIONS = 12
LENGTH = 4096
PASSAGES = 3
ANSWER = 96
GOAL = "ratio >= 1.3"


def requests(kind: str) -> list[ChatRequest]:
    """The questions with their passages, as the app puts them."""
    folder = Path(DATA, "qa", "squad2")
    rows = [json.loads(line) for line in (folder / "qa_small.jsonl").read_text(encoding="utf-8").splitlines()]
    made = []
    for row in [row for row in rows if row["kind"] == "answerable"][:QUESTIONS]:
        heading, *paragraphs = (folder / "docs" / row["doc"]).read_text(encoding="utf-8").split("\n\n")
        gold = next((at for at, text in enumerate(paragraphs) if row["answers"][0] in text), 0)
        chosen = [*paragraphs[gold:], *paragraphs[:gold]][: PASSAGES if kind == "question" else 1]
        passages = [
            Passage(n, f"/documents/{row['doc']}", None, heading.lstrip("# "), 0, len(text), 0.5, text)
            for n, text in enumerate(chosen, 1)
        ]
        wanted = row["question"] if kind == "question" else "Copy passage [1] word for word, and say nothing else."
        asked = prompts.build(wanted, excerpts=prompts.fitting(wanted, passages, 1800))
        messages = [Message(message.role, message.content) for message in asked]
        made.append(request(f"{kind}-{row['id']}", messages, GREEDY, ANSWER))
    return made


def written(engine: LlamaEngine, one: ChatRequest) -> Heard:
    """Ask as if it had not been asked before."""
    return ask(engine, [ChatRequest(one.request_id, one.messages, one.sampling)])[0]


@pytest.mark.parametrize("count", CORES)
@pytest.mark.parametrize("quantisation", ["Q4_1", "Q4_0"])
def test_the_most_that_drafts_could_gain(count: int, quantisation: str, tmp_path: Path) -> None:
    """The bare C loop: a decode of one token, and of one with a draft."""
    model = native.starter() if quantisation == "Q4_1" else native.requantised(tmp_path / "models")
    text = [native.chatml([Message("system", passage(1, PROMPT)), Message("user", "Go on.")])]
    chosen = {"threads": count, "length": LENGTH, "tokens": TOKENS // 2, **native.EQUAL}
    rates: dict[int, list[float]] = {size: [] for size in (1, 2, 4, 8, 16)}
    with cores(count):
        for _ in range(ROUNDS):
            for size, seen in rates.items():
                seen.append(size * native.run(model.path, text, {**chosen, "group": size}).writes)
    for size in list(rates)[1:]:
        figure = f"a draft of {size - 1} if all of it were right, {quantisation}, {count} threads"
        show(figure, rates[size], "tokens/s", rates[1])


@pytest.mark.parametrize("kind", ["question", "quotation"])
@pytest.mark.parametrize("count", CORES)
@pytest.mark.parametrize("quantisation", ["Q4_1", "Q4_0"])
def test_drafts(kind: str, count: int, quantisation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One engine for both: with two in a process OpenMP's threads would be more than the cores, and sleep."""
    model: ModelFile = native.starter() if quantisation == "Q4_1" else native.requantised(tmp_path / "models")
    wanted = requests(kind)
    with cores(count), loaded(model, {"slots": 2, "threads": count, "context": LENGTH}) as engine:
        ours: list[float] = []
        reference: list[float] = []
        texts: list[list[int]] = []
        drafted = accepted = 0
        for number, one in enumerate(wanted):
            written(engine, replace(one, sampling=replace(one.sampling, max_tokens=1)))  # the prompt is in the cache
            for drafts in (True, False) if number % 2 else (False, True):  # in turns: other work slows both down
                with monkeypatch.context() as patched:
                    if not drafts:
                        patched.setattr(Answer, "draft", lambda _answer, _most: ([], 0))
                    answer = written(engine, one)
                (ours if drafts else reference).append(answer.rate)
                drafted += answer.end.drafted_tokens
                accepted += answer.end.accepted_tokens
                assert drafts or not answer.end.drafted_tokens
                if len(texts) == number:
                    texts.append(answer.ids)
                assert answer.ids == texts[number], "a draft changed the text"
    lengths = [len(ids) for ids in texts]
    ours_all = sum(lengths) / sum(length / rate for length, rate in zip(lengths, ours, strict=True))
    plain_all = sum(lengths) / sum(length / rate for length, rate in zip(lengths, reference, strict=True))
    show(
        f"{kind}, {quantisation}, {count} threads: writing with drafts",
        ours_all,
        "tokens/s",
        plain_all,
        GOAL,
        answers=len(lengths),
        tokens=sum(lengths),
        drafted=drafted,
        accepted=accepted,
    )
