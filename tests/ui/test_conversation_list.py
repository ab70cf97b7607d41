"""The list of conversations: search with the place of the words, pins, folders, names in place, files, undo."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu
from shiboken6 import isValid

from app.conversations import Conversations, Outcome
from app.events import Citation, Passage
from app.links import ToConversation, read
from app.ui.conversation_export import file_name, markdown_text, page
from app.ui.conversation_rows import FOLDER
from tests.ui.conftest import Scene


def stored(store: Conversations, question: str, answer: str) -> str:
    """Put a conversation into the store; return its id."""
    id = store.create().id
    store.ask(id, question)
    message = store.begin(id)
    store.append(message, answer)
    store.finish(message, Outcome("complete", [Citation(1, "/docs/<tower>.pdf", 4, 0, 9)], True, "pi-3", "qwen"))
    return id


def _keys(scene: Scene) -> list[str]:
    return [row.key for row in scene.window.sidebar.list.rows.rows]


def test_a_search_shows_where_the_words_stand_and_keys_lead_there(scene: Scene) -> None:
    store = scene.runtime.conversations
    wanted = stored(store, "Paris", "Among other things the tower is 330 metres high.")
    stored(store, "Lyon", "Nothing.")
    scene.attach()
    bar = scene.window.sidebar
    scene.until(lambda: len(_keys(scene)) == 2)
    bar.search.setFocus()
    QTest.keyClicks(bar.search, "tow 33")
    scene.until(lambda: _keys(scene) == [wanted])
    (row,) = bar.list.rows.rows
    assert [row.detail[a:b] for a, b in row.marks] == ["tow", "33"] and "330 metres" in row.detail
    QTest.keyClick(bar.search, Qt.Key.Key_Down)
    QTest.keyClick(bar.list, Qt.Key.Key_Return)
    scene.until(lambda: len(scene.window.pane.view.answers) == 1)
    words = scene.window.pane.view.answers[0].words
    scene.until(lambda: [one.cursor.selectedText() for one in words.extraSelections()] == ["tow", "33"])
    bar.search.setText("nowhere at all")
    scene.until(lambda: bar.nothing.isVisible() and "nowhere at all" in bar.nothing.text())
    bar.search.clear()
    scene.until(lambda: len(_keys(scene)) == 2)


def test_names_pins_and_folders(scene: Scene) -> None:
    store = scene.runtime.conversations
    first, second, third = (stored(store, name, "A.") for name in ("One", "Two", "Three"))
    scene.attach()
    bar, work = scene.window.sidebar, scene.window.sidebar.conversations
    scene.until(lambda: _keys(scene) == [third, second, first])
    # F2 names in place, for the title above the conversation too.
    scene.window.pane.open_conversation(first, "One")
    scene.until(lambda: len(scene.window.pane.view.answers) == 1)  # the keyboard went to the text box
    bar.list.setFocus()
    bar.list.select(first)
    QTest.keyClick(bar.list, Qt.Key.Key_F2)
    editor = bar.list.findChild(QLineEdit)
    assert editor is not None and editor.text() == "One"
    bar.refresh()  # reading the list anew takes nothing away of what is typed
    QTest.keyClicks(editor, "Tower & co")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    scene.until(lambda: store.get(first).title == "Tower & co" == scene.window.pane.title.text())
    work.pin(first, True)
    scene.until(lambda: _keys(scene) == ["pinned", first, "others", third, second])
    # A new folder asks for its name in its row.
    menu = work.menu(second, bar.list.rename)
    assert [one.text().split("\t")[0] for one in menu.actions() if one.text()] == [
        "&Rename", "&Pin to the top", "&Move to folder", "&Save as", "Copy &link", "&Delete conversation",
    ]  # fmt: skip
    menu.actions()[-3].trigger()
    assert read(QGuiApplication.clipboard().text()) == ToConversation(second)
    below = menu.actions()[2].menu()
    assert isinstance(below, QMenu)
    below.actions()[0].trigger()
    scene.until(lambda: bar.list.findChild(QLineEdit) is not None)
    editor = bar.list.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "Paris")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    folder = FOLDER + "Paris"
    scene.until(lambda: _keys(scene) == ["pinned", first, "folders", folder, second, "others", third])
    bar.list.select(folder)
    QTest.keyClick(bar.list, Qt.Key.Key_Return)
    assert second not in _keys(scene)
    QTest.keyClick(bar.list, Qt.Key.Key_Delete)
    scene.until(lambda: folder not in _keys(scene) and scene.window.undo.isVisible())
    scene.window.undo.undo_button.click()
    scene.until(lambda: folder in _keys(scene))
    work.move([second], "")
    scene.until(lambda: _keys(scene) == ["pinned", first, "others", third, second])


def test_a_model_names_a_conversation_in_the_background(scene: Scene) -> None:
    scene.runtime.titles.title = "Height of the tower"
    scene.attach()
    scene.ask("how high is that tower again")
    scene.until(lambda: [row.title for row in scene.window.sidebar.list.rows.rows] == ["Height of the tower"])
    assert scene.window.pane.title.text() == "Height of the tower"


def test_a_conversation_is_saved_as_a_file_that_loads_nothing(scene: Scene, tmp_path: Path) -> None:
    store = scene.runtime.conversations
    hostile = "# Height\n\n**330** <script>alert(1)</script> ![x](http://e.vil/x.png) [a](javascript:alert(1)) [b](file:///etc)"
    id = stored(store, "How <high>?\nReally", hostile)
    scene.attach()
    work, said = scene.window.sidebar.conversations, scene.window.pane.trouble.sentence
    for path in (tmp_path / f"one.{form}" for form in ("md", "html", "pdf", "json")):
        work.export(id, path)
        scene.until(partial(lambda path: str(path) in said.text(), path))
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page and "How &lt;high&gt;?" in page and "/docs/&lt;tower&gt;.pdf, page 4" in page
    for bad in ("<script", "<img", "javascript:", "file:", "src="):
        assert bad not in page.replace("default-src", "")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["messages"][1]["node"] == "pi-3"
    assert "[1] /docs/<tower>.pdf, page 4" in (tmp_path / "one.md").read_text(encoding="utf-8")
    assert "## Question\n\nHow <high>?" in (tmp_path / "one.md").read_text(encoding="utf-8")
    work.export(id, tmp_path / "missing" / "one.html")
    scene.until(lambda: "cannot be written" in said.text())
    assert file_name("../a: b?") == "a b" and file_name("…") == "conversation"


def test_a_saved_conversation_says_what_was_remembered_and_when_by_this_clock(scene: Scene) -> None:
    store = scene.runtime.conversations
    id = stored(store, "What is my boat called?", "Nixe [1].")
    fact = Passage(1, "memory:7", None, "", 0, 9, 1.0, "My boat is called Nixe", label="2026-05-12", origin="memory")
    question, told = store.messages(id)
    told = replace(told, passages=(fact,), citations=(Citation(1, "memory:7", None, 0, 9),))
    one = replace(store.get(id), created_at="2026-05-12T09:30:00+00:00")
    here = datetime(2026, 5, 12, 9, 30, tzinfo=UTC).astimezone()
    for text in (markdown_text(one, (question, told)), page(one, (question, told))):
        assert "[1] Remembered on 12 May 2026: My boat is called Nixe" in text and "memory:7" not in text
        assert f"Begun {here.day} May 2026, {here:%H:%M}" in text


def test_a_name_is_taken_once_where_a_click_follows_enter_at_once(scene: Scene) -> None:
    """On a busy window both come in one turn: Qt answers Enter after the click has taken the typing away."""
    scene.attach()
    scene.ask()
    scene.until(lambda: _keys(scene))
    rows = scene.window.sidebar.list
    names: list[str] = []
    rows.renamed.connect(lambda _key, name: names.append(name))
    scene.until(scene.window.isActiveWindow)
    rows.rename(_keys(scene)[-1])
    editor = rows.findChild(QLineEdit)
    assert editor is not None and editor.hasFocus()
    QTest.keyClicks(editor, "Paris")
    QTest.keyPress(editor, Qt.Key.Key_Return)
    scene.window.sidebar.search.setFocus(Qt.FocusReason.MouseFocusReason)
    assert names == ["Paris"] and not rows.editing
    scene.until(lambda: not isValid(editor))
    assert names == ["Paris"]


def test_what_was_only_done_is_told_for_a_while_unless_somebody_is_there(scene: Scene) -> None:
    scene.attach()
    bar = scene.window.pane.trouble
    bar._timer.setInterval(0)
    bar.tell("It went wrong.")
    scene.window.sidebar.conversations.said.emit("Saved.")
    scene.until(lambda: not bar.isVisible())
    bar.tell("Saved.", calm=True, passing=True)
    bar.action.show()
    bar.action.setFocus()
    passed: list[bool] = []
    bar._timer.timeout.connect(lambda: passed.append(bar.isVisible()))
    scene.until(lambda: len(passed) > 3)
    assert all(passed)
    bar.tell("It went wrong.")
    assert not bar._timer.isActive()
