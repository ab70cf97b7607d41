"""What a window costs before it is used: until it is seen, until it takes a question, its memory, its idling.

`pytest -m bench tests/bench/bench_window_start.py -s` prints figure, reference and ratio of each. The reference is a
bare PySide6 window of the same size in the same run: fresh processes, in turn, so that other load meets both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
VISIBLE, USABLE, MEMORY = 1.5, 2.0, 3.0
"""Goals, as ratios to the bare window."""
IDLE = 0.5
"""Goal in percent of a core."""
WATCHED = 20.0
"""Seconds over which idling is measured."""

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
class Bare(QWidget):
    def paintEvent(self, event):
        QTimer.singleShot(0, self, seen)
def seen():
    print(time.monotonic(), flush=True)
    "stay" in sys.argv or application.quit()
application = QApplication(["bare"])
window = Bare()
window.resize(1180, 780)
window.show()
application.exec()
"""
SEEN = """
import time
from app.ui.application import run
def painted(window):
    print(time.monotonic())
    window.close()
raise SystemExit(run(["tangnet"], on_painted=painted))
"""
ASKED = """
import time
from PySide6.QtCore import QTimer, Qt
from app.ui.application import run
def look():
    box = window.pane.composer.box if hasattr(window, "pane") else None
    if box is None or not box.isVisible() or not box.hasFocus():
        return
    from PySide6.QtTest import QTest
    timer.stop()
    window.pane.composer.submitted.connect(lambda text: took(text))
    QTest.keyClicks(box, "Hi")
    window.grab()
    QTest.keyClick(box, Qt.Key.Key_Return)
def took(text):
    print(time.monotonic(), flush=True)
    assert text == "Hi"
    window.close()
def painted(its):
    global window, timer
    window, timer = its, QTimer(its, interval=0)
    timer.timeout.connect(look)
    timer.start()
raise SystemExit(run(["tangnet"], on_painted=painted))
"""
COMPLETE = """
import time
from PySide6.QtCore import QTimer
from app.ui.application import run
def look():
    if window._complete:
        timer.stop()
        window.grab()
        print(time.monotonic(), flush=True)
        window.close()
def painted(its):
    global window, timer
    window, timer = its, QTimer(its, interval=0)
    timer.timeout.connect(look)
    timer.start()
raise SystemExit(run(["tangnet"], on_painted=painted))
"""
STAY = """
from app.ui.application import run
raise SystemExit(run(["tangnet"]))
"""


def environment(home: Path) -> dict[str, str]:
    made = {**os.environ, "TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    # Byte code is kept, as it is for everybody else, for both sides and beside no source.
    made.pop("PYTHONDONTWRITEBYTECODE", None)
    return made | {"PYTHONPYCACHEPREFIX": str(home / "bytecode")}


def seconds(code: str, home: Path) -> float:
    """Return the seconds from the start of a process to what it tells."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(home), capture_output=True, text=True,
                          check=True, timeout=120)  # fmt: skip
    return float(done.stdout.split()[0]) - began


@pytest.mark.bench
def test_seen_and_usable_soon(home: Path) -> None:
    codes = {"bare": BARE, "visible": SEEN, "usable": ASKED, "complete": COMPLETE}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for at in range(RUNS + 1):
        for name, code in codes.items():
            taken[name].append(seconds(code, home))
        if not at:  # the first brings files into the page cache and writes byte code
            taken = {name: [] for name in codes}
    middle = {name: statistics.median(times) for name, times in taken.items()}
    for name in ("visible", "usable", "complete"):
        print(f"\nwindow {name}: {middle[name] * 1000:.0f} ms, bare window {middle['bare'] * 1000:.0f} ms, "
              f"ratio {middle[name] / middle['bare']:.2f}", end="")  # fmt: skip
    print()
    assert middle["visible"] / middle["bare"] <= VISIBLE
    assert middle["usable"] / middle["bare"] <= USABLE


def memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def worked(pid: int) -> float:
    """Return the processor time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.bench
@pytest.mark.skipif(sys.platform != "linux", reason="memory and processor time are read from /proc")
def test_memory_and_idling(home: Path) -> None:
    """The whole program with its local node, which has processes of its own; only the window's is measured."""
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text("[nodes]\ndiscover = false\nmesh = false\n[voice]\nstandby = false\n")
    bare = subprocess.Popen([sys.executable, "-c", BARE, "stay"], cwd=ROOT, env=environment(home))
    window = subprocess.Popen([sys.executable, "-c", STAY], cwd=ROOT, env=environment(home))
    try:
        time.sleep(25)  # engines load and are tried once; what is measured is what comes after
        reference, rss = memory(bare.pid), memory(window.pid)
        began, busy = time.monotonic(), worked(window.pid)
        time.sleep(WATCHED)
        idle = 100 * (worked(window.pid) - busy) / (time.monotonic() - began)
    finally:
        bare.kill()
        window.terminate()
        assert window.wait(30) == 0
        bare.wait()
    print(f"\nwindow memory: {rss:.0f} MiB, bare window {reference:.0f} MiB, ratio {rss / reference:.2f}")
    print(f"window idling without nodes: {idle:.2f} % of a core (bar {IDLE} %)")
    assert idle <= IDLE
    assert rss / reference <= MEMORY
