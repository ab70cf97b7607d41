"""The stored side of one answer: text goes to disk by a timer, the rest when it is known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Literal

from app.collections import EVERYTHING
from app.conversations import Conversations, Outcome
from app.errors import StoreError, TangnetError
from app.events import Answered, Event, Moved, NodeChosen, Passage, TokenReceived
from app.messages import StoredMove
from app.prompts import Turn
from app.turn_trace import TurnTrace

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1
"""How often shown text is written to disk; a killed process loses at most 250 ms of it."""


def said_before(
    conversations: Conversations, id: str, attached: list[str] | None = None, until: int | None = None
) -> tuple[list[Turn], tuple[str, ...]]:
    """Return what was said in a conversation, and which documents were read for it. Raises UsageError, StoreError.

    `attached` gets the paths of files that went with its questions, the newest first. `until`: id of the last message
    that counts, 0 = none; None = all that are shown.
    """
    before = conversations.messages(id, until or 0) if until != 0 else []
    if attached is not None:
        attached += dict.fromkeys(path for message in reversed(before) for path in message.attachments)
    history = [
        Turn(message.role, message.text) for message in before if message.text.strip() and message.state != "writing"
    ]
    read = [path for message in before for one in message.passages for path in (one.path, *one.rests_on)]
    return history, tuple(dict.fromkeys(read))


class Record:
    """The stored side of one answer: text goes to disk by a timer, the rest when it is known."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self.conversation = ""
        self.earlier: tuple[str, ...] = ()
        """Documents that were read for the answers before."""
        self.attachments: tuple[str, ...] = ()
        """Files that go with the question, also where it is asked once more."""
        self.attached: list[str] = []
        """Files that went with the questions before, the newest first."""
        self.question: int = 0
        """Message id of the question, once it is stored."""
        self._message: int | None = None
        self._pending = ""
        self._closed = False
        self._node = ""
        self._model = ""
        self._reason = ""
        self._moves: list[StoredMove] = []
        self._length = 0
        """Characters shown so far."""

    def begin(
        self,
        conversation: str,
        question: str,
        prefer: str,
        collection: str = "",
        attachments: Sequence[str] = (),
        instead: int = 0,
    ) -> list[Turn]:
        """Store the question and an empty answer; returns what was said before.

        `instead`: id of a question that this one stands beside as another version, or of an answer; its question is
        then not stored again. Raises UsageError when there is no such message.
        """
        if conversation:
            self.conversation = self._conversations.get(conversation).id
        else:
            self.conversation = self._conversations.create().id
        if prefer:
            self._conversations.prefer(self.conversation, prefer)
        if collection:
            self._conversations.collect(self.conversation, "" if collection == EVERYTHING else collection)
        after: int | None = None
        if instead:
            other = self._conversations.message(instead)
            after = other.parent
            if other.role == "assistant":
                other = self._conversations.message(other.parent)
                self.question, after = other.id, other.parent
            attachments = attachments or other.attachments
        self.attachments = tuple(attachments)
        self.attached = []
        history, self.earlier = said_before(self._conversations, self.conversation, self.attached, after)
        if not self.question:
            self.question = self._conversations.ask(self.conversation, question, attachments, after)
        self._message = self._conversations.begin(self.conversation, self.question)
        return history

    @property
    def answer(self) -> int:
        """Message id of the answer; 0 before `begin`."""
        return self._message or 0

    def passages(self, passages: Sequence[Passage]) -> None:
        """Store what the model reads."""
        if self._message is not None:
            self._conversations.passages(self._message, passages)

    def shown(self, event: Event) -> None:
        """Take note of an event that the reader is about to get."""
        if isinstance(event, TokenReceived):
            self._pending += event.text
            self._length += len(event.text)
        elif isinstance(event, NodeChosen):
            self._node, self._model, self._reason = event.name, event.model, event.reason
        elif isinstance(event, Moved):
            self._moves.append(StoredMove(event.from_, event.to, event.reason, event.gap_ms, event.exact, self._length))
        elif isinstance(event, Answered):
            self._finish(
                Outcome(
                    "complete",
                    citations=event.citations,
                    grounded=event.grounded,
                    node=event.node,
                    model=self._model,
                    usage=event.usage,
                    timings=event.timings,
                    reason=self._reason,
                    moves=self._moves,
                    sentences=event.sentences,
                    trace=event.trace,
                )
            )

    def traced(self, trace: TurnTrace) -> None:
        """Keep what became known of a spoken question's times after its answer was whole."""
        if self._closed and self._message is not None:
            try:
                self._conversations.traced(self._message, trace)
            except StoreError as error:
                log.warning("the times of an answer cannot be stored: %s", error.message)

    async def keep(self) -> None:
        """Write shown text to disk until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                self._flush()
            except StoreError as error:
                # The text stays pending, so a full disk that gets room again loses nothing.
                log.warning("an answer cannot be stored now: %s", error.message)

    def failed(self, error: TangnetError) -> None:
        """Close the answer with the error; the text so far stays."""
        try:
            self._finish(self._outcome("failed", error))
        except StoreError as storing:
            log.warning("the failure of an answer cannot be stored: %s", storing.message)

    def close(self) -> None:
        """Close the answer as stopped unless it ended otherwise."""
        try:
            self._finish(self._outcome("stopped"))
        except StoreError as error:
            log.warning("the end of an answer cannot be stored: %s", error.message)

    def _outcome(self, state: Literal["failed", "stopped"], error: TangnetError | None = None) -> Outcome:
        return Outcome(
            state,
            node=self._node,
            model=self._model,
            error_code=error.code if error else "",
            error=error.message if error else "",
            hint=error.hint if error else "",
            reason=self._reason,
            moves=self._moves,
        )

    def _flush(self) -> None:
        if self._pending and self._message is not None:
            self._conversations.append(self._message, self._pending)
            self._pending = ""

    def _finish(self, outcome: Outcome) -> None:
        if self._closed or self._message is None:
            return
        self._flush()
        self._conversations.finish(self._message, outcome)
        self._closed = True
