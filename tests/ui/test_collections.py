"""Collections: chosen at the text box, kept with the conversation, made and changed in their dialog."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.collections_dialog import CollectionsDialog
from tests.ui.conftest import Scene

ADD = "Add documents to the library…\tCtrl+O"


def offered(scene: Scene) -> list[str]:
    return [action.text().replace("&", "") for action in scene.window.pane.composer.collection.menu_actions]


def opened(scene: Scene) -> CollectionsDialog:
    scene.window.pane.composer.collection.edit_asked.emit()
    return next(iter(scene.window.findChildren(CollectionsDialog)))


def test_a_conversation_is_held_to_a_collection(scene: Scene) -> None:
    scene.runtime.collections.put("Taxes", [Path("/home/u/Tax")])
    scene.attach()
    choice = scene.window.pane.composer.collection
    scene.until(lambda: offered(scene) == ["All documents", "Taxes", "", "Edit collections…", ADD])
    scene.ask()
    assert scene.runtime.assistant.questions[-1].collection == "*"
    choice.menu_actions[1].trigger()
    assert choice.text() == "In: Taxes" and "/home/u/Tax" in choice.toolTip()
    store, id = scene.runtime.conversations, scene.window.pane.conversation
    scene.until(lambda: store.get(id).collection == "Taxes")
    scene.ask("And now?")
    assert scene.runtime.assistant.questions[-1].collection == "Taxes"
    scene.window.pane.new_conversation()
    assert choice.value == ""
    scene.window.pane.open_conversation(id, "x")
    scene.until(lambda: choice.value == "Taxes")
    choice.choose("")
    scene.until(lambda: store.get(id).collection == "")


def test_a_new_conversation_takes_the_choice_with_its_first_question(scene: Scene) -> None:
    scene.runtime.collections.put("Taxes", [Path("/home/u/Tax")])
    scene.attach()
    scene.until(lambda: len(offered(scene)) == 5)
    scene.window.pane.composer.collection.choose("Taxes")
    scene.ask()
    assert scene.runtime.assistant.questions[-1].collection == "Taxes"


def test_without_documents_there_is_nothing_to_choose(scene: Scene) -> None:
    composer = scene.window.pane.composer
    composer.documents_toggle.setChecked(False)
    assert not composer.collection.isEnabled()


def test_collections_are_made_changed_and_forgotten(scene: Scene) -> None:
    scene.attach()
    dialog = opened(scene)
    scene.until(lambda: not dialog.remove_button.isEnabled())
    dialog.put("Work", ["/home/u/Work"])
    scene.until(lambda: dialog.names.current_key == "Work")
    dialog.put("Work", ["/home/u/Work", "/home/u/More"])
    scene.until(lambda: [row.key for row in dialog.folders.rows.rows] == ["/home/u/Work", "/home/u/More"])
    dialog.folders.select("/home/u/Work")
    dialog.folders.setFocus()
    QTest.keyClick(dialog.folders, Qt.Key.Key_Delete)
    scene.until(lambda: [row.key for row in dialog.folders.rows.rows] == ["/home/u/More"])
    dialog.leave_out("/home/u/More")
    assert dialog.problem.text().startswith("A collection needs a folder.")
    assert "Work" in offered(scene)
    dialog.names.setFocus()
    QTest.keyClick(dialog.names, Qt.Key.Key_Delete)
    scene.until(lambda: not scene.runtime.collections.all())
    scene.until(lambda: "Work" not in offered(scene))


def test_a_name_that_cannot_be_is_told(scene: Scene) -> None:
    scene.attach()
    dialog = opened(scene)
    dialog.put("*", ["/home/u/Work"])
    scene.until(lambda: dialog.problem.text().startswith("'*' cannot be the name"))


def test_a_damaged_file_of_collections_is_told(scene: Scene) -> None:
    (scene.runtime.home / "collections.toml").write_text("[[[")
    scene.attach()
    scene.until(lambda: "not valid TOML" in scene.window.pane.trouble.sentence.text())
