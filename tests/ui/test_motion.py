"""Where less shall move nothing moves by itself: by the setting, or as the system is, which is asked again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.caret import Caret
from app.ui.composer import LevelMeter
from app.ui.motion import Motion, stepped, still
from app.ui.progress import Progress
from tests.ui.conftest import Scene


class System:
    """What the system wishes, and how often it was asked."""

    def __init__(self) -> None:
        self.less = False
        self.asked = 0

    def wished(self) -> bool:
        self.asked += 1
        return self.less


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def motion(qapp: QApplication, scene: Scene, system: System) -> Iterator[Motion]:
    scene.attach()
    made = Motion(qapp, scene.bridge, system.wished)
    yield made
    system.less = False
    made.choose("system")
    qapp.setProperty("tangnet-still", None)
    qapp.setCursorFlashTime(-1)
    made.deleteLater()


def test_the_setting_stops_what_moves(qapp: QApplication, motion: Motion) -> None:
    assert not still() and stepped(0.4) == 0.4
    motion.choose("less")
    assert still() and qapp.cursorFlashTime() == 0 and not qapp.isEffectEnabled(Qt.UIEffect.UI_General)
    assert [stepped(level) for level in (0.0, 0.01, 0.3, 0.4, 0.7, 1.0)] == pytest.approx(
        [0, 1 / 3, 1 / 3, 2 / 3, 1, 1]
    )


def test_it_follows_the_system_and_asks_again(qapp: QApplication, scene: Scene, motion: Motion, system: System) -> None:
    changes = []
    motion.changed.connect(lambda: changes.append(still()))
    system.less = True
    motion.choose("system")
    scene.until(lambda: still() and qapp.cursorFlashTime() == 0)
    system.less = False
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    scene.until(lambda: not still())
    assert changes == [True, False]
    motion.choose("less")
    asked = system.asked
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert still() and system.asked == asked, "the setting counts, whatever the system says"


def test_the_cursor_does_not_blink_while_one_types(
    qapp: QApplication, scene: Scene, motion: Motion, system: System
) -> None:
    caret, box = Caret(qapp), scene.window.pane.composer.box
    try:
        box.setFocus()
        scene.until(box.hasFocus)
        scene.until(lambda: qapp.cursorFlashTime() > 0)
        motion.choose("less")
        assert qapp.cursorFlashTime() == 0
        caret._moved()
        caret._blink()
        assert qapp.cursorFlashTime() == 0
        motion.choose("system")
        scene.until(lambda: not still())
        caret._blink()
        assert qapp.cursorFlashTime() > 0
    finally:
        qapp.focusChanged.disconnect(caret._went)
        caret.deleteLater()


def test_waiting_stands_still(scene: Scene, motion: Motion) -> None:
    bar = Progress()
    bar.setParent(scene.window)
    bar.setRange(0, 0)
    bar.resize(200, 6)
    bar.show()
    motion.choose("less")

    def shown() -> QImage:
        return bar.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)

    first = shown()
    scene.qtbot.wait(120)  # several frames of what would move
    assert shown() == first
    accent = QColor(theme.current().accent).rgb()
    lit = [x for x in range(first.width()) if first.pixel(x, 3) == accent]
    assert lit and min(lit) > 60 and max(lit) < 140, "three dots in the middle, which look like no share of a whole"
    bar.setRange(0, 10)
    bar.setValue(5)
    assert QColor(shown().pixel(20, 3)).rgb() == accent, "what is known is shown as ever"


def test_the_meter_goes_in_steps(scene: Scene, motion: Motion) -> None:
    meter = LevelMeter()
    meter.show_level(0.42)
    assert meter.level == 0.42
    motion.choose("less")
    seen = set()
    for level in range(101):
        meter.show_level(level / 100)
        seen.add(meter.level)
    assert len(seen) == 4
    meter.deleteLater()
