"""The page of recordings: the list, and what is said in the chosen one, to read, to hear and to save."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFont
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.ui import phrases, recordings_list, theme
from app.ui.controls import ElidedLabel, button, keys, label
from app.ui.empty_state import EmptyState
from app.ui.flow import Flow
from app.ui.playback import Playback
from app.ui.recordings_list import ELSEWHERE, Found
from app.ui.spoken_text import SpokenText
from app.ui.tokens import SPACE, TYPE
from app.ui.translation import tr
from app.ui.two_line import TwoLineList

if TYPE_CHECKING:
    from app.events import Transcribed
    from app.transcripts import Paragraph
    from app.ui.bridge import Bridge, Handle
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

SOON_MS = 400
"""From a piece of news about the library to reading the list anew."""
FOLDER = "recordings"
"""Below the home folder."""


class RecordingsPage(QWidget):
    """Lists recordings while it is shown."""

    failed = Signal(object)
    hint = Signal(str)
    record_asked = Signal()
    add_asked = Signal(object)
    """Paths that shall go to the library."""
    remove_asked = Signal(object)
    summary_asked = Signal(str)
    save_asked = Signal(str, str)
    """Path, and form of the file that its transcript shall be saved as."""
    folder_asked = Signal(str)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._runtime: RuntimeSeam | None = None
        self._shown = False
        self._reading: Handle | None = None
        self.recordings: dict[str, Found] = {}
        """By path, in their order."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.M)
        actions = QHBoxLayout()
        self.record_button = button(tr("&Record"), kind="primary", glyph="record")
        self.record_button.clicked.connect(lambda: self.record_asked.emit())
        actions.addWidget(self.record_button)
        actions.addStretch()
        self._actions = actions
        column.addLayout(actions)
        self.show_recording(False)
        self.empty = EmptyState(
            "record",
            tr("No recordings yet"),
            tr("Record a lecture or a meeting: it is written down on your machines, can be asked about and saved as "
               "text or subtitles. Sound files in your library stand here, too."),
        )  # fmt: skip
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._stack.addWidget(self.empty)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setProperty("kind", "quiet")
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(SPACE.XL)
        self.list = TwoLineList(tr("Recordings"))
        self.list.setMinimumWidth(220)
        self.list.removal_asked.connect(lambda path: self._remove(path))
        self.list.selectionModel().currentChanged.connect(lambda _now, _before: self._present())
        parts.addWidget(self.list)
        parts.addWidget(self._reader())
        parts.setSizes([300, 560])
        parts.setStretchFactor(1, 1)
        self._stack.addWidget(parts)

    def _reader(self) -> QWidget:
        reader = QWidget()
        column = QVBoxLayout(reader)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.S)
        self.title = ElidedLabel()
        theme.sized(self.title, TYPE.LEAD, QFont.Weight.DemiBold)
        column.addWidget(self.title)
        self.about = label("", tone="muted", scale=TYPE.SMALL, wrap=True)
        column.addWidget(self.about)
        self.playback = Playback(self._bridge)
        self.playback.failed.connect(self.failed)
        self.playback.hint.connect(self.hint)
        column.addWidget(self.playback)
        self.text = SpokenText()
        self.text.asked.connect(self._play_from)
        self.text.pressed.connect(self.playback.toggle)
        column.addWidget(self.text, 1)
        row = Flow()
        column.addLayout(row)
        self.add_button = button(
            tr("&Add to library"), kind="primary", description=tr("Write it down and find it from now on")
        )
        self.add_button.clicked.connect(lambda: self.add_asked.emit([Path(self.path)]))
        self.save_button = button(
            tr("&Save transcript…"), description=tr("As text, subtitles or JSON"), clicked=self._open_forms
        )
        self.summary_button = button(tr("Su&mmarise"), description=tr("Ask for a summary of what is said"))
        self.summary_button.clicked.connect(lambda: self.summary_asked.emit(self.path))
        self.folder_button = button(
            tr("Show in &folder"), kind="plain", clicked=lambda: self.folder_asked.emit(self.path)
        )
        self.remove_button = button(
            tr("Remo&ve"), kind="plain", glyph="trash", name=tr("Remove from library"),
            description=tr("Take it out of the library; the file stays"), clicked=lambda: self._remove(self.path),
        )  # fmt: skip
        for one in (self.add_button, self.save_button, self.summary_button, self.folder_button, self.remove_button):
            row.addWidget(one)
        return reader

    # ------------------------------------------------------------------ the page comes and goes

    @property
    def path(self) -> str:
        """Of the chosen recording; "" without one."""
        return self.list.current_key

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._runtime = runtime
        self.refresh()

    def enter(self) -> None:
        """The page is shown."""
        self._shown = True
        self.refresh()

    def leave(self) -> None:
        """Another one is shown: be silent."""
        self._shown = False
        self.playback.pause()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The list gets the keyboard; the button that fills it while it is empty."""
        super().focusInEvent(event)
        (self.list if self.recordings else self.record_button).setFocus(event.reason())

    def show_recording(self, on: bool) -> None:
        """Say whether something is being recorded."""
        self.record_button.setText(tr("End the &recording") if on else tr("&Record"))
        what = tr("End the recording; it is written down and added") if on else tr("Record a lecture or a meeting")
        self.record_button.setAccessibleName(tr("End the recording") if on else tr("Record"))
        self.record_button.setAccessibleDescription(what)
        self.record_button.setToolTip(f"{what} ({keys('Ctrl+Shift+R')})")
        if not on:
            self.news()

    def news(self, *_: object) -> None:
        """Something may have changed: look soon."""
        if self._shown and not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Read the list anew."""
        if self._runtime is None or not self._shown:
            return
        library, folder = self._runtime.library, self._runtime.home / FOLDER

        async def read() -> list[Found]:
            import asyncio

            documents = await library.documents()
            return await asyncio.to_thread(recordings_list.found, documents, folder)

        self._bridge.run(read, self._show, self.failed.emit, name="recordings")

    # ------------------------------------------------------------------ list and reader

    def _show(self, found: Sequence[Found]) -> None:
        before, held = self.recordings.get(self.path), self.path
        self.recordings = {one.path: one for one in found}
        now = datetime.now(UTC).astimezone()
        self.list.rows.replace([recordings_list.row(one, now) for one in found])
        if not found:
            self.empty.hold(self.record_button)
        else:
            self.empty.release(self.record_button, self._actions)
        self._stack.setCurrentIndex(1 if found else 0)
        if held not in self.recordings and found:
            self.list.select(found[0].path)
        elif self.recordings.get(held) != before:
            self._present()

    def _present(self) -> None:
        one = self.recordings.get(self.path)
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if one is None:
            return
        self.title.setText(Path(one.path).stem)
        self.about.setText(recordings_list.row(one, datetime.now(UTC).astimezone()).detail)
        there = one.state != "missing"
        self.playback.present(one.path, (0.0, 0.0) if there else None)
        written = one.state == "indexed"
        for part in (self.save_button, self.summary_button):
            part.setVisible(written)
        self.add_button.setVisible(one.state == ELSEWHERE)
        self.remove_button.setVisible(one.state != ELSEWHERE)
        self.folder_button.setVisible(there)
        if not written or self._runtime is None:
            self.text.say(_waiting(one))
            return
        self.text.say(tr("Reading…"))
        library, path = self._runtime.library, Path(one.path)

        async def read() -> tuple[list[Paragraph], Transcribed]:
            import asyncio

            from app.transcripts import paragraphs, words_of

            said = await library.transcript(path)
            return await asyncio.to_thread(lambda: list(paragraphs(words_of(said)))), said

        def show(found: tuple[list[Paragraph], Transcribed]) -> None:
            self._reading = None
            blocks, said = found
            self.about.setText(f"{phrases.moment(said.audio_seconds)} · {self.about.text()}")
            if blocks:
                self.text.present(blocks)
            else:
                self.text.say(tr("Nobody says anything in it."))

        def fail(error: BaseException) -> None:
            self._reading = None
            self.text.say(" ".join(part for part in phrases.trouble(error) if part))
            if phrases.is_bug(error):
                self.failed.emit(error)

        self._reading = self._bridge.run(read, show, fail, name="transcript")

    def _play_from(self, seconds: float) -> None:
        self.playback.present(self.path, (seconds, seconds))
        self.playback.toggle()

    def _remove(self, path: str) -> None:
        if path in self.recordings and self.recordings[path].state != ELSEWHERE:
            self.remove_asked.emit([path])

    def forms(self) -> QMenu:
        """Return the menu of what the transcript can be saved as."""
        from app.ui.transcript_export import forms

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Save transcript"))
        path = self.path
        for form, (name, _) in forms().items():
            menu.addAction(name, partial(self.save_asked.emit, path, form))
        return menu

    def _open_forms(self) -> None:
        menu = self.forms()
        menu.popup(self.save_button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))


def _waiting(one: Found) -> str:
    if one.state == ELSEWHERE:
        return tr("It is not in your library. Add it, and what is said in it is written down.")
    return recordings_list.state(one)[:1].upper() + recordings_list.state(one)[1:] + "."


def recordings_page(window: MainWindow) -> RecordingsPage:
    """Return the page of a window."""
    from app.ui.document_menu import show_in_folder
    from app.ui.transcript_export import choose, forms

    page = RecordingsPage(window.bridge)
    documents = window.documents

    def save(path: str, form: str) -> None:
        choose(documents, path, next(one for one in forms() if one == form), window)

    page.record_asked.connect(window.recording.toggle)
    window.recording.changed.connect(page.show_recording)
    page.show_recording(window.recording.active)
    page.hint.connect(lambda sentence: window.pane.trouble.tell(sentence, "", calm=True))
    page.add_asked.connect(documents.add)
    page.remove_asked.connect(documents.remove)
    page.summary_asked.connect(documents.summary_asked)
    page.save_asked.connect(save)
    page.folder_asked.connect(lambda path: show_in_folder(documents, path))
    for news in (documents.changed, documents.source.told):
        news.connect(page.news)
    return page
