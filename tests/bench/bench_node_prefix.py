"""What is remembered of prompts: the second question over the same passages, and a mix of many conversations.

`pytest -m bench tests/bench/bench_node_prefix.py -s`. Through the whole node, with the slots and the context that it
chooses for itself. TANGNET_BENCH_CONVERSATIONS says how many there are in the mix.

Two kinds of mix. In "growing" conversations each prompt goes on where the one before ended, passages at the beginning,
as a chat program sends them. "as the app asks" are the prompts of app/prompts.py.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app import prompts
from app.events import Passage
from app.thinking import ChatMessage
from nodeworker.engines import ChatRequest, Message
from tests.bench.asking import GREEDY, ask_node, passage, request, story
from tests.bench.figures import CORES, PROMPT, ROUNDS, cores, percentile, show
from tests.bench.node_child import Child, running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(3600)]

CONVERSATIONS = int(os.environ.get("TANGNET_BENCH_CONVERSATIONS", "30"))
TURNS = 3
AT_ONCE = 4
DOCUMENTS = 6
DOCUMENT_TOKENS = 500
ANSWER = 24
QUESTIONS = (
    "Which ships passed?", "What was the weather like?", "Who wrote it down?", "What comes after the hour?",
    "How many flags were seen?", "Which course did they take?",
)  # fmt: skip


def passages(number: int, tokens: int, pieces: int) -> list[Passage]:
    """Passages that were found for a question, of so many tokens together."""
    texts = [passage(number + 100 * piece, tokens // pieces) for piece in range(pieces)]
    return [Passage(n, f"/documents/{number}.md", None, "", 0, len(text), 0.5, text) for n, text in enumerate(texts, 1)]


def _build(
    question: str, found: Sequence[Passage], budget: int = 1800, *, history: Sequence[prompts.Turn] = ()
) -> tuple[ChatMessage, ...]:
    """The prompt over whole passages, as a node that reads quickly gets it."""
    excerpts = prompts.fitting(question, found, max(budget, 4 * PROMPT))
    return prompts.build(question, history=history, excerpts=excerpts, budget=budget)


def messages(asked: Sequence[ChatMessage]) -> list[Message]:
    """The app's messages as the engine's."""
    return [Message(message.role, message.content) for message in asked]


@pytest.mark.parametrize("count", CORES)
async def test_second_question(count: int, short: Path) -> None:
    firsts: list[float] = []
    seconds: list[float] = []
    sizes: list[int] = []
    reused: list[int] = []
    with cores(count):
        async with running(short, {"threads": count}) as node:
            await ask_node(node.stub, [story(0, GREEDY, 8)])
            for number in range(ROUNDS):
                found = passages(1000 * number, PROMPT * 3 // 2, 4)
                for question, times in zip(QUESTIONS, (firsts, seconds), strict=False):
                    asked = messages(_build(question, found, 2 * PROMPT))
                    answer = (await ask_node(node.stub, [request(f"{number}-{question}", asked, GREEDY, 4)]))[0]
                    times.append(1000 * answer.first)
                sizes.append(answer.end.prompt_tokens)
                reused.append(answer.end.cached_tokens)
    show(
        f"to the first token, second question over {statistics.median(sizes):.0f} tokens, {count} cores",
        seconds, "ms", firsts, "ratio <= 0.05", cached_tokens=statistics.median(reused),
    )  # fmt: skip


@dataclass
class Conversation:
    """One of the mix, and what was said in it."""

    number: int
    document: list[Passage]
    turns: list[prompts.Turn] = field(default_factory=list)

    def asked(self, growing: bool) -> ChatRequest:
        """Its next question."""
        question = f"{QUESTIONS[(self.number + len(self.turns)) % len(QUESTIONS)]} ({self.number})"
        if growing and self.turns:
            first = messages(_build(self.turns[0].text, self.document))
            said = [Message(turn.role, turn.text) for turn in self.turns[1:]]
            wanted = [*first, *said, Message("user", question)]
        else:
            wanted = messages(_build(question, self.document, history=self.turns))
        self.turns.append(prompts.Turn("user", question))
        return request(f"mix-{self.number}-{len(self.turns)}", wanted, GREEDY, ANSWER)


@pytest.mark.parametrize("growing", [True, False], ids=["growing", "app"])
async def test_many_conversations(growing: bool, short: Path) -> None:
    chance = random.Random(7)
    documents = [passages(1000 * number, DOCUMENT_TOKENS, 2) for number in range(DOCUMENTS)]
    waiting = [Conversation(number, chance.choice(documents)) for number in range(CONVERSATIONS)]
    prompt_tokens = cached_tokens = 0
    firsts: list[float] = []

    async def talk(node: Child) -> None:
        nonlocal prompt_tokens, cached_tokens
        while waiting:
            one = waiting.pop(chance.randrange(len(waiting)))
            answer = (await ask_node(node.stub, [one.asked(growing)]))[0]
            prompt_tokens += answer.end.prompt_tokens
            cached_tokens += answer.end.cached_tokens
            firsts.append(1000 * answer.first)
            one.turns.append(prompts.Turn("assistant", answer.text))
            if len(one.turns) < 2 * TURNS:
                waiting.append(one)

    async with running(short, {}) as node:
        await ask_node(node.stub, [story(0, GREEDY, 8)])
        await asyncio.gather(*(talk(node) for _ in range(AT_ONCE)))
    how = f"{CONVERSATIONS} conversations over {DOCUMENTS} documents, {'growing' if growing else 'as the app asks'}"
    share = 100 * cached_tokens / prompt_tokens
    show(f"{how}: prompt tokens from the cache", share, "%", goal="value >= 70", prompt_tokens=prompt_tokens)
    show(f"{how}: to the first token, median", firsts, "ms", slowest_of_twenty=round(percentile(firsts, 0.95)))
