"""Questions put in other words, answers made anew, versions and branches: what the view asks for is done here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.messages import Conversation, StoredMessage
    from app.ui.answer_card import AnswerCard
    from app.ui.conversation_pane import ConversationPane
    from app.ui.conversations_seam import ConversationsSeam


class Revising(QObject):
    """Works on the conversation that `pane` shows; nothing happens while an answer is being made in it."""

    def __init__(self, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._pane = pane
        pane.view.edit_asked.connect(self.edit)
        pane.view.regenerate_asked.connect(lambda card, where: self.regenerate(card.message, where))
        pane.view.branch_asked.connect(self.branch)
        pane.view.version_asked.connect(self.show_version)

    def edit(self, message: int, text: str) -> None:
        """Ask a stored question in other words; the first one is kept with all that followed it."""

        def ask(question: StoredMessage) -> None:
            files = [Path(path) for path in question.attachments]
            self._pane.view.cut(message)
            self._pane.composer.remember(text)
            self._pane.view.add_question(text, question.attachments)
            self._pane.start(text, self._pane.view.add_answer(), attachments=files, instead=message)

        self._read(lambda store: store.message(message), ask)

    def regenerate(self, message: int, where: str = "") -> None:
        """Let a stored answer be made anew; the first one is kept. `where`: name of a node, "" = as usual."""

        def find(store: ConversationsSeam) -> StoredMessage:
            return store.message(store.message(message).parent)

        def ask(question: StoredMessage) -> None:
            files = [Path(path) for path in question.attachments]
            self._pane.view.cut(message)
            card = self._pane.view.add_answer()
            self._pane.start(question.text, card, attachments=files, instead=message, node=where)

        self._read(find, ask)

    def branch(self, message: int) -> None:
        """Begin a new conversation with what was said up to a message, and show it."""
        pane, id = self._pane, self._pane.conversation

        def show(made: Conversation) -> None:
            pane.stored.emit()
            pane.open_conversation(made.id, made.title)
            pane.trouble.tell(
                tr("This is a branch. The conversation it came from is unchanged."), calm=True, passing=True
            )

        self._do(lambda store: self._branched(store, id, message), show)

    def _branched(self, store: ConversationsSeam, id: str, message: int) -> Conversation:
        """Branch off; what is known of how the answers came about goes with them."""
        made = store.branch(id, message)
        if (runtime := self._pane.runtime) is not None:
            said = [one.id for one in store.messages(id, message)]
            runtime.traces.take_over(id, made.id, zip(said, [one.id for one in store.messages(made.id)], strict=True))
        return made

    def show_version(self, message: int) -> None:
        """Show the version of the conversation that goes through a message."""
        pane, id = self._pane, self._pane.conversation
        if pane.run is not None:
            return

        def show(_done: None) -> None:
            if pane.conversation == id and pane.run is None:
                pane.open_conversation(id, pane.title.text(), message)

        self._do(lambda store: store.show(id, message), show)

    def retry(self, card: AnswerCard) -> bool:
        """Make a failed answer anew in its place; False when the store does not know it yet."""
        if card.message:
            self.regenerate(card.message)
        return bool(card.message)

    def _read(self, work: Callable[[ConversationsSeam], StoredMessage], done: Callable[[StoredMessage], None]) -> None:
        pane, id = self._pane, self._pane.conversation
        if pane.run is not None:
            pane.trouble.tell(
                tr("An answer is being made. Stop it first, or wait for its end."), calm=True, passing=True
            )
            return

        def go(found: StoredMessage) -> None:
            if pane.conversation == id and pane.run is None:
                pane.trouble.settle()
                done(found)

        self._do(work, go)

    def _do(self, work: Callable[[ConversationsSeam], object], done: Callable[..., None]) -> None:
        pane = self._pane
        if pane.runtime is None or not pane.conversation:
            return
        store = pane.runtime.conversations

        async def go() -> object:
            return work(store)

        pane.bridge.run(go, done, pane.failed.emit, name="versions")
