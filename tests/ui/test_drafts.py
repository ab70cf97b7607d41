"""What is typed and not sent: kept for each conversation as it is typed, back when it is opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest

from tests.ui.conftest import Scene
from tests.ui.test_conversation_list import stored


def test_what_is_typed_comes_back_with_its_conversation(scene: Scene) -> None:
    store = scene.runtime.conversations
    first, second = stored(store, "One", "A."), stored(store, "Two", "B.")
    store.keep_draft("", "from last time")
    scene.attach()
    pane, box = scene.window.pane, scene.window.pane.composer.box
    scene.until(lambda: box.toPlainText() == "from last time")
    pane.open_conversation(first, "One")
    assert box.toPlainText() == ""
    QTest.keyClicks(box, "half a thou")
    scene.until(lambda: store.draft(first).startswith("half"))  # while it is typed
    QTest.keyClicks(box, "ght")
    pane.open_conversation(second, "Two")
    scene.until(lambda: store.draft(first) == "half a thought")
    assert box.toPlainText() == ""
    pane.open_conversation(first, "One")
    scene.until(lambda: box.toPlainText() == "half a thought")
    pane.new_conversation()
    scene.until(lambda: box.toPlainText() == "from last time")
    box.setPlainText("How high?")
    gate = scene.gate()
    scene.runtime.assistant.make = lambda: [gate.event]
    pane.composer.send_button.click()  # sent: nothing is left of it; what is typed meanwhile belongs to it
    scene.until(lambda: pane.conversation not in ("", first, second))
    QTest.keyClicks(box, "next")
    scene.until(lambda: store.draft(pane.conversation) == "next" and store.draft("") == "")
    gate.open()
    scene.until(lambda: not pane.runs)
    box.setPlainText("last words")
    scene.window.close()
    scene.until(lambda: store.draft(pane.conversation) == "last words")


def test_what_is_attached_comes_back_with_its_conversation(scene: Scene, tmp_path: Path) -> None:
    store = scene.runtime.conversations
    first, second = stored(store, "One", "A."), stored(store, "Two", "B.")
    letter, photo = tmp_path / "letter.txt", tmp_path / "photo.png"
    letter.write_text("dear")
    store.keep_draft("", "and this", [str(letter), str(photo)])  # of last time; one of them is gone since
    scene.attach()
    pane, strip, box = scene.window.pane, scene.window.pane.composer.attachments, scene.window.pane.composer.box
    scene.until(lambda: strip.paths == (letter, photo) and box.toPlainText() == "and this")
    pane.open_conversation(first, "One")
    assert strip.paths == () and box.toPlainText() == ""
    strip.add([letter])
    scene.until(lambda: store.draft_files(first) == (str(letter),))  # without a word, and at once
    pane.open_conversation(second, "Two")
    assert strip.paths == ()
    pane.open_conversation(first, "One")
    scene.until(lambda: strip.paths == (letter,))
    strip.chips[0].close_button.click()
    scene.until(lambda: store.draft_files(first) == ())
    pane.new_conversation()
    scene.until(lambda: strip.paths == (letter, photo))
    pane.composer.send_button.click()
    scene.until(lambda: store.draft("") == "" and store.draft_files("") == () and strip.paths == ())
    assert scene.runtime.assistant.questions[-1].attachments == (letter, photo)
    scene.until(lambda: not pane.runs)
