"""What comes to the window from outside: links and files of a later start. They show something or ask; nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import UsageError
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Passage
    from app.links import ToConversation, ToDocument
    from app.messages import Conversation
    from app.ui.window import MainWindow


def take(window: MainWindow, words: Sequence[str]) -> None:
    """Come to the front, show what links lead to, and ask what to do with files."""
    window.setWindowState(window.windowState() & ~window.windowState().WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()
    if window.runtime is None:
        window.waiting += words
        return
    files = []
    for word in words:
        if word.startswith("tangnet:"):
            _follow(window, word)
        elif os.path.exists(word):
            files.append(Path(word).absolute())
        else:
            window.pane.trouble.tell(tr("{name} is not there.", name=word[:200]))
    if files:
        name = files[0].name if len(files) == 1 else tr("%n files", len(files))
        window.pane.trouble.tell(
            tr("Add {name} to your documents?", name=name), retry=lambda: window.add_documents(files), calm=True,
            action=tr("&Add"), otherwise=(tr("Ask a&bout it"), lambda: _attach(window, files)),
        )  # fmt: skip


def _attach(window: MainWindow, files: Sequence[Path]) -> None:
    """Let files go with the next question, and into no library."""
    window.views.back()
    window.pane.attaching.add(files)
    window.pane.composer.box.setFocus()


def _follow(window: MainWindow, text: str) -> None:
    from app.links import ToConversation, ToDocument, read

    try:
        link = read(text)
    except UsageError as error:
        window.show_error(error)
        return
    match link:
        case ToConversation():
            _conversation(window, link)
        case ToDocument():
            _document(window, link)
        case _:
            window.show_nodes()
            window.nodes.open_pairing("")
            if window.nodes.pairing is not None:
                window.nodes.pairing.digits.setText(link.link)


def _conversation(window: MainWindow, link: ToConversation) -> None:
    assert window.runtime is not None
    store = window.runtime.conversations

    async def read() -> Conversation:
        return store.get(link.id)

    def show(found: Conversation) -> None:
        window.views.back()
        window.pane.open_conversation(found.id, found.title, link.message)

    window.bridge.run(read, show, window.show_error, name="link")


def _document(window: MainWindow, link: ToDocument) -> None:
    assert window.runtime is not None
    library = window.runtime.library

    async def read() -> Sequence[Passage]:
        return await library.chunks_of(Path(link.path))

    def show(found: Sequence[Passage]) -> None:
        there = [passage for passage in found if link.page and passage.page == link.page]
        if there:
            window.reading.show_passage(there[0])
        elif found:
            window.reading.show_passages(link.path)
        else:
            window.pane.trouble.tell(tr("This document is not in your library: {path}", path=link.path[:300]))

    window.bridge.run(read, show, window.show_error, name="link")
