"""Spoken commands in the window: done instead of asked, and asked where they are switched off."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.events import Hearing, TokenReceived, Transcribed
from app.ui.told import nothing_to_read, stays_here
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import simple_script


def say(scene: Scene, text: str) -> None:
    """Speak `text`; returns when the window has taken it."""
    scene.runtime.cluster.heard = (Hearing(text), Transcribed(text))
    taken: list[str] = []
    connection = scene.window.talker.heard.connect(taken.append)  # after the window, which was connected before
    QTest.keyPress(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: text.split()[0] in scene.window.pane.composer.partial.text())
    QTest.keyRelease(scene.window, Qt.Key.Key_F9)
    scene.until(lambda: taken == [text])
    scene.window.talker.heard.disconnect(connection)


def test_a_new_conversation_is_begun_and_nothing_asked(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    pane = scene.window.pane
    assert pane.conversation
    say(scene, "New conversation, please.")
    assert pane.conversation == "" and pane.stack.currentWidget() is pane.first_run
    assert len(scene.runtime.assistant.questions) == 1


def test_stop_ends_the_answer_that_is_being_made_and_keeps_its_text(scene: Scene) -> None:
    scene.attach()
    gate = asyncio.Event()
    scene.runtime.assistant.make = lambda: [TokenReceived("The tower is ", "local"), gate, *simple_script()]
    pane = scene.window.pane
    pane.ask("How high is the tower?")
    scene.until(lambda: pane.view.answers and pane.view.answers[0].text)
    say(scene, "Um, stop, please.")
    scene.until(lambda: not pane.runs)
    assert pane.view.answers[0].text == "The tower is "
    assert len(scene.runtime.assistant.questions) == 1 and pane.composer.box.toPlainText() == ""


def test_read_that_again_reads_the_last_answer(scene: Scene) -> None:
    scene.attach()
    say(scene, "Read that again.")
    assert scene.window.pane.trouble.sentence.text() == nothing_to_read()
    scene.ask()
    say(scene, "Read that again.")
    scene.until(lambda: scene.runtime.cluster.said and not scene.window.aloud.active)
    assert scene.runtime.cluster.said == ["It is 330 metres high."]
    assert len(scene.runtime.assistant.questions) == 1


def test_search_asks_the_rest_of_the_documents(scene: Scene) -> None:
    scene.attach()
    toggle = scene.window.pane.composer.documents_toggle
    toggle.setChecked(False)
    say(scene, "Search my documents for the height of the tower.")
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    (question,) = scene.runtime.assistant.questions
    assert question.text == "the height of the tower." and question.use_documents and toggle.isChecked()


def test_search_goes_to_the_box_when_nothing_is_to_be_sent(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_send = False
    say(scene, "Search my documents for towers")
    assert scene.window.pane.composer.box.toPlainText() == "towers"
    assert not scene.runtime.assistant.questions


def test_where_to_think_is_chosen_but_privacy_is_never_loosened(scene: Scene) -> None:
    scene.attach()
    where, trouble = scene.window.pane.composer.where, scene.window.pane.trouble
    say(scene, "Send it to the GPU.")
    assert where.value == "cluster"
    say(scene, "Think on this machine.")
    assert where.value == "only-local"
    say(scene, "Send it to the GPU.")
    assert where.value == "only-local" and trouble.sentence.text() == stays_here()[0]
    assert not scene.runtime.assistant.questions


@pytest.mark.parametrize("said", ["Stop words in English are what?", "Stop the bleeding"])
def test_a_question_that_begins_like_a_command_is_asked(scene: Scene, said: str) -> None:
    scene.attach()
    say(scene, said)
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert scene.runtime.assistant.questions[0].text == said


def test_switched_off_all_is_asked(scene: Scene) -> None:
    scene.attach()
    scene.runtime.settings.voice_commands = False
    say(scene, "Stop.")
    scene.until(lambda: scene.runtime.assistant.closed == 1)
    assert scene.runtime.assistant.questions[0].text == "Stop."
