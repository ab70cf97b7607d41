"""The passage behind a citation: file, page, and the passage highlighted in its surroundings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QBrush, QColor, QDesktopServices, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from app.ui import phrases, theme
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, frame, label
from app.ui.seam import RuntimeSeam

if TYPE_CHECKING:
    from app.events import Passage
    from app.rag.library import Surroundings


class PassageView(QWidget):
    """Shows one passage at a time."""

    failed = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._runtime: RuntimeSeam | None = None
        self._handle: Handle | None = None
        self._passage: Passage | None = None
        self._shown: tuple[str, str, str] = ("", "", "")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.file_name = label("", scale=1.08, weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.file_name)
        self.where = label("", tone="muted", wrap=True)
        column.addWidget(self.where)
        self.warning = frame("notice")
        inside = QHBoxLayout(self.warning)
        inside.setContentsMargins(14, 10, 14, 10)
        self.warning_text = label("", wrap=True)
        inside.addWidget(self.warning_text)
        self.warning.hide()
        column.addWidget(self.warning)
        page = frame("card")
        on_page = QVBoxLayout(page)
        on_page.setContentsMargins(14, 10, 6, 10)
        # Plain text only: what a document says is shown, never interpreted.
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setAcceptRichText(False)
        self.text.setAccessibleName("Passage in its surroundings")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setStyleSheet("QTextEdit { background: transparent; border: none; }")
        on_page.addWidget(self.text)
        column.addWidget(page, 1)
        row = QHBoxLayout()
        self.open_button = button(
            "&Open file", kind="primary", description="Open the file with the program that the system uses for it"
        )
        self.open_button.clicked.connect(self.open_file)
        row.addWidget(self.open_button)
        row.addStretch()
        column.addLayout(row)
        self.setFocusProxy(self.text)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime

    def present(self, passage: Passage) -> None:
        """Show `passage` at once, its surroundings as soon as they are read."""
        self._passage = passage
        self.file_name.setText(os.path.basename(passage.path) or passage.path)
        page = f"Page {passage.page}" if passage.page is not None else ""
        self.where.setText(" · ".join(part for part in (page, passage.section) if part) or passage.path)
        self.where.setToolTip(passage.path)
        self._warn("")
        self.open_button.setEnabled(True)
        self._show("", passage.text, "")
        if self._handle is not None:
            self._handle.cancel()
        if self._runtime is not None:
            library = self._runtime.library
            self._handle = self._bridge.run(
                lambda: library.surroundings(passage.path, passage.page, passage.start, passage.end),
                self._surround,
                self._fail,
                name="passage",
            )

    def repaint_text(self) -> None:
        """Show the same in the colours of now."""
        self._show(*self._shown)

    def open_file(self) -> None:
        """Open the document with the system's program: only ever a local file, only ever by this button."""
        if self._passage is None:
            return
        path = Path(self._passage.path)
        if not path.is_file():
            self._warn(f"{path.name} is no longer where it was: {path.parent}")
            self.open_button.setEnabled(False)
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._warn(f"The system knows no program to open {path.name}.")

    def _surround(self, found: Surroundings) -> None:
        passage = self._passage
        if passage is None or found.path != passage.path:
            return
        if found.pages and passage.page is not None:
            parts = (f"Page {passage.page} of {found.pages}", passage.section)
            self.where.setText(" · ".join(part for part in parts if part))
        if not found.exists:
            self._warn("The file is no longer there. This is the passage as it was read.")
            self.open_button.setEnabled(False)
        elif found.changed:
            self._warn("The file has changed since it was read. Add it again to search its new text.")
        self._show(found.before, found.passage or passage.text, found.after)

    def _fail(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        sentence, hint = phrases.trouble(error)
        self._warn(f"{sentence} {hint}".strip())

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
        self.text.clear()
        cursor = self.text.textCursor()
        shape = QTextBlockFormat()
        shape.setLineHeight(135, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setBlockFormat(shape)
        cursor.insertText(before, quiet)
        start = cursor.position()
        cursor.insertText(passage, marked)
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
