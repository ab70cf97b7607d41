"""Making and changing collections: names on the left, the folders of the chosen one on the right."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from app.ui import phrases, shelf
from app.ui.bridge import Bridge
from app.ui.controls import button, label
from app.ui.empty_state import EmptyState
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import Row, TwoLineList

if TYPE_CHECKING:
    from app.collections import Collection
from app.ui.seam import CollectionsSeam


class CollectionsDialog(QDialog):
    """Each change is kept at once; `changed` carries all collections after it."""

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self, bridge: Bridge, collections: CollectionsSeam, folders: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        """`folders`: those of the library, which are offered."""
        super().__init__(parent)
        self._bridge = bridge
        self._collections = collections
        self._offered = tuple(folders)
        self._known: tuple[Collection, ...] = ()
        self._select = ""
        self.setWindowTitle(tr("Collections"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 440)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.XL, SPACE.L, SPACE.XL, SPACE.L)
        column.setSpacing(SPACE.S)
        column.addWidget(label(tr("Collections"), scale=TYPE.TITLE, weight=QFont.Weight.DemiBold))
        column.addWidget(
            label(
                tr(
                    "A collection is a set of folders. A conversation that is held to one is answered from these "
                    "folders alone."
                ),
                tone="muted",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("Name of a new collection"))
        self.name.setAccessibleName(tr("Name of a new collection"))
        self.name.setMaxLength(60)
        self.name.returnPressed.connect(self._create)
        row.addWidget(self.name, 1)
        self.create_button = button(tr("&Create with folder…"), kind="primary", clicked=self._create)
        self.create_button.setAutoDefault(False)
        self.create_button.setEnabled(False)
        self.name.textChanged.connect(lambda text: self.create_button.setEnabled(bool(text.strip())))
        row.addWidget(self.create_button)
        column.addLayout(row)
        parts = QHBoxLayout()
        parts.setSpacing(SPACE.L)
        self.names = TwoLineList(tr("Collections"))
        self.names.selectionModel().currentChanged.connect(lambda *_: self._show_folders())
        self.names.removal_asked.connect(self.remove)
        parts.addWidget(self.names, 2)
        self.folders = TwoLineList(tr("Folders of the collection"), Qt.TextElideMode.ElideMiddle)
        self.folders.removal_asked.connect(self.leave_out)
        parts.addWidget(self.folders, 3)
        column.addLayout(parts, 1)
        self.empty = EmptyState(
            "folder",
            tr("No collections yet"),
            tr("Name one above and choose its first folder: taxes, a course, a house."),
        )
        self.empty.hide()
        column.addWidget(self.empty, 1)
        self.problem = label("", tone="error", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.remove_button = button(
            tr("&Remove collection"),
            glyph="trash",
            description=tr("Forget it; its folders and documents stay (Delete)"),
        )
        self.remove_button.clicked.connect(lambda: self.remove(self.names.current_key))
        row.addWidget(self.remove_button)
        row.addStretch()
        self.leave_button = button(tr("&Leave folder out"), description=tr("Take the chosen folder out of it (Delete)"))
        self.leave_button.clicked.connect(lambda: self.leave_out(self.folders.current_key))
        row.addWidget(self.leave_button)
        self.add_button = button(tr("&Add folder…"), clicked=self._add)
        row.addWidget(self.add_button)
        close = button(tr("Cl&ose"), clicked=self.accept)
        row.addWidget(close)
        for one in (self.remove_button, self.leave_button, self.add_button, close):
            one.setAutoDefault(False)
            one.setDefault(False)
        column.addLayout(row)
        QShortcut(QKeySequence("Ctrl+W"), self, self.accept)
        self._do(lambda: None)

    # ------------------------------------------------------------------ what can be done

    def put(self, name: str, folders: Sequence[str]) -> None:
        """Make a collection, or give one other folders."""
        self._select = name
        self._do(lambda: self._collections.put(name, [Path(folder) for folder in folders]))

    def remove(self, name: str) -> None:
        """Forget a collection."""
        if name:
            self._select = ""
            self._do(lambda: self._collections.remove(name))

    def leave_out(self, folder: str) -> None:
        """Take a folder out of the chosen collection; the last one stays."""
        chosen = self._chosen()
        if chosen is None or not folder:
            return
        left = [str(path) for path in chosen.folders if str(path) != folder]
        if not left:
            self._say(tr("A collection needs a folder. Remove the whole collection instead."))
            return
        self.put(chosen.name, left)

    def _create(self) -> None:
        name = " ".join(self.name.text().split())
        if name:
            self.name.clear()
            self._pick(lambda folder: self.put(name, [folder]))

    def _add(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._pick(lambda folder: self.put(chosen.name, [*map(str, chosen.folders), folder]))

    def _pick(self, take: Callable[[str], object]) -> None:
        """Offer the folders of the library, and any other."""
        if not self._offered:
            self._browse(take)
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for folder in self._offered[:30]:
            menu.addAction(shelf.short(folder).replace("&", "&&")).triggered.connect(
                lambda _on=False, folder=folder: take(folder)
            )
        menu.addSeparator()
        menu.addAction(tr("&Another folder…"), lambda: self._browse(take))
        source = self.add_button if self.add_button.hasFocus() else self.create_button
        menu.popup(source.mapToGlobal(source.rect().bottomLeft()))

    def _browse(self, take: Callable[[str], object]) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("A folder of the collection"), os.path.expanduser("~"))
        if folder:
            take(folder)

    # ------------------------------------------------------------------ what comes back

    def _do(self, change: Callable[[], object]) -> None:
        """Change something and read all anew, both in a thread."""

        async def work() -> Sequence[Collection]:
            import asyncio

            await asyncio.to_thread(change)
            return await asyncio.to_thread(self._collections.all)

        self._bridge.run(work, self._show, self._fail, name="collections", must_finish=True)

    def _show(self, collections: Sequence[Collection]) -> None:
        self._known = tuple(collections)
        self.problem.hide()
        chosen = self._select or self.names.current_key
        self.names.rows.replace([Row(one.name, one.name, _count(len(one.folders))) for one in collections])
        self.names.select(chosen if any(one.name == chosen for one in collections) else "")
        if not self.names.current_key and collections:
            self.names.select(collections[0].name)
        self._show_folders()
        for part in (self.names, self.folders):
            part.setVisible(bool(collections))
        self.empty.setVisible(not collections)
        self.changed.emit(self._known)

    def _show_folders(self) -> None:
        chosen = self._chosen()
        folders = chosen.folders if chosen is not None else ()
        self.folders.rows.replace([Row(str(one), one.name or str(one), shelf.short(str(one))) for one in folders])
        for one in (self.add_button, self.remove_button, self.leave_button):
            one.setEnabled(chosen is not None)

    def _chosen(self) -> Collection | None:
        return next((one for one in self._known if one.name == self.names.current_key), None)

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.show()

    def _fail(self, error: BaseException) -> None:
        if phrases.is_bug(error):
            self.failed.emit(error)
        self._say(" ".join(phrases.trouble(error)))


def _count(folders: int) -> str:
    return tr("1 folder") if folders == 1 else tr("{number} folders", number=folders)
