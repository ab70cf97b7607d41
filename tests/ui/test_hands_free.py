"""Hands-free in the window: its turns, its state in words, what wins over it, and what it says when it cannot hear."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import NodeError, VoiceError
from app.events import Hearing, Transcribed
from app.thinking import SpeechBegan, SpeechPaused, WakeHeard
from app.ui.hands_free_mark import GLYPHS, HandsFreeMark, word
from app.ui.settings_fields import Part
from app.ui.settings_page import SettingsPage
from app.ui.wake_trial import WakeTrial
from app.voice.portaudio import InputDevice
from tests.fakes_voice import BLOCK_SECONDS
from tests.ui.conftest import Scene
from tests.ui.fake_sound import FakePlayer


class Room:
    """A window with hands-free on, and sound that comes when the test says so."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.window = scene, scene.window
        self.cluster = scene.runtime.cluster
        self.attendant = self.cluster.attendant
        self.states: list[str] = []
        scene.window.hands.changed.connect(lambda state, _sentence: self.states.append(state))
        self.cluster.heard = (Hearing("Hey Jarvis. How high", "Hey"), Transcribed("Hey Jarvis. How high is the tower?"))
        scene.runtime.settings.voice_hands_free = True
        scene.runtime.settings.voice_barge_in = False  # what attends is one, and would be asked by two
        scene.attach()
        scene.until(lambda: scene.ears and "hands-free" in scene.ears[0].wanted and self.attendant.asked)
        assert self.state == "starting"
        self.play(0.1)
        scene.until(lambda: self.state == "asleep")

    @property
    def state(self) -> str:
        return self.window.hands.state

    def play(self, seconds: float) -> None:
        """Let that much more sound come."""
        ear, goal = self.scene.ears[-1], self.attendant.now + seconds

        async def feed() -> None:
            for _ in range(round(seconds / BLOCK_SECONDS + 0.5)):
                ear.sound.feed(b"\x02\x00" * 512)

        self.scene.bridge.run(feed)
        self.scene.until(lambda: self.attendant.now >= goal)

    def call(self) -> None:
        """Somebody says the wake word."""
        now = self.attendant.now
        self.attendant.tell([SpeechBegan(now + 0.1), WakeHeard(now + 0.7, 0.9)])
        self.play(1.0)
        self.scene.until(lambda: self.state == "listening")
        self.scene.until(lambda: self.cluster.sound)

    def ask(self) -> None:
        """They end their question."""
        self.attendant.tell([SpeechPaused(self.attendant.now + 1.0)])
        self.play(3.0)
        self.scene.until(lambda: not self.window.talker.active)

    def held(self) -> FakePlayer:
        """The answer is being spoken, and does not end by itself."""
        self.scene.window.aloud.toggle(self.scene.window.pane.view.add_answer(), False)
        self.scene.until(lambda: self.scene.players)
        self.scene.window.aloud.stop()
        self.scene.players[0].held = True
        self.call()
        self.ask()
        self.scene.until(lambda: self.state == "speaking")
        return self.scene.players[0]


@pytest.fixture
def room(scene: Scene) -> Room:
    return Room(scene)


def texts(room: Room) -> list[str]:
    return [question.text for question in room.scene.runtime.assistant.questions]


def test_a_turn_without_hands_from_the_wake_word_to_sleep(room: Room) -> None:
    scene, composer = room.scene, room.window.pane.composer
    scene.runtime.settings.voice_speak = "off"  # hands-free answers are read aloud all the same
    room.call()
    assert composer.voice_strip.isVisible()
    scene.until(lambda: "How high" in composer.partial.text())
    assert "Jarvis" not in composer.partial.text()
    room.ask()
    scene.until(lambda: scene.runtime.assistant.closed == 1 and not room.window.aloud.active)
    assert texts(room) == ["How high is the tower?"]
    assert [question.called for question in scene.runtime.assistant.spoken] == ["hey jarvis"]
    assert room.cluster.said == ["It is 330 metres high."]
    scene.until(lambda: room.state == "listening")  # for a follow-up
    assert not composer.voice_strip.isVisible()
    room.play(7.0)
    scene.until(lambda: room.state == "asleep")
    assert room.states[-6:] == ["asleep", "listening", "thinking", "speaking", "listening", "asleep"]


def test_a_follow_up_needs_no_wake_word_and_joins_the_conversation(room: Room) -> None:
    scene = room.scene
    room.call()
    room.ask()
    scene.until(lambda: room.states[-1] == "listening" and not room.window.aloud.active)
    room.cluster.heard = (Hearing("And how"), Transcribed("And how old is it?"))
    room.attendant.tell([SpeechBegan(room.attendant.now + 1.0)])
    room.play(2.0)
    scene.until(lambda: room.window.talker.active)
    room.ask()
    scene.until(lambda: scene.runtime.assistant.closed == 2)
    first, second = scene.runtime.assistant.questions
    assert second.text == "And how old is it?" and first.conversation == second.conversation != ""


