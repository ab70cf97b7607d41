"""Things stand in line, also beside a panel and where one reads from the right; painted marks lie where they belong."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.chrome import StatusPill
from app.ui.cluster_charts import heights
from app.ui.controls import Choice, Toggle
from app.ui.flow import Flow
from app.ui.foot import Foot
from app.ui.settings_fields import Part, Scenes
from app.ui.settings_page import SettingsPage
from app.ui.two_line import Row, TwoLineList
from tests.ui.conftest import Scene


def span(widget: QWidget) -> tuple[int, int]:
    """Return where a widget begins and ends across its window, in pixels."""
    left = widget.mapTo(widget.window(), QPoint(0, 0)).x()
    return left, left + widget.width()


def inked(widget: QWidget, colour: str) -> float:
    """Return where that colour is painted on average: 0 at the left edge of the widget, 1 at the right one."""
    shown = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    wanted = QColor(colour).rgb()
    found = [x for x in range(shown.width()) for y in range(shown.height()) if shown.pixel(x, y) == wanted]
    assert found, "nothing of that colour is painted"
    return sum(found) / len(found) / shown.width()


@pytest.mark.parametrize("width", [980, 1180, 1500])
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a panel"])
def test_the_text_box_is_as_wide_as_the_answers(scene: Scene, width: int, beside: bool) -> None:
    scene.window.resize(width, 780)
    scene.attach()
    scene.window.pane.ask("How long does charging take?")
    scene.until(lambda: not scene.window.pane.runs)
    if beside:
        scene.window.side.present(QWidget(), "Something")
    card, box = scene.window.pane.view.answers[-1], scene.window.pane.composer
    scene.until(lambda: span(card) == span(box))


def test_what_stands_below_takes_no_room_while_it_says_nothing(scene: Scene) -> None:
    scene.attach()
    foot, undo = scene.window.pane.foot, scene.window.undo
    scene.until(lambda: foot.height() > 0)
    scene.window.views.present("settings")
    scene.until(lambda: foot.height() == 0)
    undo.offer("Something was removed.", lambda: None)
    scene.until(lambda: foot.height() > undo.height() > 0)
    undo.settle()
    scene.until(lambda: foot.height() == 0)


def test_room_for_a_scroll_bar_is_where_the_lines_end(scene: Scene) -> None:
    for direction, at_right in ((Qt.LayoutDirection.LeftToRight, True), (Qt.LayoutDirection.RightToLeft, False)):
        bar = QWidget()
        foot = Foot(bar)
        foot.setParent(scene.window)
        foot.setLayoutDirection(direction)
        foot.resize(600, 80)
        foot.leave_room(40)
        foot.show()
        left, right = (place - foot.x() for place in span(bar))
        assert (left < 600 - right) == at_right, direction


def test_one_row_is_marked_and_not_two(scene: Scene) -> None:
    scene.attach()
    scene.window.pane.ask("How long does charging take?")
    scene.until(lambda: not scene.window.pane.runs)
    chosen = scene.window.sidebar.list
    scene.until(lambda: chosen.current_key == scene.window.pane.conversation)
    scene.window.views.present("models")
    assert not chosen.current_key and scene.window.sidebar.doors["models"].isChecked()
    scene.window.sidebar.refresh()
    scene.window.views.back()
    scene.until(lambda: chosen.current_key == scene.window.pane.conversation)
    assert not scene.window.sidebar.doors["models"].isChecked()


def test_painted_marks_stand_where_reading_begins_or_ends(scene: Scene) -> None:
    colours = theme.current()
    for direction, turned in ((Qt.LayoutDirection.LeftToRight, False), (Qt.LayoutDirection.RightToLeft, True)):
        pill, choice, toggle = StatusPill(), Choice(), Toggle()
        for one in (pill, choice, toggle):
            scene.qtbot.addWidget(one)
            one.setLayoutDirection(direction)
        pill.tell("ready", "Ready", "")
        choice.resize(200, 34)
        toggle.setChecked(True)
        assert (inked(pill, colours.good) > 0.5) == turned, "the dot stands before its word"
        assert (inked(choice, colours.muted) < 0.5) == turned, "the arrow stands behind the text"
        assert (inked(toggle, colours.on_accent) < 0.5) == turned, "what is on lies at the end"
        toggle.setChecked(False)
        assert (inked(toggle, colours.muted) > 0.4) == turned, "what is off lies at the beginning"


def test_a_toggle_is_switched_by_mouse_and_keys(scene: Scene) -> None:
    toggle = Toggle()
    toggle.setParent(scene.window)
    toggle.show()
    QTest.mouseClick(toggle, Qt.MouseButton.LeftButton, pos=QPoint(toggle.width() - 4, toggle.height() // 2))
    assert toggle.isChecked()
    QTest.keyClick(toggle, Qt.Key.Key_Space)
    assert not toggle.isChecked()


@pytest.mark.parametrize(
    ("top", "whole", "written"),
    [
        (2.4, False, ["0.0", "0.5", "1.0", "1.5", "2.0"]),
        (100.0, True, ["0", "20", "40", "60", "80", "100"]),
        (1.0, True, ["0", "1"]),
        (17.0, True, ["0", "5", "10", "15"]),
        (4600.0, True, ["0", "1,000", "2,000", "3,000", "4,000"]),
        (0.3, False, ["0.0", "0.1", "0.2", "0.3"]),
    ],
)
def test_heights_of_a_chart_are_round_and_written_alike(top: float, whole: bool, written: list[str]) -> None:
    found = heights(top, whole=whole)
    assert [text for _value, text in found] == written
    assert all(0 <= value <= top * 1.001 for value, _text in found)


def test_what_flows_stands_in_line_by_its_middle(scene: Scene) -> None:
    ground = QWidget(scene.window)
    flow = Flow(ground)
    parts = [QWidget() for _ in range(3)]
    for part, height in zip(parts, (20, 40, 30), strict=True):
        part.setFixedSize(100, height)
        flow.addWidget(part)
    ground.resize(230, 200)
    ground.show()
    first, second, third = (part.geometry() for part in parts)
    assert first.center().y() == second.center().y() and first.right() < second.left()
    assert third.top() > second.bottom() and third.left() == first.left(), "the third has no room in the first line"
    assert flow.heightForWidth(230) == 40 + flow.spacing() + 30


def test_the_controls_of_all_settings_end_in_one_line(scene: Scene) -> None:
    scene.attach()
    page = scene.window.views.present("settings")
    assert isinstance(page, SettingsPage)
    page.complete()
    rows = [row for row in page.rows.values() if not isinstance(row.field, Scenes | Part)]
    rows[0].reset_button.show()  # a row that is not as at first stands like the others
    scene.until(lambda: len({span(row.field)[1] for row in rows}) == 1 and len(rows) > 20)


def test_in_high_contrast_a_chosen_row_has_a_line_around_it(scene: Scene) -> None:
    rows = TwoLineList("Rows")
    rows.setParent(scene.window)
    rows.rows.replace([Row("a", "First"), Row("b", "Second")])
    rows.resize(200, 120)
    rows.show()
    rows.select("a")

    def edge() -> str:
        box = rows.visualRect(rows.rows.index(0))
        shown = rows.viewport().grab().toImage()
        return str(shown.pixelColor(box.center().x(), box.top() + 1).name())

    scene.window.theme.choose("contrast")
    assert edge() == theme.current().border
    scene.window.theme.choose("light")
    assert edge() != theme.current().border
