"""A window with a scripted runtime behind it, as the application puts them together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.ui.bridge import Bridge
from app.ui.collector import Collector
from app.ui.seam import RuntimeSeam
from app.ui.theme import NO_ACCENT, Theme
from app.ui.window import MainWindow
from tests.ui.fake_runtime import ScriptedRuntime
from tests.ui.fake_sound import FakeEar, FakePlayer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform warns that it has no window frames; all other Qt warnings fail a test."""
    for item in items:
        if "/tests/ui/" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True))


@dataclass
class Scene:
    """A window, its runtime, and what happened to them."""

    window: MainWindow
    bridge: Bridge
    runtime: ScriptedRuntime
    qtbot: QtBot
    ears: list[FakeEar] = field(default_factory=list)
    players: list[FakePlayer] = field(default_factory=list)
    bugs: list[BaseException] = field(default_factory=list)
    night: bool = False
    """Whether the system is dark."""
    accent: str = NO_ACCENT
    """What the system has."""

    def attach(self) -> None:
        """Open the runtime in the asyncio thread and hand it over."""

        async def opened() -> RuntimeSeam:
            self.bridge.at_close(self.runtime.close)
            return self.runtime

        self.bridge.run(opened, self.window.attach)
        self.until(lambda: self.window.runtime is not None)

    def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Let Qt work until `condition` holds."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=round(seconds * 1000))

    def ask(self, text: str = "How high is the tower?") -> None:
        """Ask and wait for the end of the answer."""
        self.window.pane.ask(text)
        self.until(lambda: not self.window.pane.runs)

    def gate(self) -> Gate:
        """Return something that a script can wait for."""
        return Gate(self.bridge)


class Flashes(QObject):
    """Notices parts of a window that are shown before they are put into it: each is a window for a moment."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and _is_part(watched):
            self.seen.append(f"{type(watched).__name__} {watched.property('accessibleName')!r}")
        return False


def _is_part(shown: QObject) -> bool:
    """Tell whether it is a window and should be a part of one; a test that means it says so by `alone`."""
    if not isinstance(shown, QWidget) or isinstance(shown, QMainWindow | QDialog) or shown.property("alone"):
        return False
    return shown.isWindow() and shown.windowType() == Qt.WindowType.Window


class Gate:
    """An asyncio.Event that the Qt side opens."""

    def __init__(self, bridge: Bridge) -> None:
        self.event = asyncio.Event()
        self._bridge = bridge

    def open(self) -> None:
        """Let the script go on."""

        async def go() -> None:
            self.event.set()

        self._bridge.run(go)


@pytest.fixture(scope="package", autouse=True)
def collector(qapp: QApplication) -> Iterator[Collector]:
    """No thread of a test may free the widgets of an earlier one: see app/ui/collector.py."""
    made = Collector()
    yield made
    made.stop()


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    """A started bridge, closed after the test."""
    made = Bridge()
    made.start()
    yield made
    assert made.close(5.0)


@pytest.fixture
def scene(qapp: QApplication, qtbot: QtBot, bridge: Bridge, home: Path) -> Iterator[Scene]:
    """A shown window; `scene.attach()` opens the runtime."""
    ears: list[FakeEar] = []

    def open_ear(
        device: str,
        on_hint: Callable[[str], None],
        on_phase: Callable[[str], None],
        on_state: Callable[[str, str], None],
    ) -> FakeEar:
        ears.append(FakeEar(on_hint, on_phase, on_state))
        return ears[-1]

    players: list[FakePlayer] = []

    def open_player(on_hint: Callable[[str], None]) -> FakePlayer:
        players.append(FakePlayer(on_hint))
        return players[-1]

    flashes = Flashes(qapp)
    qapp.installEventFilter(flashes)
    made: Scene | None = None
    theme = Theme(qapp, "light", dark=lambda: made is not None and made.night,
                  accent=lambda: NO_ACCENT if made is None else made.accent)  # fmt: skip
    theme.dress()
    window = MainWindow()
    window.complete(bridge, theme, open_ear, open_player)
    qtbot.addWidget(window)
    made = Scene(window, bridge, ScriptedRuntime(home), qtbot, ears, players)
    window.bug.connect(made.bugs.append)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    yield made
    bridge.close(5.0)
    window.hide()
    theme.deleteLater()
    if not made.runtime.closed:
        made.runtime.conversations.close()
    qapp.removeEventFilter(flashes)
    assert not flashes.seen
    assert not made.bugs
