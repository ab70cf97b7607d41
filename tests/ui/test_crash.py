"""Reports of crashes are kept on this machine, and told at the next start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.ui.chrome import TroubleBar
from app.ui.crash import KEPT, CrashReporter

DIES = """
import ctypes, sys
from collections.abc import Iterator
from pathlib import Path
from app.ui.crash import CrashReporter
reporter = CrashReporter(Path(sys.argv[1]))
reporter.install()
if sys.argv[2:]:
    reporter.close()
else:
    ctypes.string_at(0)
"""


@pytest.fixture
def hooks() -> Iterator[None]:
    import faulthandler
    import threading

    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before
    faulthandler.enable()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_crash_outside_python_is_told_at_the_next_start(qtbot: QtBot, tmp_path: Path, hooks: None) -> None:
    folder = tmp_path / "crashes"
    died = subprocess.run([sys.executable, "-c", DIES, str(folder)], capture_output=True, timeout=60)
    assert died.returncode != 0
    reporter, bar = CrashReporter(folder), TroubleBar()
    qtbot.addWidget(bar)
    reporter.install()
    reporter.tell_last(bar)
    assert "ended unexpectedly last time" in bar.sentence.text()
    bar.action.click()
    assert reporter.dialog is not None and "Segmentation fault" in reporter.dialog.details.toPlainText()
    reporter.dialog.copy_button.click()
    assert "string_at" in QGuiApplication.clipboard().text()
    reporter.dialog.accept()
    assert len(list(folder.glob("*.txt"))) == 1
    reporter.close()
    after = CrashReporter(folder)
    after.install()
    assert not after.last  # it is told once
    after.close()


def test_an_end_as_it_should_be_is_no_crash(qtbot: QtBot, tmp_path: Path, hooks: None) -> None:
    assert subprocess.run([sys.executable, "-c", DIES, str(tmp_path), "well"], timeout=60).returncode == 0
    reporter = CrashReporter(tmp_path)
    reporter.install()
    assert not reporter.last
    reporter.close()


def test_the_oldest_reports_go(qtbot: QtBot, tmp_path: Path) -> None:
    reporter = CrashReporter(tmp_path)
    for number in range(KEPT + 5):
        reporter._keep(f"report {number}")
    kept = sorted(path.read_text() for path in tmp_path.glob("*.txt"))
    assert len(kept) == KEPT and "report 0" not in kept and f"report {KEPT + 4}" in kept
