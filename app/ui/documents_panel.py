"""The documents: what is in the library, what is being added with its progress, and taking one out again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QProgressBar, QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.chrome import UndoBar
from app.ui.controls import button, label
from app.ui.seam import RuntimeSeam
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import DocumentInfo, FileIndexed, IndexDone, Progress

FILTER = "Documents (*.pdf *.txt *.md *.markdown *.html *.htm *.docx);;All files (*)"
_DOTS = {"failed": "on_error", "missing": "on_error", "skipped": "muted", "indexed": "good"}


class DocumentsPanel(QWidget):
    """Adds, lists and removes documents."""

    failed = Signal(object)
    changed = Signal(int)
    """How many documents there are."""
    open_asked = Signal(str)

    def __init__(self, bridge: Bridge, undo: UndoBar) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._runtime: RuntimeSeam | None = None
        self._adding: Handle | None = None
        self._queue: list[Path] = []
        self._done = 0
        self._news: dict[str, Row] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        row = QHBoxLayout()
        self.files_button = button(
            "Add &files…", kind="primary", description="Choose files to add", clicked=self.choose_files
        )
        row.addWidget(self.files_button)
        self.folder_button = button("Add f&older…", description="Choose a folder to add", clicked=self.choose_folder)
        row.addWidget(self.folder_button)
        row.addStretch()
        column.addLayout(row)
        self.progress_box = QWidget()
        progress = QVBoxLayout(self.progress_box)
        progress.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        self.progress_text = label("", wrap=True)
        line.addWidget(self.progress_text, 1)
        self.cancel_button = button("&Cancel", name="Cancel adding", description="Stop adding; what is done stays")
        self.cancel_button.clicked.connect(self.cancel)
        line.addWidget(self.cancel_button)
        progress.addLayout(line)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of adding documents")
        progress.addWidget(self.bar)
        self.progress_box.hide()
        column.addWidget(self.progress_box)
        self.empty = label(
            "Nothing here yet. Drop files or folders anywhere on the window: PDF, Word, text, Markdown, HTML.",
            tone="muted", wrap=True,
        )  # fmt: skip
        column.addWidget(self.empty)
        self.list = TwoLineList("Documents", Qt.TextElideMode.ElideMiddle)
        self.list.chosen.connect(self.open_asked)
        self.list.removal_asked.connect(self.remove)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        column.addWidget(self.list, 1)
        self.remove_button = button(
            "&Remove from library", glyph="trash", description="Take the chosen document out; the file itself stays"
        )
        self.remove_button.clicked.connect(lambda: self.remove(self.list.current_key))
        column.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.list)
        self._settle = QTimer(self, singleShot=True, interval=120)
        self._settle.timeout.connect(self._show_news)
        self._show([])

    @property
    def adding(self) -> bool:
        """True while documents are being added."""
        return self._adding is not None

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; files dropped before are added now."""
        self._runtime = runtime
        self.refresh()
        if self._queue:
            self.add(())

    def refresh(self) -> None:
        """Read the list anew."""
        if self._runtime is not None:
            self._bridge.run(self._runtime.library.documents, self._show, self.failed.emit, name="documents")

    def choose_files(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(self, "Add documents", os.path.expanduser("~"), FILTER)
        self.add([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self, "Add a folder", os.path.expanduser("~"))
        if name:
            self.add([Path(name)])

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders; while something is being added they wait for their turn."""
        self._queue += [path for path in paths if path not in self._queue]
        if not self._queue:
            return
        self.progress_box.show()
        if self._runtime is None or self._adding is not None:
            self.progress_text.setText(f"{len(self._queue)} waiting…")
            return
        batch, self._queue = self._queue, []
        self._done = 0
        self.progress_text.setText("Looking at the files…")
        self.bar.setRange(0, 0)
        library = self._runtime.library
        self._adding = self._bridge.stream(
            lambda: library.add(batch), self._event, self._end, self._fail, name="add documents"
        )

    def cancel(self) -> None:
        """Stop adding; what has been indexed stays."""
        self._queue.clear()
        if self._adding is not None:
            self._adding.cancel()
            self._finished(f"Cancelled; {self._done} files were done.")
        else:
            self.progress_box.hide()

    def remove(self, path: str) -> None:
        """Take a document out and offer to put it back."""
        if not path or self._runtime is None:
            return
        library = self._runtime.library
        self._news.pop(path, None)

        def removed(_gone: list[DocumentInfo]) -> None:
            self.refresh()
            name = os.path.basename(path)
            self._undo.offer(f"{name} is no longer in your library.", lambda: self.add([Path(path)]))

        self._bridge.run(lambda: library.remove([Path(path)]), removed, self.failed.emit, name="remove document")

    # ------------------------------------------------------------------ what comes back

    def _event(self, event: Progress | FileIndexed | IndexDone) -> None:
        from app.events import FileIndexed, Progress

        if isinstance(event, Progress):
            left = phrases.time_left(event.seconds_left)
            self.progress_text.setText(f"{event.what}, {left}" if left else event.what)
            if event.fraction is None:
                self.bar.setRange(0, 0)
            else:
                self.bar.setRange(0, 1000)
                self.bar.setValue(round(event.fraction * 1000))
        elif isinstance(event, FileIndexed):
            self._done += 1
            dot = "on_error" if event.state == "failed" else "muted" if event.state == "skipped" else "good"
            self._news[event.path] = Row(
                event.path, os.path.basename(event.path), phrases.file_line(event), event.path, dot
            )
            if not self._settle.isActive():
                self._settle.start()
        else:
            self.progress_text.setText(
                f"{event.files} files, {event.chunks} passages, {phrases.seconds(event.seconds * 1000)}"
            )

    def _end(self) -> None:
        self._finished(self.progress_text.text())

    def _fail(self, error: BaseException) -> None:
        self._finished(phrases.trouble(error)[0])
        self.failed.emit(error)

    def _finished(self, sentence: str) -> None:
        self._adding = None
        self.bar.setRange(0, 1000)
        self.bar.setValue(1000)
        self.progress_text.setText(sentence)
        if self._queue:
            self.add(())
        else:
            self.cancel_button.hide()
            QTimer.singleShot(5000, self, self._rest)
        self.refresh()

    def _rest(self) -> None:
        self.cancel_button.show()
        if self._adding is None and not self._queue:
            self.progress_box.hide()

    def _show_news(self) -> None:
        for row in self._news.values():
            self.list.rows.put(row)
        self.empty.setVisible(not self.list.rows.rows)

    def _show(self, documents: Sequence[DocumentInfo]) -> None:
        rows: list[Row] = []
        known = set()
        for one in documents:
            known.add(one.path)
            pages = f"{one.pages} pages, " if one.pages else ""
            detail = f"{one.state}: {one.reason}" if one.reason else f"{pages}{one.chunks} passages"
            if one.state == "missing":
                detail = "the file is no longer there"
            row = Row(one.path, os.path.basename(one.path), detail, one.path, _DOTS.get(one.state, "good"))
            news = self._news.get(one.path)
            rows.append(replace(row, detail=news.detail, dot=news.dot) if news else row)
        # Files that were refused are not in the library, but their reason must stay readable.
        rows = [row for path, row in self._news.items() if path not in known] + rows
        self.list.rows.replace(rows)
        self.empty.setVisible(not rows)
        self.remove_button.setVisible(bool(rows))
        self.changed.emit(len(documents))

    def _menu(self, at: QPoint) -> None:
        key = self.list.current_key
        if not key:
            return
        menu = QMenu(self)
        menu.addAction("&Open file", lambda: self.open_asked.emit(key))
        menu.addAction("&Remove from library", lambda: self.remove(key))
        menu.exec(self.list.viewport().mapToGlobal(at))
