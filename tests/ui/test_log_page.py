"""The view of the logs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.ui.log_page import LogPage, look
from app.ui.settings_page import SettingsPage
from tests.ui.conftest import Scene

LOG = """2026-11-23 08:00:00,000 INFO MainThread app: started
2026-11-23 08:00:01,000 WARNING MainThread app: a node went
2026-11-23 08:00:02,000 ERROR asyncio app: it broke
Traceback (most recent call last):
  ZeroDivisionError
2026-11-23 08:00:03,000 INFO MainThread app: went on
"""


def test_lines_are_chosen_by_level_and_words(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "tangnet.log").write_text("other\n")
    (tmp_path / "logs" / "window.log").write_bytes(LOG.encode() + b"\xff\xfe broken\n")
    names, lines, total = look(tmp_path, None, "INFO", "")
    assert names == ["logs/window.log", "logs/tangnet.log"] and len(lines) == total == 7
    assert [line.split()[-1] for line in look(tmp_path, None, "ERROR", "")[1]] == [
        "broke",
        "last):",
        "ZeroDivisionError",
    ]
    assert len(look(tmp_path, "logs/window.log", "WARNING", "NODE")[1]) == 1
    assert look(tmp_path, "../../etc/passwd", "INFO", "")[1] == lines
    assert look(tmp_path / "nowhere", None, "INFO", "") == ([], [], 0)


def test_it_is_followed_while_it_is_shown(scene: Scene) -> None:
    logs = scene.runtime.home / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "window.log").write_text(LOG)
    scene.attach()
    page = scene.window.views.present("log")
    assert isinstance(page, LogPage)
    scene.until(lambda: "went on" in page.text.toPlainText())
    page.level.setCurrentIndex(1)
    scene.until(lambda: "went on" not in page.text.toPlainText())
    with (logs / "window.log").open("a") as file:
        file.write("2026-11-23 08:00:04,000 WARNING MainThread app: once more\n")
    scene.until(lambda: "once more" in page.text.toPlainText())
    page.copy_button.click()
    assert QGuiApplication.clipboard().text() == page.text.toPlainText() and page.copy_button.text() == "Copied"
    scene.until(lambda: page.copy_button.text() == "&Copy")
    scene.window.views.back()
    assert not page._clock.isActive()


def test_the_keyboard_is_enough(scene: Scene) -> None:
    logs = scene.runtime.home / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "window.log").write_text(LOG)
    scene.attach()
    asked: list[str] = []
    scene.window.show_settings()
    settings = scene.window.views.page
    assert isinstance(settings, SettingsPage)
    settings.log_button.setFocus()
    QTest.keyClick(settings.log_button, Qt.Key.Key_Space)
    page = scene.window.views.page
    assert isinstance(page, LogPage)
    page.folder_asked.disconnect()
    page.folder_asked.connect(asked.append)
    scene.until(page.search.hasFocus)
    QTest.keyClicks(page.search, "NODE")
    scene.until(lambda: page.text.toPlainText().endswith("a node went"))
    QTest.keyClick(page.search, Qt.Key.Key_Down)
    assert page.text.hasFocus()
    QTest.keyClick(page.text, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
    scene.until(lambda: QGuiApplication.clipboard().text().endswith("a node went"))
    QTest.keyClick(page.text, Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    scene.until(lambda: asked == [str(logs)])
