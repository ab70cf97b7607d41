"""A window that was killed comes back as it was."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.ui.kept_session import KeptSession
from tests.ui.conftest import Scene


def long_conversation(scene: Scene) -> tuple[str, list[int]]:
    store = scene.runtime.conversations
    made = store.create("The tower")
    return made.id, [store.ask(made.id, f"Question {number}") for number in range(80)]


def test_conversation_place_and_view_come_back(scene: Scene, home: Path) -> None:
    id, ids = long_conversation(scene)
    kept = KeptSession(home, scene.window)
    kept.begun()
    scene.attach()
    kept.opened()
    window = scene.window
    assert not window.pane.conversation
    window.pane.open_conversation(id, "The tower", ids[20], 5)
    scene.until(lambda: window.pane.view.place == (ids[20], 5))
    window.views.present("library")
    scene.until(lambda: not kept._soon.isActive())  # written without an end of the program
    assert "conversation=" + id in (home / "window.ini").read_text()

    window.views.back()
    window.pane.new_conversation()
    again = KeptSession(home, window)
    again.begun()
    again.opened()
    assert window.views.name == "library"
    scene.until(lambda: window.pane.view.place == (ids[20], 5))
    assert window.pane.conversation == id and window.pane.title.text() == "The tower"


def test_what_was_begun_meanwhile_is_not_taken_away(scene: Scene, home: Path, qtbot: QtBot) -> None:
    id, _ = long_conversation(scene)
    (home / "window.ini").write_text(f"[General]\nconversation={id}\nview=nowhere\nplace=x y\ngeometry=rubbish\n")
    kept = KeptSession(home, scene.window)
    kept.begun()
    scene.window.pane.composer.box.setPlainText("I was typing")
    scene.attach()
    kept.opened()
    qtbot.wait(50)
    assert not scene.window.pane.conversation
    scene.window.pane.composer.box.clear()
    kept.opened()
    scene.until(lambda: scene.window.pane.conversation == id)
