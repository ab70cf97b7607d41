"""How soon the window can be seen, against a bare Qt window in the same run; and how long it ever stands still.

`pytest -m bench tests/bench/bench_window.py -s` prints figure, reference and ratio of each. Fresh processes, taken in
turn so that other load meets both alike; the median of seven counts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from app.events import NodeChosen, Retrieved, TokenReceived
from tests.ui.conftest import Scene, bridge, scene
from tests.ui.fake_runtime import TOWER, answer
from tests.ui.fleet import busy, fleet

__all__ = ["bridge", "scene"]
ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
GOAL = 1.5
NODES = (100, 10)
"""Pis and rigs."""
SECONDS = 12
FRAME_MS = 16.0
"""What the Qt thread may work without a pause: a frame at 60 Hz."""

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
class Bare(QWidget):
    def paintEvent(self, event):
        QTimer.singleShot(0, self, seen)
def seen():
    print(time.monotonic())
    application.quit()
application = QApplication(["bare"])
window = Bare()
window.resize(1180, 780)
window.show()
application.exec()
"""
REAL = """
import time
from app.ui.application import run
def painted(window):
    print(time.monotonic())
    window.close()
raise SystemExit(run(["tangnet"], on_painted=painted))
"""
COMPLETE = """
import time
from PySide6.QtCore import QTimer
from app.ui.application import run
def seen(window):
    # After the parts are built, laid out and painted.
    QTimer.singleShot(0, window, lambda: QTimer.singleShot(0, window, lambda: (window.grab(), print(time.monotonic()),
                                                                              window.close())))
raise SystemExit(run(["tangnet"], on_painted=seen))
"""


def visible(code: str, home: Path) -> float:
    """Return the seconds from the start of a process to its window's first painting."""
    environment = {**os.environ, "TANGNET_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return float(done.stdout.split()[0]) - began


@pytest.mark.bench
def test_window_visible_soon(home: Path) -> None:
    codes = {"bare": BARE, "visible": REAL, "complete": COMPLETE}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for at in range(RUNS + 1):
        for name, code in codes.items():
            seconds = visible(code, home)
            if at:  # the first brings files into the page cache and writes byte code
                taken[name].append(seconds)
    middle = {name: statistics.median(times) for name, times in taken.items()}
    for name in ("visible", "complete"):
        print(f"\nwindow {name}: {middle[name] * 1000:.0f} ms, bare window {middle['bare'] * 1000:.0f} ms, "
              f"ratio {middle[name] / middle['bare']:.2f}", end="")  # fmt: skip
    print()
    assert middle["visible"] / middle["bare"] <= GOAL


@pytest.mark.bench
def test_longest_gap_while_streaming(scene: Scene) -> None:
    scene.attach()
    text = "Some **bold** words, a list:\n\n- one\n- two\n\nAnd `code` [1].\n\n"
    tokens = [TokenReceived(text[at % len(text)], "local") for at in range(2000)]
    full = "".join(token.text for token in tokens)
    chosen = NodeChosen("local", "1" * 64, "the only node", "m")
    gaps: list[tuple[float, float]] = []
    before = [(time.perf_counter(), time.thread_time())]

    def tick() -> None:
        now = (time.perf_counter(), time.thread_time())
        gaps.append((now[0] - before[0][0], now[1] - before[0][1]))
        before[0] = now

    probe = QTimer(interval=5)
    probe.timeout.connect(tick)

    def longest() -> tuple[float, float]:
        before[0] = (time.perf_counter(), time.thread_time())
        gaps.clear()
        probe.start()
        scene.ask()
        probe.stop()
        return max(gap[0] for gap in gaps), max(gap[1] for gap in gaps)

    scene.runtime.assistant.script = [Retrieved((TOWER,)), chosen, answer("Short.", cited=())]
    idle = longest()
    scene.runtime.assistant.script = [Retrieved((TOWER,)), chosen, *tokens, answer(full)]
    busy = longest()
    print(
        f"\nlongest gap, 2000 tokens: {busy[0] * 1000:.0f} ms on the clock, {busy[1] * 1000:.0f} ms of the Qt thread; "
        f"short answer {idle[0] * 1000:.0f} and {idle[1] * 1000:.0f} ms"
    )


@pytest.mark.bench
def test_longest_work_while_110_nodes_tell_their_load(scene: Scene) -> None:
    nodes = fleet(*NODES)
    scene.runtime.cluster.known = nodes
    scene.attach()
    scene.window.show_nodes()
    scene.until(lambda: len(scene.window.nodes.nodes) == len(nodes))
    panel = scene.window.nodes
    panel.list.select(nodes[60].id)
    spans: list[tuple[float, float]] = []
    before = [(time.perf_counter(), time.thread_time())]
    steps = [0]

    def tick() -> None:
        now = (time.perf_counter(), time.thread_time())
        spans.append((now[0] - before[0][0], now[1] - before[0][1]))
        before[0] = now

    def tell() -> None:
        # As the roster does: four snapshots a second, in each of which a quarter of the nodes said something new.
        steps[0] += 1
        news = busy(nodes, steps[0] // 4)
        panel.show_nodes(tuple(
            new if at % 4 == steps[0] % 4 else old
            for at, (new, old) in enumerate(zip(news, panel.nodes, strict=True))
        ))  # fmt: skip

    probe, teller = QTimer(interval=1), QTimer(interval=250)
    probe.timeout.connect(tick)
    teller.timeout.connect(tell)
    scene.qtbot.wait(500)
    before[0] = (time.perf_counter(), time.thread_time())
    probe.start()
    teller.start()
    scene.until(lambda: steps[0] >= 4 * SECONDS, SECONDS + 20)
    probe.stop()
    teller.stop()
    worst = max(work for _, work in spans) * 1000
    print(
        f"\nlongest work of the Qt thread, {len(nodes)} nodes: {worst:.1f} ms (bar {FRAME_MS:.0f} ms, "
        f"ratio {worst / FRAME_MS:.2f}), on the clock {max(clock for clock, _ in spans) * 1000:.0f} ms"
    )
    assert worst <= FRAME_MS
