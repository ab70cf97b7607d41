"""What is read in the right panel: the passage behind a citation, the passages of a document, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QSplitter, QWidget
from shiboken6 import isValid

from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Passage
    from app.ui.bridge import Bridge
    from app.ui.chrome import SidePanel
    from app.ui.page_pictures import PagePictures
    from app.ui.passage_view import PassageView
    from app.ui.passages_list import PassagesList
    from app.ui.seam import RuntimeSeam

BESIDE = 420
"""Logical pixels that a conversation needs to stand beside the panel."""
READING_WIDTH = 600
"""A page is read from this width on; the panel takes it where the window has it."""


class Reading(QObject):
    """Builds the views at their first use and remembers where each was opened from."""

    failed = Signal(object)
    back_to_conversation = Signal()
    recalled = Signal(object)
    """A passage of the memory or of an earlier conversation shall be shown."""

    def __init__(self, bridge: Bridge, side: SidePanel, splitter: QSplitter, pictures: PagePictures) -> None:
        super().__init__(side)
        self._bridge = bridge
        self._side = side
        self._splitter = splitter
        self._pictures = pictures
        self._runtime: RuntimeSeam | None = None
        self._passage: PassageView | None = None
        self._list: PassagesList | None = None
        self._trail: list[tuple[QWidget, str]] = []
        """Pages of the panel to go back to, with their titles."""
        self._from: QWidget | None = None
        """What had the keyboard in the conversation."""
        self._sizes: list[int] = []

    @property
    def passage(self) -> PassageView:
        """The view of a passage."""
        if self._passage is None:
            from app.ui.passage_view import PassageView

            self._passage = PassageView(self._bridge, self._pictures)
            self._passage.failed.connect(self.failed)
            self._passage.back_asked.connect(self.back)
            if self._runtime is not None:
                self._passage.attach(self._runtime)
        return self._passage

    @property
    def passages(self) -> PassagesList:
        """The list of the passages of a document."""
        if self._list is None:
            from app.ui.passages_list import PassagesList

            self._list = PassagesList(self._bridge)
            self._list.failed.connect(self.failed)
            self._list.back_asked.connect(self.back)
            self._list.chosen.connect(lambda passage: self.show_passage(passage))
        return self._list

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self._pictures.attach(runtime)
        if self._passage is not None:
            self._passage.attach(runtime)

    def show_passage(self, passage: Passage, claims: Sequence[str] = ()) -> None:
        """Show a passage; Back leads to where this was asked for. `claims`: sentences that rest on it."""
        if passage.origin:
            self.recalled.emit(passage)
            return
        self._leave(self.passage)
        title = tr("Source {number}", number=passage.n) if passage.n and not self._trail else tr("Passage")
        self.passage.name_back(tr("Back to the passages") if self._trail else tr("Back to the answer"))
        self._side.present(self.passage, title)
        self._widen()
        self.passage.present(passage, claims)
        self.passage.focus_passage()

    def show_passages(self, path: str) -> None:
        """Show all passages of a document."""
        if self._runtime is None:
            return
        self._leave(self.passages)
        self._side.present(self.passages, tr("Passages"))
        self.passages.present(self._runtime, path)

    def back(self) -> None:
        """Go to where the present page was opened."""
        if self._trail:
            page, title = self._trail.pop()
            self._side.present(page, title)
            return
        self._side.dismiss()
        if self._from is not None and isValid(self._from) and self._from.isVisible():
            self._from.setFocus()
            self.back_to_conversation.emit()

    def repaint_text(self) -> None:
        """Take the colours of now."""
        if self._passage is not None:
            self._passage.repaint_text()

    def make_room(self) -> None:
        """The panel has opened: where too little would be left of the conversation, it takes all of its room."""
        rest = self._splitter.width() - self._splitter.sizes()[0] - self._side.minimumWidth()
        if rest < BESIDE:
            self._side.wide_button.setChecked(True)

    def widen(self, on: bool) -> None:
        """Give the panel the room of the conversation, or give it back."""
        conversation = self._splitter.widget(1)
        if conversation is None:
            return
        if on and conversation.isVisible():
            self._sizes = self._splitter.sizes()
            conversation.hide()
            self._splitter.setSizes([self._sizes[0], 0, sum(self._sizes) - self._sizes[0]])
        elif not on and conversation.isHidden():
            conversation.show()
            if self._sizes:
                self._splitter.setSizes(self._sizes)

    def _leave(self, target: QWidget) -> None:
        """Remember what is shown, if going on from it leads deeper."""
        shown = self._side.page
        focused = QApplication.focusWidget()
        inside = focused is not None and self._side.isAncestorOf(focused)
        if not inside:  # asked for in the conversation
            self._trail.clear()
            self._from = focused
        elif shown is not None and shown is not target:
            self._trail.append((shown, self._side.title))

    def _widen(self) -> None:
        """Take room for a page, if the panel is narrow and the conversation can spare it."""
        sizes = self._splitter.sizes()
        if len(sizes) != 3 or not sizes[1]:
            return
        conversation = self._splitter.widget(1)
        least = conversation.minimumSizeHint().width() if conversation is not None else 0
        missing = min(READING_WIDTH - sizes[2], sizes[1] - least)
        if missing > 0:
            self._splitter.setSizes([sizes[0], sizes[1] - missing, sizes[2] + missing])
