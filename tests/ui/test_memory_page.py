"""The memory in the window: the page, the line that proposes, and the ways back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.events import Passage
from app.recalling import Proposed, Remembered
from app.ui import phrases
from app.ui.memory_line import MemoryLine
from app.ui.memory_page import MemoryPage
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import simple_script


def opened(scene: Scene, *texts: str) -> MemoryPage:
    for text in texts:
        scene.runtime.memory.facts.remember(text)
    scene.attach()
    page = scene.window.views.present("memory")
    assert isinstance(page, MemoryPage)
    scene.until(lambda: len(page.facts) == len(texts))
    return page


def kept(scene: Scene) -> list[str]:
    return [fact.text for fact in scene.runtime.memory.facts.all()]


def test_facts_are_added_found_changed_and_saved(scene: Scene, tmp_path: Path) -> None:
    page = opened(scene)
    assert page.stack.currentIndex() == 0 and not page.search.isVisible() and page.field.isVisible()
    page.field.setText("My daughter is called Anna")
    QTest.keyClick(page.field, Qt.Key.Key_Return)
    scene.until(lambda: len(page.facts) == 1)
    page.field.setText("The bin goes out on Monday")
    page.keep_button.click()
    scene.until(lambda: len(page.facts) == 2)
    page.search.setText("anna")
    assert page.list.rows.rowCount() == 1
    page.list.setCurrentIndex(page.list.rows.index(0))
    page.edit_button.click()
    assert page.field.text() == "My daughter is called Anna" and page.cancel_button.isVisible()
    page.field.setText("My daughter is called Eva")
    page.keep_button.click()
    scene.until(lambda: "My daughter is called Eva" in kept(scene))
    scene.until(lambda: page.stack.currentIndex() == 0)  # no fact holds the words any more
    page.search.clear()
    file = tmp_path / "memory.json"
    QFileDialog.getSaveFileName, ask = lambda *_: (str(file), ""), QFileDialog.getSaveFileName  # type: ignore
    try:
        page.save_button.click()
    finally:
        QFileDialog.getSaveFileName = ask  # type: ignore
    scene.until(lambda: file.exists() and file.stat().st_size)
    assert {fact["text"] for fact in json.loads(file.read_text())} == set(kept(scene))


def test_what_is_forgotten_comes_back_until_the_time_is_over(scene: Scene) -> None:
    page = opened(scene, "We moved", "I drive a van")
    page.list.setCurrentIndex(page.list.rows.index(0))
    QTest.keyClick(page.list, Qt.Key.Key_Delete)
    scene.until(lambda: len(page.facts) == 1)
    scene.window.undo.undo_button.click()
    scene.until(lambda: len(page.facts) == 2)
    page.all_button.click()
    scene.until(lambda: not page.facts)
    scene.window.undo.settle()
    with closing(sqlite3.connect(scene.runtime.home / "memory.sqlite3")) as db:
        scene.until(lambda: db.execute("SELECT count(*) FROM facts").fetchone() == (0,))


def test_a_recalled_source_leads_to_where_it_comes_from(scene: Scene) -> None:
    page = opened(scene, "We moved", "I drive a van")
    earlier = scene.runtime.conversations.create("Trains").id
    scene.runtime.conversations.ask(earlier, "When does the train leave?")
    fact = Passage(1, "memory:1", None, "", 0, 8, 1.0, "We moved", label="2026-05-12", origin="memory")
    turn = Passage(2, f"conversation:{earlier}:2", None, "", 0, 8, 1.0, "…", label="2026-05-12", origin="conversation")
    assert phrases.place(fact) == "Remembered on 12 May 2026"
    assert phrases.source(fact) == "Remembered on 12 May 2026: We moved"
    long = replace(turn, text=f"{'Trains ' * 60}\nAt nine.", label="some day")
    assert phrases.source(long) == f"Earlier conversation, some day: {('Trains ' * 60)[:160]}…"
    scene.window.views.back()
    scene.window.reading.show_passage(fact)
    assert scene.window.views.name == "memory"
    scene.until(lambda: page.chosen is not None and page.chosen.id == 1)
    scene.window.reading.show_passage(turn)
    scene.until(lambda: scene.window.pane.conversation == earlier)
    assert scene.window.views.name == "conversation"


def test_it_asks_before_it_remembers_and_takes_no_for_an_answer(scene: Scene) -> None:
    scene.attach()
    line = scene.window.findChild(MemoryLine)
    assert line is not None and not line.isVisible()
    script = simple_script()
    scene.runtime.assistant.script = [Proposed("My name is Kim."), *script]
    scene.ask()
    assert line.isVisible() and line.accessibleName() == "Remember “My name is Kim.”?"
    line.yes_button.click()
    scene.until(lambda: kept(scene) == ["My name is Kim."])
    assert scene.runtime.memory.facts.all()[0].conversation == scene.window.pane.conversation
    scene.runtime.assistant.script = [Proposed("I live in Basel."), *script]
    scene.ask()
    line.no_button.click()
    scene.until(lambda: not scene.runtime.memory.facts.may_propose("I live in Basel."))
    scene.runtime.assistant.script = [Proposed("I speak Greek."), *script]
    scene.ask()
    scene.window.pane.new_conversation()
    assert not line.isVisible()
    fact = scene.runtime.memory.facts.remember("I drive a van")
    scene.runtime.assistant.script = [Remembered(fact.id, fact.text), *script]
    scene.ask("Remember that I drive a van")
    scene.window.undo.undo_button.click()
    scene.until(lambda: kept(scene) == ["My name is Kim."])
