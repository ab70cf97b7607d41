"""Starting the window.

The story: (1) the log and Qt's messages get their place; (2) the one QApplication and the empty window with its last
size and ground; (3) the window is shown and painted, while hardly anything but Qt has been imported; (4) what takes a
question is built and painted; (5) the rest is built, the asyncio thread starts and opens the runtime there; (6) the
runtime is handed to the window, which loads engines in the background and shows how far they are. Ending goes the other
way: work is cancelled and the runtime closed in the asyncio thread within a time limit, then the window goes, then the
application. SIGINT and SIGTERM end it the same way.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from app.ui.kept_session import KeptSession
from app.ui.unread_source import leave_source_unread
from app.ui.window import MainWindow

if TYPE_CHECKING:
    from app.ui.bridge import Bridge
    from app.ui.caret import Caret
    from app.ui.collector import Collector
    from app.ui.crash import CrashReporter
    from app.ui.motion import Motion
    from app.ui.seam import Ear, OpenEar, OpenRuntime, PlayerSeam, RuntimeSeam
    from app.ui.single import Doorbell
    from app.ui.theme import Theme

LOG_BYTES = 1_000_000
CLOSE_SECONDS = 5.0


async def open_runtime() -> RuntimeSeam:
    """Open the real runtime. Raises SettingsError, StoreError."""
    from app.runtime import Runtime

    runtime = await Runtime.open()
    runtime.outside.watch()
    return runtime


def microphone(
    device: str,
    on_hint: Callable[[str], None],
    on_phase: Callable[[str], None],
    on_state: Callable[[str, str], None],
) -> Ear:
    """Return the real microphone, not opened yet."""
    from app.ui.microphone_ear import MicrophoneEar

    return MicrophoneEar(device, on_hint, on_phase, on_state)


def loudspeaker(on_hint: Callable[[str], None]) -> PlayerSeam:
    """Open the real loudspeaker when something is played. Raises VoiceError then."""
    from app.voice.player import Player

    return Player(on_hint=on_hint)


def run(
    argv: Sequence[str],
    *,
    open_runtime: OpenRuntime = open_runtime,
    open_ear: OpenEar | None = None,
    words: Sequence[str] = (),
    on_painted: Callable[[MainWindow], object] | None = None,
) -> int:
    """Show the window and stay until it is closed, or wake the one that is open; returns the exit status.

    Args:
        argv: what Qt may take options from, the program's name first.
        open_runtime: opens everything behind the window, in the asyncio thread.
        open_ear: opens the microphone; None is the real one.
        words: links and files to show.
        on_painted: called when the window has been painted, before anything is opened.
    """
    leave_source_unread()
    from app.home import home
    from app.ui.single import claim

    # The asyncio thread must not hold the interpreter for the usual 5 ms while the window has something to paint.
    sys.setswitchinterval(0.001)
    folder = home()
    lock = claim(folder)
    if lock is None:
        return _wake(folder, argv, words)
    _start_log(folder / "logs")
    application = QApplication(list(argv) or ["tangnet"])
    application.setApplicationName("tangnet")
    application.setApplicationDisplayName("Tangnet")
    application.setDesktopFileName("tangnet")
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)  # it may be in the tray; the desk ends it
    desk = Desk(application, folder, open_runtime, open_ear or microphone)
    desk.window.waiting += words
    desk.window.painted.connect(lambda: on_painted(desk.window) if on_painted is not None else None)
    desk.window.painted.connect(desk.begin)
    desk.window.show()
    try:
        return application.exec()
    finally:
        desk.close()
        lock.unlock()


def _wake(folder: Path, argv: Sequence[str], words: Sequence[str]) -> int:
    """Give `words` to the window that is open. Raises TangnetError when it does not answer."""
    from PySide6.QtCore import QCoreApplication

    from app.errors import TangnetError
    from app.ui.single import hand_over

    application = QCoreApplication(list(argv) or ["tangnet"])
    if not hand_over(folder, words):
        raise TangnetError(
            "Tangnet is open already, but its window does not answer.",
            code="window_silent",
            hint="Close it, or end the process that holds window.lock in its folder.",
        )
    del application
    return 0


class Desk(QObject):
    """What lives as long as the window: bridge, colours, signals of the system, what it was like."""

    bridge: Bridge
    collector: Collector
    theme: Theme
    motion: Motion
    crashes: CrashReporter
    doorbell: Doorbell
    caret: Caret
    """These come with `begin`."""

    def __init__(self, application: QApplication, folder: Path, open_runtime: OpenRuntime, open_ear: OpenEar) -> None:
        super().__init__(application)
        self._application = application
        self._folder = folder
        self._open_runtime = open_runtime
        self._open_ear = open_ear
        self._begun = False
        self._closed = False
        self.window = MainWindow()
        self._listen_to_signals()
        self.window.closing.connect(self.close)
        self.kept = KeptSession(folder, self.window)

    def begin(self) -> None:
        """Build what takes a question, once the window can be seen, and the rest after that has been painted."""
        if self._closed:
            return
        from app.ui.bridge import Bridge
        from app.ui.collector import Collector
        from app.ui.crash import CrashReporter, log_qt_messages
        from app.ui.theme import Theme
        from app.ui.translation import speak

        speak(self._application, self.kept.language)
        log_qt_messages()
        self.crashes = CrashReporter(self._folder / "crashes", self)
        self.crashes.install()
        self.collector = Collector(self)  # before there is a second thread
        self.bridge = Bridge(self)
        self.theme = Theme(self._application, self.kept.theme)
        self.window.bug.connect(self.crashes.report)
        self.window.begin(self.bridge, self.theme)
        self._begun = True
        self.kept.begun()
        self.window.setStyleSheet("")
        self.theme.dress()
        QTimer.singleShot(0, self, lambda: QTimer.singleShot(0, self, self.furnish))

    def furnish(self) -> None:
        """Build the rest and open what is behind it."""
        if self._closed:
            return
        from app.ui.caret import Caret
        from app.ui.icons import app_icon
        from app.ui.single import Doorbell

        self.window.furnish(self._open_ear, loudspeaker)
        self.window.tray.once = self.kept.once
        self._application.setWindowIcon(app_icon())
        self.caret = Caret(self._application)
        self.crashes.tell_last(self.window.pane.trouble)
        self.doorbell = Doorbell(self._folder, self)
        self.doorbell.rung.connect(self._rung)
        self.open()

    def open(self) -> None:
        """Start the asyncio thread and open the runtime there."""
        if self._closed:
            return
        self.bridge.start()
        self.bridge.run(self._open, self._opened, self._failed, name="open")

    def _opened(self, runtime: RuntimeSeam) -> None:
        from app.ui.motion import Motion

        if not hasattr(self, "motion"):
            self.motion = Motion(self._application, self.bridge)
            self.window.settled.connect(self._settled)
        self.window.attach(runtime)
        if self.window.waiting:
            words, self.window.waiting = self.window.waiting, []
            self._rung(words)
        else:
            self.kept.opened()

    def _settled(self) -> None:
        if self.window.runtime is not None:
            self.motion.choose(self.window.runtime.settings.window_motion)

    def _rung(self, words: list[str]) -> None:
        from app.ui.arrivals import take

        take(self.window, words)

    def close(self) -> None:
        """Keep the size, end all work; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.window.hide()
        if self._begun:
            self.kept.keep()
            if hasattr(self, "doorbell"):
                self.doorbell.close()
            self.crashes.close()
            if self.bridge.close(CLOSE_SECONDS):
                self.collector.stop()
        self._application.quit()

    async def _open(self) -> RuntimeSeam:
        runtime = await self._open_runtime()
        self.bridge.at_close(runtime.close)
        return runtime

    def _failed(self, error: BaseException) -> None:
        from app.ui import phrases
        from app.ui.translation import tr

        sentence, hint = phrases.trouble(error)
        self.window.pane.pill.tell("failed", tr("Could not start"), sentence)
        self.window.pane.trouble.tell(sentence, hint, self.open)
        if phrases.is_bug(error):
            self.crashes.report(error)

    def _listen_to_signals(self) -> None:
        # Python runs a handler only between two of its instructions, and an idle Qt loop runs none: the wake-up
        # descriptor makes the signal an event of that loop.
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._woken, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._signalled)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: None)

    def _signalled(self) -> None:
        os.read(self._woken, 64)
        self.window.quit()


def _start_log(folder: Path) -> None:
    """Write the log of the window to a file of at most LOG_BYTES, keeping the one before."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / "window.log"
        if file.exists() and file.stat().st_size > LOG_BYTES:
            os.replace(file, folder / "window.log.1")
        handler: logging.Handler = logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.ERROR)
        print(f"tangnet: no log is written: {error}", file=sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
