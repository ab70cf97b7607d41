"""The text cursor blinks for a while and then stays lit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.ui.caret import Caret


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, of: QWidget) -> None:
        super().__init__(of)
        self.count = 0
        of.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def caret(qapp: QApplication, qtbot: QtBot) -> Iterator[Caret]:
    made = Caret(qapp, 60)
    yield made
    qapp.focusChanged.disconnect(made._went)
    made._end.stop()
    made.deleteLater()
    QGuiApplication.styleHints().setCursorFlashTime(-1)


@pytest.fixture
def form(qapp: QApplication, qtbot: QtBot) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    for part in (QPlainTextEdit(), QLineEdit(), QPushButton("Send")):
        column.addWidget(part)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def flash() -> int:
    return QGuiApplication.styleHints().cursorFlashTime()


@pytest.mark.parametrize("kind", [QPlainTextEdit, QLineEdit])
def test_it_rests_and_blinks_again_with_the_next_key(
    kind: type[QPlainTextEdit | QLineEdit], caret: Caret, form: QWidget, qtbot: QtBot
) -> None:
    text = form.findChild(kind)
    assert text is not None
    usual = flash()
    text.setFocus()
    qtbot.waitUntil(text.hasFocus)
    assert usual > 0
    qtbot.waitUntil(lambda: flash() == 0)
    caret._end.setInterval(60_000)
    QTest.keyClicks(text, "a")
    qtbot.waitUntil(lambda: flash() == usual)


def test_it_blinks_again_where_the_keyboard_goes_also_when_the_text_before_is_gone(
    caret: Caret, form: QWidget, qtbot: QtBot
) -> None:
    line, box, send = form.findChild(QLineEdit), form.findChild(QPlainTextEdit), form.findChild(QPushButton)
    assert line is not None and box is not None and send is not None
    line.setFocus()
    qtbot.waitUntil(lambda: flash() == 0)
    line.deleteLater()
    qtbot.waitUntil(lambda: not isValid(line))
    box.setFocus()
    qtbot.waitUntil(lambda: flash() == 0)
    send.setFocus()
    qtbot.waitUntil(lambda: flash() == 0)
    caret._end.setInterval(60_000)
    box.setPlainText("Changed by the program")
    QTest.keyClick(send, Qt.Key.Key_A)
    qtbot.wait(0)
    assert flash() == 0, "only who has the keyboard writes"
    box.setFocus()
    qtbot.waitUntil(lambda: flash() > 0)


def test_a_resting_cursor_stays_lit_and_paints_nothing(caret: Caret, form: QWidget, qtbot: QtBot) -> None:
    box = form.findChild(QPlainTextEdit)
    assert box is not None
    box.setCursorWidth(3)
    box.setStyleSheet("background: white; color: black")  # whatever colours the application has
    box.setFocus()
    qtbot.waitUntil(lambda: flash() == 0)
    place = box.cursorRect().center()

    def lit() -> bool:
        seen = box.viewport().grab().toImage()
        return QColor(seen.pixel(place)).lightness() < 128

    qtbot.waitUntil(lit)
    paints = Paints(box.viewport())

    def painted_in_a_blink() -> int:
        before = paints.count
        clock = QTimer(singleShot=True, interval=1_200)  # a clock of the same loop, longer than a usual blink
        with qtbot.waitSignal(clock.timeout):
            clock.start()
        return paints.count - before

    # What was still to be painted when it came to rest may come in the first of them; a cursor that blinks is in all.
    assert any(painted_in_a_blink() == 0 for _ in range(4)) and lit()
    before = paints.count
    QTest.keyClick(box, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: paints.count > before)
