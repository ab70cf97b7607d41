"""The logs of this machine: what the window, the command line and the local node wrote, searched and followed."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.controls import Choice, button, label
from app.ui.search_field import SearchField
from app.ui.tokens import SPACE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.ui.bridge import Bridge
    from app.ui.seam import RuntimeSeam

MOST_BYTES = 400_000
"""Of the end of a log; more is in the file."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LEVEL = re.compile(rf"^\S+ \S+ ({'|'.join(LEVELS)})\b")
FOLLOW_MS = 1_000
COPIED_MS = 1_500
"""How long the button says that it has copied."""


class LogPage(QWidget):
    """Shows the end of one log at a time."""

    failed = Signal(object)
    folder_asked = Signal(str)
    """The folder shall be shown by the system's file manager."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._folder: Path | None = None
        self._reading = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.file = Choice()
        self.file.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.file.setAccessibleName(tr("Log"))
        self.level = Choice()
        self.level.setAccessibleName(tr("Level"))
        for name, text in (
            ("INFO", tr("Everything")), ("WARNING", tr("Warnings and errors")), ("ERROR", tr("Errors"))
        ):  # fmt: skip
            self.level.addItem(text, name)
        self.search = SearchField(tr("Find in the log"), tr("Only lines with these words"))
        row.addWidget(self.file)
        row.addWidget(self.level)
        row.addWidget(self.search, 1)
        column.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Lines of the log"))
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.summary = label("", tone="muted")
        row.addWidget(self.summary, 1)
        self.copy_button = button(tr("&Copy"), glyph="copy", description=tr("Copy the lines shown"), clicked=self._copy)
        row.addWidget(self.copy_button)
        self.folder_button = button(tr("Open &folder"), glyph="open", clicked=self._ask_folder)
        row.addWidget(self.folder_button)
        column.addLayout(row)
        self.file.currentIndexChanged.connect(lambda _at: self.refresh())
        self.level.currentIndexChanged.connect(lambda _at: self.refresh())
        self._typing = QTimer(self, singleShot=True, interval=150)
        self._typing.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.down.connect(self.text.setFocus)
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy_button.setText(tr("&Copy")))
        self._clock = QTimer(self, interval=FOLLOW_MS)
        self._clock.timeout.connect(self.refresh)

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._folder = runtime.home
        self.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Give the keyboard to the field that finds; Down goes on to the lines."""
        super().focusInEvent(event)
        self.search.setFocus(event.reason())

    def enter(self) -> None:
        """It is shown: follow what is written."""
        self._clock.start()
        self.refresh()

    def leave(self) -> None:
        """Another view is shown."""
        self._clock.stop()

    def refresh(self) -> None:
        """Read the log anew."""
        if self._folder is None or self._reading:
            return
        folder, chosen = self._folder, self.file.currentData()
        level, words = str(self.level.currentData()), self.search.text().strip()
        self._reading = True

        async def read() -> tuple[list[str], list[str], int]:
            return await asyncio.to_thread(look, folder, chosen, level, words)

        self._bridge.run(read, self._show, self._fail, name="log")

    def _show(self, found: tuple[list[str], list[str], int]) -> None:
        self._reading = False
        files, lines, total = found
        if files != [self.file.itemData(at) for at in range(self.file.count())]:
            chosen = self.file.currentData()
            self.file.blockSignals(True)
            self.file.clear()
            for name in files:
                self.file.addItem(name, name)
            self.file.setCurrentIndex(max(0, self.file.findData(chosen)))
            self.file.blockSignals(False)
        text = "\n".join(lines)
        if text != self.text.toPlainText():
            bar = self.text.verticalScrollBar()
            at, at_end = bar.value(), bar.value() >= bar.maximum() - 2
            self.text.setPlainText(text)
            bar.setValue(bar.maximum() if at_end else at)
        self.summary.setText(
            tr("{shown} of {total} lines", shown=len(lines), total=total) if lines else tr("Nothing is written there.")
        )

    def _fail(self, error: BaseException) -> None:
        self._reading = False
        self.failed.emit(error)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy_button.setText(tr("Copied"))
        self._copied.start()

    def _ask_folder(self) -> None:
        if self._folder is not None:
            self.folder_asked.emit(str(self._folder / "logs"))


def look(home: Path, chosen: str | None, level: str, words: str) -> tuple[list[str], list[str], int]:
    """Return the names of the logs and reports, the lines wanted of the chosen one, and how many lines it has.

    Args:
        home: the folder of the program.
        chosen: name of a log as it was returned before; None or one that has gone is the first.
        level: the least level; lines that belong to none, as those of a traceback, go with the line before them.
        words: what must be in a line, whatever the case.
    """
    files = sorted(
        [*home.glob("logs/*.log*"), *home.glob("crashes/*.txt")],
        key=lambda path: (path.name != "window.log", path.parent.name != "logs", path.name),
    )
    names = [path.relative_to(home).as_posix() for path in files]
    if not files:
        return [], [], 0
    with (home / (chosen if chosen in names else names[0])).open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - MOST_BYTES))
        lines = file.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    least, kept, wanted = LEVELS.index(level), [], True
    for line in lines:
        found = _LEVEL.match(line)
        if found:
            wanted = LEVELS.index(found.group(1)) >= least
        if wanted and words.casefold() in line.casefold():
            kept.append(line)
    return names, kept, len(lines)
