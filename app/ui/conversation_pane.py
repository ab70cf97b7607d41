"""The middle of the window: one conversation from the first question to the last answer, and what may go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.asking import Asking
from app.ui.bridge import Bridge
from app.ui.chrome import StatusPill, TroubleBar, UndoBar
from app.ui.composer import Composer
from app.ui.controls import ElidedLabel
from app.ui.conversation_view import ConversationView
from app.ui.first_run import FirstRun
from app.ui.models_card import ModelsCard
from app.ui.seam import RuntimeSeam

if TYPE_CHECKING:
    from app.assistant import Question
    from app.collections import Collection
    from app.messages import Conversation, StoredMessage
    from app.ui.answer_card import AnswerCard


class ConversationPane(QWidget):
    """Shows a conversation, asks, stops, and lets an answer go on when another conversation is shown."""

    failed = Signal(object)
    marked = Signal(str)
    """Id of the conversation that is shown now; "" for a new one."""
    asked = Signal(object, object, bool)
    """A question is about to be asked: the Asking, the card of its answer, and whether it was spoken."""
    stored = Signal()
    """The stored conversations have changed."""

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self.bridge = bridge
        self._undo = undo
        self.runtime: RuntimeSeam | None = None
        self.conversation = ""
        self.runs: list[Asking] = []
        self._waiting_question = ""
        self.models = ModelsCard(bridge)
        self.first_run = FirstRun(self.models)
        self.view = ConversationView()
        self.composer = Composer()
        self.pill = StatusPill()
        self.trouble = TroubleBar()
        self.title = ElidedLabel("New conversation")
        theme.sized(self.title, 1.1, QFont.Weight.DemiBold)
        self.stack = QStackedWidget()
        self._lay_out(undo)
        self.view.retry.connect(self._retry)
        self.view.verticalScrollBar().rangeChanged.connect(self._align)
        self.stack.currentChanged.connect(self._align)
        self.composer.submitted.connect(self.ask)
        self.composer.stop_asked.connect(self.stop)
        self.composer.collection.changed.connect(self._keep_collection)
        self.composer.collection.opening.connect(self._read_collections)
        self.composer.where_chosen.connect(self._keep_where)
        self.first_run.ask_asked.connect(self.composer.box.setFocus)

    def _lay_out(self, undo: UndoBar) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(24, 14, 20, 8)
        head.setSpacing(16)
        head.addWidget(self.title, 1)
        head.addWidget(self.pill)
        column.addLayout(head)
        self.stack.addWidget(self.first_run)
        self.stack.addWidget(self.view)
        column.addWidget(self.stack, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 6, 24, 18)
        self._foot = foot
        foot.addStretch(1)
        below = QWidget()
        below.setMaximumWidth(800)
        under = QVBoxLayout(below)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(8)
        under.addWidget(self.trouble)
        under.addWidget(undo)
        under.addWidget(self.composer)
        foot.addWidget(below, 100)
        foot.addStretch(1)
        column.addLayout(foot)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; a question that was waiting for it is asked now."""
        self.runtime = runtime
        self.trouble.settle()
        self.models.attach(runtime)
        self._read_collections()
        self.pill.tell("ready", "Ready", "Tangnet chooses a node when you ask.")
        if self._waiting_question:
            question, self._waiting_question = self._waiting_question, ""
            self.ask(question)

    @property
    def run(self) -> Asking | None:
        """The answer that is being made in the conversation that is shown."""
        return next((run for run in self.runs if run.card is not None), None)

    def new_conversation(self) -> None:
        """Show an empty conversation."""
        self._leave()
        self.conversation = ""
        self.title.setText("New conversation")
        self.composer.show_where("")
        self.composer.collection.show_value("")
        self.marked.emit("")
        self.stack.setCurrentWidget(self.first_run)
        self.composer.box.setFocus()

    def open_conversation(self, id: str, title: str) -> None:
        """Show a stored conversation."""
        if self.runtime is None or (id == self.conversation and self.run is not None):
            return
        store = self.runtime.conversations
        self._leave()
        self.conversation = id
        self.title.setText(title or "New conversation")
        self.marked.emit(id)

        async def read() -> tuple[Sequence[StoredMessage], Conversation]:
            return store.messages(id), store.get(id)

        def show(found: tuple[Sequence[StoredMessage], Conversation]) -> None:
            messages, kept = found
            if self.conversation == id and self.run is None:
                self.composer.show_where(kept.prefer)
                self.composer.collection.show_value(kept.collection)
                self.view.load(messages)
                self.stack.setCurrentWidget(self.view if messages else self.first_run)
                self.composer.box.setFocus()

        self.bridge.run(read, show, self.failed.emit, name="open conversation")

    def ask(self, text: str, *, spoken: bool = False) -> None:
        """Ask in the conversation that is shown. `spoken`: it was said, so the answer may be wanted aloud."""
        self.composer.remember(text)
        if self.runtime is None:
            self._waiting_question = text
            self.pill.tell("starting", "Starting…", "Your question is asked as soon as Tangnet is ready.")
            return
        if self.run is not None:
            self.composer.put(text)
            return
        self.trouble.settle()
        self._undo.settle()  # what was removed must not be answered from
        if self.stack.currentWidget() is not self.view:
            self.view.clear()
            self.stack.setCurrentWidget(self.view)
            self.title.setText(text if len(text) < 80 else f"{text[:78]}…")
        self.view.add_question(text)
        self._start(text, self.view.add_answer(), spoken)

    def summarise(self, path: str) -> None:
        """Ask for a summary of a document or folder."""
        self.ask(f"Summarise {path}")

    def stop(self) -> None:
        """Stop the answer that is shown growing; its text stays."""
        if self.run is not None:
            self.run.stop()

    def _start(self, text: str, card: AnswerCard, spoken: bool = False) -> None:
        from app.collections import EVERYTHING

        assert self.runtime is not None
        documents = self.composer.documents_toggle.isChecked()
        run = Asking(self.bridge, self.runtime, text, self.conversation, documents, self.composer.where.value,
                     self.composer.collection.value or EVERYTHING)  # fmt: skip
        run.begun.connect(lambda id: self._begun(run, id))
        run.status.connect(self.pill.tell)
        run.ended.connect(lambda: self._ended(run))
        self.runs.append(run)
        self.asked.emit(run, card, spoken)
        card.setProperty("question", text)
        self.composer.set_busy(True)
        self.pill.tell("thinking", "Thinking…", "Looking for passages and a node.")
        run.start(card)

    def spoken_question(self) -> Question | None:
        """Return what will be asked when the words are known; None while another answer is being made."""
        from app.assistant import Question
        from app.collections import EVERYTHING

        if self.run is not None:
            return None
        return Question(
            conversation=self.conversation,
            use_documents=self.composer.documents_toggle.isChecked(),
            prefer=self.composer.where.value,
            collection=self.composer.collection.value or EVERYTHING,
        )

    def _keep_where(self, value: str) -> None:
        if self.runtime is None or not self.conversation:
            return  # a new conversation takes it with its first question
        store, id = self.runtime.conversations, self.conversation

        async def keep() -> None:
            store.prefer(id, value)

        self.bridge.run(keep, None, self.failed.emit, name="keep where", must_finish=True)

    def _keep_collection(self, name: str) -> None:
        if self.runtime is None or not self.conversation:
            return  # a new conversation takes it with its first question
        store, id = self.runtime.conversations, self.conversation

        async def keep() -> None:
            store.collect(id, name)

        self.bridge.run(keep, None, self.failed.emit, name="keep collection", must_finish=True)

    def _read_collections(self) -> None:
        if self.runtime is None:
            return
        collections = self.runtime.collections

        async def read() -> Sequence[Collection]:
            import asyncio

            return await asyncio.to_thread(collections.all)

        self.bridge.run(read, self.composer.collection.offer, self.failed.emit, name="collections")

    def _begun(self, run: Asking, id: str) -> None:
        if run.card is not None:
            self.conversation = id
            self.marked.emit(id)
        self.stored.emit()

    def _ended(self, run: Asking) -> None:
        shown = run.card is not None
        self.runs.remove(run)
        run.deleteLater()
        if shown:
            self.composer.set_busy(False)
        elif run.conversation == self.conversation:
            self.open_conversation(self.conversation, self.title.text())
        self.stored.emit()

    def _leave(self) -> None:
        run = self.run
        if run is not None:
            run.detach()
        self.composer.set_busy(False)
        self.view.clear()

    def _align(self) -> None:
        """Keep the text box under the column of text, which a scroll bar moves to the left."""
        bar = self.view.verticalScrollBar()
        shown = self.stack.currentWidget() is self.view and bar.maximum() > bar.minimum()
        self._foot.setContentsMargins(24, 6, 24 + (bar.sizeHint().width() if shown else 0), 18)

    def forget(self, id: str) -> None:
        """The conversation was deleted."""
        if id == self.conversation:
            self.stop()
            self.new_conversation()

    def _retry(self, card: AnswerCard) -> None:
        text = card.property("question")
        if isinstance(text, str) and text and self.runtime is not None and self.run is None:
            card.retry_button.hide()
            self._start(text, self.view.add_answer())

    def copy_last(self) -> None:
        """Copy the newest answer."""
        if self.view.answers:
            self.view.answers[-1].copy_button.click()
