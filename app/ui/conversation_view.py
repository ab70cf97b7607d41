"""The conversation: questions and answers in one column. Only those in sight are widgets, however many there are.

Each message has an `Item` with its size; a height is estimated from the length of the text until its widget has been
laid out once. What is in sight, and a little above and below, is fetched and built a few milliseconds at a time; where
a widget is still to come its ground is painted. Widgets far away go, unless they are in use. The first message in sight
stays where it is whatever happens to the heights above it; at the end the view follows the newest text.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from app.ui import theme
from app.ui.answer_card import AnswerCard
from app.ui.found_words import FoundWords, bring_into_sight
from app.ui.heights import Heights
from app.ui.message_item import Item, in_use, stops
from app.ui.message_widgets import make_answer, make_question
from app.ui.question_row import QuestionRow
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.kept_sound import Kept
    from app.messages import MessageSize, StoredMessage

COLUMN_WIDTH = 800
AT_END = 24
"""So close to the end, in logical pixels, the view follows what grows there."""
BUILD_SECONDS = 0.006
"""How long widgets are built before the window may do something else."""
AHEAD = 0.75
"""Messages are built so far above and below what is in sight, in heights of the view."""
KEPT = 2.0
"""They stay so far."""

Fetch: TypeAlias = "Callable[[list[int], Callable[[Sequence[StoredMessage]], object]], object]"
"""Reads the messages with these ids and gives them back later."""


class ConversationView(QAbstractScrollArea):
    """Shows one conversation."""

    cited = Signal(object, object)
    """The passage, and the sentences of the answer that cite it."""
    link = Signal(QUrl)
    retry = Signal(object)
    """The AnswerCard whose question should be asked again."""
    aloud = Signal(object)
    """The AnswerCard that shall be read aloud, or not any more."""
    replay = Signal(object)
    """The QuestionRow whose sound shall be heard, or stopped."""
    forget_sound = Signal(object)
    """The QuestionRow whose sound shall be deleted."""
    edit_asked = Signal(int, str)
    """Id of a question, and other words for it."""
    regenerate_asked = Signal(object, str)
    """The AnswerCard that shall be made anew, and the name of the node that shall do it, "" for any."""
    why_asked = Signal(int)
    link_asked = Signal(int)
    """Id of the answer that shall be explained."""
    branch_asked = Signal(int)
    version_asked = Signal(int)
    """Ids of messages: the last one of a new conversation; the one that shall be shown in place of another."""
    emptied = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(tr("Conversation"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        self.stays_here: Callable[[], bool] = lambda: False
        """Whether no other machine may answer."""
        self.places: list[tuple[str, str]] = []
        """The nodes that can make an answer: name, and what they are called here."""
        self._sounds: Mapping[int, Kept] = {}
        self._items: list[Item] = []
        self._heights = Heights()
        self._built: dict[int, Item] = {}
        """Those that have a widget, by their number."""
        self._fetch: Fetch | None = None
        self._fetching: set[int] = set()
        self._fetched: dict[int, StoredMessage] = {}
        self._opening = 0
        """Grows with each conversation: what is fetched for an earlier one comes too late."""
        self._found_words = FoundWords(self)
        self._following = True
        self._placing = False
        self._width = 0
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._place)
        self.verticalScrollBar().setSingleStep(24)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    # ------------------------------------------------------------------ what is in it

    @property
    def answers(self) -> list[AnswerCard]:
        """The answers that have a widget, oldest first."""
        return [card for card in self.messages() if isinstance(card, AnswerCard)]

    @property
    def questions(self) -> list[QuestionRow]:
        """The questions that have a widget, oldest first."""
        return [row for row in self.messages() if isinstance(row, QuestionRow)]

    def messages(self) -> list[AnswerCard | QuestionRow]:
        """Return the messages that have a widget, oldest first."""
        found = [self._built[at].widget for at in sorted(self._built)]
        return [widget for widget in found if widget is not None]

    def __len__(self) -> int:
        return len(self._items)

    def clear(self) -> None:
        """Empty the view."""
        self.emptied.emit()
        self._opening += 1
        for item in self._built.values():
            self._drop(item)
        self._built, self._items, self._heights = {}, [], Heights()
        self._sounds, self._fetch = {}, None
        self._found_words.forget()
        self._fetching.clear()
        self._fetched.clear()
        self._following = True
        self._place()

    def load(self, sizes: Sequence[MessageSize], fetch: Fetch) -> None:
        """Show the end of a stored conversation; `fetch` reads those of its messages that come into sight."""
        self.clear()
        self._items = [Item(size.id, size.role, size.characters, size.lines) for size in sizes]
        self._fetch = fetch
        self._estimate()
        self._place()

    @property
    def place(self) -> tuple[int, int]:
        """Id of the first message in sight and how many pixels of it are above; (0, 0) at the end."""
        if self._following or not self._items:
            return 0, 0
        at = self._heights.find(self._top)
        return self._items[at].id, self._top - self._heights.before(at)

    def go_to(self, message: int, above: int = 0) -> None:
        """Show the message with that id, or the next one, at the upper edge, `above` pixels of it above."""
        at = bisect_left(self._items, message, hi=self._named, key=lambda item: item.id)
        if at < self._named:
            self._following = False
            self.verticalScrollBar().setValue(self._heights.before(at) + above)

    def reveal(self, message: int, asked: str) -> None:
        """Show the message with that id, with the words of `asked` marked, and the first of them in sight."""
        self._found_words.seek(message, asked)
        self.go_to(message)
        self._place()

    def add_question(self, text: str, attachments: Sequence[str] = ()) -> None:
        """Show a question. `attachments`: files that go with it."""
        self._following = True
        self._append(Item(0, "user", len(text), text.count("\n")), make_question(self, text, 0, attachments, None))

    def add_answer(self) -> AnswerCard:
        """Show an answer that is about to grow."""
        card = make_answer(self)
        self._append(Item(0, "assistant", 0, 0), card)
        return card

    def cut(self, message: int) -> None:
        """Take away the message with that id and all after it: another version of it comes."""
        end = next((at for at, item in enumerate(self._items) if item.id == message), len(self._items))
        for at in [at for at in self._built if at >= end]:
            self._drop(self._built.pop(at))
        self._heights = Heights([self._heights[at] for at in range(end)])
        del self._items[end:]
        self._following = True
        self._place()

    def stored(self, sizes: Sequence[MessageSize], fetch: Fetch) -> None:
        """Take the ids of what was asked and answered here: `sizes` are those after the last message that has one."""
        self._fetch = fetch
        left = iter(sizes)
        for item in self._items[self._named :]:
            size = next((one for one in left if one.role == item.role), None)
            if size is None:
                return
            item.id, item.characters, item.lines = size.id, size.characters, size.lines
            if item.widget is not None:
                item.widget.message = size.id
                if isinstance(item.widget, QuestionRow):
                    item.widget.offer(self._sounds.get(size.id))

    def offer_versions(self, messages: Sequence[StoredMessage]) -> None:
        """Offer what can be done with these messages, where they have a widget."""
        known = {message.id: message.versions for message in messages}
        for widget in self.messages():
            if widget.message in known:
                widget.present(known[widget.message])

    @property
    def last_id(self) -> int:
        """Id of the newest message that is known to the store; 0 where there is none."""
        return self._items[self._named - 1].id if self._named else 0

    def show_sounds(self, sounds: Mapping[int, Kept]) -> None:
        """Offer the kept sound of questions, by their ids."""
        self._sounds = sounds
        for row in self.questions:
            row.offer(sounds.get(row.message))

    def repaint_text(self) -> None:
        """Lay out all answers anew after the colours changed."""
        for card in self.answers:
            card.repaint_text()
        self.viewport().update()

    # ------------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of messages that are still to be built."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().raised))
        left, top = self._left, self._top
        for at in self._around(0):
            if at not in self._built:
                y = self._heights.before(at) - top + SPACE.XL
                mine = self._items[at].role == "user"
                box = QRectF(left + (self._width / 2 if mine else 0), y, self._width / (2 if mine else 1),
                             self._heights[at] - SPACE.L)  # fmt: skip
                painter.drawRoundedRect(box, 14, 14)
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that a message wants another height."""
        if event.type() == QEvent.Type.LayoutRequest and not self._placing:
            self._soon.start()
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Bring what has the keyboard now into sight."""
        went = super().focusNextPrevChild(forward)
        widget = QApplication.focusWidget()
        if went and widget is not None and self.viewport().isAncestorOf(widget):
            bring_into_sight(self, widget)
        return went

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End go to both ends; the scroll bar takes the other keys that scroll."""
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ where everything is

    @property
    def _top(self) -> int:
        return self.verticalScrollBar().value()

    @property
    def _left(self) -> int:
        return (self.viewport().width() - self._width + 1) // 2  # as layouts round: the text box stands in line

    @property
    def _named(self) -> int:
        """How many messages, from the first on, are known to the store."""
        at = len(self._items)
        while at and not self._items[at - 1].id:
            at -= 1
        return at

    def _around(self, more: float) -> range:
        """Return the numbers of the messages in sight, and `more` heights of the view above and below."""
        if not self._items:
            return range(0)
        height = self.viewport().height()
        margin = round(more * height)
        first = self._heights.find(self._top - SPACE.XL - margin)
        return range(first, self._heights.find(self._top + height + margin) + 1)

    def _estimate(self) -> None:
        """Guess all heights that are not known, for the width of now."""
        letters, line = self._width / max(1, self.fontMetrics().averageCharWidth()), self.fontMetrics().lineSpacing()
        self._heights = Heights([item.guess(letters, line) + SPACE.L for item in self._items])

    def _append(self, item: Item, widget: AnswerCard | QuestionRow) -> None:
        self._items.append(item)
        self._heights.append(0)
        self._take(len(self._items) - 1, widget)
        self._place()

    def _scrolled(self, _value: int) -> None:
        if not self._placing:
            bar = self.verticalScrollBar()
            self._following = bar.value() >= bar.maximum() - AT_END
            self._place()

    def _place(self) -> None:
        """Build what is missing, measure, and put everything where it belongs."""
        if self._placing:
            return
        self._placing = True
        try:
            self._arrange()
        finally:
            self._placing = False

    def _arrange(self) -> None:
        width = max(60, min(COLUMN_WIDTH, self.viewport().width() - 2 * SPACE.XL))
        edge = self._edge()
        if width != self._width:
            self._width = width
            self._estimate()
        missing = self._build()
        for at, item in self._built.items():
            self._measure(at, item)
        self._stand(edge)
        for at, item in self._built.items():
            if item.widget is not None:
                item.widget.move(self._left, self._heights.before(at) - self._top + SPACE.XL)
        self._let_go()
        self._found_words.arranged()
        self.viewport().update()
        if missing:
            self._soon.start()

    def _edge(self) -> tuple[int, int]:
        """Return the first message in sight with a widget, else the first one, and how far above it the edge is."""
        sight = self._around(0)
        at = next((one for one in sight if one in self._built), sight.start)
        return at, self._top - self._heights.before(at)

    def _stand(self, edge: tuple[int, int]) -> None:
        """Put the scroll bar where the message at the edge is now, or at the end."""
        bar = self.verticalScrollBar()
        high = self._heights.total + 2 * SPACE.XL - SPACE.L - self.viewport().height() if self._items else 0
        bar.setRange(0, max(0, high))
        bar.setPageStep(max(1, self.viewport().height() - SPACE.XL))
        at, above = edge
        bar.setValue(bar.maximum() if self._following else self._heights.before(at) + above)

    def _build(self) -> bool:
        """Build what is in sight and near, for some milliseconds; tell whether some is still to be built."""
        if self._following:  # the end may have moved away since
            self._stand((0, 0))
        sight = self._around(0)
        near = sorted(self._around(AHEAD), key=lambda at: (at not in sight, abs(at - sight.start)))
        absent = [at for at in near if at not in self._built]
        self._ask([self._items[at].id for at in absent if self._items[at].id not in self._fetched])
        until = time.perf_counter() + BUILD_SECONDS
        for at in absent:
            message = self._fetched.pop(self._items[at].id, None)
            if message is None:
                continue
            if message.role == "user":
                row = make_question(self, message.text, message.id, message.attachments, self._sounds.get(message.id))
                row.present(message.versions)
                self._take(at, row)
            else:
                card = make_answer(self)
                card.message = message.id
                self._take(at, card)
                card.load(message)
            if time.perf_counter() > until:
                return True
        return False

    def _ask(self, ids: list[int]) -> None:
        wanted = [id for id in ids if id not in self._fetching]
        if not wanted or self._fetch is None:
            return
        self._fetching.update(wanted)
        opening = self._opening

        def take(messages: Sequence[StoredMessage]) -> None:
            if opening == self._opening:
                self._fetching.difference_update(wanted)
                self._fetched.update((message.id, message) for message in messages)
                self._place()

        self._fetch(wanted, take)

    def _take(self, at: int, widget: AnswerCard | QuestionRow) -> None:
        """Make `widget` the one of message number `at`, and Tab come to it in its turn."""
        item = self._items[at]
        item.widget = widget
        widget.setParent(self.viewport())
        widget.resize(self._width, max(1, self._heights[at]))
        widget.installEventFilter(self)
        before = max((one for one in self._built if one < at), default=-1)
        self._built[at] = item
        previous: QWidget = self
        if before >= 0:
            earlier = self._built[before].widget
            previous = (stops(earlier) or [self])[-1] if earlier is not None else self
        for stop in stops(widget):
            QWidget.setTabOrder(previous, stop)
            previous = stop
        widget.show()

    def _measure(self, at: int, item: Item) -> None:
        widget = item.widget
        layout = widget.layout() if widget is not None else None
        if widget is None or layout is None:
            return
        if widget.width() != self._width:
            widget.resize(self._width, widget.height())
        layout.activate()
        wraps = layout.hasHeightForWidth()
        height = layout.totalHeightForWidth(self._width) if wraps else layout.totalSizeHint().height()
        if widget.height() != height:
            widget.resize(self._width, height)
        if self._heights[at] != height + SPACE.L:
            self._heights.change(at, height + SPACE.L)

    def _let_go(self) -> None:
        """Free the widgets that are far away and not in use."""
        stay = self._around(KEPT)
        for at in [at for at in self._built if at not in stay]:
            item = self._built[at]
            if item.id and self._fetch is not None and not in_use(item.widget):
                del self._built[at]
                self._drop(item)

    def _drop(self, item: Item) -> None:
        widget, item.widget = item.widget, None
        if widget is not None:
            widget.removeEventFilter(self)
            widget.hide()
            widget.deleteLater()
