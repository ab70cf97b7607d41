"""Answers read aloud in the window: which, when, by which button, and how they are silenced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import VoiceError
from app.events import Event, TokenReceived
from app.turn_trace import TurnTrace
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import simple_script
from tests.ui.fake_sound import FakePlayer

SAID = ["It is 330 metres high."]


def speak(scene: Scene) -> None:
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: "How" in scene.window.pane.composer.partial.text())
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)


def type_in(scene: Scene, text: str = "How high is the tower?") -> None:
    scene.window.pane.composer.put(text)
    QTest.keyClick(scene.window.pane.composer.box, Qt.Key.Key_Return)


def silent(scene: Scene) -> bool:
    return scene.runtime.assistant.closed > 0 and not scene.window.aloud.active


@pytest.mark.parametrize(
    ("wish", "ask", "said"),
    [
        ("off", speak, []),
        ("spoken", type_in, []),
        ("spoken", speak, SAID),
        ("always", type_in, SAID),
    ],
)
def test_the_setting_says_which_answers_are_read(
    scene: Scene, wish: str, ask: Callable[[Scene], None], said: list[str]
) -> None:
    scene.attach()
    scene.runtime.settings.voice_speak = wish
    ask(scene)
    scene.until(lambda: silent(scene))
    assert scene.runtime.cluster.said == said
    assert [player.played for player in scene.players] == ([[said[0].encode("utf-16-le")]] if said else [])


def test_the_first_sentence_is_said_while_the_answer_still_comes(scene: Scene) -> None:
    scene.attach()
    gate: list[asyncio.Event] = []

    def script() -> list[Event | BaseException | asyncio.Event]:
        gate.append(asyncio.Event())
        before = [TokenReceived("The tower is very high. It ", "local")]
        return [*before, gate[0], *simple_script()]

    scene.runtime.assistant.make = script
    scene.runtime.settings.voice_speak = "always"
    type_in(scene)
    scene.until(lambda: scene.players and scene.players[0].played)
    assert scene.runtime.cluster.said == ["The tower is very high."] and scene.runtime.assistant.closed == 0
    scene.bridge.run(lambda: released(gate[0]))
    scene.until(lambda: silent(scene))


async def released(event: asyncio.Event) -> None:
    event.set()


def test_the_button_of_an_answer_reads_it_and_stops(scene: Scene) -> None:
    scene.attach()
    type_in(scene)
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    button = scene.window.pane.view.answers[0].aloud_button
    scene.until(button.isVisible)
    assert (button.text(), button.accessibleName()) == ("Read aloud", "Read answer aloud")
    for _ in range(2):
        QTest.keyClick(button, Qt.Key.Key_Space)
        scene.until(lambda: not scene.window.aloud.active and scene.players)
    assert scene.runtime.cluster.said == SAID * 2 and len(scene.players) == 1
    scene.players[0].held = True
    button.click()
    scene.until(lambda: button.text() == "Stop reading" and len(scene.players[0].played) == 3)
    assert button.accessibleName() == "Stop reading aloud"
    button.click()
    assert button.text() == "Read aloud" and not scene.window.aloud.active and scene.players[0].stopped == 1


def reading(scene: Scene) -> FakePlayer:
    """An answer is being read, and does not end by itself."""
    scene.attach()
    type_in(scene)
    button = scene.window.pane.view.answers[0].aloud_button
    scene.until(lambda: scene.runtime.assistant.closed == 1 and button.isVisible())
    button.click()
    scene.until(lambda: scene.players and not scene.window.aloud.active)
    scene.players[0].held = True
    button.click()
    scene.until(lambda: len(scene.players[0].played) == 2)
    return scene.players[0]


def test_escape_silences_it_and_leaves_the_answer(scene: Scene) -> None:
    player = reading(scene)
    QTest.keyClick(scene.window, Qt.Key.Key_Escape)
    assert player.stopped == 1 and not scene.window.aloud.active


def test_who_begins_to_speak_is_listened_to(scene: Scene) -> None:
    player = reading(scene)
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    assert player.stopped == 1 and not scene.window.aloud.active
    QTest.keyClick(scene.window, Qt.Key.Key_Escape)
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)


def test_a_new_question_silences_the_answer_before(scene: Scene) -> None:
    player = reading(scene)
    type_in(scene, "And how old?")
    scene.until(lambda: scene.runtime.assistant.closed == 2)
    assert player.stopped == 1 and not scene.window.aloud.active


def test_a_loudspeaker_that_is_not_there_is_told_and_the_answer_stays(scene: Scene) -> None:
    reading(scene)
    scene.window.aloud.stop()
    scene.players[0].failure = VoiceError("There is no loudspeaker.", code="voice_no_output", hint="Plug one in.")
    card = scene.window.pane.view.answers[0]
    card.aloud_button.click()
    scene.until(lambda: scene.window.pane.trouble.isVisible())
    assert "There is no loudspeaker." in scene.window.pane.trouble.sentence.text()
    assert card.aloud_button.text() == "Read aloud" and card.text


def test_what_is_read_stays_on_this_machine_unless_voices_may_leave_it(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_speak = "always"
    for elsewhere, where, zones in ((False, "", ("local",)), (True, "", ()), (True, "only-local", ("local",))):
        scene.runtime.settings.voice_elsewhere = elsewhere
        scene.window.pane.composer.show_where(where)
        scene.runtime.assistant.closed = 0
        type_in(scene)
        scene.until(lambda: silent(scene))
        assert scene.runtime.cluster.spoken_in == zones


def test_the_loudspeaker_is_closed_with_the_window(scene: Scene) -> None:
    player = reading(scene)
    assert scene.bridge.close(5.0) and player.closed


def test_the_first_sound_is_noted_with_the_question(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_speak = "spoken"
    heard: list[str] = []

    def sounded(conversation: str) -> TurnTrace | None:
        heard.append(conversation)
        return TurnTrace(audio_ms=0.0, release_ms=1000.0, token_ms=2000.0, sound_ms=2500.0)

    scene.runtime.assistant.sounded = sounded
    speak(scene)
    scene.until(lambda: silent(scene))
    assert heard == [scene.runtime.assistant.questions[0].conversation]
    type_in(scene)
    scene.until(lambda: scene.runtime.assistant.closed == 2)
    assert len(heard) == 1
