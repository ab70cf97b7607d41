"""What is typed and attached and not sent: on disk for each conversation at once, back when it is opened.

Of an attached file its path is kept, not the file: it stays where it is, and is read when the question is asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    import asyncio

    from PySide6.QtWidgets import QPlainTextEdit

    from app.ui.attachment_strip import AttachmentStrip
    from app.ui.bridge import Bridge
    from app.ui.conversations_seam import ConversationsSeam
    from app.ui.seam import RuntimeSeam

KEEP_MS = 200
"""What was typed is on disk so soon."""


class Draft(NamedTuple):
    """What is not sent yet."""

    text: str = ""
    files: tuple[str, ...] = ()
    """Paths."""


class Drafts(QObject):
    """Belongs to the text box and the files above it.

    Nothing is written while the conversation is opened that the box shows next.
    """

    failed = Signal(object)

    def __init__(self, bridge: Bridge, box: QPlainTextEdit, strip: AttachmentStrip) -> None:
        super().__init__(box)
        self._bridge, self._box, self._strip = bridge, box, strip
        self._store: ConversationsSeam | None = None
        self._conversation = ""
        self._kept = Draft()
        """What the store has of this conversation."""
        self._waiting: dict[str, Draft] = {}
        """What is still to be written, by conversation."""
        self._lock: asyncio.Lock | None = None
        self._soon = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._soon.timeout.connect(self.flush)
        box.textChanged.connect(self._changed)
        strip.changed.connect(self.flush)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; what was typed before it was there stays."""
        self._store = runtime.conversations
        self._read()

    def open(self, conversation: str) -> None:
        """Another conversation is shown, "" = one still to begin: what was typed there comes back."""
        if conversation == self._conversation:
            return
        self.flush()
        self._conversation, self._kept = conversation, Draft()
        blocked = self._box.blockSignals(True)
        self._box.clear()
        self._box.blockSignals(blocked)
        self._strip.take()
        self._read()

    def begun(self, conversation: str) -> None:
        """The conversation that is shown has got its id: what was typed since its question belongs to it."""
        if conversation != self._conversation:
            if self._kept != Draft():
                self._write("", Draft())
            self._conversation, self._kept = conversation, Draft()
            self.flush()

    def flush(self) -> None:
        """Keep what stands in the box now, and which files above it."""
        self._soon.stop()
        now = Draft(self._box.toPlainText(), tuple(str(path) for path in self._strip.paths))
        if now != self._kept and self._store is not None:
            self._kept = now
            self._write(self._conversation, now)

    def _changed(self) -> None:
        if not self._box.toPlainText():
            self.flush()  # it was sent
        elif not self._soon.isActive():
            self._soon.start()

    def _read(self) -> None:
        store, id = self._store, self._conversation
        if store is None:
            return

        async def read() -> Draft:
            async with self._one_by_one():  # what is still to be written comes first
                return Draft(store.draft(id), store.draft_files(id))

        def show(draft: Draft) -> None:
            if id != self._conversation:
                return
            if not self._box.toPlainText() and not self._strip.paths:
                self._kept = draft
            if draft.text and not self._box.toPlainText():
                self._box.setPlainText(draft.text)
                self._box.moveCursor(self._box.textCursor().MoveOperation.End)
            self._strip.add(Path(path) for path in draft.files)
            self.flush()

        self._bridge.run(read, show, self.failed.emit, name="draft")

    def _one_by_one(self) -> asyncio.Lock:
        import asyncio  # 20 ms that a window does not need before it takes a question

        self._lock = self._lock or asyncio.Lock()
        return self._lock

    def _write(self, conversation: str, draft: Draft) -> None:
        store = self._store
        if store is None:
            return
        self._waiting[conversation] = draft

        async def write() -> None:
            import asyncio

            async with self._one_by_one():  # one after the other, or an older text might come last
                while self._waiting:
                    id, kept = self._waiting.popitem()
                    await asyncio.to_thread(store.keep_draft, id, *kept)

        self._bridge.run(write, None, self.failed.emit, name="keep draft", must_finish=True)
