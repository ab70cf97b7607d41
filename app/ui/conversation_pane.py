"""The middle of the window: one conversation from the first question to the last answer, and what may go wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.attaching import Attaching
from app.ui.bridge import Bridge, Handle
from app.ui.choices import Choices
from app.ui.chrome import StatusPill, TroubleBar, UndoBar
from app.ui.composer import Composer
from app.ui.controls import ElidedLabel
from app.ui.drafts import Drafts
from app.ui.foot import Foot
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

# What `furnish` builds is imported there: a question can be typed before it is there.
if TYPE_CHECKING:
    from app.assistant import Question
    from app.events import NodeInfo
    from app.messages import Conversation, MessageSize, StoredMessage
    from app.ui.answer_card import AnswerCard
    from app.ui.asking import Asking
    from app.ui.conversation_view import ConversationView
    from app.ui.first_run import FirstRun
    from app.ui.hands_free_mark import HandsFreeMark
    from app.ui.kept_sounds import KeptSounds
    from app.ui.models_card import ModelsCard
    from app.ui.recording_bar import RecordingBar
    from app.ui.revising import Revising
    from app.ui.seam import RuntimeSeam


log = logging.getLogger(__name__)


class ConversationPane(QWidget):
    """Shows a conversation, asks, stops, and lets an answer go on when another conversation is shown.

    At first a question can be typed and sent and nothing else; `furnish` builds the rest.
    """

    models: ModelsCard
    first_run: FirstRun
    view: ConversationView
    sounds: KeptSounds
    hands_free: HandsFreeMark
    recording: RecordingBar
    revising: Revising
    """These come with `furnish`."""

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
        self._titling: Handle | None = None
        self.composer = Composer()
        self.pill = StatusPill()
        self.trouble = TroubleBar()
        self.title = ElidedLabel(tr("New conversation"))
        theme.sized(self.title, TYPE.LEAD, QFont.Weight.DemiBold)
        self.stack = QStackedWidget()
        self._lay_out(undo)
        self.composer.submitted.connect(self.ask)
        self.composer.stop_asked.connect(self.stop)
        self.choices = Choices(bridge, self)
        self.choices.failed.connect(self.failed)
        self.drafts = Drafts(bridge, self.composer.box, self.composer.attachments)
        self.drafts.failed.connect(self.failed)
        self.attaching = Attaching(bridge, self.composer)
        self.attaching.said.connect(lambda sentence: self.trouble.tell(sentence, "", calm=True))
        self.attaching.failed.connect(self.failed)

    def furnish(self) -> None:
        """Build what shows a conversation; called once, when the rest can be seen."""
        from app.ui.conversation_view import ConversationView
        from app.ui.first_run import FirstRun
        from app.ui.hands_free_mark import HandsFreeMark
        from app.ui.kept_sounds import KeptSounds
        from app.ui.models_card import ModelsCard
        from app.ui.recording_bar import RecordingBar
        from app.ui.revising import Revising

        self.models = ModelsCard(self.bridge)
        self.first_run = FirstRun(self.models)
        self.view = ConversationView()
        self.view.stays_here = lambda: self.composer.where.value == "only-local"
        self.sounds = KeptSounds(self.bridge, self.view, self._undo)
        self.hands_free = HandsFreeMark()
        self.recording = RecordingBar()
        self.stack.addWidget(self.first_run)
        self.stack.addWidget(self.view)
        self._head.insertWidget(1, self.hands_free)
        self.foot.put(self.recording)
        self.sounds.failed.connect(self.failed)
        self.view.retry.connect(self._retry)
        self.revising = Revising(self)
        self.view.verticalScrollBar().rangeChanged.connect(self._align)
        self.stack.currentChanged.connect(self._align)
        self.first_run.ask_asked.connect(self.composer.box.setFocus)

    def _lay_out(self, undo: UndoBar) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE.XL, SPACE.M, SPACE.XL, SPACE.S)
        head.setSpacing(SPACE.L)
        head.addWidget(self.title, 1)
        head.addWidget(self.pill)
        self._head = head
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        # Its place is below the stack of views: what it tells belongs to all of them.
        self.foot = Foot(self.trouble, undo, self.composer)

    def put_above(self, bar: QWidget) -> None:
        """Put a bar above the text box, below what may be told and undone."""
        self.foot.put(bar, above=self.composer)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; a question that was waiting for it is asked now."""
        self.runtime = runtime
        self.trouble.settle()
        self.models.attach(runtime)
        self.sounds.attach(runtime)
        self.attaching.attach(runtime)
        self.drafts.attach(runtime)
        self.choices.attach(runtime)
        self.pill.tell("ready", tr("Ready"), tr("Tangnet chooses a node when you ask."))
        if self._waiting_question:
            question, self._waiting_question = self._waiting_question, ""
            self.ask(question)

    @property
    def run(self) -> Asking | None:
        """The answer that is being made in the conversation that is shown."""
        return next((run for run in self.runs if run.card is not None), None)

    def show_nodes(self, nodes: Sequence[NodeInfo]) -> None:
        """Name the nodes in the pill, while it says that all is ready."""
        from app.ui import node_words, phrases

        self.composer.where.offer_nodes(nodes)
        usable = [node for node in nodes if node_words.usable(node)]
        self.view.places = [(node.name, phrases.node_name(node.name, start=True)) for node in usable]
        if self.runs or self.pill.state == "failed":
            return
        shown = self.pill.text()
        if not usable or self.pill.state != "ready":
            return
        if any(not node.local for node in usable):
            text = (
                tr("Ready · {number} nodes", number=len(usable))
                if len(usable) > 1
                else tr("Ready · {node}", node=usable[0].name)
            )
            why = tr("Ready: {nodes}.", nodes=node_words.some(usable))
            if (text, why) != (shown, self.pill.accessibleDescription()):
                self.pill.tell("ready", text, why)
        elif shown not in [tr("Ready · {node}", node=phrases.node_name(node.name)) for node in usable]:
            # It may name a node that has gone since.
            self.pill.tell(
                "ready",
                tr("Ready · {node}", node=tr("this machine")),
                tr("No other node can be used, so answers are made here."),
            )

    def new_conversation(self) -> None:
        """Show an empty conversation."""
        self._leave()
        self.conversation = ""
        self.drafts.open("")
        self.title.setText(tr("New conversation"))
        self.choices.present(None)
        self.marked.emit("")
        self.stack.setCurrentWidget(self.first_run)
        self.composer.box.setFocus()

    def open_conversation(self, id: str, title: str, message: int = 0, above: int = 0, *, asked: str = "") -> None:
        """Show a stored conversation at its end, or at the message with that id, so many pixels of it above.

        `asked`: what was searched for and stands in that message; its words are marked.
        """
        if self.runtime is None or (id == self.conversation and self.run is not None):
            return
        store = self.runtime.conversations
        self._leave()
        self.conversation = id
        self.drafts.open(id)
        self.title.setText(title or tr("New conversation"))
        self.marked.emit(id)

        async def read() -> tuple[Sequence[MessageSize], Conversation]:
            return store.sizes(id), store.get(id)

        def show(found: tuple[Sequence[MessageSize], Conversation]) -> None:
            messages, kept = found
            if self.conversation == id and self.run is None:
                self.choices.present(kept)
                self.view.load(messages, self._fetch)
                if message and asked:
                    self.view.reveal(message, asked)
                elif message:
                    self.view.go_to(message, above)
                self.sounds.present(id)
                self.stack.setCurrentWidget(self.view if messages else self.first_run)
                self.composer.box.setFocus()

        self.bridge.run(read, show, self.failed.emit, name="open conversation")

    def ask(self, text: str, *, spoken: bool = False, attached: bool = True) -> None:
        """Ask in the conversation that is shown.

        `spoken`: it was said, so the answer may be wanted aloud. `attached`: the files at the text box go with it.
        """
        self.composer.remember(text)
        if self.runtime is None and self._waiting_question:
            self.composer.put(text)
            return
        if self.runtime is None:
            self._waiting_question = text
            self.pill.tell("starting", tr("Starting…"), tr("Your question is asked as soon as Tangnet is ready."))
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
        attachments = self.composer.attachments.take() if attached else ()
        self.view.add_question(text, [str(path) for path in attachments])
        self.start(text, self.view.add_answer(), spoken, attachments)

    def summarise(self, path: str) -> None:
        """Ask for a summary of a document or folder."""
        self.ask(tr("Summarise {path}", path=path), attached=False)

    def listen(self) -> None:
        """Somebody begins to speak."""
        self.sounds.stop()
        self.composer.show_listening(True)

    def stop(self) -> None:
        """Stop the answer that is shown growing; its text stays."""
        if self.run is not None:
            self.run.stop()

    def start(
        self,
        text: str,
        card: AnswerCard,
        spoken: bool = False,
        attachments: Sequence[Path] = (),
        *,
        instead: int = 0,
        node: str = "",
    ) -> None:
        """Ask, and show the answer in `card`. `instead` and `node` are those of app.assistant.Question."""
        from dataclasses import replace

        from app.ui.asking import Asking

        assert self.runtime is not None
        if self._titling is not None:
            self._titling.cancel()
        question = replace(self.choices.question(text, attachments), instead=instead, node=node)
        run = Asking(self.bridge, self.runtime, question)
        run.begun.connect(lambda id: self._begun(run, id))
        run.status.connect(self.pill.tell)
        run.ended.connect(lambda: self._ended(run))
        self.runs.append(run)
        self.asked.emit(run, card, spoken)
        card.setProperty("question", text)
        card.setProperty("attachments", [str(path) for path in attachments])
        self.composer.set_busy(True)
        self.pill.tell("thinking", tr("Thinking…"), tr("Looking for passages and a node."))
        run.start(card)

    def spoken_question(self) -> Question | None:
        """Return what will be asked when the words are known; None while another answer is being made."""
        return None if self.run is not None else self.choices.question("", self.composer.attachments.paths)

    def _begun(self, run: Asking, id: str) -> None:
        if run.card is not None:
            self.conversation = id
            self.drafts.begun(id)
            self.marked.emit(id)
        self.stored.emit()

    def _ended(self, run: Asking) -> None:
        shown = run.card is not None
        self.runs.remove(run)
        run.deleteLater()
        self._entitle(run.conversation)
        if shown:
            self.composer.set_busy(False)
            self._name_stored()
        elif run.conversation == self.conversation:
            self.open_conversation(self.conversation, self.title.text())
        if self.runtime is not None and self.pill.text() == tr("Ready"):  # no node was needed: those there are
            self.show_nodes(self.runtime.cluster.nodes())
        self.stored.emit()

    def _entitle(self, id: str) -> None:
        """Let a model name a conversation; the next question ends that."""
        if self.runtime is None or not id:
            return
        titles = self.runtime.titles

        async def give() -> str:
            return await titles.give(id)

        def show(title: str) -> None:
            if title:
                self.retitle(id, title)
                self.stored.emit()

        def left(error: BaseException) -> None:
            from app.ui import phrases

            log.info("a conversation got no title: %s", error)  # nobody waits for it: its first words stay
            if phrases.is_bug(error):
                self.failed.emit(error)

        self._titling = self.bridge.run(give, show, left, name="title")

    def _name_stored(self) -> None:
        """Tell the view what its newest messages are called in the store."""
        assert self.runtime is not None
        store, id, after = self.runtime.conversations, self.conversation, self.view.last_id

        async def read() -> Sequence[MessageSize]:
            return store.sizes(id, after)

        def show(sizes: Sequence[MessageSize]) -> None:
            if self.conversation == id and self.view.last_id == after:
                self.view.stored(sizes, self._fetch)
                self.sounds.present(id)
                self._fetch([size.id for size in sizes], self.view.offer_versions)

        self.bridge.run(read, show, self.failed.emit, name="stored messages")

    def _fetch(self, ids: list[int], take: Callable[[Sequence[StoredMessage]], object]) -> None:
        """Read messages for the view."""
        assert self.runtime is not None
        store = self.runtime.conversations

        async def read() -> Sequence[StoredMessage]:
            return store.some(ids)

        self.bridge.run(read, take, self.failed.emit, name="read messages")

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
        self.foot.leave_room(bar.sizeHint().width() if shown else 0)

    def retitle(self, id: str, title: str) -> None:
        """A conversation has another title."""
        if id == self.conversation:
            self.title.setText(title)

    def forget(self, id: str) -> None:
        """The conversation was deleted."""
        if id == self.conversation:
            self.stop()
            self.new_conversation()

    def _retry(self, card: AnswerCard) -> None:
        if self.run is None and self.revising.retry(card):
            return
        text = card.property("question")
        if isinstance(text, str) and text and self.runtime is not None and self.run is None:
            card.retry_button.hide()
            attached = [Path(one) for one in card.property("attachments") or ()]
            self.start(text, self.view.add_answer(), attachments=attached)

    def copy_last(self) -> None:
        """Copy the newest answer."""
        if self.view.answers:
            self.view.answers[-1].copy_button.click()
