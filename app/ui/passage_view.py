"""The passage behind a citation: on the picture of its page with its lines marked, or highlighted in its text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from app.ui import leaving, phrases, pinpoint, shelf, theme
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, frame, keys, label
from app.ui.page_pictures import PagePictures
from app.ui.playback import Playback
from app.ui.seam import RuntimeSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Passage
    from app.rag.document import Line
    from app.rag.library import Surroundings
    from app.ui.page_view import PageView


class PassageView(QWidget):
    """Shows one passage at a time. `back_asked` goes to where it was opened."""

    failed = Signal(object)
    back_asked = Signal()

    def __init__(self, bridge: Bridge, pictures: PagePictures) -> None:
        super().__init__()
        self._bridge = bridge
        self._pictures = pictures
        self._runtime: RuntimeSeam | None = None
        self._handle: Handle | None = None
        self._passage: Passage | None = None
        self._shown: tuple[str, str, str] = ("", "", "")
        self._spans: tuple[tuple[int, int], ...] = ()
        """What is meant in the passage; empty = all of it."""
        self._pages: int | None = None
        self._marks: tuple[Line, ...] = ()
        self._stamp = ""
        self.page_view: PageView | None = None
        """Built when the first page is shown."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.back_button = button(
            tr("Back to the answer"), kind="plain", glyph="left",
            clicked=self.back_asked.emit,
        )  # fmt: skip
        self.name_back(tr("Back to the answer"))
        row.addWidget(self.back_button)
        row.addStretch(1)
        self.page_toggle = button(
            tr("Page"), kind="toggle", name=tr("Show the page"), description=tr("The page as it is printed")
        )
        self.text_toggle = button(
            tr("Text"), kind="toggle", name=tr("Show the text"), description=tr("The text as it was read")
        )
        for one, on in ((self.page_toggle, True), (self.text_toggle, False)):
            one.setCheckable(True)
            one.setAutoExclusive(True)
            one.clicked.connect(lambda _on=False, on=on: self._choose(on))
            row.addWidget(one)
        self.page_toggle.setChecked(True)
        column.addLayout(row)
        self.file_name = label("", scale=TYPE.LEAD, weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.file_name)
        self.where = label("", tone="muted", wrap=True)
        column.addWidget(self.where)
        self.playback = Playback(bridge)
        self.playback.failed.connect(self._silent)
        self.playback.hint.connect(self._warn)
        column.addWidget(self.playback)
        self.warning = frame("notice")
        inside = QHBoxLayout(self.warning)
        inside.setContentsMargins(SPACE.M, SPACE.M, SPACE.M, SPACE.M)
        self.warning_text = label("", wrap=True)
        inside.addWidget(self.warning_text)
        self.warning.hide()
        column.addWidget(self.warning)
        self.stack = QStackedWidget()
        self._card = frame("card")
        on_page = QVBoxLayout(self._card)
        on_page.setContentsMargins(SPACE.M, SPACE.M, SPACE.S, SPACE.M)
        # Plain text only: what a document says is shown, never interpreted.
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setAcceptRichText(False)
        self.text.setAccessibleName(tr("Passage in its surroundings"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setStyleSheet("QTextEdit { background: transparent; border: none; }")
        on_page.addWidget(self.text)
        # In the text only: on a button Space presses the button.
        space = QShortcut(QKeySequence("Space"), self.text, self._pause_or_go_on)
        space.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.stack.addWidget(self._card)
        column.addWidget(self.stack, 1)
        row = QHBoxLayout()
        self.open_button = button(
            tr("&Open file"),
            kind="primary",
            description=tr("Open the file with the program that the system uses for it"),
        )
        self.open_button.clicked.connect(self.open_file)
        row.addWidget(self.open_button)
        self.folder_button = button(tr("Show in &folder"), kind="plain", description=tr("Show where the file is"))
        self.folder_button.clicked.connect(self.show_folder)
        row.addWidget(self.folder_button)
        row.addStretch()
        column.addLayout(row)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime

    @property
    def on_page(self) -> bool:
        """Whether the page is shown as a picture, not the text."""
        return self.page_view is not None and self.stack.currentWidget() is self.page_view

    def name_back(self, text: str) -> None:
        """Say where Back leads: "Back to the answer"."""
        self.back_button.setAccessibleName(text)
        self.back_button.setToolTip(f"{text} ({keys('Alt+Left')})")
        self.back_button.setText(text)
        self.back_button.setShortcut(QKeySequence("Alt+Left"))  # a new text takes it away

    def present(self, passage: Passage, claims: Sequence[str] = ()) -> None:
        """Show `passage` at once, its surroundings and its page as soon as they are there.

        `claims`: sentences of an answer that rest on it; what they rest on is marked, the rest of it faintly.
        """
        self._passage = passage
        self._spans = pinpoint.spans(passage.text, claims)
        self._pages = None
        self.file_name.setText(os.path.basename(passage.path) or passage.path)
        self.where.setText(self._place(passage) or passage.path)
        self.where.setToolTip(passage.path)
        self._warn("")
        self.playback.present(passage.path, passage.seconds if shelf.kind_of(passage.path) == "Recordings" else None)
        self.open_button.setEnabled(True)
        drawn = shelf.is_drawn(passage.path) and (passage.page is not None or shelf.kind_of(passage.path) == "Pictures")
        for toggle in (self.page_toggle, self.text_toggle):
            toggle.setVisible(drawn)
        self._show("", passage.text, "")
        if drawn and not self.text_toggle.isChecked():
            self._pages_shown().clear()
        else:
            self.stack.setCurrentWidget(self._card)
        if self._handle is not None:
            self._handle.cancel()
        if self._runtime is not None:
            library = self._runtime.library

            async def read() -> tuple[Surroundings, str]:
                import asyncio

                found = await library.surroundings(passage.path, passage.page, passage.start, passage.end)
                return found, await asyncio.to_thread(_stamp, passage.path)

            self._handle = self._bridge.run(read, self._surround, self._fail, name="passage")

    def repaint_text(self) -> None:
        """Show the same in the colours of now."""
        self._show(*self._shown)

    def focus_passage(self) -> None:
        """Put the keyboard on what is read."""
        if self.on_page and self.page_view is not None:
            self.page_view.canvas.setFocus()
        else:
            self.text.setFocus()

    def open_file(self) -> None:
        """Open the document with the system's program: only ever a local file, only ever by this button."""
        if self._passage is None:
            return
        problem = leaving.open_file(self._passage.path)
        if problem:
            self._warn(problem)
            self.open_button.setEnabled(os.path.isfile(self._passage.path))

    def show_folder(self) -> None:
        """Show where the document is, with the system's file manager."""
        if self._passage is not None:
            self._warn(leaving.show_in_folder(self._passage.path))

    def _choose(self, page: bool) -> None:
        """Show the page, or the text."""
        passage = self._passage
        if passage is None:
            return
        if page:
            self._show_page(passage)
        else:
            self.stack.setCurrentWidget(self._card)
            self._show(*self._shown)
        self.focus_passage()

    def _pages_shown(self) -> PageView:
        """Return the view of pages, in front."""
        if self.page_view is None:
            from app.ui.page_view import PageView

            self.page_view = PageView(self._pictures)
            self.stack.addWidget(self.page_view)
        self.stack.setCurrentWidget(self.page_view)
        return self.page_view

    def _show_page(self, passage: Passage) -> None:
        meant = [(passage.start + start, passage.start + end) for start, end in self._spans]
        strong = [one for one in self._marks if any(one.start < end and start < one.end for start, end in meant)]
        faint = [one for one in self._marks if one not in strong] if strong else []
        view = self._pages_shown()
        view.present(passage.path, passage.page or 1, self._pages, strong or self._marks, self._stamp, faint)

    def _surround(self, read: tuple[Surroundings, str]) -> None:
        found, self._stamp = read
        passage = self._passage
        if passage is None or found.path != passage.path:
            return
        self._pages = found.pages
        self.where.setText(self._place(passage, found.pages) or passage.path)
        if not found.exists:
            self._warn(tr("The file is no longer there. This is the passage as it was read."))
            self.open_button.setEnabled(False)
        elif found.changed:
            self._warn(tr("The file has changed since it was read. Add it again to search its new text."))
        self._show(found.before, found.passage or passage.text, found.after)
        self._marks = () if found.changed else found.boxes
        if self.on_page and found.exists:
            self._show_page(passage)
        elif self.on_page:
            self.stack.setCurrentWidget(self._card)

    def _place(self, passage: Passage, pages: int | None = None) -> str:
        """Return "Page iv (6 of 9) · Heading", "12:30 to 13:05 · Heading"."""
        parts = []
        if passage.page is not None:
            named = passage.label if passage.label and passage.label != str(passage.page) else ""
            parts.append(_page(passage.page, pages, named))
        if passage.seconds is not None:
            parts.append(
                tr("{start} to {end}", start=phrases.moment(passage.seconds[0]), end=phrases.moment(passage.seconds[1]))
            )
        return " · ".join([*parts, passage.section] if passage.section else parts)

    def _pause_or_go_on(self) -> None:
        if self.playback.isVisible():
            self.playback.toggle()

    def _silent(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        sentence, hint = phrases.trouble(error)
        self._warn(f"{sentence} {hint}".strip())

    def _fail(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        sentence, hint = phrases.trouble(error)
        self._warn(f"{sentence} {hint}".strip())
        self.stack.setCurrentWidget(self._card)

    def _warn(self, sentence: str) -> None:
        self.warning_text.setText(sentence)
        self.warning.setVisible(bool(sentence))

    def _show(self, before: str, passage: str, after: str) -> None:
        self._shown = (before, passage, after)
        colours = theme.current()
        quiet = QTextCharFormat()
        quiet.setForeground(QBrush(QColor(colours.muted)))
        marked = QTextCharFormat()
        marked.setForeground(QBrush(QColor(colours.on_highlight)))
        marked.setBackground(QBrush(QColor(colours.highlight)))
        faint = QTextCharFormat()
        faint.setForeground(QBrush(QColor(colours.on_notice)))
        faint.setBackground(QBrush(QColor(colours.notice)))
        self.text.clear()
        cursor = self.text.textCursor()
        shape = QTextBlockFormat()
        shape.setLineHeight(135, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(shape)
        cursor.insertText(before, quiet)
        start = cursor.position()
        at = 0
        for first, last in self._spans if self._passage is not None and passage == self._passage.text else ():
            cursor.insertText(passage[at:first], faint)
            cursor.insertText(passage[first:last], marked)
            at = last
        cursor.insertText(passage[at:], faint if at else marked)
        cursor.insertText(after, quiet)
        cursor.setPosition(start)
        self.text.setTextCursor(cursor)
        # After layout: a third of the page above the passage, so that it is read in its place.
        QTimer.singleShot(0, self.text, lambda: self._reveal(start))

    def _reveal(self, position: int) -> None:
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(min(position, max(0, self.text.document().characterCount() - 1)))
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.value() + self.text.cursorRect(cursor).top() - self.text.viewport().height() // 4)


def _stamp(path: str) -> str:
    """Return what tells versions of a file apart."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_mtime_ns}-{status.st_size}"


def _page(page: int, pages: int | None, named: str) -> str:
    """Return "Page iv (6 of 9)" where the page is `named`, else "Page 6 of 9"."""
    if named and pages:
        return tr("Page {name} ({page} of {pages})", name=named, page=page, pages=pages)
    if named:
        return tr("Page {name} ({page})", name=named, page=page)
    return tr("Page {page} of {pages}", page=page, pages=pages) if pages else tr("Page {page}", page=page)
