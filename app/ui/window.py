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
    from PySide6 import QtGui
    from PySide6.QtCore import QEvent, QMimeData, QUrl
    from PySide6.QtGui import QKeySequence

    from app.events import Hearing
    from app.ui.answer_card import AnswerCard
    from app.ui.asking import Asking
    from app.ui.bridge import Bridge
    from app.ui.conversation_pane import ConversationPane
    from app.ui.documents_panel import DocumentsPanel
    from app.ui.drop_zones import DropZones
    from app.ui.hands_free import HandsFree
    from app.ui.microphone_key import TalkKey
    from app.ui.nodes_panel import NodesPanel
    from app.ui.notices import Notices
    from app.ui.page_pictures import PagePictures
    from app.ui.read_aloud import ReadAloud
    from app.ui.reading import Reading
    from app.ui.recording import Recording
    from app.ui.seam import OpenEar, OpenPlayer, RuntimeSeam
    from app.ui.sidebar import Sidebar
    from app.ui.talk import Talker
    from app.ui.theme import Theme
    from app.ui.tray import Tray
    from app.ui.views import Views


class MainWindow(QMainWindow):
    """Shows at once, empty; `begin` and `furnish` build what is in it, `attach` gives it the opened runtime."""

    bridge: Bridge
    theme: Theme
    sidebar: Sidebar
    pane: ConversationPane
    documents: DocumentsPanel
    nodes: NodesPanel
    views: Views
    reading: Reading
    pictures: PagePictures
    talker: Talker
    aloud: ReadAloud
    talk_key: TalkKey
    recording: Recording
    hands: HandsFree
    tray: Tray
    notices: Notices
    overlay: DropZones
    _talk_key: QKeySequence
    """These come with `begin` and `furnish`."""
    _complete = False  # Qt calls changeEvent before __init__ has run to its end

    painted = Signal()
    """The window has been painted for the first time."""
    closing = Signal()
    settled = Signal()
    """Settings were taken over."""
    bug = Signal(object)
    """An error that is none a user can meet."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Tangnet")
        self.resize(1180, 780)
        self.setMinimumSize(640, 480)
        self.runtime: RuntimeSeam | None = None
        self.waiting: list[str] = []
        """Links and files that came before the runtime was there."""
        self._painted = False
        self._held_key = 0
        self._quits = False

    def complete(self, bridge: Bridge, theme: Theme, open_ear: OpenEar, open_player: OpenPlayer) -> None:
        """Build what is in the window at once."""
        self.begin(bridge, theme)
        self.furnish(open_ear, open_player)

    def begin(self, bridge: Bridge, theme: Theme) -> None:
        """Build what takes a question, and the doors to the rest; called once, after the first painting."""
        from PySide6.QtGui import QKeySequence

        from app.ui.chrome import SidePanel, UndoBar
        from app.ui.conversation_pane import ConversationPane
        from app.ui.sidebar import Sidebar
        from app.ui.views import VIEWS, Views

        self.bridge, self.theme = bridge, theme
        self._talk_key = QKeySequence("F9")
        self.undo = UndoBar()
        self.sidebar = Sidebar(bridge, self.undo, [view for view in VIEWS if view.row])
        self.pane = ConversationPane(bridge, self.undo)
        self.views = Views(self, self.pane, VIEWS)
        self.side = SidePanel()
        self._lay_out()
        self.pane.composer.box.setFocus()

    def furnish(self, open_ear: OpenEar, open_player: OpenPlayer) -> None:
        """Build the rest; called once, after `begin`."""
        from app.ui.dictating import Dictation
        from app.ui.documents_panel import DocumentsPanel
        from app.ui.drop_zones import DropZones
        from app.ui.hands_free_mark import hands_free_in
        from app.ui.microphone_key import TalkKey
        from app.ui.nodes_panel import NodesPanel
        from app.ui.notices import notices_in
        from app.ui.page_pictures import PagePictures
        from app.ui.read_aloud import ReadAloud
        from app.ui.reading import Reading
        from app.ui.recording import record_in
        from app.ui.talk import Talker
        from app.ui.tray import tray_in
        from app.ui.wiring import connect

        bridge = self.bridge
        self.pane.furnish()
        self.pictures = PagePictures(bridge, self)
        self.documents = DocumentsPanel(bridge, self.undo, self.pictures)
        self.nodes = NodesPanel(bridge, self.undo)
        self.talker = Talker(bridge, open_ear, self)
        self.aloud = ReadAloud(bridge, open_player, self)
        self.talk_key = TalkKey(bridge, self.talker)
        self.reading = Reading(bridge, self.side, self.splitter, self.pictures)
        self.recording = record_in(self)
        self.hands = hands_free_in(self)
        self.tray = tray_in(self)
        self.notices = notices_in(self)
        self.overlay = DropZones(self)
        connect(self)
        self.dictation = Dictation(self)
        self._shortcuts()
        self.setAcceptDrops(True)
        self._complete = True

    def _lay_out(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QSplitter

        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for part, stretch in ((self.sidebar, 0), (self.views, 1), (self.side, 0)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self.splitter.setSizes([250, 930, 380])
        self.setCentralWidget(self.splitter)

    def _shortcuts(self) -> None:
        from PySide6.QtGui import QKeySequence, QShortcut

        for keys, action in (
            ("Ctrl+1", self.views.back),
            ("Ctrl+F", self._focus_search),
            ("Ctrl+,", self.show_settings),
            ("Ctrl+L", self.pane.composer.box.setFocus),
            ("Ctrl+Shift+L", lambda: self.views.present("log")),
            ("Ctrl+Shift+D", self.show_documents),
            ("Ctrl+Shift+N", self.show_nodes),
            ("Ctrl+Shift+C", self.pane.copy_last),
            ("Ctrl+Shift+H", self.switch_hands_free),
            ("Ctrl+Q", self.quit),
        ):
            QShortcut(QKeySequence(keys), self, action)

    # ------------------------------------------------------------------ start and end

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime: everything comes alive."""
        self.runtime = runtime
        for part in (self.sidebar, self.views, self.reading, self.pane):
            part.attach(runtime)
        self.talker.attach(runtime)
        self.aloud.attach(runtime)
        self.recording.attach(runtime)
        self.hands.attach(runtime)
        self.focus_went()
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
        self.theme.choose(settings.window_theme, accent=settings.window_accent)
        self.pane.composer.show_where(self.pane.composer.where.value, settings.nodes_prefer)
        key = QKeySequence(settings.voice_key)
        name = settings.voice_key if not key.isEmpty() else "F9"
        self._talk_key = QKeySequence(name)
        self.pane.composer.set_talk_key(name, elsewhere=settings.voice_elsewhere, kept=settings.voice_keep_sound)
        self.pane.first_run.set_talk_key(name)
        self.pane.first_run.show_microphone(bool(settings.voice_device))
        self.talk_key.use(name if settings.voice_everywhere else "")
        self.talker.stand_by()
        self.hands.use()
        self.tray.use()
        self.settled.emit()

    def quit(self) -> None:
        """End the program, also where closing would leave it in the tray."""
        self._quits = True
        self.close()

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        """Make final what could still be undone, and let the application close the rest, or go to the tray."""
        if self._complete:
            self.undo.settle()
            self.pane.drafts.flush()
            self.talker.cancel()
            if not self._quits and self.tray.keeps():
                event.ignore()
                self.tray.put_away()
                return
        super().closeEvent(event)
        self.closing.emit()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        """Say once that the window can be seen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    # ------------------------------------------------------------------ other views, dialogs, programs

    def show_documents(self) -> None:
        """Show the library."""
        self.views.present("library")

    def show_nodes(self) -> None:
        """Show the nodes."""
        self.views.present("nodes")

    def edit_collections(self) -> None:
        """Make and change collections."""
        if self.runtime is None:
            return
        from app.ui.collections_dialog import CollectionsDialog

        dialog = CollectionsDialog(self.bridge, self.runtime.collections, self.documents.source.known_folders(), self)
        dialog.changed.connect(self.pane.composer.collection.offer)
        dialog.failed.connect(self.show_error)
        dialog.open()

    def show_settings(self, name: str = "") -> None:
        """Show the settings, the one of that dotted name first."""
        from app.ui.wishes import show_settings

        show_settings(self, name)

    def save_settings(self, values: dict[str, object]) -> None:
        """Use these from now on, by their dotted names, and keep them."""
        from app.ui.wishes import keep

        keep(self, values)

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

    # ------------------------------------------------------------------ voice

    def switch_hands_free(self) -> None:
        """Listen for the wake word, or no longer."""
        self.save_settings({"voice.hands_free": self.hands.state == "off"})

    def hearing(self, event: Hearing) -> None:
        """Show what has been understood so far."""
        rest = event.text[len(event.confirmed) :] if event.text.startswith(event.confirmed) else event.text
        self.pane.composer.show_partial(event.confirmed, rest)

    def heard(self, text: str) -> None:
        """Take what was said."""
        from app.ui.told import take

        self.pane.composer.show_listening(False)
        if text or not self.hands.turn:
            take(self, text, instead=self.hands.turn)
        if self.hands.turn:
            self.hands.took(text)

    def asked(self, asking: Asking, card: AnswerCard, spoken: bool) -> None:
        """A question is about to be asked: its answer may be wanted aloud."""
        self.aloud.stop()
        wish = self.runtime.settings.voice_speak if self.runtime is not None else "off"
        if wish == "always" or (spoken and (wish == "spoken" or self.hands.turn)):
            self.aloud.follow(asking, card, self.talker.stays_here())

    def talk_failed(self, error: BaseException) -> None:
        """Listening ended with an error."""
        self.pane.composer.show_listening(False)
        self.show_error(error)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        """The talk key, and Esc: ends what was begun last, see `_escape`."""
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QKeySequence

        if not self._complete:
            super().keyPressEvent(event)
        elif QKeySequence(event.keyCombination()) == self._talk_key:
            if not event.isAutoRepeat():
                self._held_key = event.key()
                self.talker.press()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        """Cancel talking, else be silent, else stop the answer, else close the panel, else go to the conversation."""
        awake = self.hands.awake
        self.hands.cancel()
        if self.talker.active:
            self.talker.cancel()
        elif self.aloud.active:
            self.aloud.stop()
        elif self.pane.run is not None:
            self.pane.stop()
        elif not awake and self.side.page is not None:
            self.side.dismiss()
        elif not awake:
            self.views.back()

    def keyReleaseEvent(self, event: QtGui.QKeyEvent) -> None:
        """The talk key was let go."""
        if self._held_key and event.key() == self._held_key:  # modifiers may have been let go before
            if not event.isAutoRepeat():
                self._held_key = 0
                self.talker.release_soon()
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system's colours and letters. If another window took the keyboard, a held key is let go."""
        super().changeEvent(event)
        if self._complete:
            self.theme.notice(event)
        if self._complete and not self.isActiveWindow() and not self.talk_key.held:
            self.talker.release()

    def focus_went(self, *_: object) -> None:
        """Some window of this program has the keyboard, or another program."""
        from PySide6.QtGui import QGuiApplication

        self.talker.set_front(QGuiApplication.focusWindow() is not None)

    # ------------------------------------------------------------------ files dropped on the window

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        """Take local files and folders."""
        if self._complete and _local_paths(event.mimeData()):
            event.acceptProposedAction()
            self.overlay.cover(asks=self.views.name == "conversation")

    def dragMoveEvent(self, event: QtGui.QDragMoveEvent) -> None:
        """Mark what would happen there."""
        self.overlay.point(event.position().toPoint())
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QtGui.QDragLeaveEvent) -> None:
        """The files went elsewhere."""
        self.overlay.hide()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        """Ask about what was dropped, or add it to the library, as the zone under it says."""
        from PySide6.QtCore import Qt

        asks = self.overlay.isVisible() and self.overlay.point(event.position().toPoint()) == "ask"
        self.overlay.hide()
        paths = _local_paths(event.mimeData())
        if paths:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            (self.pane.attaching.add if asks else self.add_documents)(paths)

    def add_documents(self, paths: Sequence[Path]) -> None:
        """Add files and folders and show how that goes."""
        self.show_documents()
        self.documents.add(paths)

    def choose_files(self) -> None:
        """Ask which files to add to the library."""
        self.show_documents()
        self.documents.choose_files()

    def choose_folder(self) -> None:
        """Ask which folder to read; its changes are noticed from then on."""
        from app.ui.document_menu import choose_watched

        self.show_documents()
        choose_watched(self.documents)

    def _focus_search(self) -> None:
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def recolour(self) -> None:
        """Take the colours of now."""
        from app.ui import controls

        controls.retint(self, self.theme.colours)
        self.pane.view.repaint_text()
        self.reading.repaint_text()


def _local_paths(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile() and url.toLocalFile()]
