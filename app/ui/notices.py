"""What the desktop is told when long work is over and the window is not in front: titles, or more where that is wished.

Under Linux through D-Bus (`app.notifying`); elsewhere, and where nobody shows notices there, by the icon in the tray.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.notifying import Notice
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.library_state import LibraryState
    from app.ui.answer_card import AnswerCard
    from app.ui.asking import Asking
    from app.ui.window import MainWindow

LONG_SECONDS = 10.0
"""What takes longer is told of."""
MANY = 20
"""Documents; fewer are not told of."""
BODY_MOST = 300
"""Characters of an answer in a notice."""


class ShowsNotices(Protocol):
    """See `app.notifying.Notifier`."""

    async def show(self, notice: Notice) -> bool:
        """Show it; False: nobody does."""
        ...

    async def close(self) -> None:
        """End it."""
        ...


def _notifier(clicked: Callable[[str, str], object]) -> ShowsNotices | None:
    """Return what shows notices on this system, None: the tray."""
    if not sys.platform.startswith("linux"):
        return None
    from app.notifying import Notifier

    return Notifier(clicked)


def _away() -> bool:
    """Whether no window of ours is in front. Of one that was just hidden Qt says so a while later."""
    front = QGuiApplication.focusWindow()
    return front is None or not front.isVisible()


class Notices(QObject):
    """Watches long work in a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.make: Callable[[Callable[[str, str], object]], ShowsNotices | None] = _notifier
        self.away: Callable[[], bool] = _away
        """Whether another program is in front."""
        self.clock: Callable[[], float] = time.monotonic
        self._window = window
        self._notifier: ShowsNotices | None = None
        self._made = False
        self._busy_since: float | None = None
        self._done = 0
        """Documents since the queue was empty last."""
        self._recordings: set[str] = set()
        """That are to become text."""
        self._seen_working: set[str] = set()
        """Those of them that are worked on."""
        window.bridge.at_close(self._close)

    def tell(self, title: str, body: str = "", *, place: str, more: str = "") -> None:
        """Tell of something, unless the window is in front. `more`: shown only where all may be."""
        runtime = self._window.runtime
        wish = runtime.settings.window_notices if runtime is not None else "off"
        if wish == "off" or not self.away():
            return
        if wish == "full" and more:
            body = f"{body}\n{more}".strip()
        notice = Notice(title, body, place)

        async def show() -> bool:
            if not self._made:
                self._made = True
                self._notifier = self.make(lambda place, token: self._window.bridge.post(self.go, place, token))
            return self._notifier is not None and await self._notifier.show(notice)

        def shown(somebody: bool) -> None:
            if not somebody:
                self._window.tray.say(title, body, lambda: self.go(place))

        self._window.bridge.run(show, shown, self._window.bridge.failed.emit, name="notice")

    def go(self, place: str, token: str = "") -> None:
        """Bring the window to the front, and there to `place`: a view, or conversation/ID."""
        window = self._window
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt hands it to the desktop when the window comes to the front
        window.tray.bring()
        name, _, id = place.partition("/")
        if id:
            from app.ui.arrivals import take

            take(window, [f"tangnet://conversation/{id}"])
        elif window.views.knows(name):
            window.views.present(name)

    # ------------------------------------------------------------------ what is watched

    def asked(self, asking: Asking, _card: AnswerCard, _spoken: bool) -> None:
        """A question is asked: its answer may take long."""
        began, states = self.clock(), [""]

        def status(state: str, _text: str, why: str) -> None:
            states.append(state)
            if state == "moved" and self.clock() - began > LONG_SECONDS:
                self.tell(tr("The answer goes on elsewhere"), why, place=f"conversation/{asking.conversation}")

        def ended() -> None:
            if self.clock() - began > LONG_SECONDS and not asking.stopped and self.away():
                self._answered(asking, failed=states[-1] == "failed")

        asking.status.connect(status)
        asking.ended.connect(ended)

    def _answered(self, asking: Asking, *, failed: bool) -> None:
        runtime, id, words = self._window.runtime, asking.conversation, asking.text
        if runtime is None:
            return
        store = runtime.conversations

        async def read() -> str:
            return next((one.title for one in store.list() if one.id == id), "")

        def show(title: str) -> None:
            what = tr("The answer could not be made") if failed else tr("The answer is ready")
            more = words if len(words) <= BODY_MOST else f"{words[:BODY_MOST]}…"
            self.tell(what, title, place=f"conversation/{id}", more=more)

        self._window.bridge.run(read, show, self._window.bridge.failed.emit, name="title")

    def recorded(self, paths: Sequence[Path]) -> None:
        """These recordings go to the library, which turns them into text."""
        self._recordings.update(map(str, paths))

    def queue_is(self, state: LibraryState) -> None:
        """The library's queue is so far."""
        working = {one.path for one in state.working}
        busy = bool(working or state.waiting)
        if busy:
            self._busy_since = self.clock() if self._busy_since is None else self._busy_since
            self._done = max(self._done, state.done)
            self._seen_working |= working & self._recordings
        for path in sorted(self._seen_working - working):
            self._seen_working.discard(path)
            self._recordings.discard(path)
            self._transcribed(path)
        if not busy and self._busy_since is not None:
            long, done = self.clock() - self._busy_since > LONG_SECONDS, max(self._done, state.done)
            self._busy_since, self._done = None, 0
            if long and done >= MANY:
                self.tell(tr("%n documents were read", done), place="library")

    def _transcribed(self, path: str) -> None:
        runtime, name = self._window.runtime, Path(path).stem
        if runtime is None:
            return
        library = runtime.library

        async def read() -> bool:
            return bool(await library.chunks_of(Path(path)))

        def show(there: bool) -> None:
            what = tr("A recording is text now") if there else tr("A recording could not be turned into text")
            self.tell(what, name, place="recordings")

        self._window.bridge.run(read, show, self._window.bridge.failed.emit, name="recording")

    def model_is(self, name: str, problem: str) -> None:
        """A model has come to this machine, or was put on nodes; `problem` is "" or says why not."""
        what = tr("A model could not be brought") if problem else tr("A model is there")
        self.tell(what, f"{name}: {problem}" if problem else name, place="models")

    async def _close(self) -> None:
        if self._notifier is not None:
            await self._notifier.close()


def notices_in(window: MainWindow) -> Notices:
    """Return the notices of a window whose other parts are there."""
    notices = Notices(window)
    window.pane.asked.connect(notices.asked)
    window.documents.source.told.connect(notices.queue_is)
    window.recording.made.connect(notices.recorded)
    window.pane.models.came.connect(notices.model_is)
    return notices
