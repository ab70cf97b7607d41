"""The library: all documents by folder with how it is with each, the queue, watched folders, and what can be done."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.ui.bridge import Bridge, Handle
from app.ui.chrome import UndoBar
from app.ui.controls import button, keys, label, round_button, set_glyph
from app.ui.empty_state import EmptyState
from app.ui.numbers import number
from app.ui.page_pictures import PagePictures
from app.ui.seam import RuntimeSeam
from app.ui.shelf_source import ShelfSource
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.library_state import LibraryState, WatchedFolder
    from app.transcripts import Form
    from app.ui import shelf
    from app.ui.queue_strip import QueueStrip
    from app.ui.shelf_filters import ShelfFilters
    from app.ui.shelf_view import ShelfView
    from app.ui.transcript_export import Exports

ENDINGS = (
    "*.pdf *.docx *.odt *.rtf *.pptx *.odp *.xlsx *.xls *.ods *.csv *.txt *.md *.rst *.html *.htm *.epub "
    "*.eml *.msg *.zip *.json *.ipynb *.png *.jpg *.jpeg *.tif *.tiff *.wav *.mp3 *.m4a *.flac *.ogg *.opus "
    "*.amr *.3gp *.aac *.mp4 *.mov *.mkv *.webm"
)
AGAIN = ("failed", "scanned", "protected", "cancelled", "missing")
"""States in which reading once more may help."""
FEW = 6
"""With so few documents there is nothing to search."""


class DocumentsPanel(QWidget):
    """Adds, lists and removes documents. What is in it is built when it is shown for the first time."""

    failed = Signal(object)
    changed = Signal(int)
    """How many documents there are."""
    open_asked = Signal(str)
    """Open the file with the system's program."""
    passages_asked = Signal(str)
    summary_asked = Signal(str)
    record_asked = Signal()
    """Begin to record, or end that."""
    said = Signal(str)
    """A calm sentence for the user."""

    view: ShelfView
    filters: ShelfFilters
    strip: QueueStrip
    """These come with the first showing."""

    def __init__(self, bridge: Bridge, undo: UndoBar, pictures: PagePictures) -> None:
        super().__init__()
        self._bridge = bridge
        self._undo = undo
        self._pictures = pictures
        self._runtime: RuntimeSeam | None = None
        self._adding: set[Handle] = set()
        self._early: list[Path] = []
        """Dropped before the runtime was there."""
        self._built = False
        self._recording = False
        self._exports: Exports | None = None
        self.source = ShelfSource(bridge, self)
        self.source.failed.connect(self.failed)
        self.source.counted.connect(self.changed)
        self.source.told.connect(self._show_state)
        self.source.arranged.connect(self._show_rows)

    # ------------------------------------------------------------------ start

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime; files dropped before are added now."""
        self._runtime = runtime
        self.source.attach(runtime)
        if self._early:
            early, self._early = self._early, []
            self.add(early)

    def showEvent(self, event: QShowEvent) -> None:
        """Build what is in the panel, and catch up: a hidden panel arranges nothing."""
        super().showEvent(event)
        if not self._built:
            self._build()
            self._built = True
            self.strip.show_state(self.source.state)
        self.source.show(True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Give the keyboard to the list. A focus proxy would do so too, and Tab would pass by what stands above it."""
        super().focusInEvent(event)
        self.view.setFocus(event.reason())

    def hideEvent(self, event: QHideEvent) -> None:
        """Arrange nothing meanwhile."""
        super().hideEvent(event)
        self.source.show(False)

    def _build(self) -> None:
        from app.ui.queue_strip import QueueStrip
        from app.ui.shelf_filters import ShelfFilters
        from app.ui.shelf_view import ShelfView

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.files_button = button(
            tr("Add &files…"), kind="primary", description=tr("Choose files to add"), clicked=self.choose_files
        )
        row.addWidget(self.files_button)
        self.folder_button = button(
            tr("F&older…"), name=tr("Add folder"), description=tr("Choose a folder to add"), clicked=self.choose_folder
        )
        row.addWidget(self.folder_button)
        self.record_button = round_button("record", tr("Record"), kind="icon", size=32)
        self.record_button.clicked.connect(lambda: self.record_asked.emit())
        self._name_recording()
        row.addWidget(self.record_button)
        self.watch_button = button(
            tr("&Watched…"), kind="plain", name=tr("Watched folders"),
            description=tr("Folders whose changes are noticed by themselves"), clicked=self._open_folders,
        )  # fmt: skip
        row.addWidget(self.watch_button)
        row.addStretch()
        column.addLayout(row)
        self.strip = QueueStrip()
        self.strip.pause_asked.connect(self.pause)
        self.strip.cancel_asked.connect(self.cancel)
        column.addWidget(self.strip)
        self.filters = ShelfFilters()
        column.addWidget(self.filters)
        self.summary = label("", tone="muted", scale=TYPE.SMALL)
        column.addWidget(self.summary)
        self.view = ShelfView(self._pictures)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        column.addWidget(self.view, 1)
        self.empty = EmptyState(
            "add-document",
            tr("Nothing here yet"),
            tr("Drop files or folders anywhere on the window: PDF, Word, slides, tables, mail, web pages, pictures, "
               "recordings, text. Or record a lecture by the round button above."),
        )  # fmt: skip
        self.empty.hide()
        column.addWidget(self.empty, 1)
        self._first_row = row
        row = QHBoxLayout()
        row.setSpacing(SPACE.S)
        self.passages_button = button(
            tr("&Passages"), description=tr("Show what was read in this document (Shift+Enter)")
        )
        self.passages_button.clicked.connect(lambda: self._ask_passages())
        self.retry_button = button(tr("&Try again"), glyph="retry", description=tr("Read it once more (F5)"))
        self.retry_button.clicked.connect(lambda: self.retry())
        self.more_button = button(
            tr("&More…"), kind="plain", description=tr("What can be done with it"), clicked=self._open_menu
        )
        self.remove_button = button(
            tr("&Remove"), glyph="trash", name=tr("Remove from library"),
            description=tr("Take what is chosen out of the library; the files stay (Delete)"),
        )  # fmt: skip
        self.remove_button.clicked.connect(lambda: self.remove(self.view.chosen_keys))
        for one in (self.passages_button, self.retry_button, self.remove_button, self.more_button):
            row.addWidget(one)
        row.addStretch()
        row.setContentsMargins(0, 0, 0, SPACE.XL)  # the list ends at the edge of the window
        column.addLayout(row)
        self.view.chosen.connect(self.open_asked)
        self.view.removal_asked.connect(lambda: self.remove(self.view.chosen_keys))
        self.view.folded.connect(self._fold)
        self.view.order_asked.connect(self.filters.sort_by)
        self.view.current_changed.connect(self._show_actions)
        self.view.customContextMenuRequested.connect(lambda _at: self._open_menu())
        self.filters.changed.connect(lambda: self.source.want(self.filters.wanted))
        self.filters.down.connect(self.view.setFocus)
        from app.ui.document_menu import add_shortcuts

        add_shortcuts(self)
        self._show_actions()

    # ------------------------------------------------------------------ adding

    def show_recording(self, on: bool) -> None:
        """Say whether something is being recorded."""
        self._recording = on
        if self._built:
            self._name_recording()

    def _name_recording(self) -> None:
        on = self._recording
        set_glyph(self.record_button, "stop" if on else "record")
        self.record_button.setAccessibleName(tr("End the recording") if on else tr("Record"))
        what = tr("End the recording; it is written down and added") if on else tr("Record a lecture or a meeting")
        self.record_button.setAccessibleDescription(what)
        self.record_button.setToolTip(f"{what} ({keys('Ctrl+Shift+R')})")

    @property
    def adding(self) -> bool:
        """True while documents are being added."""
        return bool(self._adding) or bool(self.source.state.waiting or self.source.state.working)

    def choose_files(self) -> None:
        """Ask for files."""
        kinds = f"{tr('Documents')} ({ENDINGS});;{tr('All files')} (*)"
        names, _ = QFileDialog.getOpenFileNames(self, tr("Add documents"), os.path.expanduser("~"), kinds)
        self.add([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self, tr("Add a folder"), os.path.expanduser("~"))
        if name:
            self.add([Path(name)])

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders; those of before go on meanwhile."""
        if not paths:
            return
        if self._built:
            self.strip.say(tr("Looking at the files…"))
        if self._runtime is None:
            self._early += [path for path in paths if path not in self._early]
            return
        self._undo.settle()  # what is being taken out may be among them
        library = self._runtime.library
        batch = tuple(paths)
        done: list[Handle] = []

        def end(error: BaseException | None = None) -> None:
            self._adding.difference_update(done)
            if self._built and not self.adding:
                self.strip.hide()
            self.source.refresh()
            if error is not None:
                self.failed.emit(error)

        handle = self._bridge.stream(lambda: library.add(batch), self.source.note, end, end, name="add documents")
        done.append(handle)
        self._adding.add(handle)

    def cancel(self, paths: Sequence[str] = ()) -> None:
        """Stop adding what waits, or only these; what has been indexed stays."""
        self._early.clear()
        if self._runtime is None:
            return
        library = self._runtime.library
        if not paths:
            for handle in tuple(self._adding):
                handle.cancel()
            self._adding.clear()
        self._do(lambda: library.cancel([Path(path) for path in paths]), "cancel adding")

    # ------------------------------------------------------------------ what is done with documents

    def remove(self, paths: Sequence[str]) -> None:
        """Take documents, or all below folders, out of the library; for some seconds that can be undone."""
        if not paths or self._runtime is None:
            return
        library = self._runtime.library
        gone = [Path(path) for path in paths]
        self._undo.settle()
        self.source.hide(paths)
        if len(gone) == 1:
            told = tr("{name} is no longer in your library.", name=gone[0].name)
        else:
            told = tr("{number} entries are no longer in your library.", number=len(gone))

        def back(_result: object = None) -> None:
            self.source.unhide(paths)

        def fail(error: BaseException) -> None:
            back()
            self.failed.emit(error)

        self._undo.offer(
            told,
            back,
            lambda: self._bridge.run(
                lambda: library.remove(gone), back, fail, name="remove documents", must_finish=True
            ),
        )

    def retry(self, paths: Sequence[str] = (), password: str = "") -> None:
        """Read documents once more; asks for the password of one that needs it."""
        entry = self.view.current
        if not paths and entry is not None and entry.state == "protected" and not password:
            self.ask_password(entry.key)
            return
        chosen = list(paths) or self.view.chosen_keys
        if chosen and self._runtime is not None:
            library = self._runtime.library
            self.source.forget_news(chosen)
            self._do(lambda: library.retry([Path(path) for path in chosen], password=password), "read again")

    def ask_password(self, path: str) -> None:
        """Ask for the password of a protected document; it is used for reading and not kept."""
        from app.ui.password_dialog import PasswordDialog

        dialog = PasswordDialog(Path(path).name, self.window())
        dialog.given.connect(lambda password: self.retry([path], password))
        dialog.open()

    def first(self, paths: Sequence[str]) -> None:
        """Have these done before all that wait."""
        if paths and self._runtime is not None:
            library = self._runtime.library
            self._do(lambda: library.first([Path(path) for path in paths]), "do first")

    def watch(self, path: str, on: bool) -> None:
        """Notice changes of a folder by themselves, or stop that; its documents stay."""
        if self._runtime is None:
            return
        library = self._runtime.library

        async def change() -> Sequence[WatchedFolder]:
            await (library.watch(Path(path)) if on else library.unwatch(Path(path)))
            return await library.folders()

        self._bridge.run(change, self.source.show_folders, self.failed.emit, name="watch folder", must_finish=True)

    def _do(self, make: Callable[[], Awaitable[object]], name: str) -> None:
        self._bridge.run(make, lambda _result: self.source.refresh(), self.failed.emit, name=name, must_finish=True)

    def pause(self, on: bool) -> None:
        """Stop reading documents for now, or go on."""
        if self._runtime is not None:
            library = self._runtime.library
            self._do(library.pause if on else library.resume, "pause")

    def export(self, path: str, target: Path, form: Form) -> None:
        """Save the transcript of a recording; see `app.ui.transcript_export`."""
        if self._runtime is not None:
            from app.ui.transcript_export import Exports

            self._exports = self._exports or Exports(self._bridge, self.said.emit, self.failed.emit, self)
            self._exports.save(self._runtime.library, Path(path), target, form)

    def _ask_passages(self) -> None:
        entry = self.view.current
        if entry is not None and not entry.folder:
            self.passages_asked.emit(entry.key)

    def _fold(self, path: str, opened: bool) -> None:
        self.source.fold(path, opened)

    def _open_menu(self) -> None:
        from app.ui.document_menu import document_menu

        menu = document_menu(self)
        if menu is not None:
            place = self.view.visualRect(self.view.currentIndex()).bottomLeft()
            menu.popup(self.view.viewport().mapToGlobal(QPoint(place.x() + 40, max(0, place.y()))))

    def _open_folders(self) -> None:
        from app.ui.document_menu import folders_menu

        menu: QMenu = folders_menu(self)
        menu.popup(self.watch_button.mapToGlobal(self.watch_button.rect().bottomLeft()))

    # ------------------------------------------------------------------ what comes back

    def _show_state(self, state: LibraryState) -> None:
        if self._built:
            self.strip.show_state(state)

    def _show_rows(self, found: shelf.Arranged, wanted: shelf.Wanted) -> None:
        self.view.show_rows(found)
        self.filters.offer_kinds(found.kinds)
        self.filters.setVisible(found.total > FEW or wanted.narrows)
        self.filters.toggle.setProperty("state", "on" if wanted.narrows else "")
        empty = not found.total and not self.source.folders
        if empty:
            self.empty.hold(self.files_button)
        else:
            self.empty.release(self.files_button, self._first_row)
        self.empty.setVisible(empty)
        self.view.setVisible(not empty)
        parts = [tr("{number} documents", number=number(found.total)) if found.total != 1 else tr("1 document")]
        if wanted.narrows:
            parts = [tr("{number} of {all}", number=number(found.shown), all=parts[0])]
        if found.coming:
            parts.append(tr("{number} waiting or being read", number=number(found.coming)))
        if found.attention:
            parts.append(
                tr("{number} need attention", number=number(found.attention))
                if found.attention > 1
                else tr("1 needs attention")
            )
        self.summary.setText(" · ".join(parts))
        self.summary.setVisible(found.total > 1)
        self._show_actions()

    def _show_actions(self) -> None:
        entry = self.view.current
        there = entry is not None
        document = entry is not None and not entry.folder
        self.passages_button.setVisible(document and entry is not None and entry.state == "indexed")
        again = (
            document and entry is not None and entry.state in ("failed", "scanned", "protected", "cancelled", "missing")
        )
        self.retry_button.setVisible(again)
        self.retry_button.setText(
            tr("Pass&word…") if entry is not None and entry.state == "protected" else tr("&Try again")
        )
        self.remove_button.setVisible(there)
        self.more_button.setVisible(there)
