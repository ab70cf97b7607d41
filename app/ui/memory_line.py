"""The quiet line that asks whether to remember what was said, and the way back from what was remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.ui.controls import button, label, squeezable
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Event
    from app.memory.facts import Facts
    from app.recalling import Forgotten, Proposed, Remembered
    from app.ui.asking import Asking
    from app.ui.bridge import Bridge
    from app.ui.chrome import UndoBar
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow


class MemoryLine(QFrame):
    """Asks "Remember …?" until it is answered or the next question is asked."""

    failed = Signal(object)
    changed = Signal()
    """The facts are others now."""

    def __init__(self, bridge: Bridge, undo: UndoBar, runtime: Callable[[], RuntimeSeam | None]) -> None:
        """`runtime` returns it once it is opened."""
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._runtime = runtime
        self._proposed: Proposed | None = None
        self._conversation = ""
        self.setProperty("kind", "card")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.L, SPACE.XS, SPACE.S, SPACE.XS)
        row.setSpacing(SPACE.S)
        self.text = squeezable(label())
        row.addWidget(self.text, 1)
        self.yes_button = button(tr("Yes"), name=tr("Yes, remember it"), clicked=self.accept)
        self.no_button = button(tr("No"), kind="plain", name=tr("No, never ask for this again"), clicked=self.decline)
        row.addWidget(self.yes_button)
        row.addWidget(self.no_button)
        self.hide()

    def follow(self, asking: Asking) -> None:
        """A question is asked: the line before is gone, and what the memory has to say of this one is told."""
        self.settle()
        asking.memory.connect(lambda event: self._take(event, asking))

    def propose(self, proposed: Proposed, conversation: str) -> None:
        """Ask whether to remember what was said in a conversation."""
        self._proposed, self._conversation = proposed, conversation
        question = tr("Remember “{text}”?", text=proposed.text)
        self.text.setText(question)
        self.text.setToolTip(question)
        self.setAccessibleName(question)
        self.show()

    def settle(self) -> None:
        """Go away without an answer."""
        self._proposed = None
        self.hide()

    def accept(self) -> None:
        """Remember it."""
        if (proposed := self._proposed) is not None:
            self.settle()
            conversation = self._conversation
            self._do(lambda facts: facts.remember(proposed.text, conversation, private=proposed.private))

    def decline(self) -> None:
        """Never propose it again."""
        if (proposed := self._proposed) is not None:
            self.settle()
            self._do(lambda facts: facts.decline(proposed.text))

    def _take(self, event: Event, asking: Asking) -> None:
        from app.recalling import Forgotten, Proposed, Remembered

        if isinstance(event, Remembered):
            self.remembered(event)
        elif isinstance(event, Forgotten):
            self.forgotten(event)
        elif isinstance(event, Proposed) and asking.card is not None:
            self.propose(event, asking.conversation)

    def remembered(self, event: Remembered) -> None:
        """A fact is kept now: offer a way back."""
        self.changed.emit()

        def back(facts: Facts) -> None:
            facts.forget([event.id])
            facts.purge()

        self._undo.offer(tr("Remembered: {text}", text=event.text), lambda: self._do(back))

    def forgotten(self, event: Forgotten) -> None:
        """A fact is forgotten: offer a way back, then delete it for good."""
        self.changed.emit()
        self._undo.offer(
            tr("Forgotten: {text}", text=event.text),
            lambda: self._do(lambda facts: facts.restore([event.id])),
            lambda: self._do(lambda facts: facts.purge()),
        )

    def _do(self, change: Callable[[Facts], object]) -> None:
        runtime = self._runtime()
        if runtime is None:
            return
        facts = runtime.memory.facts

        async def work() -> None:
            await asyncio.to_thread(change, facts)

        self._bridge.run(work, lambda _: self.changed.emit(), self.failed.emit, name="memory", must_finish=True)


def memory_line_in(window: MainWindow) -> MemoryLine:
    """Put the line above the text box of a window."""
    line = MemoryLine(window.bridge, window.undo, lambda: window.runtime)
    window.pane.put_above(line)
    line.failed.connect(window.show_error)
    window.pane.asked.connect(lambda asking, *_: line.follow(asking))
    window.pane.marked.connect(lambda _id: line.settle() if window.pane.run is None else None)
    return line
