"""Our window in a process of its own, with a scripted runtime and microphone: for programs that tests talk to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from app.ui.bridge import Bridge
from app.ui.collector import Collector
from app.ui.seam import RuntimeSeam
from app.ui.theme import Theme
from app.ui.window import MainWindow
from tests.ui.fake_runtime import ScriptedRuntime
from tests.ui.fake_sound import FakeEar, FakePlayer


class OwnWindow:
    """What such a program is made of; `run` shows the window and obeys the lines that come on stdin."""

    def __init__(self, home: Path) -> None:
        self.application = QApplication(["tangnet"])
        self.application.setStyle("Fusion")
        self._collector = Collector()
        self.bridge = Bridge()
        self.bridge.start()
        self._theme = Theme(self.application, "light")
        self._theme.dress()
        self.window = MainWindow()
        self.window.complete(self.bridge, self._theme, lambda _device, *on: FakeEar(*on), FakePlayer)
        self.runtime = ScriptedRuntime(home)

    def run(self, opened: Callable[[], object], obey: Callable[[str], object]) -> None:
        """Stay until stdin ends. `opened` is called when the window has its runtime, `obey` with each line."""

        async def open_it() -> RuntimeSeam:
            self.bridge.at_close(self.runtime.close)
            return self.runtime

        def attach(runtime: RuntimeSeam) -> None:
            self.window.attach(runtime)
            opened()

        def read() -> None:
            line = sys.stdin.readline()
            if line:
                obey(line.strip())
            else:
                self.bridge.close(5.0)
                self.application.quit()

        told = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
        told.activated.connect(read)
        self.window.show()
        self.window.activateWindow()
        self.bridge.run(open_it, attach)
        self.application.exec()
        self._collector.stop()
