"""Record the shapes of conversations: the program asks itself, and only lengths are written down.

Questions of a public question set (SQuAD 2.0) are asked in conversations over its documents, some without documents.
Search, prompts, history and the answer are the program's own and a real model's; what is kept of each request is how
long its messages were, how many of them a node may remember from the request before, and how long the answer was.

Run: python -m tests.bench.record_mix DATA MODEL.gguf OUT.json [CONVERSATIONS]
DATA holds qa/squad2/docs/*.md and qa/squad2/qa_medium.jsonl, as for bench_qa.py.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from app import prompts
from app.events import Generated, TokenReceived
from app.following import queries
from app.grounding import relevant
from app.runtime import Runtime
from app.streams import ending
from app.thinking import ChatMessage, ChatRequest

LONGEST_ANSWER = 512
PASSAGES = 5
FOLLOWS = 0.62
"""Chance that another question follows."""
PLAIN = 0.25
"""Share of conversations without documents."""


def _asked(folder: Path, count: int, luck: random.Random) -> list[tuple[bool, list[str]]]:
    """Draw conversations: whether over documents, and the questions, those of one about the same article."""
    rows = [json.loads(line) for line in (folder / "qa_medium.jsonl").read_text(encoding="utf-8").splitlines()]
    articles: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        articles[str(row["doc"]).rsplit("_", 1)[0]].append(row["question"])
    drawn = []
    for _ in range(count):
        article = luck.choice(sorted(articles))
        length = 1
        while luck.random() < FOLLOWS and length < 8:
            length += 1
        questions = luck.sample(articles[article], min(length, len(articles[article])))
        drawn.append((luck.random() >= PLAIN, questions))
    return drawn


async def _turn(
    runtime: Runtime, question: str, history: list[prompts.Turn], documents: bool, id: str
) -> tuple[tuple[ChatMessage, ...], str, int] | None:
    passages = None
    if documents:
        budget = prompts.budget(8192, LONGEST_ANSWER)
        for query in queries(question, history):
            found = relevant(await runtime.library.search(query, k=8), PASSAGES, query)
            if found:
                break
        if not found:
            return None  # the program refuses by itself: no node is asked
        passages = prompts.fitting(query, found, budget)
    messages = prompts.build(question, history=history, excerpts=passages)
    text, tokens = "", 0
    request = ChatRequest(messages, id, max_tokens=LONGEST_ANSWER, node="local")
    async with ending(runtime.cluster.generate(request)) as events:
        async for event in events:
            if isinstance(event, TokenReceived):
                text += event.text
            elif isinstance(event, Generated):
                tokens = event.usage.completion_tokens
    return messages, text.strip(), tokens


def _kept(messages: tuple[ChatMessage, ...], before: tuple[ChatMessage, ...]) -> int:
    """Return how many messages are the same as the beginning of the exchange before."""
    same = [one == other for one, other in zip(messages, before, strict=False)]
    return same.index(False) if False in same else len(same)


def _write(out: Path, model: str, kept: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in kept)
    out.write_text(f'{{"model":{json.dumps(model)},"conversations":[\n{lines}\n]}}\n', encoding="utf-8")


async def record(data: Path, model: Path, out: Path, count: int) -> None:
    """Ask everything and write OUT after each conversation."""
    kept: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="tn") as home:
        runtime = await Runtime.open(Path(home), discover=False)
        try:
            async with ending(runtime.cluster.add_model(str(model))) as adding:
                async for step in adding:
                    runtime.settings.answer_model = step.model or runtime.settings.answer_model
            async with ending(runtime.library.add([data / "qa" / "squad2" / "docs"])) as indexing:
                async for _ in indexing:
                    pass
            for number, (documents, questions) in enumerate(_asked(data / "qa" / "squad2", count, random.Random(4))):
                turns: list[dict[str, Any]] = []
                history: list[prompts.Turn] = []
                before: tuple[ChatMessage, ...] = ()
                for place, question in enumerate(questions):
                    made = await _turn(runtime, question, history, documents, f"mix-{number}-{place}")
                    if made is None:
                        continue
                    messages, answer, tokens = made
                    turns.append(
                        {
                            "question": len(question),
                            "messages": [[message.role, len(message.content)] for message in messages],
                            "kept": _kept(messages, before),
                            "answer": tokens,
                            "answer_characters": len(answer),
                        }
                    )
                    before = (*messages, ChatMessage("assistant", answer))
                    history += [prompts.Turn("user", question), prompts.Turn("assistant", answer)]
                if turns:
                    kept.append({"documents": documents, "turns": turns})
                _write(out, model.stem, kept)
        finally:
            await runtime.close()


if __name__ == "__main__":
    asyncio.run(
        record(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 60)
    )
