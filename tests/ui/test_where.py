"""Where answers are made: chosen at the text box, told in a sentence, kept with each conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.messages import is_place
from app.ui.where import choices
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import LOCAL, PI, STARTER


def test_the_choice_is_told_asked_with_and_kept(scene: Scene) -> None:
    scene.attach()
    composer, store = scene.window.pane.composer, scene.runtime.conversations
    assert composer.where.text() == "Where: automatic" and composer.where_line.isHidden()
    composer.where.menu_actions[2].trigger()
    assert composer.where.text() == "Where: this machine only" and composer.where.isChecked()
    assert composer.where_line.text() == choices()[2][2] and composer.where_line.isVisible()
    assert composer.where.accessibleName() == "Where answers are made: this machine only"
    scene.ask()
    assert scene.runtime.assistant.questions[-1].prefer == "only-local"
    first = scene.window.pane.conversation
    composer.where.menu_actions[1].trigger()
    scene.until(lambda: store.get(first).prefer == "cluster")
    scene.window.pane.new_conversation()
    assert composer.where.text() == "Where: automatic"
    scene.window.pane.open_conversation(first, "first")
    scene.until(lambda: composer.where.text() == "Where: prefer cluster")
    scene.ask("And now?")
    assert scene.runtime.assistant.questions[-1].prefer == "cluster"


def test_the_settings_count_where_a_conversation_says_nothing(scene: Scene) -> None:
    scene.runtime.settings.nodes_prefer = "local"
    scene.attach()
    where = scene.window.pane.composer.where
    assert where.text() == "Where: prefer this machine" and where.value == ""
    scene.ask()
    assert scene.runtime.assistant.questions[-1].prefer == ""
    where.menu_actions[0].trigger()
    assert where.text() == "Where: automatic" and where.value == "automatic"


@pytest.mark.qt_log_ignore("does not support (raise|grabbing the keyboard)", extend=True)
def test_the_keyboard_opens_the_menu_and_chooses(scene: Scene) -> None:
    scene.attach()
    composer = scene.window.pane.composer
    composer.where.setFocus()
    QTest.keyClick(composer.where, Qt.Key.Key_Space)
    menu = composer.where.findChild(QMenu)
    assert menu is not None
    scene.until(menu.isVisible)
    assert menu.activeAction().data() == "automatic"
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert composer.where.value == "cluster" and not menu.isVisible()


def test_values_are_those_of_the_store() -> None:
    assert all(is_place(value) for value, _, _ in choices())


def test_a_single_machine_is_chosen_by_its_name_and_each_place_tells_how_soon(scene: Scene) -> None:
    measured = replace(PI, prefill_rate=900.0, decode_rate=90.0, models=(STARTER,))
    gone = replace(measured, name="rig", id="7" * 64, state="unreachable")
    scene.runtime.cluster.known = (LOCAL, measured, gone)
    scene.attach()
    pane, where = scene.window.pane, scene.window.pane.composer.where
    pane.show_nodes(scene.runtime.cluster.known)
    assert [action.data() for action in where.menu_actions if not action.isSeparator()][3:] == ["node:pi-3", "node:rig"]
    where.opening.emit()
    scene.until(lambda: "first word" in where.menu_actions[4].text())
    texts = {action.data(): action.text() for action in where.menu_actions}
    assert "pi-3: first word" in texts["automatic"] and texts["only-local"].endswith("\ttime not known yet")
    assert texts["node:rig"] == "rig, not reached\tnot now"
    where.menu_actions[4].trigger()
    assert where.text() == "Where: pi-3" and where.isChecked()
    assert pane.composer.where_line.text() == "Answers are made on pi-3 and nowhere else."
    scene.ask()
    assert scene.runtime.assistant.questions[-1].prefer == "node:pi-3"
    where.choose("automatic")
    where.choose("node:pi-3")
    id = pane.conversation
    scene.until(lambda: scene.runtime.conversations.get(id).prefer == "node:pi-3")
