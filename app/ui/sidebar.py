"""The left panel: name, new conversation, search, the list of conversations, doors to documents, nodes, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout

from app.ui import icons
from app.ui.bridge import Bridge
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.seam import RuntimeSeam
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from datetime import datetime

    from app.messages import Conversation


class Sidebar(QFrame):
    """Lists conversations and opens everything else."""

    failed = Signal(object)
    new_asked = Signal()
    opened = Signal(str, str)
    """Id and title of the conversation to show."""
    deleted = Signal(str)
    documents_asked = Signal()
    nodes_asked = Signal()
    settings_asked = Signal()

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self.setProperty("kind", "side")
        self.setAccessibleName("Conversations")
        self.setMinimumWidth(220)
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._current = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 16, 14, 12)
        column.setSpacing(8)
        brand = QHBoxLayout()
        brand.setSpacing(10)
        mark = QLabel()
        mark.setPixmap(icons.app_icon().pixmap(28, 28))
        brand.addWidget(mark)
        brand.addWidget(label("Tangnet", scale=1.35, weight=QFont.Weight.Bold))
        brand.addStretch()
        column.addLayout(brand)
        column.addSpacing(6)
        self.new_button = button(
            "New conversation", kind="primary", glyph="plus", shortcut="Ctrl+N", description="Begin a new conversation"
        )
        self.new_button.clicked.connect(lambda: self.new_asked.emit())
        column.addWidget(self.new_button)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search conversations")
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # the window takes files
        self.search.setAccessibleName("Search conversations")
        self.search.setToolTip("Find conversations by their words (Ctrl+F)")
        column.addWidget(self.search)
        self.list = TwoLineList("Conversations")
        self.list.setToolTip("")
        self.list.chosen.connect(self._open)
        self.list.removal_asked.connect(self.delete)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        column.addWidget(self.list, 1)
        self.nothing = label("", tone="muted", wrap=True, scale=0.92)
        self.nothing.hide()
        column.addWidget(self.nothing)
        column.setSpacing(6)
        self.documents_button = button("&Documents", kind="row", glyph="document", description="Show your documents")
        self.documents_button.clicked.connect(lambda: self.documents_asked.emit())
        column.addWidget(self.documents_button)
        self.nodes_button = button("&Nodes", kind="row", glyph="nodes", description="Show the machines that answer")
        self.nodes_button.clicked.connect(lambda: self.nodes_asked.emit())
        column.addWidget(self.nodes_button)
        self.settings_button = button(
            "&Settings", kind="row", glyph="settings", shortcut="Ctrl+,", description="Change settings"
        )
        self.settings_button.clicked.connect(lambda: self.settings_asked.emit())
        column.addWidget(self.settings_button)
        # While typing goes on, one search is enough for several letters.
        self._typing = QTimer(self, singleShot=True, interval=180)
        self._typing.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _text: self._typing.start())

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.refresh()

    def refresh(self) -> None:
        """Read the list anew, with the words searched for."""
        if self._runtime is None:
            return
        store = self._runtime.conversations
        words = self.search.text().strip()

        async def read() -> Sequence[Conversation]:
            return store.search(words) if words else store.list()

        self._bridge.run(read, self._show, self.failed.emit, name="conversations")

    def mark(self, id: str) -> None:
        """Show which conversation is open."""
        self._current = id
        self.list.select(id)

    def show_documents(self, count: int) -> None:
        """Say how many documents there are."""
        self.documents_button.setText(f"&Documents  ({count})" if count else "&Documents")

    def delete(self, id: str) -> None:
        """Hide a conversation at once and offer to take it back."""
        if self._runtime is None or not id:
            return
        store = self._runtime.conversations

        async def remove() -> Conversation:
            return store.delete(id)

        async def restore() -> Conversation:
            return store.restore(id)

        def back(found: Conversation) -> None:
            self.refresh()
            self.opened.emit(found.id, found.title)

        def removed(gone: Conversation) -> None:
            self.refresh()
            self.deleted.emit(id)
            title = gone.title or "Conversation"
            self._undo.offer(
                f"“{title}” deleted.", lambda: self._bridge.run(restore, back, self.failed.emit, name="restore")
            )

        self._bridge.run(remove, removed, self.failed.emit, name="delete conversation")

    def _show(self, found: Sequence[Conversation]) -> None:
        rows = [Row(one.id, one.title or "New conversation", when(one.updated_at), one.title) for one in found]
        self.list.rows.replace(rows)
        self.list.select(self._current)
        searching = bool(self.search.text().strip())
        self.nothing.setText("Nothing found." if searching else "")
        self.nothing.setVisible(searching and not rows)

    def _open(self, id: str) -> None:
        title = next((row.title for row in self.list.rows.rows if row.key == id), "")
        self.opened.emit(id, title)

    def _menu(self, at: QPoint) -> None:
        key = self.list.current_key
        if key:
            menu = QMenu(self)
            menu.addAction("&Delete conversation", lambda: self.delete(key))
            menu.exec(self.list.viewport().mapToGlobal(at))


def when(moment: str, now: datetime | None = None) -> str:
    """Return "Today, 14:05", "Yesterday, 09:30" or "3 Mar 2026" for an ISO time; "" when it is none."""
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    days = (today - at.date()).days
    if days in (0, 1):
        return f"{'Yesterday' if days else 'Today'}, {at:%H:%M}"
    return f"{at.day} {at:%b %Y}"
