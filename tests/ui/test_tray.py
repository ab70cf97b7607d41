"""The tray: which of many states is shown, closing that only puts away, and systems without a tray."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from app.desktop_entry import ICON
from app.library_state import LibraryState, Working
from app.ui.icons import app_icon
from app.ui.settings_page import SettingsPage
from app.ui.tray import GLYPHS, Now, Tray, picture, state_of, word
from tests.ui.conftest import Scene

quiet = pytest.mark.qt_log_ignore(
    "does not support propagateSizeHints", "systemTrayWindowChanged", "does not support raise", extend=True
)
"""What the offscreen platform says of windows that come to the front, and of icons."""
BUSY = LibraryState(waiting=3, done=12, total=300, working=(Working("a.pdf", "reading"),))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (Now(), "starting"),
        (Now(pill="ready"), "ready"),
        (Now(pill="ready", queue=LibraryState()), "ready"),
        (Now(pill="ready", queue=BUSY), "reading"),
        (Now(pill="ready", queue=LibraryState(waiting=3, paused=True)), "paused"),
        (Now(pill="ready", queue=BUSY, hands="asleep"), "asleep"),
        (Now(pill="ready", hands="deaf"), "deaf"),
        (Now(pill="thinking", hands="asleep"), "thinking"),
        (Now(pill="moved", hands="thinking"), "moved"),
        (Now(pill="failed", queue=BUSY), "failed"),
        (Now(pill="thinking", speaking=True), "speaking"),
        (Now(pill="thinking", talking=True), "listening"),
        (Now(pill="ready", hands="listening"), "listening"),
        (Now(pill="failed", talking=True, recording=True), "recording"),
    ],
)
def test_an_open_microphone_comes_first_and_then_what_is_made(now: Now, state: str) -> None:
    assert state_of(now)[0] == state


def test_how_far_the_documents_are_is_said() -> None:
    assert state_of(Now(pill="ready", queue=BUSY))[1] == "12 of 300 files"


def test_each_state_has_a_picture_and_a_word_of_its_own(scene: Scene) -> None:
    assert len(set(GLYPHS.values())) == len({word(state) for state in GLYPHS}) == len(GLYPHS)
    assert len({bytes(picture(state).pixmap(32, 32).toImage().bits()) for state in GLYPHS}) == len(GLYPHS)


def _with_tray(scene: Scene) -> Tray:
    """Give the window a tray, which the offscreen platform does not have."""
    tray = scene.window.tray
    tray.available, tray.panel_known = lambda: True, True
    scene.attach()
    return tray


def _action(tray: Tray, text: str) -> QAction:
    assert tray.menu is not None
    (found,) = (action for action in tray.menu.actions() if action.text() == text)
    return found


@quiet
def test_there_is_no_icon_that_nobody_wants(scene: Scene) -> None:
    tray = _with_tray(scene)
    assert tray.icon is None and not tray.keeps()
    scene.window.save_settings({"window.tray": True})
    assert _visible(tray) and tray.keeps()
    scene.window.save_settings({"window.tray": False})
    assert not _visible(tray) and not tray.keeps()
    scene.window.switch_hands_free()  # the microphone is open: that is shown whatever the setting says
    assert _visible(tray) and not tray.keeps()


def _visible(tray: Tray) -> bool:
    return tray.icon is not None and tray.icon.isVisible()


@quiet
def test_closing_puts_the_window_away_and_says_so_once_and_quitting_ends(scene: Scene) -> None:
    scene.runtime.settings.window_tray = True
    tray, closed = _with_tray(scene), list[bool]()
    asked: list[str] = []

    def once(name: str) -> bool:
        asked.append(name)
        return len(asked) == 1

    tray.once = once
    scene.window.closing.connect(lambda: closed.append(True))
    for _ in range(2):
        scene.window.close()
        assert not scene.window.isVisible() and not closed
        _action(tray, "Show the window").trigger()
        assert scene.window.isVisible()
    assert asked == ["told of the tray"] * 2
    _action(tray, "Quit Tangnet").trigger()
    assert closed and not scene.window.isVisible()


def test_without_a_tray_closing_ends_it_and_the_setting_says_so(scene: Scene) -> None:
    scene.runtime.settings.window_tray = True
    scene.attach()
    assert scene.window.tray.icon is None
    scene.window.show_settings("window.tray")
    page = scene.window.views.page
    assert isinstance(page, SettingsPage)
    scene.until(lambda: "window.tray" in page.rows)
    row = page.rows["window.tray"]
    scene.until(lambda: row.visibleRegion().boundingRect().height() == row.height())
    assert "This desktop has no tray now" in page.rows["window.tray"].sentence.text()
    closed: list[bool] = []
    scene.window.closing.connect(lambda: closed.append(True))
    scene.window.close()
    assert closed


@quiet
def test_the_menu_follows_and_does(scene: Scene) -> None:
    scene.runtime.settings.window_tray = True
    tray = _with_tray(scene)
    scene.until(lambda: tray.shown[0] == "ready")
    assert not _action(tray, "Pause reading documents").isEnabled()
    scene.bridge.run(lambda: scene.runtime.library.tell(BUSY))
    scene.until(lambda: tray.shown == ("reading", "12 of 300 files"))
    _action(tray, "Pause reading documents").trigger()
    scene.until(lambda: scene.runtime.library.told.paused)
    _action(tray, "Hands-free").trigger()
    assert scene.runtime.settings.voice_hands_free and _action(tray, "Hands-free").isChecked()
    scene.window.hide()
    _action(tray, "Settings").trigger()
    assert scene.window.isVisible() and scene.window.views.name == "settings"
    _action(tray, "New conversation").trigger()
    assert scene.window.views.name == "conversation"
    _action(tray, "Record a lecture").trigger()
    scene.until(lambda: tray.shown[0] == "recording")
    _action(tray, "Stop recording").trigger()
    scene.until(lambda: tray.shown[0] != "recording")


def test_the_icon_among_the_programs_is_the_windows_own(scene: Scene) -> None:
    drawn = QImage(128, 128, QImage.Format.Format_ARGB32)
    drawn.fill(0)
    painter = QPainter(drawn)
    QSvgRenderer(ICON.encode()).render(painter)
    painter.end()
    painted = app_icon().pixmap(128, 128).toImage()
    places = [(x, y) for x in range(0, 128, 2) for y in range(0, 128, 2)]
    far = [at for at in places if abs(drawn.pixelColor(*at).red() - painted.pixelColor(*at).red()) > 90]
    assert len(far) < len(places) // 100, far
