"""The line about what has left the network."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from app.outside import Sent
from app.ui.promise import words
from tests.ui.conftest import Scene

SINCE = "2026-10-03T08:00:00+00:00"


def test_it_says_what_was_counted_and_how() -> None:
    assert words(Sent(SINCE))[0] == "0 bytes sent outside your network"
    assert "2026-10-03" in words(Sent(SINCE))[1]
    assert words(Sent(SINCE, 1_234_000, 2, "8.8.8.8"))[0] == "1.2 MB sent outside your network"
    assert "8.8.8.8" in words(Sent(SINCE, 12, 2, "8.8.8.8"))[1]
    assert words(Sent(SINCE, counts_bytes=False))[0] == "No connection outside your network"
    assert words(Sent(SINCE, 0, 3, "x", counts_bytes=False))[0] == "Connections outside your network: 3"


def test_the_window_shows_it(scene: Scene) -> None:
    scene.attach()
    line = scene.window.sidebar.promise
    scene.until(lambda: line.text() == "0 bytes sent outside your network")
    assert line.accessibleName() == line.text()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_keyboard_gets_what_was_counted(scene: Scene) -> None:
    scene.attach()
    line = scene.window.sidebar.promise
    scene.until(lambda: bool(line.accessibleDescription()))
    quiet = line.grab().toImage()
    line.setFocus(Qt.FocusReason.TabFocusReason)
    assert line.hasFocus() and line.grab().toImage() != quiet
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert QToolTip.isVisible() and QToolTip.text() == line.accessibleDescription()
    scene.window.pane.composer.box.setFocus()
    scene.until(lambda: not QToolTip.isVisible())
