"""The files that go with the next question, as chips above the text: name, what is in it, and a button to remove it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.ui import theme
from app.ui.controls import frame, label, round_button, set_state
from app.ui.core_words import in_language
from app.ui.flow import Flow
from app.ui.icons import paint
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.rag.material import Material

NAME_WIDTH = 220
"""Logical pixels of a name before its middle is left out."""
PASTED_NAME = 64
"""Characters of the name of a pasted picture: the SHA-256 that nobody wants to read."""


def shown_name(path: str) -> str:
    """Return how a file is called: its name, or "Pasted picture"."""
    name = os.path.basename(path) or path
    stem, ending = os.path.splitext(name)
    if ending == ".png" and len(stem) == PASTED_NAME and os.path.basename(os.path.dirname(path)) == "attachments":
        return tr("Pasted picture")
    return name


def contents(material: Material, seen: bool) -> tuple[str, bool]:
    """Return what is in a file in a few words, and whether a question can use it; `seen`: some node sees pictures."""
    if seen and material.picture:
        return tr("picture"), True
    if material.passages and material.picture:
        return tr("text only"), True
    if material.passages and material.pages and material.pages > 1:
        return tr("{pages} pages", pages=material.pages), True
    if material.passages:
        return tr("1 word") if material.words == 1 else tr("{words} words", words=material.words), True
    return (tr("no text") if material.status == "empty" else tr("cannot be read")), False


def _is_picture(path: str) -> bool:
    from app.ui.shelf import kind_of

    return kind_of(path) == "Pictures"


class Glyph(QWidget):
    """An icon in the colour of the text beside it."""

    def __init__(self, name: str, size: int = 18) -> None:
        super().__init__()
        self._name, self._size = name, size
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        paint(painter, self._name, theme.current().muted, self.rect().toRectF())
        painter.end()


class AttachedFile(QWidget):
    """A file beside the question that it went with."""

    def __init__(self, path: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.XS)
        row.addWidget(Glyph("picture" if _is_picture(path) else "clip", 16))
        name = label(shown_name(path), tone="soft", scale=TYPE.SMALL)
        name.setText(name.fontMetrics().elidedText(name.text(), Qt.TextElideMode.ElideMiddle, NAME_WIDTH))
        name.setAccessibleName(tr("Attached: {name}", name=shown_name(path)))
        row.addWidget(name)
        row.addStretch(1)
        self.setToolTip(path)


class Chip(QWidget):
    """One file."""

    remove = Signal()

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.name = shown_name(str(path))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        body = frame("attachment")
        across.addWidget(body)
        row = QHBoxLayout(body)
        row.setContentsMargins(SPACE.S, SPACE.XS, SPACE.XS, SPACE.XS)
        row.setSpacing(SPACE.S)
        row.addWidget(Glyph("picture" if _is_picture(str(path)) else "document"))
        title = QLabel()
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setText(title.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideMiddle, NAME_WIDTH))
        row.addWidget(title)
        self.state = label(tr("reading…"), tone="muted", scale=TYPE.SMALL)
        row.addWidget(self.state)
        self.close_button = round_button("close", tr("Remove {name}", name=self.name), kind="icon", size=26)
        self.close_button.setIconSize(QSize(13, 13))
        self.close_button.clicked.connect(lambda: self.remove.emit())
        row.addWidget(self.close_button)
        self.setToolTip(str(path))
        self.setAccessibleName(self.name)

    def show_read(self, material: Material, seen: bool) -> None:
        """Tell what is in it; `seen`: some node sees pictures."""
        words, good = contents(material, seen)
        self.state.setText(words)
        set_state(self.state, "tone", "muted" if good else "error")
        self.setToolTip("\n".join(filter(None, (str(self.path), in_language(material.reason)))))
        self.setAccessibleDescription(" ".join(filter(None, (words, in_language(material.reason)))))
        self.close_button.setAccessibleDescription(f"{self.name}, {words}")


class AttachmentStrip(QWidget):
    """The chips. Left and Right go from one to the next, Delete removes; hidden while there is none."""

    changed = Signal()
    added = Signal(object)
    """The path of a file that has come: somebody should read it and call `show_read`."""
    left = Signal()
    """The last chip was removed by the keyboard."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Files that go with the question"))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._flow = Flow(self)
        self.chips: list[Chip] = []
        self.hide()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, in the order in which they came."""
        return tuple(chip.path for chip in self.chips)

    def add(self, paths: Iterable[Path]) -> None:
        """Take files; those that are there already stay as they are."""
        came = [path for path in dict.fromkeys(paths) if path not in self.paths]
        for path in came:
            chip = Chip(path)
            chip.remove.connect(lambda chip=chip: self._remove(chip))
            chip.close_button.installEventFilter(self)
            self.chips.append(chip)
            self._flow.addWidget(chip)
        if came:
            self._tell()
        for path in came:
            self.added.emit(path)

    def show_read(self, path: Path, material: Material, seen: bool) -> None:
        """Tell what is in a file; `seen`: some node sees pictures."""
        for chip in self.chips:
            if chip.path == path:
                chip.show_read(material, seen)
        self._flow.invalidate()
        self.updateGeometry()

    def take(self) -> tuple[Path, ...]:
        """Return the files and let go of them."""
        paths = self.paths
        for chip in self.chips:
            self._drop(chip)
        self.chips = []
        self._tell()
        return paths

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go through the chips with the arrows, and remove with Delete or Backspace."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            at = next((n for n, chip in enumerate(self.chips) if chip.close_button is watched), None)
            key = event.key()
            if at is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
                self._remove(self.chips[at])
                return True
            if at is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                back = (key == Qt.Key.Key_Left) != (self.layoutDirection() == Qt.LayoutDirection.RightToLeft)
                self.chips[max(0, min(len(self.chips) - 1, at + (-1 if back else 1)))].close_button.setFocus()
                return True
        return super().eventFilter(watched, event)

    def _remove(self, chip: Chip) -> None:
        at = self.chips.index(chip)
        focused = chip.close_button.hasFocus()
        self.chips.remove(chip)
        self._drop(chip)
        self._tell()
        if focused and self.chips:
            self.chips[min(at, len(self.chips) - 1)].close_button.setFocus()
        elif focused:
            self.left.emit()

    def _drop(self, chip: Chip) -> None:
        self._flow.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _tell(self) -> None:
        self.setVisible(bool(self.chips))
        self._flow.invalidate()
        self.updateGeometry()
        self.changed.emit()