def test_the_wake_word_stops_the_speech_and_begins_a_new_turn(room: Room) -> None:
    player = room.held()
    room.cluster.heard = (Hearing("Hey Jarvis, how old"), Transcribed("Hey Jarvis, how old is it?"))
    stopped = player.stopped
    room.call()
    assert player.stopped == stopped + 1 and not room.window.aloud.active
    room.ask()
    room.scene.until(lambda: room.scene.runtime.assistant.closed == 2)
    assert texts(room)[-1] == "How old is it?"
    room.scene.until(lambda: room.states[-4:] == ["speaking", "listening", "thinking", "speaking"])


def test_a_spoken_stop_ends_the_answer_and_it_sleeps(room: Room) -> None:
    room.held()
    room.cluster.heard = (Hearing("Hey Jarvis"), Transcribed("Hey Jarvis, stop."))
    room.call()
    room.ask()
    room.scene.until(lambda: room.state == "asleep")
    assert len(texts(room)) == 1


def test_a_question_while_another_is_answered_takes_its_place(room: Room) -> None:
    scene = room.scene
    gate = scene.gate()
    scene.runtime.assistant.script = [gate.event, *scene.runtime.assistant.script]
    room.call()
    room.ask()
    scene.until(lambda: texts(room) and room.state == "thinking")
    room.cluster.heard = (Hearing("Hey Jarvis"), Transcribed("Hey Jarvis, how old is it?"))
    room.call()
    room.ask()
    scene.until(lambda: len(texts(room)) == 2 and scene.runtime.assistant.closed == 1)
    assert texts(room)[-1] == "How old is it?"
    gate.open()
    scene.until(lambda: scene.runtime.assistant.closed == 2)


@pytest.mark.parametrize("stage", ["listening", "speaking", "follow-up"])
def test_escape_lets_it_sleep_at_once(room: Room, stage: str) -> None:
    scene = room.scene
    if stage == "listening":
        room.call()
    elif stage == "speaking":
        room.held()
    else:
        room.call()
        room.ask()
        scene.until(lambda: room.states[-1] == "listening" and not room.window.aloud.active)
    asked = len(texts(room))
    room.window.show_nodes()
    QTest.keyClick(room.window, Qt.Key.Key_Escape)
    scene.until(lambda: room.state == "asleep")
    assert not room.window.talker.active and not room.window.aloud.active
    assert room.window.views.page is room.window.nodes  # Esc did this and nothing more
    room.play(3.0)
    assert len(texts(room)) == asked and room.state == "asleep"


def test_the_talk_key_wins(room: Room) -> None:
    scene, composer = room.scene, room.window.pane.composer
    room.call()
    QTest.keyPress(room.window, Qt.Key.Key_F9)
    scene.until(lambda: room.state == "yielded" and "press" in scene.ears[0].calls)
    room.cluster.heard = (Hearing("By"), Transcribed("By key?"))
    scene.until(lambda: "By" in composer.partial.text() or room.cluster.sound)
    QTest.keyRelease(room.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.runtime.assistant.closed == 1 and room.state == "asleep")
    assert texts(room) == ["By key?"]


def test_only_the_wake_word_sleeps_again_and_nothing_is_asked(room: Room) -> None:
    room.cluster.heard = (Hearing("Hey Jarvis"), Transcribed("Hey Jarvis."))
    room.call()
    room.attendant.tell([SpeechPaused(room.attendant.now)])
    room.play(6.0)
    room.scene.until(lambda: room.state == "asleep" and not room.window.talker.active)
    assert not texts(room) and not room.window.pane.composer.voice_strip.isVisible()


def test_what_was_not_understood_is_told_once_it_was_called(room: Room) -> None:
    room.cluster.heard = (Hearing(""), Transcribed(""))
    room.call()
    room.ask()
    trouble = room.window.pane.trouble
    room.scene.until(lambda: trouble.sentence.text() == "Nothing was understood.")
    assert trouble.hint.text() == "Say “hey jarvis” and then your question."
    room.scene.until(lambda: room.state == "asleep")


def emit(room: Room, what: Callable[[], object]) -> None:
    async def call() -> None:
        what()

    room.scene.bridge.run(call)


def test_a_microphone_that_is_muted_or_lost_is_told_and_comes_back(room: Room) -> None:
    scene, ear, mark = room.scene, room.scene.ears[0], room.window.pane.hands_free
    emit(room, lambda: ear.on_state("muted", "Desk"))
    scene.until(lambda: room.state == "deaf")
    assert (mark.text(), mark.property("state")) == ("Cannot hear", "wrong") and "muted" in mark.toolTip()
    emit(room, lambda: ear.on_state("listening", "Desk"))
    scene.until(lambda: room.state == "asleep")
    emit(room, lambda: ear.on_state("away", "It went away."))
    emit(room, lambda: ear.sound.fail(VoiceError("It went away.", code="voice_device_lost")))
    scene.until(lambda: room.state == "deaf")
    assert "no microphone" in mark.accessibleDescription()
    emit(room, lambda: ear.on_state("listening", "Desk"))
    scene.until(lambda: len(room.attendant.asked) == 2)
    room.play(0.1)
    scene.until(lambda: room.state == "asleep")
    room.call()


