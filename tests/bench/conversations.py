"""Recorded shapes of conversations, turned into questions of made-up text that share what the recorded ones shared."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.thinking import ChatMessage, ChatRequest
from nodeworker.engines.paced.cells import CHARACTERS_PER_TOKEN
from nodeworker.protocol.prefixes import block_hashes

RECORDING = Path(__file__).parent / "data" / "conversations.json"
"""Made by record_mix.py."""
READING = 20.0
"""Characters a second that a person reads."""
TYPING = 3.5
"""Characters a second that a person types."""


@dataclass(slots=True)
class Ask:
    """One question of a conversation."""

    conversation: int
    desktop: int
    request: ChatRequest
    prompt: int
    hashes: tuple[int, ...]
    after: tuple[int, ...]
    """Hashes of the exchange with its answer."""
    answer: int
    think: float
    """Seconds from the end of the answer before, or from the conversation's start."""
    asked: float = 0.0
    first: float = 0.0
    end: float = 0.0
    node: str = ""
    seen: Callable[[], None] | None = None
    """Called when the first token was made."""


class Recording:
    """Shapes of conversations, turned into requests of made-up text that share what the recorded ones shared."""

    def __init__(self, path: Path = RECORDING) -> None:
        self.shapes: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["conversations"]

    def conversations(self, count: int, rate: float, desktops: int, seed: int) -> Iterator[tuple[float, list[Ask]]]:
        """Yield (start in seconds, questions) of `count` conversations, `rate` a second, each at a random desktop."""
        luck = random.Random(seed)
        at = 0.0
        for number in range(count):
            at += luck.expovariate(rate)
            yield at, self._asks(number, luck.randrange(desktops), luck.choice(self.shapes), luck)

    def mean(self) -> tuple[float, float, float]:
        """Return the means: prompt tokens, answer tokens of a question, questions of a conversation."""
        asks = [
            ask for number, shape in enumerate(self.shapes) for ask in self._asks(number, 0, shape, random.Random(0))
        ]
        each = len(asks)
        return sum(a.prompt for a in asks) / each, sum(a.answer for a in asks) / each, each / len(self.shapes)

    def _asks(self, number: int, desktop: int, shape: dict[str, Any], luck: random.Random) -> list[Ask]:
        asks: list[Ask] = []
        before: list[ChatMessage] = []
        read = 0
        for place, turn in enumerate(shape["turns"]):
            messages = list(before[: turn["kept"]])
            for index, (role, length) in enumerate(turn["messages"][len(messages) :], len(messages)):
                whose = "system" if role == "system" else f"{number}.{place}.{index}"
                messages.append(ChatMessage(role, _filler(whose, length)))
            answer = ChatMessage("assistant", _filler(f"{number}.{place}.answer", turn["answer_characters"]))
            said = [(message.role, message.content) for message in messages]
            asks.append(
                Ask(
                    number,
                    desktop,
                    ChatRequest(tuple(messages), f"{number}-{place}"),
                    sum(len(text) // CHARACTERS_PER_TOKEN + 4 for _, text in said),
                    block_hashes(said),
                    block_hashes([*said, ("assistant", answer.content)]),
                    max(turn["answer"], 1),
                    luck.lognormvariate(0, 0.5) * (read / READING + turn["question"] / TYPING) if place else 0.0,
                )
            )
            read = turn["answer_characters"]
            before = [*messages, answer]
        return asks


def _filler(whose: str, length: int) -> str:
    return (f"<{whose}> " * (length // (len(whose) + 3) + 1))[:length]
