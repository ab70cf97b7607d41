"""The left panel: name, new conversation, search, the list of conversations, doors to documents, nodes, settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout

from app.ui import conversation_rows, icons
from app.ui.bridge import Bridge
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.conversation_actions import ConversationActions
from app.ui.promise import Promise
from app.ui.seam import RuntimeSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import TwoLineList
from app.ui.views import CONVERSATION

if TYPE_CHECKING:
    from app.messages import Conversation, Found
    from app.ui.views import View


INDEX_AFTER_MS = 15_000
"""So long after the start the search is brought up to date: opening a conversation comes first."""


class Sidebar(QFrame):
    """Lists conversations and opens everything else."""

    failed = Signal(object)
    new_asked = Signal()
    hit = Signal(str, str, int, str)
    """A conversation that a search found shall be shown: its id, title, the message with the words, and the words."""
    opened = Signal(str, str)
    """Id and title of the conversation to show."""
    deleted = Signal(str)
    view_asked = Signal(str)
    """Name of the view to show."""

    def __init__(self, bridge: Bridge, undo: UndoBar, views: Sequence[View] = ()) -> None:
        super().__init__()
        self.setProperty("kind", "side")
        self.setAccessibleName(tr("Conversations"))
        self.setMinimumWidth(220)
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._current = ""
        self._away = False
        """Whether a page is shown in place of the conversation: one row is marked, not two."""
        self._hits: dict[str, int] = {}
        """The messages in which a search found its words, by conversation."""
        self._closed: set[str] = set()
        """Folders that show nothing."""
        self._wants_name = ""
        self.conversations = ConversationActions(bridge, undo, self)
        self.conversations.failed.connect(self.failed)
        self.conversations.changed.connect(self.refresh)
        self.conversations.deleted.connect(self.deleted)
        self.conversations.restored.connect(self.opened)
        self.conversations.foldered.connect(self._name_folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.M, SPACE.L, SPACE.M, SPACE.M)
        column.setSpacing(SPACE.S)
        brand = QHBoxLayout()
        brand.setSpacing(SPACE.S)
        mark = QLabel()
        mark.setPixmap(icons.app_icon().pixmap(28, 28))
        brand.addWidget(mark)
        brand.addWidget(label("Tangnet", scale=TYPE.TITLE, weight=QFont.Weight.Bold))
        brand.addStretch()
        column.addLayout(brand)
        column.addSpacing(SPACE.XS)
        self.new_button = button(
            tr("New conversation"),
            kind="primary",
            glyph="plus",
            shortcut="Ctrl+N",
            description=tr("Begin a new conversation"),
        )
        self.new_button.clicked.connect(lambda: self.new_asked.emit())
        column.addWidget(self.new_button)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search conversations"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # the window takes files
        self.search.setAccessibleName(tr("Search conversations"))
        self.search.setToolTip(tr("Find conversations by their words (Ctrl+F)"))
        column.addWidget(self.search)
        self.list = TwoLineList(tr("Conversations"))
        self.list.setToolTip("")
        self.list.setLayoutMode(TwoLineList.LayoutMode.Batched)
        self.list.chosen.connect(self._open)
        self.list.removal_asked.connect(self._remove)
        self.list.renamed.connect(self.conversations.rename)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        column.addWidget(self.list, 1)
        self.nothing = label("", tone="muted", wrap=True, scale=TYPE.SMALL)
        self.nothing.hide()
        column.addWidget(self.nothing)
        column.addStretch()  # takes the room of a list that is hidden while it is empty
        self.doors: dict[str, QPushButton] = {}
        """The rows that lead to the pages, by name of the view."""
        foot = QVBoxLayout()
        foot.setSpacing(SPACE.XS)
        for at, view in enumerate(views, 2):
            keys = f"Ctrl+{at}"
            door = button(view.title(), kind="row", glyph=view.glyph, shortcut=keys, description=view.title())
            door.setCheckable(True)
            door.clicked.connect(lambda _on=False, name=view.name: self.view_asked.emit(name))
            foot.addWidget(door)
            self.doors[view.name] = door
        column.addLayout(foot)
        self.promise = Promise(bridge)
        self.promise.failed.connect(self.failed)
        column.addWidget(self.promise)
        # While typing goes on, one search is enough for several letters.
        self._typing = QTimer(self, singleShot=True, interval=60)
        self._typing.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.search, self._down)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)  # as an argument it would take Down from the whole window

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.promise.attach(runtime.outside)
        self.conversations.attach(runtime)
        self.refresh()
        QTimer.singleShot(INDEX_AFTER_MS, self, self._index)

    def _index(self) -> None:
        """Bring the search up to date, so that the first one need not."""
        if self._runtime is None:
            return
        store = self._runtime.conversations

        async def index() -> None:
            import asyncio

            await asyncio.to_thread(store.index)

        self._bridge.run(index, None, self.failed.emit, name="index conversations")

    def refresh(self) -> None:
        """Read the list anew, with the words searched for."""
        if self._runtime is None:
            return
        store = self._runtime.conversations
        words = self._words

        async def read() -> Shown:
            if not words:
                return store.list()
            import asyncio  # the first search after many messages came adds them to the index

            return Findings(words, await asyncio.to_thread(store.search, words))

        self._bridge.run(read, self._show, self.failed.emit, name="conversations")

    def mark(self, id: str) -> None:
        """Show which conversation is open."""
        self._current = id
        self.list.select(self._shown)

    def show_documents(self, count: int) -> None:
        """Say how many documents there are."""
        door = self.doors["library"]
        door.setText(f"{door.accessibleName()}  ({count})" if count else door.accessibleName())

    def show_view(self, name: str) -> None:
        """Mark the row of the view that is shown."""
        for one, door in self.doors.items():
            door.setChecked(one == name)
        self._away = name != CONVERSATION
        self.list.select(self._shown)

    def _show(self, shown: Shown) -> None:
        if isinstance(shown, Findings):
            if shown.text != self._words:
                return  # more has been typed since
            rows = conversation_rows.found(shown.found)
            self._hits = {one.conversation.id: one.message for one in shown.found if one.message}
            self.nothing.setText(tr("Nothing found for “{text}”.", text=shown.text))
        else:
            if self._words:
                return
            self.conversations.known = shown
            self._hits = {}
            rows = conversation_rows.listed(shown, self._closed)
            self.nothing.setText(tr("What you ask is kept here."))
        self.list.setUniformItemSizes(not any(row.heading for row in rows))
        self.list.rows.replace(rows)
        # Who is on the way through the list, or names something in it, stays there.
        if not self.list.current_key or not (self.list.hasFocus() or self.list.editing):
            self.list.select(self._shown)
        self.nothing.setVisible(not rows)
        self.list.setVisible(bool(rows))
        if self._wants_name:
            self.list.rename(conversation_rows.FOLDER + self._wants_name)
            self._wants_name = ""

    @property
    def _shown(self) -> str:
        """Id of the conversation that is in sight."""
        return "" if self._away else self._current

    @property
    def _words(self) -> str:
        return self.search.text().strip()

    def _open(self, key: str) -> None:
        if key.startswith(conversation_rows.FOLDER):
            self._closed ^= {key.removeprefix(conversation_rows.FOLDER)}
            self._show(self.conversations.known)
            self.list.select(key)
            return
        title = next((row.title for row in self.list.rows.rows if row.key == key), "")
        if key in self._hits:
            self.hit.emit(key, title, self._hits[key], self._words)
        else:
            self.opened.emit(key, title)

    def _remove(self, key: str) -> None:
        if key.startswith(conversation_rows.FOLDER):
            self.conversations.delete_folder(key.removeprefix(conversation_rows.FOLDER))
        else:
            self.conversations.delete([key])

    def _name_folder(self, name: str) -> None:
        """A folder was just made: once its row is there, its name is asked for."""
        self._wants_name = name
        self.search.clear()

    def _down(self) -> None:
        """From the search into what it found."""
        if self.list.rows.rows:
            self.list.setFocus()
            if not self.list.current_key:
                self.list.setCurrentIndex(self.list.rows.index(0))

    def _menu(self, at: QPoint) -> None:
        key = self.list.current_key
        if key:
            menu = self.conversations.menu(key, self.list.rename)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(at))


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found for a text."""

    text: str
    found: Sequence[Found]


Shown = Findings | Sequence["Conversation"]
