"""Personas in the window: chosen at the text box, kept with each conversation, made and changed in their dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.personas import SHIPPED, Persona
from app.ui.personas_dialog import PersonasDialog
from tests.ui.conftest import Scene


def test_a_persona_is_chosen_asked_with_and_kept(scene: Scene) -> None:
    own = scene.runtime.personas.put(Persona("", "Sailor & Co", "Speak like a sailor.", voice="deep"))
    scene.attach()
    pane, button, store = scene.window.pane, scene.window.pane.composer.persona, scene.runtime.conversations
    scene.until(lambda: len(button.menu_actions) == 8)
    assert button.text() == "As: Tangnet" and not button.isChecked()
    assert [action.text() for action in button.menu_actions][1:3] == ["Plain words", "Careful reader"]
    button.menu_actions[5].trigger()
    assert button.text() == "As: Sailor && Co" and button.isChecked() and "like a sailor" in button.toolTip()
    assert scene.window.aloud.wished_voice() == "deep"
    scene.ask()
    assert scene.runtime.assistant.questions[-1].persona == own.id
    first = pane.conversation
    button.choose("tutor")
    scene.until(lambda: store.get(first).persona == "tutor")
    pane.new_conversation()
    assert button.value == "" and scene.window.aloud.wished_voice() == ""
    pane.open_conversation(first, "first")
    scene.until(lambda: button.text() == "As: Tutor")
    button.choose("")
    scene.ask("And now?")
    assert scene.runtime.assistant.questions[-1].persona == "*"


def test_personas_are_made_changed_deleted_and_had_back(scene: Scene) -> None:
    scene.attach()
    kept = scene.runtime.personas
    scene.window.pane.composer.persona.edit_asked.emit()
    dialog = scene.window.findChild(PersonasDialog)
    assert dialog is not None
    scene.until(lambda: dialog.name.text() == "Plain words" and dialog.model.count() > 1)
    assert not dialog.reset_button.isEnabled()
    dialog.add_button.click()
    scene.until(lambda: dialog.name.text() == "New persona")
    dialog.name.setText("Sailor")
    dialog.name.textEdited.emit("Sailor")
    dialog.instructions.setPlainText("Speak like a sailor.")
    dialog.model.setCurrentIndex(1)
    dialog.names.select("tutor")  # what was typed is kept all the same
    scene.until(lambda: [(one.name, one.model) for one in kept.all()[4:]] == [("Sailor", "smollm2-135m")])
    scene.until(lambda: dialog.name.text() == "Tutor")
    dialog.instructions.setPlainText("Ask me back.")
    scene.until(lambda: dialog.reset_button.isEnabled() and kept.get("tutor").instructions == "Ask me back.")
    dialog.reset_button.click()
    scene.until(lambda: kept.get("tutor") == SHIPPED[2])
    scene.until(lambda: dialog.instructions.toPlainText() == SHIPPED[2].instructions)
    dialog.copy_button.click()
    scene.until(lambda: dialog.name.text() == "Tutor 2" and len(kept.all()) == 6)
    QTest.keyClick(dialog.names, Qt.Key.Key_Delete)
    scene.until(lambda: dialog.undo.isVisible() and len(kept.all()) == 5)
    assert dialog.told.text() == "Tutor 2 was deleted."
    dialog.undo_button.click()
    scene.until(lambda: len(kept.all()) == 6 and dialog.name.text() == "Tutor 2")
    dialog.name.setText("Editor")
    dialog.name.textEdited.emit("Editor")
    scene.until(dialog.problem.isVisible)
    assert dialog.problem.text().startswith("There is a persona Editor already.")
    dialog.accept()