def test_a_node_without_the_wake_word_is_told_once(scene: Scene) -> None:
    scene.runtime.cluster.attendant.failure = NodeError(
        "There is no wake word “hey-jarvis”.", code="model_missing", hint="Install it."
    )
    scene.runtime.settings.voice_hands_free = True
    scene.attach()
    scene.until(lambda: scene.window.hands.state == "deaf")
    trouble = scene.window.pane.trouble
    assert (trouble.sentence.text(), trouble.hint.text()) == ("There is no wake word “hey-jarvis”.", "Install it.")
    assert "Install it." in scene.window.pane.hands_free.toolTip()


def test_a_node_that_fails_is_tried_again(scene: Scene) -> None:
    scene.runtime.cluster.attendant.failure = NodeError("The node went away.", code="lost")
    scene.runtime.settings.voice_hands_free = True
    scene.attach()
    scene.until(lambda: scene.window.hands.state == "deaf")
    scene.until(lambda: len(scene.runtime.cluster.attendant.asked) == 2)


def test_its_key_and_a_click_on_its_mark_switch_it_and_it_is_kept(scene: Scene) -> None:
    scene.attach()
    mark = scene.window.pane.hands_free
    assert mark.state == "off" and not mark.isChecked() and not mark.isVisible()
    for on in (True, False, True, False):
        if mark.isVisible():
            QTest.mouseClick(mark, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(
                scene.window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            )
        assert scene.runtime.settings.voice_hands_free is on and mark.isChecked() is on and mark.isVisible() is on
        wanted = {"hands-free"} if on else set()
        scene.until(partial(_wants, scene, wanted))
    kept = scene.runtime.home / "settings.toml"
    scene.until(lambda: kept.exists() and "hands_free = false" in kept.read_text())


def _wants(scene: Scene, wanted: set[str]) -> bool:
    return bool(scene.ears) and scene.ears[0].wanted & {"hands-free"} == wanted


def test_other_settings_begin_it_anew(room: Room) -> None:
    settings = room.scene.runtime.settings
    settings.voice_wake_threshold = 0.8
    room.window.apply_settings()
    room.scene.until(lambda: len(room.attendant.asked) == 2)
    assert room.attendant.asked == [("hey-jarvis", 0.0), ("hey-jarvis", 0.8)]
    room.window.apply_settings()
    room.play(0.1)
    assert len(room.attendant.asked) == 2


def test_the_settings_show_live_how_sure_the_wake_word_is(scene: Scene) -> None:
    scene.attach()
    attendant = scene.runtime.cluster.attendant
    attendant.wake = 0.4
    assert scene.window.runtime is not None
    saved: list[object] = []
    page = SettingsPage(
        scene.bridge, scene.window.undo, saved.append, devices=no_devices, attend=scene.window.hands.tried
    )
    scene.qtbot.addWidget(page)
    page.complete()
    page.attach(scene.runtime)
    page.enter()
    holder = page.rows["voice.wake_threshold"].field
    assert isinstance(holder, Part)
    trial = holder.part
    assert isinstance(trial, WakeTrial) and trial.meter.threshold == 0.0 and trial.number.text() == "as its model says"
    trial.number.setValue(0.5)
    assert trial.meter.threshold == 0.5 and saved == [{"voice.wake_threshold": 0.5}]
    trial.test.click()
    scene.until(lambda: attendant.asked == [("hey-jarvis", 0.5)] and "wake word test" in scene.ears[0].wanted)
    attendant.tell([WakeHeard(1.0, 0.93)])

    async def feed(blocks: int) -> None:
        for _ in range(blocks):
            scene.ears[0].sound.feed(b"\x02\x00" * 512)

    scene.bridge.run(lambda: feed(3))
    scene.until(lambda: trial.meter.score == 0.4)
    assert trial.state.text() == "Say “hey jarvis”."
    scene.bridge.run(lambda: feed(40))
    scene.until(lambda: trial.state.text() == "Heard, with 0.93.")
    trial.number.setValue(0.6)  # begins anew with it
    scene.until(lambda: attendant.asked[1:] == [("hey-jarvis", 0.6)])
    attendant.failure = NodeError("There is no such wake word.", code="model_missing", hint="Install it.")
    trial.number.setValue(0.7)
    scene.until(lambda: "There is no such wake word." in trial.state.text())
    assert not trial.test.isChecked() and trial.meter.score == 0
    page.leave()
    scene.until(lambda: "wake word test" not in scene.ears[0].wanted)


async def no_devices() -> list[InputDevice]:
    return []


def test_each_state_has_a_shape_and_a_word_of_its_own(scene: Scene) -> None:
    mark = HandsFreeMark()
    scene.qtbot.addWidget(mark)
    assert len(set(GLYPHS.values())) == len({word(state) for state in GLYPHS}) == len(GLYPHS)
    for state in GLYPHS:
        mark.show_state(state, "A sentence.")
        assert mark.accessibleName().startswith("Hands-free: ") and mark.accessibleDescription() == "A sentence."
        assert not mark.icon().isNull() and mark.isChecked() is (state != "off")
