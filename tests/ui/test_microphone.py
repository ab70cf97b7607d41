"""The microphone in the window: how it stands, when it is open, choosing and trying one, the key everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.errors import VoiceError
from app.ui.microphone_choice import MicrophoneChoice
from app.ui.microphone_ear import MicrophoneEar
from app.ui.microphone_key import TalkKey
from app.ui.microphone_mark import MicrophoneMark
from app.ui.settings_fields import Part
from app.ui.settings_page import SettingsPage
from app.voice.devices import Trial
from app.voice.hotkeys import NO_RELEASE, KeyEvents
from app.voice.microphone import MicrophoneState
from app.voice.portaudio import InputDevice
from tests.ui.conftest import Scene
from tests.unit.voice.test_microphone import Device

TABLE = InputDevice("alsa_input.table", "Table", default=True)
HEADSET = InputDevice("alsa_input.headset", "Headset", muted=True)


@pytest.mark.parametrize("state", list(MicrophoneState))
def test_the_mark_says_each_state_in_words(scene: Scene, state: MicrophoneState) -> None:
    mark = MicrophoneMark()
    scene.qtbot.addWidget(mark)
    words, glyphs = set(), set()
    for other in MicrophoneState:
        mark.show_state(other.value)
        words.add(mark.text())
        glyphs.add(mark.property("glyph"))
    assert len(words) == len(glyphs) == len(MicrophoneState)  # told by shape and word, not by colour
    mark.show_state(state.value, "Table")
    assert mark.state == state.value and mark.accessibleName().startswith("Microphone: ")
    assert "Table" in mark.toolTip() and mark.accessibleDescription() in mark.toolTip()
    mark.shorten(True)
    assert mark.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly


def test_it_is_open_while_the_window_is_in_front(scene: Scene) -> None:
    scene.attach()
    talker, mark = scene.window.talker, scene.window.pane.composer.microphone
    talker.set_front(True)
    scene.until(lambda: scene.ears and scene.ears[0].wanted == {"window"})
    scene.until(lambda: mark.state == "listening")
    assert "Desk" in mark.toolTip()
    talker.set_front(False)
    scene.until(lambda: not scene.ears[0].wanted)
    talker.set_front(True)
    scene.until(lambda: scene.ears[0].wanted)
    scene.runtime.settings.voice_standby = False
    scene.window.apply_settings()
    scene.until(lambda: not scene.ears[0].wanted)
    scene.runtime.settings.voice_standby = True
    talker.lend(True)
    scene.until(lambda: "close" in scene.ears[0].calls and mark.state == "closed")
    talker.lend(False)
    scene.until(lambda: len(scene.ears) == 2 and scene.ears[1].wanted)
    scene.runtime.settings.voice_device = "alsa_input.headset"
    scene.window.apply_settings()
    scene.until(lambda: len(scene.ears) == 3 and scene.ears[2].wanted)
    assert scene.ears[1].calls == ["close"]


async def test_the_real_ear_tells_how_it_stands() -> None:
    hints: list[str] = []
    phases: list[str] = []
    states: list[tuple[str, str]] = []
    changed = asyncio.Event()

    def state(new: str, detail: str) -> None:
        states.append((new, detail))
        changed.set()

    async def until(wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not wanted():
                await changed.wait()
                changed.clear()

    device = Device()
    ear = MicrophoneEar("", hints.append, phases.append, state, recorder=device)
    assert not device.recorders  # nothing is opened before it is wanted
    ear.want("window")
    await until(lambda: ("listening", "Table") in states)
    assert ear.live and ear.press()
    ear.cancel()
    assert phases == ["listening", "idle"]
    blocks = ear.blocks()  # as a recording listens, beside the key
    device.recorders[-1].bring(np.full(512, 7))
    async with asyncio.timeout(20):
        assert await anext(blocks) == np.full(512, 7, "<i2").tobytes()
    blocks.close()
    device.recorders[-1].finished = True
    await until(lambda: any(new == "away" and "went away" in detail for new, detail in states))
    assert len(hints) == 1 and "Plug it in again" in hints[0]
    await ear.close()
    assert states[-1] == ("closed", "")
    # Who has no microphone and only types is not told of it by a sentence; the mark shows it.
    none = MicrophoneEar("", hints.append, phases.append, state, recorder=Device(trouble=99))
    none.want("window")
    await until(lambda: states[-1] == ("away", "It is taken."))
    assert len(hints) == 1
    await none.close()


class Speaker:
    """Plays nothing, at once."""

    def __init__(self, sound: bytes, done: Callable[[], None], played: list[bytes]) -> None:
        self._sound, self._done, self._played = sound, done, played

    def open(self) -> None:
        self._played.append(self._sound)
        self._done()

    def close(self) -> None:
        self._done()


def test_a_microphone_is_chosen_tried_and_heard(scene: Scene) -> None:
    source = Device()
    played: list[bytes] = []
    lent: list[bool] = []

    async def devices() -> list[InputDevice]:
        return [TABLE, HEADSET]

    chosen: list[str] = []

    def trial(device: str, on_state: Callable[[str], None], on_trouble: Callable[[str], None]) -> Trial:
        chosen.append(device)
        return Trial(
            device,
            on_state=lambda state: on_state(state.value),
            recorder=source,
            playback=lambda sound, done: Speaker(sound, done, played),
        )

    field = MicrophoneChoice(scene.bridge, "Headset", devices=devices, trial=trial, lend=lent.append)
    field.setProperty("alone", True)
    scene.qtbot.addWidget(field)
    field.show()
    scene.until(lambda: field.choice.count() == 3)
    assert [field.choice.itemText(at) for at in range(3)] == [
        "The one of the system: Table",
        "Table",
        "Headset (muted)",
    ]
    assert field.value == "alsa_input.headset"  # known by its label, too
    field.test.click()
    scene.until(lambda: "It listens" in field.state.text())
    assert chosen == ["alsa_input.headset"] and lent == [True]
    source.recorders[0].bring(np.full(512, 9000))
    scene.until(lambda: field.meter.level > 0.5)
    field.record.click()
    assert "speak now" in field.state.text()

    def speak() -> bool:
        source.recorders[0].bring(np.full(16_000, 9000))
        return field.play.isEnabled()

    scene.until(speak)
    assert "3.0 s were recorded" in field.state.text()
    field.play.click()
    scene.until(lambda: field.state.text() == "Played.")
    assert len(played[0]) == 3 * 16_000 * 2
    field.stop()
    scene.until(lambda: lent[-1] is False and source.recorders[0].closed.is_set())
    assert field.meter.level == 0 and not field.play.isEnabled() and not field.test.isChecked()


def test_trouble_with_a_microphone_is_told_in_the_settings(scene: Scene) -> None:
    async def devices() -> list[InputDevice]:
        raise VoiceError("The sound library PortAudio is not installed.", hint="Install it.")

    field = MicrophoneChoice(scene.bridge, "Old one", devices=devices)
    scene.qtbot.addWidget(field)
    scene.until(lambda: "PortAudio" in field.state.text())
    assert field.state.property("tone") == "error" and field.value == "Old one"

    async def nothing() -> list[InputDevice]:
        return [TABLE]

    def broken(device: str, on_state: Callable[[str], None], on_trouble: Callable[[str], None]) -> Trial:
        return Trial(device, on_error=lambda error: on_trouble(error.message), recorder=Device(trouble=99))

    field = MicrophoneChoice(scene.bridge, "Old one", devices=nothing, trial=broken)
    scene.qtbot.addWidget(field)
    scene.until(lambda: field.choice.currentText() == "Old one (not there now)")
    field.record.click()
    scene.until(lambda: "taken" in field.state.text())
    scene.until(field.record.isEnabled)
    field.stop()


def test_the_settings_hold_the_choice(scene: Scene) -> None:
    async def devices() -> list[InputDevice]:
        return [TABLE, HEADSET]

    saved: list[object] = []
    page = SettingsPage(scene.bridge, scene.window.undo, saved.append, devices=devices)
    scene.qtbot.addWidget(page)
    page.complete()
    page.attach(scene.runtime)
    page.enter()
    holder = page.rows["voice.device"].field
    assert isinstance(holder, Part) and isinstance(holder.part, MicrophoneChoice)
    choice = holder.part.choice
    scene.until(lambda: choice.count() == 3)
    assert holder.value == ""
    choice.setCurrentIndex(2)
    choice.activated.emit(2)
    assert saved == [{"voice.device": "alsa_input.headset"}]
    page.leave()
    assert holder.value == "alsa_input.headset"


class FakeKey:
    """A key of the whole desktop that the test presses."""

    def __init__(self, name: str, events: KeyEvents) -> None:
        self.name, self.events = name, events
        self.calls: list[object] = []

    async def open(self) -> None:
        self.calls.append("open")
        if self.name == "F12":
            raise VoiceError("Another program has F12.", code="voice_key_taken", hint="Choose another key.")

    def watch_escape(self, on: bool) -> None:
        self.calls.append(on)

    async def close(self) -> None:
        self.calls.append("close")


def test_a_key_for_the_whole_desktop(scene: Scene) -> None:
    scene.attach()
    keys: list[FakeKey] = []

    def make(name: str, events: KeyEvents) -> FakeKey:
        keys.append(FakeKey(name, events))
        return keys[-1]

    def tell(what: Callable[[], None]) -> None:
        async def call() -> None:
            what()

        scene.bridge.run(call)

    told: list[str] = []
    key = TalkKey(scene.bridge, scene.window.talker, make)
    key.notice.connect(told.append)
    key.use("F9")
    scene.until(lambda: key.key == "F9")
    tell(keys[0].events.pressed)
    scene.until(lambda: scene.ears and "press" in scene.ears[0].calls and True in keys[0].calls)
    assert key.held
    tell(keys[0].events.released)
    scene.until(lambda: scene.runtime.assistant.closed == 1 and False in keys[0].calls)
    tell(keys[0].events.pressed)
    scene.until(lambda: scene.window.talker.active)
    tell(keys[0].events.escaped)
    scene.until(lambda: not scene.window.talker.active)
    tell(keys[0].events.released)
    tell(lambda: keys[0].events.notice(NO_RELEASE))
    scene.until(lambda: told == [NO_RELEASE])
    key.use("F12")
    scene.until(lambda: len(told) == 2)
    assert told[1] == "Another program has F12. Choose another key. The key still works in this window."
    assert keys[0].calls[-1] == "close" and key.key == ""
    key.use("F8")
    scene.until(lambda: key.key == "F8")
    tell(lambda: keys[2].events.lost(VoiceError("The desktop went away.", hint="Start again.")))
    scene.until(lambda: len(told) == 3 and key.key == "")


def test_a_key_that_is_none_is_told_in_the_window(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_everywhere = True
    scene.runtime.settings.voice_key = "G"
    scene.window.apply_settings()
    trouble = scene.window.pane.trouble
    scene.until(lambda: "taken away from all other programs" in trouble.sentence.text())
    assert trouble.property("kind") == "notice"


def test_a_window_that_loses_the_keyboard_to_the_key_goes_on_listening(scene: Scene) -> None:
    scene.attach()
    scene.window.talk_key.held = True
    scene.window.talker.press()
    scene.until(lambda: scene.ears and "press" in scene.ears[0].calls)
    for held, calls in ((True, ["press"]), (False, ["press", "release"])):
        scene.window.talk_key.held = held
        scene.window.clearFocus()
        other = QWidget()
        other.setProperty("alone", True)
        scene.qtbot.addWidget(other)
        other.show()
        other.activateWindow()
        scene.until(lambda: not scene.window.isActiveWindow())
        scene.until(partial(_called, scene, calls))
        scene.window.activateWindow()
        scene.until(scene.window.isActiveWindow)
    scene.window.talker.cancel()


def _called(scene: Scene, calls: list[str]) -> bool:
    return scene.ears[0].calls == calls
