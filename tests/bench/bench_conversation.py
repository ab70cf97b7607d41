"""A conversation of 10,000 messages: until it is shown, what it costs in memory, and how smoothly it scrolls and grows.

`pytest -m bench tests/bench/bench_conversation.py -s` prints each figure; `-k open`, memory, scroll or stream one.
Cycles are collected as in the program (app/ui/collector.py): the interpreter's own way stops it for 50 ms now and then.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from app.events import NodeChosen, Retrieved, TokenReceived
from app.messages import Outcome
from tests.ui.conftest import Scene, bridge, collector, scene
from tests.ui.fake_runtime import TOWER, answer

__all__ = ["bridge", "collector", "scene"]
pytestmark = pytest.mark.bench
MESSAGES = 10_000
OPEN_MS, BYTES = 200, 2_048
P99_MS, MOST_MS = 16.0, 50.0
SECONDS = 15
TEXT = """Some **bold** words and a list:

- one point that is somewhat longer than the others
- two

| Year | Height |
|---|---|
| 1889 | 312 m |
| 2022 | 330 m |

```python
print('tower')
```

"""


def filled(scene: Scene) -> tuple[str, int]:
    """Store a conversation of MESSAGES; returns its id and the letters in it."""
    store = scene.runtime.conversations
    made = store.create("long")
    letters = 0
    for number in range(MESSAGES // 2):
        question, text = f"Question {number} about the tower?", TEXT + "And more about it. " * (number * 7 % 40)
        store.ask(made.id, question)
        id = store.begin(made.id)
        store.append(id, text)
        store.finish(id, Outcome("complete"))
        letters += len(question) + len(text)
    return made.id, letters


def built(scene: Scene) -> bool:
    view = scene.window.pane.view
    return len(view) > 0 and all(at in view._built for at in view._around(0))


def opened(scene: Scene, id: str) -> float:
    """Open it; returns the milliseconds until all that can be seen is painted."""
    began = time.perf_counter()
    scene.window.pane.open_conversation(id, "long")
    scene.until(lambda: built(scene), 60)
    scene.window.grab()
    return (time.perf_counter() - began) * 1000


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


class Gaps:
    """Times between two turns of the event loop, in ms."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(lambda: self.seen.append(time.perf_counter()))
        self._timer.start()

    def stop(self, what: str) -> None:
        """Print and check them."""
        self._timer.stop()
        gaps = sorted((after - before) * 1000 for before, after in pairwise(self.seen))
        p99, most = gaps[len(gaps) * 99 // 100], gaps[-1]
        print(f"\n{what}: pauses of the event loop p99 {p99:.1f} ms (bar {P99_MS:.0f}), longest {most:.0f} ms "
              f"(bar {MOST_MS:.0f})")  # fmt: skip
        assert p99 <= P99_MS
        assert most <= MOST_MS


def test_open(scene: Scene) -> None:
    id, _ = filled(scene)
    scene.attach()
    times = []
    for _ in range(5):
        times.append(opened(scene, id))
        scene.window.pane.new_conversation()
    middle = sorted(times)[2]
    print(f"\n{MESSAGES:,} messages shown after {middle:.0f} ms (bar {OPEN_MS}), first time {times[0]:.0f} ms")
    assert middle <= OPEN_MS


def test_memory(scene: Scene) -> None:
    id, letters = filled(scene)
    scene.attach()
    scene.ask()  # what is imported and cached for a first answer is not the conversation's
    scene.window.pane.new_conversation()
    gc.collect()
    before = resident()
    opened(scene, id)
    gc.collect()
    each = (resident() - before) / MESSAGES
    print(f"\nmemory: {each:.0f} bytes a message (bar {BYTES} beyond its text of {letters // MESSAGES} letters)")
    assert each <= BYTES


def test_scroll(scene: Scene) -> None:
    id, _ = filled(scene)
    scene.attach()
    opened(scene, id)
    bar = scene.window.pane.view.verticalScrollBar()
    steps: Iterator[int] = iter([*[-60] * 300, *[-2_000] * 60, *[60] * 200])
    ended = []

    def step() -> None:
        by = next(steps, None)
        if by is None:
            ended.append(True)
        else:
            bar.setValue(bar.value() + by)

    timer = QTimer(interval=16)
    timer.timeout.connect(step)
    gaps = Gaps()
    timer.start()
    scene.until(lambda: ended, 120)
    timer.stop()
    gaps.stop(f"scrolling through {MESSAGES:,} messages")


def test_stream(scene: Scene) -> None:
    """200 tokens a second at the end of a long conversation."""
    id, _ = filled(scene)
    scene.attach()
    opened(scene, id)
    text = TEXT * 200
    tokens = [TokenReceived(text[at * 4 : at * 4 + 4], "local") for at in range(200 * SECONDS)]
    full = "".join(token.text for token in tokens)
    scene.runtime.assistant.pace = 1 / 200
    scene.runtime.assistant.script = [
        Retrieved((TOWER,)), NodeChosen("local", "1" * 64, "the only node", "m"), *tokens, answer(full)
    ]  # fmt: skip
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.001)  # as app.ui.application.run does
    gaps = Gaps()
    scene.window.pane.ask("Tell me all of it.")
    scene.until(lambda: not scene.window.pane.runs, SECONDS + 60)
    sys.setswitchinterval(before)
    gaps.stop(f"{len(tokens):,} tokens at 200 a second")
