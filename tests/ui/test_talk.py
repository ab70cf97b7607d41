"""Hold to talk, by key and by button, with a fake microphone."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.errors import VoiceError
from app.events import Hearing, Transcribed
from tests.ui.conftest import Scene


def test_hold_speak_let_go_asks_the_question(scene: Scene) -> None:
    scene.attach()
    composer = scene.window.pane.composer
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    assert composer.voice_strip.isVisible()
    assert "Opening the microphone" in composer.partial.text()
    scene.until(lambda: composer.meter.level > 0)
    scene.until(lambda: "How" in composer.partial.text())
    text = composer.partial.text()
    assert text.startswith("How") and "is high" not in text and "<span" in text.split("How", 1)[1]
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert scene.runtime.assistant.questions[0].text == "How high is the tower?"
    assert scene.runtime.cluster.sound == b"\x01\x00" * 512
    assert scene.ears[0].calls[:2] == ["press", "release"]
    assert not composer.voice_strip.isVisible()


def test_what_is_said_is_worked_on_as_the_question_that_it_will_be(scene: Scene) -> None:
    scene.attach()
    composer = scene.window.pane.composer
    composer.show_where("local")
    composer.documents_toggle.setChecked(False)
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: "How" in composer.partial.text())
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    (spoken,), (asked,) = scene.runtime.assistant.spoken, scene.runtime.assistant.questions
    assert (spoken.prefer, spoken.use_documents, spoken.collection) == ("local", False, asked.collection)
    assert (asked.prefer, asked.use_documents) == ("local", False)


def test_text_goes_to_the_box_when_set_so(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_send = False
    button = scene.window.pane.composer.talk_button
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.ears)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    scene.until(lambda: scene.window.pane.composer.box.toPlainText() == "How high is the tower?")
    assert not scene.runtime.assistant.questions


def test_in_a_conversation_of_this_machine_only_the_voice_stays_here_too(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_send = False
    composer = scene.window.pane.composer
    for where in ("", "only-local"):
        composer.show_where(where)
        composer.box.clear()
        QTest.keyPress(scene.window, Qt.Key.Key_F9)
        scene.until(lambda: "How" in composer.partial.text())
        QTest.keyRelease(scene.window, Qt.Key.Key_F9)
        scene.until(lambda: composer.box.toPlainText() == "How high is the tower?")
    assert scene.runtime.cluster.heard_here == [False, True]


def test_escape_cancels_what_is_said(scene: Scene) -> None:
    scene.attach()
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears and scene.ears[0].calls == ["press"])
    QTest.keyClick(scene.window, Qt.Key.Key_Escape)
    scene.until(lambda: "cancel" in scene.ears[0].calls)
    assert not scene.window.talker.active and not scene.window.pane.composer.voice_strip.isVisible()
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    assert not scene.runtime.assistant.questions


def test_a_microphone_error_is_plain(scene: Scene) -> None:
    scene.attach()
    scene.runtime.cluster.heard = (Hearing("x"), VoiceError("No microphone was found.", hint="Plug one in."))
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears)
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    trouble = scene.window.pane.trouble
    scene.until(trouble.isVisible)
    assert (trouble.sentence.text(), trouble.hint.text()) == ("No microphone was found.", "Plug one in.")


def test_silence_and_hints_are_told_calmly(scene: Scene) -> None:
    scene.attach()
    scene.runtime.cluster.heard = (Hearing(""), Transcribed(""))
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears)

    async def mute() -> None:
        scene.ears[0].on_hint("The microphone sends only silence: is it muted?")

    scene.bridge.run(mute)
    trouble = scene.window.pane.trouble
    scene.until(lambda: "muted" in trouble.sentence.text())
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: trouble.sentence.text() == "Nothing was understood.")
    assert trouble.property("kind") == "notice"


def test_talking_before_the_start_is_over_says_so(scene: Scene) -> None:
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(scene.window.pane.trouble.isVisible)
    assert "still starting" in scene.window.pane.trouble.sentence.text()
    assert not scene.ears


def test_partial_text_is_never_taken_for_html(scene: Scene) -> None:
    scene.window.pane.composer.show_partial("<b>a</b>", "<img src=x>")
    assert "&lt;b&gt;" in scene.window.pane.composer.partial.text()
    assert "<img" not in scene.window.pane.composer.partial.text()


def test_a_press_while_the_text_is_being_written_says_so(scene: Scene) -> None:
    scene.attach()
    scene.runtime.cluster.writing = asyncio.Event()
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears and scene.ears[0].calls == ["press"])
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears[0].calls == ["press", "release"])
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    trouble = scene.window.pane.trouble
    scene.until(lambda: "Still writing" in trouble.sentence.text())
    assert scene.ears[0].calls == ["press", "release", "press", "cancel"]
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)


def test_key_repeat_that_looks_like_let_go_is_still_held(scene: Scene) -> None:
    scene.attach()
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: scene.ears and scene.ears[0].calls == ["press"])
    for _ in range(3):
        QTest.keyRelease(scene.window, Qt.Key.Key_F9)
        QTest.keyPress(scene.window, Qt.Key.Key_F9)
    QTest.qWait(100)
    assert scene.ears[0].calls == ["press"]
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: "release" in scene.ears[0].calls)
