"""Esc in the window: how soon an utterance is thrown away, and that nothing of it is kept.

`pytest -m bench tests/bench/bench_escape.py -s`. The real window, talk key, push-to-talk and microphone over a fake
device; the window is offscreen.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Callable, Sized
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.events import Hearing, Transcribed
from app.ui.bridge import Bridge
from app.ui.microphone_ear import MicrophoneEar
from app.ui.seam import RuntimeSeam
from app.ui.theme import Theme
from app.ui.window import MainWindow
from tests.bench.figures import show
from tests.ui.fake_runtime import ScriptedCluster, ScriptedRuntime
from tests.ui.fake_sound import FakePlayer
from tests.unit.voice.test_microphone import Device

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(300),
    pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True),
]

TIMES = 100
SECRET = 12_345
"""The value of each sample that must not be heard again."""


class Node(ScriptedCluster):
    """Takes the sound of an utterance as a node does."""

    def __init__(self) -> None:
        super().__init__()
        self.utterances: list[bytearray] = []

    async def transcribe(
        self, audio: AsyncIterator[bytes], *, language: str = "", here: bool = False
    ) -> AsyncIterator[Hearing | Transcribed]:
        sound = bytearray()
        self.utterances.append(sound)
        async for block in audio:
            sound += block
            yield Hearing("")
        yield Transcribed("")


def _more(found: Sized, number: int) -> bool:
    return len(found) > number


def test_escape(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    bridge = Bridge()
    bridge.start()
    device, node, runtime = Device(), Node(), ScriptedRuntime(tmp_path)
    runtime.cluster = runtime.assistant.cluster = node
    runtime.settings.voice_ahead = False
    idle: list[float] = []

    def open_ear(
        name: str, hint: Callable[[str], None], phase: Callable[[str], None], state: Callable[[str, str], None]
    ) -> MicrophoneEar:
        def told(new: str) -> None:
            if new == "idle":
                idle.append(time.perf_counter())  # in the asyncio thread: from here on no sound is taken
            phase(new)

        return MicrophoneEar(name, hint, told, state, recorder=device)

    async def opened() -> RuntimeSeam:
        return runtime

    def until(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=20_000)

    window = MainWindow()
    window.complete(bridge, Theme(qapp, "light"), open_ear, FakePlayer)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    bridge.run(opened, window.attach)
    until(lambda: window.pane.composer.microphone.state == "listening")
    shown: list[float] = []
    thrown: list[float] = []
    strip = window.pane.composer.voice_strip
    for number in range(TIMES):
        QTest.keyPress(window, Qt.Key.Key_F9)
        until(partial(_more, node.utterances, number))
        device.recorders[-1].bring(np.full(16_000, SECRET))
        until(lambda: len(node.utterances[-1]) > 16_000)
        before = time.perf_counter()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        shown.append(time.perf_counter() - before)
        assert not strip.isVisible() and not window.talker.active
        until(partial(_more, idle, number))
        thrown.append(idle[number] - before)
        QTest.keyRelease(window, Qt.Key.Key_F9)
    QTest.keyPress(window, Qt.Key.Key_F9)
    until(lambda: len(node.utterances) > TIMES)
    device.recorders[-1].bring(np.full(16_000, 7))
    until(lambda: len(node.utterances[-1]) > 16_000)
    again = SECRET in np.frombuffer(bytes(node.utterances[-1]), "<i2")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    asked = len(runtime.assistant.questions)
    assert bridge.close(5.0)
    window.hide()
    runtime.conversations.close()
    for what, times in (("the window shows it", shown), ("the sound is thrown away", thrown)):
        show(f"Esc until {what}, slowest of {TIMES}", max(times) * 1000, "ms", goal="value <= 50")
        show(f"Esc until {what}, median", statistics.median(times) * 1000, "ms")
    show("cancelled sound in the next utterance", int(again), "", goal="value <= 0")
    show("questions asked of cancelled sound", asked, "", goal="value <= 0")
    assert max(shown) <= 0.05 and max(thrown) <= 0.05 and not again and not asked
