"""A citation into a recording is heard from its second: the real player, with a loudspeaker that keeps what it gets."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.passage_view import PassageView
from app.voice.loudspeaker import Fill
from app.voice.player import Player
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import TOWER

RATE = 16_000


class Loudspeaker:
    """Asks for sound as a device does, and keeps what was not silence."""

    heard = b""

    def __init__(self, fill: Fill) -> None:
        self._fill = fill
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="loudspeaker")
        self._thread.start()

    @property
    def rate(self) -> int:
        return RATE

    @property
    def active(self) -> bool:
        return not self._closed.is_set()

    def _work(self) -> None:
        while not self._closed.wait(0.01):
            block = self._fill(160)
            if any(block):
                Loudspeaker.heard += block

    def silence(self) -> None:
        """Nothing waits in it."""

    def close(self) -> None:
        self._closed.set()
        self._thread.join()


def talk(folder: Path, seconds: float) -> tuple[Path, np.ndarray]:
    """Write a recording whose samples tell where they are."""
    samples = (np.arange(round(seconds * RATE)) % 30_000 + 1).astype("<i2")
    path = folder / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path, samples


def shown(scene: Scene, path: Path, start: float) -> PassageView:
    """Show a passage of the recording, with a loudspeaker of ours."""
    scene.attach()
    Loudspeaker.heard = b""
    view = scene.window.reading.passage

    def make(on_started: Callable[[], None], on_hint: Callable[[str], None]) -> Player:
        return Player(on_started=on_started, on_hint=on_hint, open=lambda _name, _rate, fill: Loudspeaker(fill))

    view.playback.loudspeaker = make
    scene.window.reading.show_passage(replace(TOWER, path=str(path), page=None, seconds=(start, start + 2.0)))
    scene.until(lambda: "After it." in view.text.toPlainText())
    return view


def test_a_citation_plays_from_its_second_and_pauses(scene: Scene, tmp_path: Path) -> None:
    path, samples = talk(tmp_path, 60)
    view = shown(scene, path, 3.5)
    one = view.playback
    assert one.isVisible() and one.button.text().endswith("Play from 0:03") and one.position.text() == "0:03"
    assert one.button.accessibleName() == "Play the recording from 0:03"
    one.button.click()
    scene.until(lambda: len(Loudspeaker.heard) > 2 * RATE // 5)
    assert one.button.accessibleName() == "Pause the recording"
    first = np.frombuffer(Loudspeaker.heard[:6400], "<i2")
    assert np.array_equal(first, samples[round(3.5 * RATE) :][: len(first)])
    scene.until(lambda: one.position.text() >= "0:04")
    view.focus_passage()
    QTest.keyClick(view.text, Qt.Key.Key_Space)
    assert one.button.text().endswith("Go on") and one.button.accessibleName().startswith("Go on with the recording at")
    stopped = one.seconds
    assert 4.0 <= stopped < 60
    view.focus_passage()
    QTest.keyClick(view.text, Qt.Key.Key_Space)
    assert one.button.text().endswith("Pause") and one.seconds >= stopped
    scene.until(lambda: one.seconds > stopped)
    scene.window.reading.show_passage(TOWER)
    assert not one.playing and not one.isVisible()


def test_at_the_end_it_can_be_heard_again(scene: Scene, tmp_path: Path) -> None:
    path, samples = talk(tmp_path, 2)
    one = shown(scene, path, 1.5).playback
    one.button.setFocus()
    QTest.keyClick(one.button, Qt.Key.Key_Space)
    assert one.playing, "Space presses the button that has the keyboard"
    scene.until(lambda: not one.playing)
    assert one.button.text().endswith("Play from 0:01")
    heard = np.frombuffer(Loudspeaker.heard, "<i2")
    heard = heard[heard != 0]
    assert np.array_equal(heard, samples[round(1.5 * RATE) :])


def test_a_recording_that_is_gone_says_so(scene: Scene, tmp_path: Path) -> None:
    view = shown(scene, tmp_path / "gone.wav", 1.0)
    view.playback.button.click()
    scene.until(lambda: "There is no file" in view.warning_text.text())
    assert not view.playback.playing and not scene.bugs
