"""Titles of conversations by a model: one short request in the background, to the node that made the first answer.

That node has seen the question and the answer already, so nothing goes where it was not, and it may have their
beginning in its cache. Nothing is asked of a node that is at work, or of a model that is too weak; the first words of
the question stay the title then. A title that the user gave is never touched.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol
from uuid import uuid4

from app.conversations import Conversations
from app.events import NodeInfo, TokenReceived
from app.messages import StoredMessage
from app.settings import Settings
from app.thinking import ChatMessage, ChatRequest, GenerationEvent

WORDS_MOST = 8
TOKENS_MOST = 20
READ_MOST = 600
"""Characters of question and answer that are read for a title."""
_INSTRUCTION = (
    "You name conversations. Answer with a title of two to six words in the language of the question. "
    "No quotation marks, no full stop, nothing else."
)
_MARKS = " \t\"'`*_#“”„‘’«»"


class Generating(Protocol):
    """What makes titles."""

    def nodes(self) -> tuple[NodeInfo, ...]:
        """Return all known nodes."""
        ...

    def generate(self, request: ChatRequest) -> AsyncIterator[GenerationEvent]:
        """Stream one answer. Raises NodeError."""
        ...


class Titles:
    """Gives conversations their titles."""

    def __init__(self, thinker: Generating, conversations: Conversations, settings: Settings) -> None:
        self._thinker, self._conversations, self._settings = thinker, conversations, settings

    async def give(self, id: str) -> str:
        """Give a conversation a title by a model if it has one by its first words; returns it, "" = left as it was.

        Cancelling it frees the node at once. Raises UsageError, StoreError, NodeError.
        """
        if not self._settings.window_titles or self._conversations.get(id).titled != "question":
            return ""
        messages = self._conversations.messages(id)
        if len(messages) != 2 or messages[1].state != "complete" or not self._can(messages[1]):
            return ""
        question, answer = messages
        said = f"Question: {question.text[:READ_MOST]}\n\nAnswer: {answer.text[:READ_MOST]}\n\nTitle:"
        request = ChatRequest(
            messages=(ChatMessage("system", _INSTRUCTION), ChatMessage("user", said)),
            request_id=f"title-{uuid4().hex}",
            max_tokens=TOKENS_MOST,
            model=answer.model,
            node=answer.node,
            zones=("local",) if answer.node == "local" else (),
            background=True,
        )
        text = ""
        events = self._thinker.generate(request)
        async with aclosing(events) as stream:  # type: ignore[type-var]  # the streams of nodes are generators
            async for event in stream:
                if isinstance(event, TokenReceived):
                    text += event.text
        title = cleaned(text)
        return title if title and self._conversations.entitle(id, title) else ""

    def _can(self, answer: StoredMessage) -> bool:
        """Tell whether the node that made an answer is free, and its model strong enough."""
        for node in self._thinker.nodes():
            if node.name == answer.node or (node.local and answer.node == "local"):
                models = [model for model in node.models if answer.model in (model.name, model.sha256)]
                return node.state == "ready" and any(model.trustworthy for model in models)
        return False


def cleaned(text: str) -> str:
    """Return what a model said as a title; "" when it is none."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    line = re.sub(r"^\s*(title|titel|titre|título)\s*:\s*", "", lines[0], flags=re.IGNORECASE)
    line = " ".join(line.strip(f"{_MARKS}.!,;:").split())
    words = line.split()
    return line if words and len(words) <= WORDS_MOST and any(sign.isalnum() for sign in line) else ""
