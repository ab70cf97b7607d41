"""The icon in the system's tray: what the assistant does now, in a shape and in words, and a menu.

It is there while `window.tray` is on, and while hands-free is on, because the microphone is open then. With
`window.tray` on, closing the window puts it away and the menu ends the program; where the system has no tray, closing
ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from app.ui.icons import paint
from app.ui.translation import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from app.library_state import LibraryState
    from app.ui.window import MainWindow

MESSAGE_MS = 15_000
"""How long an icon that stands there for a message alone stays."""
PANEL_SECONDS = 15.0
"""How long the panel may take to come after a program that starts at login."""
SOON_MS = 100
"""What changes within this is shown at once."""
CALM, ALERT = "#0f766e", "#b3261e"
"""Behind the glyph: as the program's own icon, and for what must not be overlooked. A tray may be light or dark."""
GLYPHS = {
    "recording": "record",
    "listening": "hands-listening",
    "speaking": "speaker",
    "thinking": "hands-thinking",
    "moved": "right",
    "failed": "close",
    "deaf": "hands-deaf",
    "yielded": "key",
    "asleep": "hands-asleep",
    "starting": "hands-starting",
    "reading": "document",
    "paused": "pages",
    "ready": "knot",
}
"""Per state of the assistant."""


def word(state: str) -> str:
    """Return what a state is called."""
    return {
        "recording": tr("Recording"),
        "listening": tr("Listening"),
        "speaking": tr("Reading aloud"),
        "thinking": tr("Thinking"),
        "moved": tr("Moved to another machine"),
        "failed": tr("Failed"),
        "deaf": tr("Cannot hear"),
        "yielded": tr("Talk key"),
        "asleep": tr("Waiting for its name"),
        "starting": tr("Starting…"),
        "reading": tr("Reading documents"),
        "paused": tr("Reading documents is paused"),
        "ready": tr("Ready"),
    }[state]


@dataclass(frozen=True, slots=True)
class Now:
    """What goes on in the window."""

    recording: bool = False
    talking: bool = False
    """Somebody's words are being listened to."""
    speaking: bool = False
    pill: str = "starting"
    """State of the status pill."""
    why: str = ""
    """Its reason."""
    hands: str = "off"
    """State of hands-free."""
    hands_why: str = ""
    queue: LibraryState | None = None
    """None: nothing is known of it yet."""


def state_of(now: Now) -> tuple[str, str]:
    """Return the one state that is shown, and a sentence about it: an open microphone comes before all else."""
    if now.recording:
        return "recording", tr("What is said is kept on this machine until you stop.")
    if now.talking or now.hands == "listening":
        return "listening", now.hands_why if now.hands == "listening" else ""
    if now.speaking:
        return "speaking", now.why
    if now.pill in ("thinking", "moved", "failed"):
        return now.pill, now.why
    if now.hands in ("deaf", "starting", "yielded", "asleep"):
        return now.hands, now.hands_why
    if now.queue is not None and (now.queue.working or now.queue.waiting or now.queue.paused):
        done = tr("{done} of {total} files", done=f"{now.queue.done:,}", total=f"{now.queue.total:,}")
        return "paused" if now.queue.paused else "reading", done if now.queue.total else ""
    return ("starting" if now.pill == "starting" else "ready"), now.why


@lru_cache(maxsize=len(GLYPHS))
def picture(state: str) -> QIcon:
    """Return the icon of a state. Raises KeyError."""
    made = QIcon()
    for size in (22, 32, 48, 64):
        face = QPixmap(size, size)
        face.fill(Qt.GlobalColor.transparent)
        painter = QPainter(face)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = QPainterPath()
        square.addRoundedRect(QRectF(0, 0, size, size), size * 0.22, size * 0.22)
        painter.fillPath(square, QColor(ALERT if state in ("recording", "failed", "deaf") else CALM))
        inset = size * 0.14
        paint(painter, GLYPHS[state], "#ffffff", QRectF(inset, inset, size - 2 * inset, size - 2 * inset))
        painter.end()
        made.addPixmap(face)
    return made


