"""One question on its way: starts the assistant, and tells card and window what happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui import phrases
from app.ui.answer_card import AnswerCard
from app.ui.bridge import Bridge, Handle
from app.ui.core_words import in_language
from app.ui.seam import RuntimeSeam
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.assistant import Question
    from app.events import Event, Moved, NodeChosen


@dataclass(frozen=True, slots=True)
class Begun:
    """The conversation that the question belongs to exists now."""

    conversation: str


class Asking(QObject):
    """Runs until `ended`. The card may be taken away while the answer goes on for the store."""

    begun = Signal(str)
    """Id of the conversation."""
    status = Signal(str, str, str)
    """State, text and reason for the status pill."""
    ended = Signal()
    memory = Signal(object)
    """What the memory has done or proposes: an event of app.recalling."""

    def __init__(self, bridge: Bridge, runtime: RuntimeSeam, question: Question) -> None:
        super().__init__()
        self._bridge = bridge
        self._runtime = runtime
        self._handle: Handle | None = None
        self.question = question
        self.conversation = question.conversation
        self.card: AnswerCard | None = None
        self.listener: Callable[[Event | None], None] | None = None
        """Gets every event, and None in the end, in the asyncio thread."""
        self.done = False
        self.stopped = False
        """By the user."""
        self.text = ""
        """The whole answer, once it is complete."""
        self._node = ""
        self._reason = ""

    def start(self, card: AnswerCard) -> None:
        """Ask; what comes is shown in `card`."""
        self.card = card
        self._handle = self._bridge.stream(self._ask, self._event, self._end, self._fail, name="answer")

    def stop(self) -> None:
        """Stop the answer; what was shown stays, here and in the store."""
        if self.done:
            return
        if self._handle is not None:
            self._handle.cancel()
        if self.card is not None:
            self.card.stop()
        self.stopped = True
        self._rest("ready")

    def detach(self) -> None:
        """Go on without a card: the conversation is no longer shown."""
        self.card = None

    async def _ask(self) -> AsyncIterator[Event | Begun]:
        if not self.conversation:
            self.conversation = self._runtime.conversations.create().id
        yield Begun(self.conversation)
        question = replace(self.question, conversation=self.conversation)
        events = self._runtime.assistant.ask(question)
        try:
            async for event in events:
                if self.listener is not None:
                    self.listener(event)
                yield event
        finally:
            if self.listener is not None:
                self.listener(None)
            # Closing the assistant's stream is what stops the answer on the node.
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    def _event(self, event: Event | Begun) -> None:
        from app import events, recalling

        card = self.card
        if isinstance(event, events.Answered):
            self.text = event.text
        match event:
            case Begun():
                self.begun.emit(event.conversation)
            case events.NodeChosen():
                self._chosen(event)
            case events.Moved():
                self._moved(event)
            case recalling.Proposed() | recalling.Remembered() | recalling.Forgotten():
                self.memory.emit(event)
            case _ if card is None:
                pass
            case events.TokenReceived():
                card.append(event.text)
            case events.Retrieved():
                card.found(event.passages, event.filters)
            case events.Warned():
                card.notice(in_language(event.message), event.hint)
            case events.Queued():
                card.tell(
                    tr(
                        "Waiting for a free place on {node}: number {place}…",
                        node=phrases.node_name(self._node),
                        place=event.position,
                    )
                )
            case events.Prefilling():
                reader = phrases.node_name(self._node, start=True)
                if event.total:
                    share = event.done * 100 // event.total
                    card.tell(tr("{node} reads the passages… {share} %", node=reader, share=share))
                else:
                    card.tell(tr("{node} reads the passages…", node=reader))
            case events.Progress():
                left = phrases.time_left(event.seconds_left)
                card.tell(f"{in_language(event.what)}{', ' + left if left else ''}…")
            case events.Answered():
                card.finish(event)

    def _chosen(self, event: NodeChosen) -> None:
        self._node, self._reason = event.name, event.reason
        name = phrases.node_name(event.name)
        self.status.emit("thinking", tr("Thinking · {node}", node=name), _why(event.reason, event.model))
        if self.card is not None:
            self.card.tell(tr("Thinking on {node}…", node=name))
            self.card.chosen(event.reason)

    def _moved(self, event: Moved) -> None:
        self._node = event.to
        why = in_language(event.reason)
        self._reason = tr("Moved from {node}: {reason}", node=phrases.node_name(event.from_), reason=why)
        self.status.emit("moved", tr("Moved · {node}", node=phrases.node_name(event.to)), self._reason)
        if self.card is not None:
            self.card.moved(event)

    def _end(self) -> None:
        self._rest("ready")

    def _fail(self, error: BaseException) -> None:
        if self.card is not None:
            self.card.fail(error)
        if phrases.is_bug(error):
            self._bridge.failed.emit(error)
        self._reason = phrases.trouble(error)[0]
        self._rest("failed")

    def _rest(self, state: str) -> None:
        self.done = True
        name = phrases.node_name(self._node) if self._node else ""
        if state == "failed":
            self.status.emit("failed", tr("Failed"), self._reason)
        elif name:
            self.status.emit("ready", tr("Ready · {node}", node=name), _why(self._reason, ""))
        else:  # no node was needed: nothing was found, or something was remembered
            self.status.emit("ready", tr("Ready"), tr("Tangnet chooses a node when you ask."))
        self.ended.emit()


def _why(reason: str, model: str) -> str:
    sentence = phrases.sentence(reason)
    return tr("{sentence} Model: {model}.", sentence=sentence, model=model) if model else sentence
