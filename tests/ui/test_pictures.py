"""The window as pictures: every view looks as in the pictures that were looked at, and its words can be read.

A view that was changed on purpose: `python packaging/view_pictures.py light dark`, look at them, commit them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontInfo, QImage, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QWidget

from app.ui.accents import luminance
from app.ui.tokens import ALL, Colours
from tests.ui.conftest import Scene
from tests.ui.stage import Stage, furnish

FOLDER = Path(__file__).parents[2] / "docs" / "pictures" / "views"
BLOCK = 10
"""Pixels of a side of the squares that are compared: letters drawn a little otherwise make no difference there."""
MUCH = 28
"""A square is another one when a channel differs by this much of 255."""
MOST = 0.008
"""Of the squares may be others: times of day, the moment of a chart."""


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return which share of the squares of two pictures is not the same; 1 for pictures of different sizes."""
    if one.size != other.size:
        return 1.0
    small = (one.width // BLOCK, one.height // BLOCK)
    squares = [picture.convert("RGB").resize(small, Image.Resampling.BOX) for picture in (one, other)]
    apart = ImageChops.difference(*squares)
    worst = ImageChops.lighter(ImageChops.lighter(*apart.split()[:2]), apart.split()[2])
    return sum(worst.histogram()[MUCH:]) / (small[0] * small[1])


@pytest.fixture
def stage(scene: Scene) -> Stage:
    """A window in light with something in all views."""
    if QFontInfo(QApplication.font()).family() != "DejaVu Sans" or scene.window.devicePixelRatioF() != 1.0:
        pytest.skip("the pictures were made with the letters of DejaVu, at a scale of one")
    return staged(scene)


def staged(scene: Scene, theme: str = "light") -> Stage:
    furnish(scene.runtime)
    scene.runtime.settings.window_theme = theme
    scene.window.resize(1180, 780)
    scene.attach()
    return Stage(scene.window, scene.runtime, lambda done: scene.until(done, 60))


def looks(stage: Stage, scene: Scene, name: str, colours: str, out: Path) -> str:
    """Show a view and compare it, for at most 10 s: pictures and charts come a little later. Returns what is wrong."""
    with Image.open(FOLDER / colours / f"{name}.png") as found:
        wanted = found.convert("RGB")
    shown = stage.picture()
    for _ in range(50):
        if difference(shown, wanted) <= MOST:
            return ""
        scene.qtbot.wait(200)
        shown = stage.picture()
    path = out / f"{colours}-{name}.png"
    shown.save(path)
    return f"{name} in {colours}: {difference(shown, wanted):.1%} of it looks otherwise, see {path}"


def test_every_view_looks_as_it_did(scene: Scene, stage: Stage, tmp_path: Path) -> None:
    wrong = []
    for name in stage.views:
        stage.show(name)
        for colours in ("light", "dark"):
            scene.window.theme.choose(colours)
            wrong.append(looks(stage, scene, name, colours, tmp_path))
        scene.window.theme.choose("light")
    assert not any(wrong), "; ".join(filter(None, wrong))


def test_what_changes_is_noticed(scene: Scene, stage: Stage) -> None:
    with Image.open(FOLDER / "light" / "models.png") as found:
        wanted = found.convert("RGB")
    stage.show("models")
    scene.until(lambda: difference(stage.picture(), wanted) <= MOST)
    sidebar = scene.window.sidebar
    sidebar.setFixedWidth(sidebar.width() + 24)
    scene.until(lambda: difference(stage.picture(), wanted) > MOST)  # a part has moved
    sidebar.setFixedWidth(sidebar.width() - 24)
    scene.until(lambda: difference(stage.picture(), wanted) <= MOST)
    button = max(sidebar.findChildren(QPushButton), key=lambda one: one.width() * one.height())
    button.setVisible(False)
    scene.until(lambda: difference(stage.picture(), wanted) > MOST)
    button.setVisible(True)
    scene.until(lambda: difference(stage.picture(), wanted) <= MOST)
    scene.window.theme.choose("dark")
    assert difference(stage.picture(), wanted) > 0.5, "other colours"


@pytest.mark.parametrize("colours", ALL.values(), ids=ALL)
def test_all_words_stand_out_from_what_is_painted_behind_them(scene: Scene, colours: Colours) -> None:
    """Measured in the picture of the window, at three dots a pixel, so that a stroke has dots of its full colour."""
    strong = colours.name.startswith("contrast")
    scene.night = colours.dark
    stage = staged(scene, "contrast" if strong else colours.name)
    least = 7.0 if strong else 4.5
    faint: list[str] = []
    measured = 0
    for name in stage.views:
        stage.show(name)
        for _ in range(20):  # what comes a little later is not there yet: its words are looked at once more
            scene.qtbot.wait(50)
            assert scene.window.theme.colours is colours
            picture = enlarged(scene.window)
            found = [(said(one), contrast(picture, scene.window, one)) for one in words(scene.window)]
            weak = [f"{name}: {text!r} {value:.1f}" for text, value in found if value is not None and value < least]
            if not weak:
                break
        measured += sum(value is not None for _text, value in found)
        faint += weak
    assert measured > 200
    assert not faint, "; ".join(sorted(set(faint)))


def enlarged(window: QWidget) -> QImage:
    """Return the window at three dots a pixel."""
    canvas = QPixmap(window.size() * 3)
    canvas.setDevicePixelRatio(3.0)
    canvas.fill(Qt.GlobalColor.transparent)
    window.render(canvas)
    return canvas.toImage().convertToFormat(QImage.Format.Format_RGB32)


def said(widget: QWidget) -> str:
    """Return the text of a widget; the placeholder where a field is empty."""
    if isinstance(widget, QLineEdit):
        return widget.text() or widget.placeholderText()
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def words(window: QWidget) -> list[QWidget]:
    """Return what shows words now and can be used; what is greyed out may be faint."""
    kinds = (QLabel, QAbstractButton, QLineEdit)
    return [
        one for one in window.findChildren(QWidget)
        if isinstance(one, kinds) and one.isVisible() and one.isEnabled() and said(one).strip()
    ]  # fmt: skip


def contrast(picture: QImage, window: QWidget, widget: QWidget) -> float | None:
    """Return the contrast of the strongest letter to what is behind; None where nothing of the widget can be seen."""
    seen = widget.visibleRegion().boundingRect()
    if seen.width() < 12 or seen.height() < 8:
        return None
    corner = widget.mapTo(window, QPoint(seen.left(), seen.top()))
    part = picture.copy(corner.x() * 3, corner.y() * 3, seen.width() * 3, seen.height() * 3)
    dots = Counter(part.pixel(x, y) & 0xFFFFFF for y in range(0, part.height(), 2) for x in range(part.width()))
    ground = luminance(f"#{dots.most_common(1)[0][0]:06x}")
    strong = [colour for colour, times in dots.most_common(60) if times > 3]
    return max(
        (max(at, ground) + 0.05) / (min(at, ground) + 0.05) for at in (luminance(f"#{one:06x}") for one in strong)
    )


def test_faint_words_are_noticed(scene: Scene) -> None:
    faint = QLabel("Hardly to be read", scene.window.views.present("log"))
    faint.setStyleSheet("color: #bbbbbb")
    faint.adjustSize()
    faint.move(300, 300)
    faint.show()
    found = contrast(enlarged(scene.window), scene.window, faint)
    assert found is not None and found < 3
