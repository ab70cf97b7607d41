"""All passages of one document, in order, as they were read: where each stands and how it begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui import phrases
from app.ui.bridge import Bridge, Handle
from app.ui.controls import button, label
from app.ui.numbers import number
from app.ui.seam import RuntimeSeam
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.events import Passage

BEGINNING = 160
"""Characters of a passage that its row shows."""


class PassagesList(QWidget):
    """Lists the passages of a document; `chosen` carries one of them."""

    chosen = Signal(object)
    failed = Signal(object)
    back_asked = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._handle: Handle | None = None
        self._passages: tuple[Passage, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        back = button(tr("Back to the documents"), kind="plain", glyph="left", clicked=self.back_asked.emit)
        row.addWidget(back)
        row.addStretch(1)
        column.addLayout(row)
        self.name = label("", scale=TYPE.LEAD, weight=QFont.Weight.DemiBold, wrap=True)
        column.addWidget(self.name)
        self.summary = label("", tone="muted", wrap=True)
        column.addWidget(self.summary)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find in these passages"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)
        self.search.setAccessibleName(tr("Find in these passages"))
        self.search.textChanged.connect(lambda _text: self._fill())
        column.addWidget(self.search)
        self.list = TwoLineList(tr("Passages"), Qt.TextElideMode.ElideRight)
        self.list.chosen.connect(lambda key: self.chosen.emit(self._passages[int(key)]))
        column.addWidget(self.list, 1)
        self.setFocusProxy(self.list)

    def present(self, runtime: RuntimeSeam, path: str) -> None:
        """Read and show the passages of `path`."""
        self.name.setText(os.path.basename(path))
        self.name.setToolTip(path)
        self.summary.setText(tr("Reading…"))
        self.search.clear()
        self._show(())
        if self._handle is not None:
            self._handle.cancel()
        library = runtime.library
        self._handle = self._bridge.run(lambda: library.chunks_of(Path(path)), self._show, self._fail, name="passages")

    def _show(self, passages: Sequence[Passage]) -> None:
        self._passages = tuple(passages)
        if passages:
            self.summary.setText(
                tr("1 passage") if len(passages) == 1 else tr("{number} passages", number=number(len(passages)))
            )
        self._fill()

    def _fill(self) -> None:
        words = self.search.text().lower().split()
        rows = [
            Row(str(at), _place(one, at), one.text[:BEGINNING], one.section)
            for at, one in enumerate(self._passages)
            if not words or all(word in f"{one.section}\n{one.text}".lower() for word in words)
        ]
        self.list.rows.replace(rows)
        if words:
            self.summary.setText(
                tr("{number} of {all} passages", number=number(len(rows)), all=number(len(self._passages)))
            )

    def _fail(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        self.summary.setText(" ".join(phrases.trouble(error)))


def _place(passage: Passage, at: int) -> str:
    parts = [f"{at + 1}"]
    if passage.page is not None:
        parts.append(tr("page {page}", page=passage.label or passage.page))
    if passage.seconds is not None:
        parts.append(phrases.moment(passage.seconds[0]))
    if passage.section:
        parts.append(passage.section)
    return " · ".join(parts)
