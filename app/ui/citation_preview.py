"""The card that appears at a citation, under the mouse or with the keyboard: which document, where, its first lines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, QUrl
from PySide6.QtGui import QBrush, QColor, QCursor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QVBoxLayout

from app.ui import markdown, phrases, pinpoint, theme
from app.ui.announcing import announce
from app.ui.controls import label
from app.ui.markdown_look import units
from app.ui.text_card import TextCard
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Passage

WIDTH = 380
LETTERS = 320
"""Characters of a passage that are shown."""
DELAY_MS = 250
"""The mouse rests so long on a citation before the card comes."""
_WORD = re.compile(r"\w+")


def excerpt(passage: str, claims: Sequence[str]) -> str:
    """Return the lines of a passage that the sentences `claims` rest on, or its first ones."""
    spans = pinpoint.spans(passage, claims)
    start = spans[0][0] if spans else 0
    if start < LETTERS // 3:
        start = 0
    words = " ".join(passage[start : start + 2 * LETTERS].split())
    before = "… " if start else ""
    if len(words) <= LETTERS:
        return before + words + ("" if start + 2 * LETTERS >= len(passage) else " …")
    return f"{before}{words[:LETTERS].rpartition(' ')[0] or words[:LETTERS]} …"


def shared(text: str, claims: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where words of `claims` stand in `text`: those of three letters and more, and numbers."""
    wanted = {word for claim in claims for word in _WORD.findall(claim.lower()) if len(word) > 2 or word.isdigit()}
    return tuple(found.span() for found in _WORD.finditer(text) if found[0].lower() in wanted)


class CitationPreview(QFrame):
    """Shows a passage beside its citation in a text, as long as that has the mouse or the keyboard."""

    def __init__(self, card: TextCard, find: Callable[[int], tuple[Passage, Sequence[str]] | None]) -> None:
        """`find` returns the passage with a number and the sentences that cite it."""
        super().__init__(card.window())
        self.hide()
        self._card = card
        self._find = find
        self._number: int | None = None
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.L, SPACE.M, SPACE.L, SPACE.M)
        column.setSpacing(SPACE.XS)
        self.title = label("", weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.title)
        self.where = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        column.addWidget(self.where)
        self.text = TextCard()
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self.text)
        self.hint = label(tr("Enter opens the passage"), tone="muted", scale=TYPE.SMALL)
        column.addWidget(self.hint)
        self._soon = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._soon.timeout.connect(self._show)
        card.highlighted.connect(self._pointed)
        card.left.connect(self.leave)

    def leave(self) -> None:
        """Go away."""
        self._soon.stop()
        self._number = None
        self.hide()

    def _pointed(self, url: QUrl) -> None:
        number = markdown.citation_of(url)
        if number is None:
            self.leave()
        elif number != self._number or self.isHidden():
            self._number = number
            if self._card.underMouse():
                self._soon.start()
            else:
                self._show()

    def _show(self) -> None:
        found = self._find(self._number) if self._number is not None else None
        if found is None or not self._card.isVisible():
            self.leave()
            return
        passage, claims = found
        self._fill(passage, claims)
        place = self._place()
        if self.parentWidget() is not self._card.window():
            self.setParent(self._card.window())
        room = self._card.window().rect().adjusted(SPACE.S, SPACE.S, -SPACE.S, -SPACE.S)
        width = min(WIDTH, room.width())
        self.setFixedWidth(width)
        self.text.setFixedWidth(width - 2 * SPACE.L)
        self.text.fit()
        self.resize(width, self._height(width))
        at = QPoint(min(max(room.left(), place.left()), room.right() - width), place.bottom() + SPACE.XS)
        if at.y() + self.height() > room.bottom() and place.top() - self.height() - SPACE.XS >= room.top():
            at.setY(place.top() - self.height() - SPACE.XS)
        self.move(at)
        self.show()
        self.raise_()
        if self._card.hasFocus() and not self._card.underMouse():
            announce(self._card, f"{self.accessibleName()}. {self.accessibleDescription()}. {self.hint.text()}")

    def _height(self, width: int) -> int:
        layout = self.layout()
        assert layout is not None
        layout.activate()
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def _fill(self, passage: Passage, claims: Sequence[str]) -> None:
        place = phrases.place(passage)
        self.title.setText(place if passage.origin else os.path.basename(passage.path) or passage.path)
        parts = []
        if not passage.origin and passage.page is not None:
            parts.append(tr("page {page}", page=passage.label or passage.page))
        if not passage.origin and passage.seconds is not None:
            parts.append(phrases.moment(passage.seconds[0]))
        self.where.setText(" · ".join([*parts, passage.section] if passage.section else parts))
        self.where.setVisible(bool(self.where.text()))
        words = markdown.tame(excerpt(passage.text, claims))
        self.text.setPlainText(words)
        colours = theme.current()
        look = QTextCharFormat()
        look.setBackground(QBrush(QColor(colours.highlight)))
        look.setForeground(QBrush(QColor(colours.on_highlight)))
        cursor = QTextCursor(self.text.document())
        for start, end in shared(words, claims):
            cursor.setPosition(units(words, start))
            cursor.setPosition(units(words, end), QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(look)
        self.setAccessibleName(place)
        self.setAccessibleDescription(words)

    def _place(self) -> QRect:
        """Return where the citation is in the window."""
        card = self._card
        cursor = card.textCursor()
        at = card.viewport().mapFromGlobal(QCursor.pos())
        if card.underMouse() and markdown.citation_of(QUrl(card.anchorAt(at))) == self._number:
            cursor = card.cursorForPosition(at)
        place = card.cursorRect(cursor)
        return QRect(card.viewport().mapTo(card.window(), place.topLeft()), place.size())


def attach(card: TextCard, find: Callable[[int], tuple[Passage, Sequence[str]] | None]) -> None:
    """Make a preview for the citations in `card` as soon as the first one is pointed at."""

    def first(url: QUrl) -> None:
        if markdown.citation_of(url) is not None:
            card.highlighted.disconnect(first)
            made = CitationPreview(card, find)
            card.destroyed.connect(made.deleteLater)
            card.preview = made
            card.highlighted.emit(url)

    card.highlighted.connect(first)
