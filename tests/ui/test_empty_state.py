"""A page with nothing in it says what would be there and has the button that puts it there, in the middle."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.empty_state import EmptyState
from app.ui.memory_page import MemoryPage
from app.ui.settings_page import SettingsPage
from tests.ui.conftest import Scene


def test_it_says_what_would_be_there(scene: Scene) -> None:
    empty = EmptyState("memory", "Nothing yet", "Something would be here.", QPushButton("Put it there"))
    empty.setParent(scene.window)
    empty.resize(700, 500)
    empty.show()
    shown = empty.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    painted = {shown.pixel(x, y) for x in range(0, 700, 2) for y in range(0, 250, 2)}
    colours = theme.current()
    assert {QColor(one).rgb() for one in (colours.soft, colours.on_soft)} <= painted, "a drawing on its ground"
    assert empty.title.isVisible() and empty.sentence.isVisible()


def test_its_button_stands_elsewhere_while_there_is_something(scene: Scene) -> None:
    page = QWidget(scene.window)
    column, act = QVBoxLayout(page), QPushButton("Put it there")
    empty = EmptyState("memory", "Nothing yet")
    column.addWidget(act)
    column.addWidget(empty)
    page.resize(700, 500)
    page.show()
    act.setFocus()
    empty.hold(act)
    assert act.isVisible() and empty.isAncestorOf(act) and act.hasFocus()
    column.activate()
    scene.until(lambda: abs(act.mapTo(page, QPoint(act.width() // 2, 0)).x() - 350) <= 2)
    empty.release(act, column)
    assert act.isVisible() and not empty.isAncestorOf(act) and act.hasFocus() and column.indexOf(act) == 0


def test_the_library_offers_to_add_files(scene: Scene) -> None:
    scene.runtime.library.more = []
    scene.attach()
    scene.window.views.present("library")
    panel = scene.window.documents
    scene.until(lambda: panel.empty.isVisible() and panel.empty.isAncestorOf(panel.files_button))
    assert not panel.view.isVisible()


def test_what_is_not_found_leads_back_to_all(scene: Scene) -> None:
    scene.attach()
    scene.runtime.memory.facts.remember("My daughter is called Anna.")
    memory = scene.window.views.present("memory")
    assert isinstance(memory, MemoryPage)
    scene.until(lambda: len(memory.facts) == 1)
    memory.search.setText("plum cake")
    scene.until(lambda: memory.empty.isVisible() and memory.clear_button.isVisible())
    QTest.mouseClick(memory.clear_button, Qt.MouseButton.LeftButton)
    assert memory.list.isVisible() and not memory.empty.isVisible()
    settings = scene.window.views.present("settings")
    assert isinstance(settings, SettingsPage)
    settings.complete()
    settings.search.setText("plum cake")
    assert "plum cake" in settings.nothing.text() and settings.nothing.isVisible()
    QTest.mouseClick(settings.clear_button, Qt.MouseButton.LeftButton)
    assert not settings.nothing.isVisible() and not settings.search.text()
