"""What is typed and not sent: on disk for each conversation as it is typed, back when the conversation is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    import asyncio

    from PySide6.QtWidgets import QPlainTextEdit

    from app.ui.bridge import Bridge
    from app.ui.conversations_seam import ConversationsSeam
    from app.ui.seam import RuntimeSeam

KEEP_MS = 200
"""What was typed is on disk so soon."""


class Drafts(QObject):
    """Belongs to the text box. Nothing is written while the conversation is opened that the box shows next."""

    failed = Signal(object)

    def __init__(self, bridge: Bridge, box: QPlainTextEdit) -> None:
        super().__init__(box)
        self._bridge, self._box = bridge, box
        self._store: ConversationsSeam | None = None
        self._conversation = ""
        self._kept = ""
        """What the store has of this conversation."""
        self._waiting: dict[str, str] = {}
        """What is still to be written, by conversation."""
        self._lock: asyncio.Lock | None = None
        self._soon = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._soon.timeout.connect(self.flush)
        box.textChanged.connect(self._changed)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; what was typed before it was there stays."""
        self._store = runtime.conversations
        self._read()

    def open(self, conversation: str) -> None:
        """Another conversation is shown, "" = one still to begin: what was typed there comes back."""
        if conversation == self._conversation:
            return
        self.flush()
        self._conversation, self._kept = conversation, ""
        blocked = self._box.blockSignals(True)
        self._box.clear()
        self._box.blockSignals(blocked)
        self._read()

    def begun(self, conversation: str) -> None:
        """The conversation that is shown has got its id: what was typed since its question belongs to it."""
        if conversation != self._conversation:
            if self._kept:
                self._write("", "")
            self._conversation, self._kept = conversation, ""
            self.flush()

    def flush(self) -> None:
        """Keep what stands in the box now."""
        self._soon.stop()
        text = self._box.toPlainText()
        if text != self._kept and self._store is not None:
            self._kept = text
            self._write(self._conversation, text)

    def _changed(self) -> None:
        if not self._box.toPlainText():
            self.flush()  # it was sent
        elif not self._soon.isActive():
            self._soon.start()

    def _read(self) -> None:
        store, id = self._store, self._conversation
        if store is None:
            return

        async def read() -> str:
            async with self._one_by_one():  # what is still to be written comes first
                return store.draft(id)

        def show(text: str) -> None:
            if id != self._conversation:
                return
            if text and not self._box.toPlainText():
                self._kept = text
                self._box.setPlainText(text)
                self._box.moveCursor(self._box.textCursor().MoveOperation.End)
            self.flush()

        self._bridge.run(read, show, self.failed.emit, name="draft")

    def _one_by_one(self) -> asyncio.Lock:
        import asyncio  # 20 ms that a window does not need before it takes a question

        self._lock = self._lock or asyncio.Lock()
        return self._lock

    def _write(self, conversation: str, text: str) -> None:
        store = self._store
        if store is None:
            return
        self._waiting[conversation] = text

        async def write() -> None:
            import asyncio

            async with self._one_by_one():  # one after the other, or an older text might come last
                while self._waiting:
                    id, kept = self._waiting.popitem()
                    await asyncio.to_thread(store.keep_draft, id, kept)

        self._bridge.run(write, None, self.failed.emit, name="keep draft", must_finish=True)
