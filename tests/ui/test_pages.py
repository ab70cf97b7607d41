"""The passage on its page: the picture, the marks, zoom, turning, and the way back to the answer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.page_canvas import MARGIN, MARK
from app.ui.page_pictures import PagePictures, Wish
from app.ui.page_view import PageView
from tests.ui.conftest import Scene
from tests.ui.fake_runtime import TOWER


def shown(scene: Scene) -> PageView:
    """Open the passage TOWER and wait until its page can be seen."""
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: scene.window.reading.passage.page_view is not None)
    view = scene.window.reading.passage.page_view
    assert view is not None
    scene.until(lambda: view.canvas.sharp)
    return view


def test_a_citation_shows_the_page_with_its_lines_marked(scene: Scene) -> None:
    scene.attach()
    view = shown(scene)
    assert scene.window.reading.passage.on_page
    assert (view.page, view.number.text(), view.of.text()) == (4, "4", "of 9")
    assert [mark.getRect() for mark in view.canvas.marks] == [(60, 100, 340, 12), (60, 114, 240, 12)]
    canvas = view.canvas
    wish = canvas.wish
    assert wish.width == round((canvas.viewport().width() - 2 * MARGIN) * canvas.devicePixelRatioF())
    picture = canvas.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    scale = (canvas.viewport().width() - 2 * MARGIN) / 600.0
    top = -canvas.verticalScrollBar().value() + MARGIN

    def at(x: float, y: float) -> QColor:
        return picture.pixelColor(round((MARGIN + x * scale) * ratio), round((top + y * scale) * ratio))

    assert at(200, 106).name() == MARK and at(200, 120).name() == MARK
    assert at(500, 106).name() == at(200, 150).name() == "#ffffff"


def test_the_picture_has_the_dots_of_the_screen(scene: Scene) -> None:
    scene.attach()
    view = shown(scene)
    canvas = view.canvas
    canvas.verticalScrollBar().setValue(0)
    picture = canvas.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    # The drawing has one black row of dots; drawn at another size or between dots it would be grey.
    column = [picture.pixelColor(round((MARGIN + 30) * ratio), y).value() for y in range(round(MARGIN * ratio) + 60)]
    assert column.count(0) == 1, "one row of dots, black"
    assert all(value in (0, 255) for value in column[round(MARGIN * ratio) + 3 :])


def test_turning_and_zooming_by_keys_buttons_and_wheel(scene: Scene) -> None:
    scene.attach()
    view = shown(scene)
    canvas = view.canvas
    view.next_button.click()
    assert view.page == 5 and not canvas.marks, "the marks stay on their page"
    view.back_button.click()
    assert view.page == 4 and canvas.marks
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert view.page == 5
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == 1.25 and view.zoom.text() == "125 %"
    # The view may still become narrower when the microphone's mark takes its place: the last picture fits.
    drawn = scene.runtime.library.drawn
    scene.until(lambda: canvas.sharp and [width for _, page, width in drawn if page == 5][-1] == canvas.wish.width)
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.zoom == 1.0
    QTest.keyClick(canvas, Qt.Key.Key_End)
    QTest.keyClick(canvas, Qt.Key.Key_PageDown)
    assert view.page == 6
    view.number.setText("99")
    QTest.keyClick(view.number, Qt.Key.Key_Return)
    assert view.page == 9 and not view.next_button.isEnabled()
    view.number.setText("x")
    QTest.keyClick(view.number, Qt.Key.Key_Return)
    assert view.number.text() == "9"
    wheel = QWheelEvent(QPointF(50, 50), canvas.mapToGlobal(QPointF(50, 50)), QPoint(), QPoint(0, 120),
                        Qt.MouseButton.NoButton, Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase,
                        False)  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), wheel)
    assert canvas.zoom == 1.25


def test_small_pictures_stand_beside_a_wide_page(scene: Scene) -> None:
    scene.attach()
    view = shown(scene)
    scene.window.side.wide_button.click()
    scene.until(lambda: view.strip.isVisible())
    scene.until(lambda: any(width == 160 for _, _, width in scene.runtime.library.drawn))
    view.strip.clicked.emit(view.strip.model().index(1, 0))
    assert view.page == 2
    view.strip_toggle.click()
    assert not view.strip.isVisible()


def test_back_goes_to_the_answer(scene: Scene) -> None:
    scene.attach()
    scene.ask()
    card = scene.window.pane.view.answers[-1]
    card.body.setFocus()
    card.body.anchorClicked.emit(QUrl("tangnet-cite:1"))
    view = scene.window.reading.passage
    scene.until(lambda: view.on_page and view.page_view is not None and view.page_view.canvas.hasFocus())
    assert view.back_button.text() == "Back to the answer"
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    scene.until(lambda: scene.window.side.page is None)
    assert card.body.hasFocus()


def test_the_text_is_one_click_away(scene: Scene) -> None:
    scene.attach()
    shown(scene)
    passage = scene.window.reading.passage
    passage.text_toggle.click()
    assert not passage.on_page and TOWER.text in passage.text.toPlainText()
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: "After it." in passage.text.toPlainText())
    assert not passage.on_page, "the choice stays"
    passage.page_toggle.click()
    assert passage.on_page


def test_a_page_that_cannot_be_drawn_says_why(scene: Scene) -> None:
    scene.attach()
    scene.runtime.library.undrawable = True
    scene.window.reading.show_passage(TOWER)
    scene.until(lambda: scene.window.reading.passage.page_view is not None)
    view = scene.window.reading.passage.page_view
    assert view is not None
    scene.until(lambda: view.canvas.trouble == "The page cannot be shown. It is damaged.")


def test_a_changed_file_gets_no_marks(scene: Scene) -> None:
    scene.attach()
    scene.runtime.library.changed = True
    view = shown(scene)
    assert not view.canvas.marks
    assert "has changed" in scene.window.reading.passage.warning_text.text()


def test_a_recording_names_minute_and_second(scene: Scene) -> None:
    scene.attach()
    said = replace(TOWER, path="/docs/talk.mp3", page=None, seconds=(750.0, 785.4), section="")
    scene.window.reading.show_passage(said)
    passage = scene.window.reading.passage
    scene.until(lambda: "After it." in passage.text.toPlainText())
    assert passage.where.text() == "12:30 to 13:05" and not passage.page_toggle.isVisible()


def test_memory_of_pictures_is_bounded(scene: Scene) -> None:
    scene.attach()
    pictures = PagePictures(scene.bridge, scene.window, memory=3_000_000)
    pictures.attach(scene.runtime)
    wishes = [Wish("/docs/tower.pdf", page, 600) for page in range(1, 6)]  # 1.9 MB each
    for wish in wishes:
        pictures.get(wish)
        scene.until(lambda: not pictures.busy)
    assert pictures.get(wishes[-1]) is not None
    before = len(scene.runtime.library.drawn)
    assert pictures.get(wishes[0]) is None
    scene.until(lambda: not pictures.busy)
    assert len(scene.runtime.library.drawn) == before + 1
