"""Recording a lecture in the window: button, time and level, pause, stop, a lost microphone, an interrupted program."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import VoiceError
from app.ui.recording_bar import RecordingBar
from app.voice.growing_wav import GrowingWav, cut_short
from app.voice.live_recording import WAITS
from tests.ui.conftest import Scene

SECOND = np.full(16_000, 9_000, "<i2").tobytes()


def tell(scene: Scene, what: Callable[[], object]) -> None:
    """Do something in the asyncio thread."""

    async def call() -> None:
        what()

    scene.bridge.run(call)


def bring(scene: Scene, seconds: int = 1) -> None:
    """Bring sound, as soon as somebody listens, and wait until the bar shows it."""
    scene.until(lambda: scene.ears and scene.ears[-1].sound._subscribers)
    bar = scene.window.pane.recording
    minutes, before = bar.time.text().split(":")
    wanted = f"{minutes}:{int(before) + seconds:02}"
    for _ in range(seconds):
        tell(scene, lambda: scene.ears[-1].sound.feed(SECOND))
    scene.until(lambda: bar.time.text() == wanted)


def begin(scene: Scene) -> RecordingBar:
    """Press the button in the documents panel."""
    scene.window.show_documents()
    scene.window.documents.record_button.click()
    bar = scene.window.pane.recording
    assert bar.isVisible() and scene.window.recording.active
    return bar


def seconds_of(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def test_a_lecture_is_recorded_paused_and_becomes_a_document(scene: Scene) -> None:
    scene.attach()
    bar = begin(scene)
    assert "Opening" in bar.words.text() and not bar.pause_button.isEnabled()
    assert scene.window.documents.record_button.accessibleName() == "End the recording"
    bring(scene, 2)
    # What the microphone says comes another way than its sound, and the level at the next look.
    scene.until(lambda: bar.words.text() == "Recording" and bar.meter.level == 0.6)
    assert scene.ears[0].wanted >= {"recording"}
    (part,) = (scene.runtime.home / "recordings").glob("*.part")
    scene.until(lambda: part.stat().st_size == 44 + 2 * 32_000)  # it is on the disk while it goes on
    bar.pause_button.click()
    scene.until(lambda: bar.pause_button.text() == "&Go on")
    assert "nothing is kept" in bar.words.text()
    tell(scene, lambda: scene.ears[0].sound.feed(SECOND))
    bar.pause_button.click()
    scene.until(lambda: bar.pause_button.text() == "&Pause")
    bring(scene)
    scene.window.views.back()
    bar.stop_button.click()
    scene.until(lambda: scene.runtime.library.paths)
    (path,) = scene.runtime.library.paths
    assert path.parent == scene.runtime.home / "recordings" and path.name.startswith("Recording 2")
    assert seconds_of(path) == 3 and not bar.isVisible()
    assert scene.window.views.page is scene.window.documents  # how it is written down is seen there
    assert scene.window.documents.record_button.accessibleName() == "Record"
    scene.until(lambda: "recording" not in scene.ears[0].wanted)


def test_the_key_begins_and_ends_it(scene: Scene) -> None:
    scene.attach()
    keys = (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(scene.window, *keys)
    scene.until(lambda: scene.window.recording.active)
    bring(scene)
    QTest.keyClick(scene.window, *keys)
    scene.until(lambda: scene.runtime.library.paths and not scene.window.recording.active)
    QTest.keyClick(scene.window, *keys)
    QTest.keyClick(scene.window, *keys)  # ended before there was a microphone
    scene.until(lambda: not scene.window.recording.active)
    assert len(scene.runtime.library.paths) == 1


def test_a_microphone_that_is_lost_is_said_and_waited_for(scene: Scene) -> None:
    scene.attach()
    bar = begin(scene)
    bring(scene)
    gone = VoiceError("The microphone went away.", code="voice_device_lost")
    tell(scene, lambda: scene.ears[0].sound.fail(gone))
    scene.until(lambda: "Waiting for the microphone" in bar.words.text())
    trouble = scene.window.pane.trouble
    scene.until(lambda: trouble.sentence.text() == f"The microphone went away. {WAITS}")
    assert trouble.property("kind") == "notice"
    bring(scene)
    assert bar.words.text() == "Recording"
    scene.window.recording.stop()
    scene.until(lambda: scene.runtime.library.paths)
    assert seconds_of(scene.runtime.library.paths[0]) == 2


def test_another_microphone_and_a_trial_do_not_end_it(scene: Scene) -> None:
    scene.attach()
    begin(scene)
    bring(scene)
    scene.window.talker.lend(True)
    bring(scene)
    assert "close" not in scene.ears[0].calls
    scene.window.talker.lend(False)
    scene.runtime.settings.voice_device = "alsa_input.headset"
    scene.window.talker.set_front(False)
    scene.window.talker.set_front(True)
    scene.until(lambda: len(scene.ears) == 2 and "recording" in scene.ears[1].wanted)
    bring(scene)
    scene.window.recording.stop()
    scene.until(lambda: scene.runtime.library.paths)
    assert seconds_of(scene.runtime.library.paths[0]) == 3


def test_a_microphone_that_cannot_be_opened_is_told(scene: Scene) -> None:
    scene.attach()
    bar = begin(scene)
    scene.until(lambda: scene.ears and scene.ears[0].sound._subscribers)
    none = VoiceError("No microphone was found.", code="voice_no_device", hint="Plug one in.")
    tell(scene, lambda: scene.ears[0].sound.fail(none))
    trouble = scene.window.pane.trouble
    scene.until(lambda: trouble.sentence.text() == "No microphone was found.")
    assert not bar.isVisible() and not scene.window.recording.active
    assert not (scene.runtime.home / "recordings").exists()


@pytest.mark.parametrize(("state", "said"), [("muted", "is muted"), ("silent", "only silence")])
def test_a_recording_of_nothing_is_noticed_while_it_goes_on(scene: Scene, state: str, said: str) -> None:
    scene.attach()
    bar = begin(scene)
    bring(scene)
    tell(scene, lambda: scene.ears[0].on_state(state, "Desk"))
    scene.until(lambda: said in bar.words.text())
    tell(scene, lambda: scene.ears[0].on_state("listening", "Desk"))
    scene.until(lambda: bar.words.text() == "Recording")


def test_before_the_start_is_over_it_says_so(scene: Scene) -> None:
    scene.window.recording.begin()
    scene.until(scene.window.pane.trouble.isVisible)
    assert "still starting" in scene.window.pane.trouble.sentence.text()


def test_what_a_killed_program_recorded_is_finished_at_the_next_start(scene: Scene) -> None:
    growing = GrowingWav(scene.runtime.home / "recordings", "Recording 2026-11-23 14.05")
    growing.write(SECOND * 62)
    growing.close()
    scene.attach()
    scene.until(lambda: scene.runtime.library.paths)
    (path,) = scene.runtime.library.paths
    assert path.name == "Recording 2026-11-23 14.05.wav" and seconds_of(path) == 62
    scene.until(lambda: "A recording of 1:02 was not ended" in scene.window.pane.trouble.sentence.text())


def test_a_window_that_is_closed_meanwhile_loses_nothing(scene: Scene) -> None:
    scene.attach()
    begin(scene)
    bring(scene, 2)
    scene.window.close()
    assert scene.bridge.close(5.0)
    (part,) = cut_short(scene.runtime.home / "recordings")
    assert part.stat().st_size == 44 + 2 * 32_000
