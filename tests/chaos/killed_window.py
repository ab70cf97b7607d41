"""A window that types, asks, changes views and adds files until it is killed; says what it was promised is kept.

For test_window_kills. Each line is printed after the call that made it durable has returned, and begins with its kind.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.ui.application_parts import say

if TYPE_CHECKING:
    from app.ui.seam import RuntimeSeam
    from app.ui.window import MainWindow

WORDS = 400
PACE_S = 0.02


async def opened() -> RuntimeSeam:
    """Open a runtime with a real store and a real library, whose store tells what it has kept."""
    from app.conversations import Conversations
    from app.events import TokenReceived
    from app.home import home
    from app.rag.library import Library
    from tests.documents import HashEmbedder
    from tests.ui.fake_runtime import ScriptedAssistant, ScriptedRuntime, answer

    class Telling(Conversations):
        def keep_draft(self, id: str, text: str, files: Sequence[str] = ()) -> None:
            super().keep_draft(id, text, files)
            say("DRAFT", json.dumps([id, text, [*files]]))

        def ask(self, id: str, text: str, attachments: Sequence[str] = (), after: int | None = None) -> int:
            message = super().ask(id, text, attachments, after)
            say("ASKED", json.dumps([id, message, text]))
            return message

        def append(self, message: int, text: str) -> None:
            super().append(message, text)
            say("SAID", json.dumps([message, text]))

    class Killed(ScriptedRuntime):
        def __init__(self, home: Path) -> None:
            super().__init__(home)
            self.conversations.close()
            self.conversations = Telling(home / "conversations.sqlite3")
            self.shelf = Library(home, HashEmbedder())
            self.library = self.shelf  # type: ignore[assignment]  # the real one in place of the scripted one
            words = [TokenReceived(f"word{n} ", "local") for n in range(WORDS)]
            self.assistant = ScriptedAssistant(self.conversations, script=[*words, answer("done")], pace=PACE_S)

        async def close(self) -> None:
            await self.shelf.close()
            await super().close()

    return Killed(home())


class Hand:
    """Does something at random every few milliseconds, once the window is back."""

    def __init__(self, window: MainWindow, seed: int, files: Path) -> None:
        from PySide6.QtCore import QSettings, QTimer

        from app.home import home

        self.window, self.chance, self.files, self.waited = window, random.Random(seed), files, 0
        kept = QSettings(str(home() / "window.ini"), QSettings.Format.IniFormat)
        self.expected = str(kept.value("conversation", "")), str(kept.value("view", "conversation"))
        self.timer = QTimer(window, interval=10)
        self.timer.timeout.connect(self.wait)
        self.timer.start()

    def wait(self) -> None:
        """Wait until the window shows what it showed before, 10 s at most, then say what it shows, and begin."""
        pane, self.waited = self.window.pane, self.waited + 1
        if self.window.runtime is None:
            return
        store = self.window.runtime.conversations
        here = pane.conversation, self.window.views.name
        draft = store.draft(pane.conversation) == pane.composer.box.toPlainText()
        draft &= store.draft_files(pane.conversation) == tuple(map(str, pane.composer.attachments.paths))
        if (here == self.expected and draft) or self.waited > 1000:
            files = [str(path) for path in pane.composer.attachments.paths]
            say("BACK", json.dumps([*here, pane.composer.box.toPlainText(), files, *self.expected]))
            self.timer.timeout.disconnect(self.wait)
            self.timer.timeout.connect(self.act)

    def act(self) -> None:
        """Do one thing."""
        pane, chance = self.window.pane, self.chance
        what = chance.random()
        if what < 0.80:
            pane.composer.box.insertPlainText(chance.choice("abcdefgh äß京 "))
            self.tell_draft()
        elif what < 0.82:
            self.attach()
        elif what < 0.86 and pane.run is None:
            pane.composer.send_button.click()
        elif what < 0.89:
            pane.new_conversation()
        elif what < 0.93 and self.window.sidebar.conversations.known:
            one = chance.choice(list(self.window.sidebar.conversations.known))
            pane.open_conversation(one.id, one.title)
        elif what < 0.96:
            self.window.views.present(chance.choice(["conversation", "library", "conversation"]))
        elif what < 0.98:
            self.add()
        say("AT", json.dumps([pane.conversation, self.window.views.name]))

    def tell_draft(self) -> None:
        """Say what is not sent yet."""
        pane = self.window.pane
        files = [str(path) for path in pane.composer.attachments.paths]
        say("TYPED", json.dumps([pane.conversation, pane.composer.box.toPlainText(), files]))

    def attach(self) -> None:
        """Attach a file, or remove the first."""
        strip = self.window.pane.composer.attachments
        if len(strip.paths) > 2:
            strip.chips[0].close_button.click()
        else:
            strip.add([self.files / f"attached {self.chance.randrange(10**9)}.txt"])
        self.tell_draft()

    def add(self) -> None:
        """Add a new file to the library; say so once the queue has it."""
        assert self.window.runtime is not None
        path = self.files / f"{self.chance.randrange(10**9)}.txt"
        path.write_text(f"The tower number {path.stem} is high.", encoding="utf-8")
        library = self.window.runtime.library

        async def add() -> None:
            async for _step in library.add([path]):
                if str(path) in [one.path for one in await library.documents()]:
                    say("QUEUED", json.dumps(str(path)))
                    return

        self.window.bridge.run(add, None, self.window.show_error)


def begin(window: MainWindow) -> None:
    """Let a hand work at the window."""
    window.hand = Hand(window, int(sys.argv[1]), Path(sys.argv[2]))  # type: ignore[attr-defined]  # lives as long


if __name__ == "__main__":
    from app.ui.application import run

    raise SystemExit(run(["tangnet"], open_runtime=opened, on_painted=begin))
