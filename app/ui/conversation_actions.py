"""What can be done with stored conversations: rename, pin, put into folders, delete with undo, save as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.ui.conversation_rows import FOLDER
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.messages import Conversation
    from app.ui.bridge import Bridge
    from app.ui.chrome import UndoBar
    from app.ui.conversations_seam import ConversationsSeam
    from app.ui.seam import RuntimeSeam


class ConversationActions(QObject):
    """Changes the store in the background; every deletion can be taken back."""

    changed = Signal()
    """The list is to be read anew."""
    deleted = Signal(str)
    """Id of a conversation that is gone."""
    restored = Signal(str, str)
    """Id and title of the one that came back last."""
    retitled = Signal(str, str)
    """Id and title."""
    foldered = Signal(str)
    """A folder was made that still wants a name."""
    said = Signal(str)
    failed = Signal(object)

    def __init__(self, bridge: Bridge, undo: UndoBar, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._undo, self._parent = bridge, undo, parent
        self._store: ConversationsSeam | None = None
        self.known: Sequence[Conversation] = ()
        """Those of the list."""

    def attach(self, runtime: RuntimeSeam) -> None:
        """Take the opened runtime."""
        self._store = runtime.conversations

    @property
    def folders(self) -> list[str]:
        """Names of the folders there are."""
        return sorted({one.folder for one in self.known if one.folder}, key=str.casefold)

    def inside(self, folder: str) -> list[str]:
        """Return the ids of the conversations in a folder."""
        return [one.id for one in self.known if one.folder == folder]

    def menu(self, key: str, rename: Callable[[str], object]) -> QMenu:
        """Return the menu of a row, which has that key; `rename` lets its title be typed."""
        menu = QMenu(self._parent)
        if key.startswith(FOLDER):
            name = key.removeprefix(FOLDER)
            menu.setAccessibleName(tr("What can be done with the folder"))
            menu.addAction(tr("&Rename") + "\tF2", partial(rename, key))
            menu.addAction(tr("&Take the folder apart"), partial(self.move, self.inside(name), ""))
            menu.addSeparator()
            menu.addAction(tr("&Delete folder and what is in it") + "\tDel", partial(self.delete_folder, name))
            return menu
        menu.setAccessibleName(tr("What can be done with the conversation"))
        one = next((one for one in self.known if one.id == key), None)
        menu.addAction(tr("&Rename") + "\tF2", partial(rename, key))
        if one is not None:
            pin = tr("Un&pin") if one.pinned else tr("&Pin to the top")
            menu.addAction(pin, partial(self.pin, key, not one.pinned))
            self._offer_folders(menu.addMenu(tr("&Move to folder")), one)
        below = menu.addMenu(tr("&Save as"))
        for form, name in (("md", "&Markdown…"), ("html", "&HTML…"), ("pdf", "&PDF…"), ("json", "&JSON…")):
            below.addAction(name, partial(self.choose, key, form))
        menu.addAction(tr("Copy &link"), partial(self.copy_link, key))
        menu.addSeparator()
        menu.addAction(tr("&Delete conversation") + "\tDel", partial(self.delete, [key]))
        return menu

    def _offer_folders(self, menu: QMenu, one: Conversation) -> None:
        for name in self.folders:
            entry = menu.addAction(name.replace("&", "&&"), partial(self.move, [one.id], name))
            entry.setCheckable(True)
            entry.setChecked(name == one.folder)
        if self.folders:
            menu.addSeparator()
        menu.addAction(tr("&New folder"), partial(self.new_folder, [one.id]))
        if one.folder:
            menu.addAction(
                tr("Out of “{folder}”", folder=one.folder.replace("&", "&&")), partial(self.move, [one.id], "")
            )

    # ------------------------------------------------------------------ changes

    def rename(self, key: str, title: str) -> None:
        """Give a conversation or a folder, whose row has that key, another name."""
        if key.startswith(FOLDER):
            self.move(self.inside(key.removeprefix(FOLDER)), title)
            return

        def renamed(one: Conversation) -> None:
            self.retitled.emit(one.id, one.title)
            self.changed.emit()

        self._run(lambda store: store.rename(key, title), renamed)

    def pin(self, id: str, on: bool) -> None:
        """Let a conversation stand at the top, or no longer."""
        self._run(lambda store: store.pin(id, on))

    def move(self, ids: Sequence[str], folder: str) -> None:
        """Put conversations into a folder; "" = into none."""
        self._run(lambda store: store.move(ids, folder))

    def new_folder(self, ids: Sequence[str]) -> None:
        """Put conversations into a new folder, whose name is asked for in the list."""
        name, n = tr("New folder"), 1
        while name in self.folders:
            n += 1
            name = tr("New folder {n}", n=n)

        def made(_done: object) -> None:
            self.changed.emit()
            self.foldered.emit(name)

        self._run(lambda store: store.move(ids, name), made)

    def delete(self, ids: Sequence[str]) -> None:
        """Hide conversations at once and offer to take them back."""
        title = next((one.title for one in self.known if [one.id] == [*ids]), "")
        said = tr("“{title}” deleted.", title=title or tr("Conversation"))
        self._delete(ids, said if len(ids) == 1 else tr("%n conversations deleted.", len(ids)))

    def delete_folder(self, name: str) -> None:
        """Hide a folder and all in it; it comes back as it was."""
        self._delete(self.inside(name), tr("Folder “{name}” deleted.", name=name))

    def _delete(self, ids: Iterable[str], said: str) -> None:
        gone = [*ids]
        if not gone:
            return

        def remove(store: ConversationsSeam) -> None:
            for id in gone:
                store.delete(id)

        def restore(store: ConversationsSeam) -> Conversation:
            for id in gone[1:]:
                store.restore(id)
            return store.restore(gone[0])

        def back(one: Conversation) -> None:
            self.changed.emit()
            self.restored.emit(one.id, one.title)

        def removed(_done: object) -> None:
            self.changed.emit()
            for id in gone:
                self.deleted.emit(id)
            self._undo.offer(said, lambda: self._run(restore, back))

        self._run(remove, removed)

    def _run(self, work: Callable[[ConversationsSeam], object], done: Callable[..., object] | None = None) -> None:
        store = self._store
        if store is None:
            return

        async def go() -> object:
            return work(store)

        self._bridge.run(
            go, done or (lambda _done: self.changed.emit()), self.failed.emit, name="conversation", must_finish=True
        )

    # ------------------------------------------------------------------ links and files

    def copy_link(self, id: str, message: int = 0) -> None:
        """Put the link to a conversation, or to a message in it, into the clipboard."""
        from app.links import ToConversation

        QGuiApplication.clipboard().setText(str(ToConversation(id, message)))
        self.said.emit(tr("The link is copied. In notes and mails on this machine it leads back here."))

    def choose(self, id: str, form: str) -> QFileDialog:
        """Ask for a file and save the conversation there; the dialog asks before it takes one that is there."""
        from app.ui.conversation_export import file_name

        title = next((one.title for one in self.known if one.id == id), "")
        dialog = QFileDialog(self._parent.window(), tr("Save conversation"), str(Path.home()), f"*.{form}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(form)
        dialog.selectFile(f"{file_name(title)}.{form}")
        dialog.fileSelected.connect(lambda name: self.export(id, Path(name)))
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()
        return dialog

    def export(self, id: str, path: Path) -> None:
        """Save a conversation; the ending of `path` says as what: md, html, pdf or json."""
        store = self._store
        if store is None:
            return

        async def save() -> None:
            import asyncio

            from app.ui.conversation_export import export

            await asyncio.to_thread(export, store, id, path)

        said = tr("Saved as {path}.", path=path)
        self._bridge.run(save, lambda _done: self.said.emit(said), self.failed.emit, name="export conversation")