def has_tray() -> bool:
    """Whether this system has a tray now, as Qt knows it."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class Tray(QObject):
    """The one icon of a window. It is made when it is wanted first."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.icon: QSystemTrayIcon | None = None
        self.menu: QMenu | None = None
        self.available: Callable[[], bool] = has_tray
        self.panel_known = not sys.platform.startswith("linux")
        """Qt looks for a panel once and believes that for ever: it may look when there is one, or none comes."""
        self.once: Callable[[str], bool] = lambda _name: True
        """Whether something is told for the first time: see `KeptSession.once`."""
        self.shown = ("", "")
        """State and sentence that the icon shows."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.show_now)
        self._awaiting = False
        self._actions: dict[str, QAction] = {}
        self._said: Callable[[], object] = self.bring
        """What a click on the message leads to."""
        self._gone = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._gone.timeout.connect(self.use)
        self._speaking = False
        self._hands = ("off", "")
        self._queue: LibraryState | None = None

    # ------------------------------------------------------------------ what it follows

    def hands_are(self, state: str, sentence: str) -> None:
        """Hands-free does this now."""
        self._hands = state, sentence
        self.use()

    def queue_is(self, state: LibraryState) -> None:
        """The library's queue is so far."""
        self._queue = state
        self.soon()

    def sounds(self, on: bool) -> None:
        """An answer can be heard, or no longer."""
        self._speaking = on
        self.soon()

    def soon(self, *_: object) -> None:
        """Something has changed."""
        if self.icon is not None and not self._soon.isActive():
            self._soon.start()

    # ------------------------------------------------------------------ what it shows

    def use(self) -> None:
        """Be there, or go, as the settings say now."""
        wanted = self._kept() or self._hands[0] != "off"
        if wanted and not self.panel_known:
            self._await_panel()
            return
        wanted = wanted and self.available()
        if wanted and self.icon is None:
            self._make()
        if self.icon is not None:
            self.show_now()
            self.icon.setVisible(wanted)

    def show_now(self) -> None:
        """Show what goes on now."""
        if self.icon is None:
            return
        window = self._window
        shown = state_of(
            Now(
                recording=window.recording.active,
                talking=window.talker.active,
                speaking=self._speaking,
                pill=window.pane.pill.state,
                why=window.pane.pill.accessibleDescription(),
                hands=self._hands[0],
                hands_why=self._hands[1],
                queue=self._queue,
            )
        )
        if shown != self.shown:
            self.shown = shown
            self.icon.setIcon(picture(shown[0]))
            self.icon.setToolTip(f"Tangnet: {word(shown[0])}" + (f"\n{shown[1]}" if shown[1] else ""))
        self._name_actions()

    def _await_panel(self) -> None:
        if self._awaiting:
            return
        from app.panel import panel

        def known(_there: object) -> None:
            self.panel_known = True
            self.use()

        self._awaiting = True
        self._window.bridge.run(lambda: panel(PANEL_SECONDS), known, known, name="panel")

    def _kept(self) -> bool:
        runtime = self._window.runtime
        return runtime is not None and runtime.settings.window_tray

    def _make(self) -> None:
        self.icon = QSystemTrayIcon(self)
        self.menu = menu = QMenu()
        self.destroyed.connect(menu.deleteLater)
        for name, act in (
            ("show", self.toggle),
            ("new", self._new),
            ("talk", self._talk),
            ("record", self._record),
            ("hands", self._window.switch_hands_free),
            ("pause", self._pause),
            ("settings", self._settings),
            ("quit", self._window.quit),
        ):
            if name in ("talk", "settings"):
                menu.addSeparator()
            action = self._actions[name] = menu.addAction("")
            action.setCheckable(name in ("hands", "pause"))
            action.triggered.connect(lambda _checked=False, act=act: act())
        self.icon.setContextMenu(menu)
        self.icon.activated.connect(self._clicked)
        self.icon.messageClicked.connect(lambda: self._said())

    def _name_actions(self) -> None:
        window, queue = self._window, self._queue
        for name, text in {
            "show": tr("Hide the window") if window.isVisible() else tr("Show the window"),
            "new": tr("New conversation"),
            "talk": tr("Stop talking") if window.talker.active else tr("Start talking"),
            "record": tr("Stop recording") if window.recording.active else tr("Record a lecture"),
            "hands": tr("Hands-free"),
            "pause": tr("Pause reading documents"),
            "settings": tr("Settings"),
            "quit": tr("Quit Tangnet"),
        }.items():
            self._actions[name].setText(text)
        self._actions["hands"].setChecked(self._hands[0] != "off")
        self._actions["pause"].setChecked(queue is not None and queue.paused)
        self._actions["pause"].setEnabled(queue is not None and bool(queue.paused or queue.working or queue.waiting))

    # ------------------------------------------------------------------ what it does

    def keeps(self) -> bool:
        """Whether closing the window leaves the program in the tray. Never while the system ends the session."""
        application = QApplication.instance()
        ends = isinstance(application, QApplication) and application.isSavingSession()
        return self._kept() and not ends and self.icon is not None and self.icon.isVisible() and self.available()

    def put_away(self) -> None:
        """Hide the window, and say once where it is now."""
        self._window.hide()
        self.show_now()
        if self.once("told of the tray"):
            self.say(
                tr("Tangnet goes on in the tray"),
                tr("Its menu brings the window back and ends the program."),
                self.bring,
            )

    def say(self, title: str, body: str, clicked: Callable[[], object]) -> None:
        """Show a message at the icon, which comes for it where it is not there; nothing where there is no tray."""
        if not self.available():
            return
        if self.icon is None:
            self._make()
            self.show_now()
        assert self.icon is not None
        if not self.icon.isVisible():
            self.icon.show()
            self._gone.start()
        self._said = clicked
        self.icon.showMessage(title, body, picture("ready"))

    def bring(self) -> None:
        """Bring the window to the front."""
        from app.ui.arrivals import take

        take(self._window, ())
        self.soon()

    def toggle(self) -> None:
        """Show the window, or put it away."""
        if self._window.isVisible() and not self._window.isMinimized():
            self._window.hide()
            self.soon()
        else:
            self.bring()

    def _clicked(self, how: QSystemTrayIcon.ActivationReason) -> None:
        if how is QSystemTrayIcon.ActivationReason.Trigger:
            self.toggle()

    def _new(self) -> None:
        self.bring()
        self._window.views.back()
        self._window.pane.new_conversation()

    def _talk(self) -> None:
        """Tap the talk key: the first tap begins, the second one ends."""
        self.bring()
        self._window.talker.press()
        self._window.talker.release_soon()

    def _record(self) -> None:
        self._window.recording.toggle()

    def _pause(self) -> None:
        self._window.documents.pause(self._queue is None or not self._queue.paused)

    def _settings(self) -> None:
        self.bring()
        self._window.show_settings()


def tray_in(window: MainWindow) -> Tray:
    """Return the tray of a window whose other parts are there."""
    tray = Tray(window)
    window.hands.changed.connect(tray.hands_are)
    window.documents.source.told.connect(tray.queue_is)
    window.aloud.sounding.connect(lambda: tray.sounds(True))
    window.aloud.silent.connect(lambda: tray.sounds(False))
    talker = window.talker
    for changed in (talker.began, talker.heard, talker.failed, talker.cancelled, window.recording.changed):
        changed.connect(tray.soon)
    window.pane.pill.told.connect(tray.soon)
    return tray
