"""The main window: puts the parts together and carries what the user does from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QMainWindow

# Everything else is imported where it is used: PySide makes each class at its first import, and what comes in here
# comes before the first painting.
if TYPE_CHECKING:
    from PySide6.QtCore import QEvent, QMimeData, QUrl
    from PySide6.QtGui import (
        QCloseEvent,
        QDragEnterEvent,
        QDragLeaveEvent,
        QDropEvent,
        QKeyEvent,
        QKeySequence,
        QPaintEvent,
    )

    from app.events import Hearing, NodeInfo
    from app.ui.answer_card import AnswerCard
    from app.ui.asking import Asking
    from app.ui.bridge import Bridge
    from app.ui.chrome import DropOverlay
    from app.ui.conversation_pane import ConversationPane
    from app.ui.documents_panel import DocumentsPanel
    from app.ui.microphone_key import TalkKey
    from app.ui.nodes_panel import NodesPanel
    from app.ui.page_pictures import PagePictures
    from app.ui.read_aloud import ReadAloud
    from app.ui.reading import Reading
    from app.ui.seam import OpenEar, OpenPlayer, RuntimeSeam
    from app.ui.sidebar import Sidebar
    from app.ui.talk import Talker
    from app.ui.theme import Theme


class MainWindow(QMainWindow):
    """Shows at once, empty; `complete` builds what is in it, `attach` gives it the opened runtime."""

    bridge: Bridge
    theme: Theme
    sidebar: Sidebar
    pane: ConversationPane
    documents: DocumentsPanel
    nodes: NodesPanel
    reading: Reading
    pictures: PagePictures
    talker: Talker
    aloud: ReadAloud
    talk_key: TalkKey
    overlay: DropOverlay
    _talk_key: QKeySequence
    """These come with `complete`."""
    _complete = False  # Qt calls changeEvent before __init__ has run to its end

    painted = Signal()
    """The window has been painted for the first time."""
    closing = Signal()
    bug = Signal(object)
    """An error that is none a user can meet."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Tangnet")
        self.resize(1180, 780)
        self.setMinimumSize(640, 480)
        self.runtime: RuntimeSeam | None = None
        self._painted = False
        self._held_key = 0

    def complete(self, bridge: Bridge, theme: Theme, open_ear: OpenEar, open_player: OpenPlayer) -> None:
        """Build what is in the window; called once, after the first painting."""
        from PySide6.QtGui import QKeySequence

        from app.ui.chrome import DropOverlay, SidePanel, UndoBar
        from app.ui.conversation_pane import ConversationPane
        from app.ui.documents_panel import DocumentsPanel
        from app.ui.microphone_key import TalkKey
        from app.ui.nodes_panel import NodesPanel
        from app.ui.page_pictures import PagePictures
        from app.ui.read_aloud import ReadAloud
        from app.ui.reading import Reading
        from app.ui.sidebar import Sidebar
        from app.ui.talk import Talker

        self.bridge, self.theme = bridge, theme
        self._talk_key = QKeySequence("F9")
        self.undo = UndoBar()
        self.sidebar = Sidebar(bridge, self.undo)
        self.pane = ConversationPane(bridge, self.undo)
        self.side = SidePanel()
        self.pictures = PagePictures(bridge, self)
        self.documents = DocumentsPanel(bridge, self.undo, self.pictures)
        self.nodes = NodesPanel(bridge, self.undo)
        self.talker = Talker(bridge, open_ear, self)
        self.aloud = ReadAloud(bridge, open_player, self)
        self.talk_key = TalkKey(bridge, self.talker)
        self._lay_out()
        self.reading = Reading(bridge, self.side, self.splitter, self.pictures)
        self.overlay = DropOverlay(self)
        self._connect()
        self._shortcuts()
        self.setAcceptDrops(True)
        self.pane.composer.box.setFocus()
        self._complete = True

    def _lay_out(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QSplitter

        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for part, stretch in ((self.sidebar, 0), (self.pane, 1), (self.side, 0)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.splitter.setSizes([250, 930, 380])
        self.setCentralWidget(self.splitter)

    def _connect(self) -> None:
        from PySide6.QtGui import QGuiApplication

        # A part in the right panel shows its own errors there; all others go through one place.
        for part in (self.sidebar, self.pane, self.pane.models, self.documents, self.nodes, self.reading):
            part.failed.connect(self.show_error)
        self.bridge.failed.connect(self.show_error)
        self.sidebar.new_asked.connect(self.pane.new_conversation)
        self.sidebar.opened.connect(self.pane.open_conversation)
        self.sidebar.deleted.connect(self.pane.forget)
        self.pane.marked.connect(self.sidebar.mark)
        self.pane.stored.connect(self.sidebar.refresh)
        self.sidebar.documents_asked.connect(self.show_documents)
        self.sidebar.nodes_asked.connect(self.show_nodes)
        self.sidebar.settings_asked.connect(self.show_settings)
        self.pane.pill.clicked.connect(self.show_nodes)
        self.documents.changed.connect(self.pane.first_run.show_documents)
        self.documents.changed.connect(self.sidebar.show_documents)
        self.documents.open_asked.connect(self.open_document)
        self.documents.passages_asked.connect(self.reading.show_passages)
        self.documents.summary_asked.connect(self.pane.summarise)
        self.documents.said.connect(lambda sentence: self.pane.trouble.tell(sentence, "", calm=True))
        self.pane.composer.collection.edit_asked.connect(self.edit_collections)
        self.side.widened.connect(self.reading.widen)
        self.nodes.changed.connect(self._nodes_changed)
        self.nodes.changed.connect(self.pane.models.show_nodes)
        self.nodes.models_asked.connect(self.pane.models.put_on_nodes)
        self.pane.first_run.add_asked.connect(self._choose_files)
        self.pane.view.cited.connect(self.reading.show_passage)
        self.pane.view.link.connect(self.offer_link)
        self.pane.composer.add_asked.connect(self._choose_files)
        for source in (self.pane.composer, self.pane.first_run):
            source.talk_pressed.connect(self.talker.press)
            source.talk_released.connect(self.talker.release)
        self.talker.stays_here = lambda: self.pane.composer.where.value == "only-local"
        self.talker.question = self.pane.spoken_question
        self.talker.began.connect(self.aloud.stop)  # who begins to speak is listened to
        self.talker.began.connect(lambda: self.pane.composer.show_listening(True))
        self.talker.live.connect(self.pane.composer.show_live)
        self.talker.finishing.connect(self.pane.composer.show_finishing)
        self.talker.level.connect(self.pane.composer.meter.show_level)
        self.talker.hearing.connect(self._hearing)
        self.talker.heard.connect(self._heard)
        self.talker.state.connect(self.pane.composer.microphone.show_state)
        self.pane.composer.microphone.clicked.connect(lambda: self.show_settings())
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._focus_went)
        self.talk_key.notice.connect(lambda sentence: self.pane.trouble.tell(sentence, "", calm=True))
        self.talker.hint.connect(lambda sentence: self.pane.trouble.tell(sentence, "", calm=True))
        self.talker.cancelled.connect(lambda: self.pane.composer.show_listening(False))
        self.talker.failed.connect(self._talk_failed)
        self.pane.asked.connect(self._asked)
        self.pane.view.aloud.connect(lambda card: self.aloud.toggle(card, self.talker.stays_here()))
        self.aloud.failed.connect(self.show_error)
        self.aloud.hint.connect(lambda sentence: self.pane.trouble.tell(sentence, "", calm=True))
        self.side.closed.connect(self.pane.composer.box.setFocus)
        self.theme.changed.connect(self._recolour)

    def _shortcuts(self) -> None:
        from PySide6.QtGui import QKeySequence, QShortcut

        for keys, action in (
            ("Ctrl+F", self._focus_search),
            ("Ctrl+L", self.pane.composer.box.setFocus),
            ("Ctrl+Shift+D", self.show_documents),
            ("Ctrl+Shift+N", self.show_nodes),
            ("Ctrl+Shift+C", self.pane.copy_last),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(keys), self, action)

    # ------------------------------------------------------------------ start and end

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime: everything comes alive."""
        self.runtime = runtime
        for part in (self.sidebar, self.documents, self.nodes, self.reading, self.pane):
            part.attach(runtime)
        self.talker.attach(runtime)
        self.aloud.attach(runtime)
        self._focus_went()
        self.apply_settings()
        notice = getattr(runtime.conversations, "notice", "")
        if notice:
            self.pane.trouble.tell(str(notice), "", calm=True)

    def apply_settings(self) -> None:
        """Take over what the settings say about colours and the talk key."""
        from PySide6.QtGui import QKeySequence

        if self.runtime is None:
            return
        settings = self.runtime.settings
        self.theme.choose(settings.window_theme)
        self.pane.composer.show_where(self.pane.composer.where.value, settings.nodes_prefer)
        key = QKeySequence(settings.voice_key)
        name = settings.voice_key if not key.isEmpty() else "F9"
        self._talk_key = QKeySequence(name)
        self.pane.composer.set_talk_key(name, elsewhere=settings.voice_elsewhere)
        self.pane.first_run.set_talk_key(name)
        self.talk_key.use(name if settings.voice_everywhere else "")
        self.talker.stand_by()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Make final what could still be undone, and let the application close the rest."""
        if self._complete:
            self.undo.settle()
            self.talker.cancel()
        super().closeEvent(event)
        self.closing.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say once that the window can be seen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    # ------------------------------------------------------------------ the right panel

    def show_documents(self) -> None:
        """Open the documents panel."""
        self.side.present(self.documents, "Documents")

    def show_nodes(self) -> None:
        """Open the node list."""
        self.side.present(self.nodes, "Nodes")

    def edit_collections(self) -> None:
        """Make and change collections."""
        if self.runtime is None:
            return
        from app.ui.collections_dialog import CollectionsDialog

        dialog = CollectionsDialog(self.bridge, self.runtime.collections, self.documents.source.known_folders(), self)
        dialog.changed.connect(self.pane.composer.collection.offer)
        dialog.failed.connect(self.show_error)
        dialog.open()

    def show_settings(self) -> None:
        """Open the settings; what is saved is used at once where that is possible."""
        from PySide6.QtCore import Qt

        if self.runtime is None:
            return
        from app.ui.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self.runtime.settings, self, bridge=self.bridge, lend=self.talker.lend)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._save_settings(dialog.values()))
        dialog.open()

    def _save_settings(self, values: dict[str, object]) -> None:
        if self.runtime is None:
            return
        settings, place = self.runtime.settings, self.runtime.home / "settings.toml"
        for name, value in values.items():
            setattr(settings, name.replace(".", "_", 1), value)
        self.apply_settings()

        async def save() -> None:
            settings.save(place)

        self.bridge.run(save, None, self.show_error, name="save settings", must_finish=True)

    def open_document(self, path: str) -> None:
        """Open a document with the system's program."""
        from app.ui.leaving import open_file

        problem = open_file(path)
        if problem:
            self.pane.trouble.tell(problem, "")

    def offer_link(self, url: QUrl) -> None:
        """Show where a link in an answer leads; only a click there opens it."""
        from app.ui.leaving import offer_link

        offer_link(self, url)

    def show_error(self, error: BaseException) -> None:
        """Show an error that belongs to nothing else on the screen."""
        from app.ui import phrases

        if phrases.is_bug(error):
            self.bug.emit(error)
        else:
            self.pane.trouble.tell(*phrases.trouble(error))

    def _nodes_changed(self, nodes: Sequence[NodeInfo]) -> None:
        from app.ui import node_words, phrases

        if self.pane.runs or self.pane.pill.state == "failed":
            return
        usable = [node for node in nodes if node_words.usable(node)]
        shown = self.pane.pill.text()
        if not usable or not shown.startswith("Ready"):
            return
        if any(not node.local for node in usable):
            text = f"Ready · {len(usable)} nodes" if len(usable) > 1 else f"Ready · {usable[0].name}"
            why = f"Ready: {node_words.some(usable)}."
            if (text, why) != (shown, self.pane.pill.accessibleDescription()):
                self.pane.pill.tell("ready", text, why)
        elif shown.removeprefix("Ready · ") not in [phrases.node_name(node.name) for node in usable]:
            # It may name a node that has gone since.
            self.pane.pill.tell("ready", "Ready · this machine", "No other node can be used, so answers are made here.")

    # ------------------------------------------------------------------ voice

    def _hearing(self, event: Hearing) -> None:
        rest = event.text[len(event.confirmed) :] if event.text.startswith(event.confirmed) else event.text
        self.pane.composer.show_partial(event.confirmed, rest)

    def _heard(self, text: str) -> None:
        from app.ui.told import take

        self.pane.composer.show_listening(False)
        take(self, text)

    def _asked(self, asking: Asking, card: AnswerCard, spoken: bool) -> None:
        self.aloud.stop()
        wish = self.runtime.settings.voice_speak if self.runtime is not None else "off"
        if wish == "always" or (spoken and wish == "spoken"):
            self.aloud.follow(asking, card, self.talker.stays_here())

    def _talk_failed(self, error: BaseException) -> None:
        self.pane.composer.show_listening(False)
        self.show_error(error)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The talk key, and Esc: cancel talking, else be silent, else stop the answer, else close the right panel."""
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QKeySequence

        if not self._complete:
            super().keyPressEvent(event)
        elif QKeySequence(event.keyCombination()) == self._talk_key:
            if not event.isAutoRepeat():
                self._held_key = event.key()
                self.talker.press()
        elif event.key() == Qt.Key.Key_Escape:
            if self.talker.active:
                self.talker.cancel()
            elif self.aloud.active:
                self.aloud.stop()
            elif self.pane.run is not None:
                self.pane.stop()
            else:
                self.side.dismiss()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The talk key was let go."""
        if self._held_key and event.key() == self._held_key:  # modifiers may have been let go before
            if not event.isAutoRepeat():
                self._held_key = 0
                self.talker.release_soon()
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another window took the keyboard: the release of a held key would never come."""
        super().changeEvent(event)
        if self._complete and not self.isActiveWindow() and not self.talk_key.held:
            self.talker.release()

    def _focus_went(self, *_: object) -> None:
        """Some window of this program has the keyboard, or another program."""
        from PySide6.QtGui import QGuiApplication

        self.talker.set_front(QGuiApplication.focusWindow() is not None)

    # ------------------------------------------------------------------ files dropped on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take local files and folders."""
        if self._complete and _local_paths(event.mimeData()):
            event.acceptProposedAction()
            self.overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files went elsewhere."""
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        from PySide6.QtCore import Qt

        self.overlay.hide()
        paths = _local_paths(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.add_documents(paths)

    def add_documents(self, paths: Sequence[Path]) -> None:
        """Add files and folders and show how that goes."""
        self.show_documents()
        self.documents.add(paths)

    def _choose_files(self) -> None:
        self.show_documents()
        self.documents.choose_files()

    def _focus_search(self) -> None:
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def _recolour(self) -> None:
        from app.ui import controls

        controls.retint(self, self.theme.colours)
        self.pane.view.repaint_text()
        self.reading.repaint_text()


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile() and url.toLocalFile()]
