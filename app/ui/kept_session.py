"""What the window was like: size, panels, colours, the view, the conversation and the place in it. Kept as it changes.

It lies in window.ini and is written half a second after a change, so that a window that is killed comes back as it was.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QTimer

if TYPE_CHECKING:
    from app.messages import Conversation
    from app.ui.window import MainWindow

SOON_MS = 500
_log = logging.getLogger(__name__)


class KeptSession(QObject):
    """Gives a window what was kept, step by step as its parts come, and follows it."""

    def __init__(self, folder: Path, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._file = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self._begun = False
        self._restored = False
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.keep)
        # The ground of last time, so that a dark window does not begin white.
        ground = self._word("ground")
        if len(ground) == 7 and ground.startswith("#"):
            window.setStyleSheet(f"QMainWindow {{ background: {ground}; }}")
        geometry = self._file.value("geometry")
        if isinstance(geometry, QByteArray):
            window.restoreGeometry(geometry)

    @property
    def theme(self) -> str:
        """The colours that were chosen."""
        return self._word("theme") or "system"

    @property
    def language(self) -> str:
        """The language that was chosen."""
        return self._word("language") or "system"

    def begun(self) -> None:
        """The window has its panels: give them their widths, and follow what changes from now on."""
        panels = self._file.value("panels")
        if isinstance(panels, QByteArray):
            self._window.splitter.restoreState(panels)
        self._begun = True
        self._window.installEventFilter(self)
        self._window.settled.connect(self._soon.start)
        self._window.splitter.splitterMoved.connect(lambda *_: self._soon.start())

    def opened(self) -> None:
        """The runtime is there: show view and conversation of last time, if nothing else was begun meanwhile."""
        window, pane = self._window, self._window.pane
        self._restored = True
        view, id, place = self._word("view"), self._word("conversation"), self._word("place").split()
        for changed in (pane.marked, window.views.went):
            changed.connect(lambda _name: self._soon.start())
        pane.view.verticalScrollBar().valueChanged.connect(lambda _value: self._soon.start())
        if pane.runs or pane.conversation or pane.composer.box.toPlainText() or window.views.name != "conversation":
            return
        if window.views.knows(view):
            window.views.present(view)
        if id and window.runtime is not None:
            store = window.runtime.conversations

            async def read() -> Conversation | None:
                return next((one for one in store.list() if one.id == id), None)

            def show(found: Conversation | None) -> None:
                if found is not None and not pane.runs and not pane.conversation:
                    message, above = map(int, place) if len(place) == 2 and all(map(_number, place)) else (0, 0)
                    pane.open_conversation(found.id, found.title, message, above)

            window.bridge.run(read, show, window.show_error, name="restore")

    def keep(self) -> None:
        """Write it down now."""
        window = self._window
        if not self._begun:
            return
        self._soon.stop()
        self._file.setValue("geometry", window.saveGeometry())
        self._file.setValue("panels", window.splitter.saveState())
        self._file.setValue("ground", window.theme.colours.ground)
        if window.runtime is not None:
            self._file.setValue("theme", window.runtime.settings.window_theme)
            self._file.setValue("language", window.runtime.settings.window_language)
        if self._restored:
            self._file.setValue("view", window.views.name)
            self._file.setValue("conversation", window.pane.conversation)
            self._file.setValue("place", " ".join(map(str, window.pane.view.place)))
        self._file.sync()
        if self._file.status() != QSettings.Status.NoError:
            _log.warning("what the window is like could not be kept in %s", self._file.fileName())

    def once(self, name: str) -> bool:
        """Return True the first time that it is asked about `name`, in all runs of the program."""
        first = self._word(name) != "yes"
        if first:
            self._file.setValue(name, "yes")
            self._file.sync()
        return first

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the window has another size or place."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.WindowStateChange):
            self._soon.start()
        return super().eventFilter(watched, event)

    def _word(self, name: str) -> str:
        value = self._file.value(name, "")
        return value if isinstance(value, str) else ""


def _number(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 16
