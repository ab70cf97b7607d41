"""Starting the window.

The story: (1) the log and Qt's messages get their place; (2) the one QApplication and the empty window with its last
size and ground; (3) the window is shown and painted, while hardly anything but Qt has been imported; (4) only now its
parts are built, the asyncio thread starts and opens the runtime there; (5) the runtime is handed to the window, which
loads engines in the background and shows how far they are. Ending goes the other way: work is cancelled and the
runtime closed in the asyncio thread within a time limit, then the window goes, then the application. SIGINT and SIGTERM
end it the same way.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, QSocketNotifier
from PySide6.QtWidgets import QApplication

from app.ui.window import MainWindow

if TYPE_CHECKING:
    from app.ui.bridge import Bridge
    from app.ui.collector import Collector
    from app.ui.crash import CrashReporter
    from app.ui.seam import Ear, OpenEar, OpenRuntime, PlayerSeam, RuntimeSeam
    from app.ui.theme import Theme

LOG_BYTES = 1_000_000
CLOSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


async def open_runtime() -> RuntimeSeam:
    """Open the real runtime. Raises SettingsError, StoreError."""
    from app.runtime import Runtime

    return await Runtime.open()


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
    on_painted: Callable[[MainWindow], object] | None = None,
) -> int:
    """Show the window and stay until it is closed; returns the exit status.

    Args:
        argv: what Qt may take options from, the program's name first.
        open_runtime: opens everything behind the window, in the asyncio thread.
        open_ear: opens the microphone; None is the real one.
        on_painted: called when the window has been painted, before anything is opened.
    """
    from app.settings import home

    # The asyncio thread must not hold the interpreter for the usual 5 ms while the window has something to paint.
    sys.setswitchinterval(0.001)
    folder = home()
    _start_log(folder / "logs")
    application = QApplication(list(argv) or ["tangnet"])
    application.setApplicationName("tangnet")
    application.setApplicationDisplayName("Tangnet")
    application.setDesktopFileName("tangnet")
    application.setStyle("Fusion")
    desk = Desk(application, folder, open_runtime, open_ear or microphone)
    desk.window.painted.connect(lambda: on_painted(desk.window) if on_painted is not None else None)
    desk.window.painted.connect(desk.furnish)
    desk.window.painted.connect(desk.open)
    desk.window.show()
    try:
        return application.exec()
    finally:
        desk.close()


class Desk(QObject):
    """What lives as long as the window: bridge, colours, signals of the system, the kept size."""

    bridge: Bridge
    collector: Collector
    theme: Theme
    crashes: CrashReporter
    """These come with `furnish`."""

    def __init__(self, application: QApplication, folder: Path, open_runtime: OpenRuntime, open_ear: OpenEar) -> None:
        super().__init__(application)
        self._application = application
        self._open_runtime = open_runtime
        self._open_ear = open_ear
        self._furnished = False
        self._closed = False
        self._kept = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow()
        self._listen_to_signals()
        self.window.closing.connect(self.close)
        # The ground of last time, so that a dark window does not begin white.
        ground = str(self._kept.value("ground", ""))
        if len(ground) == 7 and ground.startswith("#"):
            self.window.setStyleSheet(f"QMainWindow {{ background: {ground}; }}")
        value = self._kept.value("geometry")
        if value is not None:
            self.window.restoreGeometry(value)

    def furnish(self) -> None:
        """Build what is in the window, once it can be seen."""
        if self._closed:
            return
        from app.ui.bridge import Bridge
        from app.ui.collector import Collector
        from app.ui.crash import CrashReporter, log_qt_messages
        from app.ui.icons import app_icon
        from app.ui.theme import Theme

        log_qt_messages()
        self.crashes = CrashReporter(self)
        self.crashes.install()
        self.collector = Collector(self)  # before there is a second thread
        self.bridge = Bridge(self)
        self.theme = Theme(self._application, str(self._kept.value("theme", "system")))
        self.window.bug.connect(self.crashes.report)
        self.window.complete(self.bridge, self.theme, self._open_ear, loudspeaker)
        self._furnished = True
        self._application.setWindowIcon(app_icon())
        panels = self._kept.value("panels")
        if panels is not None:
            self.window.splitter.restoreState(panels)
        self.window.setStyleSheet("")
        self.theme.dress()

    def open(self) -> None:
        """Start the asyncio thread and open the runtime there."""
        if self._closed:
            return
        self.bridge.start()
        self.bridge.run(self._open, self.window.attach, self._failed, name="open")

    def close(self) -> None:
        """Keep the size, end all work; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.window.hide()
        if self._furnished:
            self._keep()
            if self.bridge.close(CLOSE_SECONDS):
                self.collector.stop()
        self._application.quit()

    async def _open(self) -> RuntimeSeam:
        runtime = await self._open_runtime()
        self.bridge.at_close(runtime.close)
        return runtime

    def _failed(self, error: BaseException) -> None:
        from app.ui import phrases

        sentence, hint = phrases.trouble(error)
        self.window.pane.pill.tell("failed", "Could not start", sentence)
        self.window.pane.trouble.tell(sentence, hint, self.open)
        if phrases.is_bug(error):
            self.crashes.report(error)

    def _keep(self) -> None:
        self._kept.setValue("geometry", self.window.saveGeometry())
        self._kept.setValue("panels", self.window.splitter.saveState())
        if self.window.runtime is not None:
            self._kept.setValue("theme", self.window.runtime.settings.window_theme)
        self._kept.setValue("ground", self.theme.colours.ground)
        self._kept.sync()
        if self._kept.status() != QSettings.Status.NoError:
            _log.warning("the window's size could not be kept in %s", self._kept.fileName())

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
        self.window.close()


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
