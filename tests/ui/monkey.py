"""A monkey at the window: clicks, keys, wheel, files, sizes, looks and views at random, in menus and dialogs too."""

from __future__ import annotations

import random

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.ui.views import CONVERSATION, VIEWS
from tests.ui.conftest import Scene
from tests.ui.fleet import busy, fleet

KEYS = [
    Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_F2, Qt.Key.Key_F5, Qt.Key.Key_F9, Qt.Key.Key_A, Qt.Key.Key_7,
]  # fmt: skip
CHORDS = [
    Qt.Key.Key_N, Qt.Key.Key_F, Qt.Key.Key_L, Qt.Key.Key_Z, Qt.Key.Key_A, Qt.Key.Key_V, Qt.Key.Key_Comma,
    *(getattr(Qt.Key, f"Key_{number}") for number in range(1, 9)),
]  # fmt: skip


class Monkey:
    """Does `events` things, one at each turn of the event loop."""

    def __init__(self, scene: Scene, events: int, seed: int) -> None:
        self._scene = scene
        self._left = events
        self._chance = random.Random(seed)
        self.done: list[str] = []
        """What it did, newest last; for who looks for the reason of a failure."""
        self._next()

    @property
    def finished(self) -> bool:
        """Whether it did all of it, and everything that it opened is closed."""
        return self._left <= 0

    def _next(self) -> None:
        # Each has a timer of its own: one that is being served does not come again inside the loop of an open menu.
        QTimer.singleShot(0, self._scene.window, self._step)

    def _step(self) -> None:
        self._left -= 1
        if self._left <= 0:
            over = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if over is not None:
                self._left = 1
                self._next()
                over.close()
            return
        self._next()
        window = self._scene.window
        target = QApplication.activePopupWidget() or QApplication.activeModalWidget() or window
        what = self._chance.choices(
            [
                self._click, self._key, self._chord, self._wheel, self._resize, self._view, self._close,
                self._drag, self._paste, self._dress, self._nodes,
            ],
            [40, 30, 5, 12, 1, 3, 3, 1, 1, 1, 2],
        )[0]  # fmt: skip
        what(target)

    def _at(self, target: QWidget) -> QPoint:
        return QPoint(self._chance.randrange(max(1, target.width())), self._chance.randrange(max(1, target.height())))

    def _click(self, target: QWidget) -> None:
        at = self._at(target)
        widget = target.childAt(at) or target
        button = self._chance.choice([Qt.MouseButton.LeftButton] * 6 + [Qt.MouseButton.RightButton])
        self.done.append(f"click {type(widget).__name__} {widget.accessibleName()!r}")
        place = widget.mapFrom(target, at)
        QTest.mousePress(widget, button, pos=place)
        if isValid(widget):  # what the press did may have ended it, and QTest does not look
            QTest.mouseRelease(widget, button, pos=place)

    def _key(self, target: QWidget) -> None:
        key = self._chance.choice(KEYS)
        widget = QApplication.focusWidget() or target
        self.done.append(f"{key.name} at {type(widget).__name__} {widget.accessibleName()!r}")
        QTest.keyPress(widget, key)
        if isValid(widget):
            QTest.keyRelease(widget, key)

    def _chord(self, target: QWidget) -> None:
        key = self._chance.choice(CHORDS)
        self.done.append(f"Ctrl+{key.name}")
        QTest.keyPress(target, key, Qt.KeyboardModifier.ControlModifier)
        if isValid(target):
            QTest.keyRelease(target, key, Qt.KeyboardModifier.ControlModifier)

    def _wheel(self, target: QWidget) -> None:
        at = self._at(target)
        widget = target.childAt(at) or target
        turn = QPoint(0, self._chance.choice([-120, 120]) * self._chance.randrange(1, 6))
        place = QPointF(widget.mapFrom(target, at))
        QApplication.sendEvent(widget, QWheelEvent(
            place, widget.mapToGlobal(place), QPoint(), turn, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        ))  # fmt: skip

    def _resize(self, _target: QWidget) -> None:
        width, height = self._chance.randrange(640, 1500), self._chance.randrange(480, 1000)
        self.done.append(f"resize {width}x{height}")
        self._scene.window.resize(width, height)

    def _view(self, _target: QWidget) -> None:
        name = self._chance.choice([CONVERSATION, *(view.name for view in VIEWS)])
        self.done.append(f"view {name}")
        self._scene.window.views.present(name)

    def _close(self, target: QWidget) -> None:
        if target is not self._scene.window:
            target.close()

    def _files(self) -> QMimeData:
        """Return what a file manager gives: files that are there, that are not, and none."""
        home = self._scene.runtime.home
        there = home / "dropped.txt"
        there.write_text("The tower is 330 metres high.")
        paths = self._chance.sample([there, home / "gone.pdf", home], self._chance.randrange(4))
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        return mime

    def _drag(self, target: QWidget) -> None:
        window = self._scene.window
        if target is not window:
            return  # a menu or dialog has the mouse
        mime, at = self._files(), self._at(window)
        how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        entered = QDragEnterEvent(at, *how)
        entered.ignore()
        QApplication.sendEvent(window, entered)
        self.done.append(f"drag of {len(mime.urls())} files, taken: {entered.isAccepted()}")
        if not entered.isAccepted():
            return
        QApplication.sendEvent(window, QDragMoveEvent(at, *how))
        if self._chance.random() < 0.5:
            QApplication.sendEvent(window, QDropEvent(QPointF(at), *how))
        else:
            QApplication.sendEvent(window, QDragLeaveEvent())

    def _paste(self, target: QWidget) -> None:
        if self._chance.random() < 0.5:
            QApplication.clipboard().setMimeData(self._files())
        else:
            QApplication.clipboard().setText(self._chance.choice(["a", "line\n" * 50, "\u202eabc\x00", "😀" * 400]))
        widget = QApplication.focusWidget() or target
        self.done.append(f"paste at {type(widget).__name__}")
        QTest.keyClick(widget, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    def _dress(self, _target: QWidget) -> None:
        look = self._chance.choice(["system", "light", "dark", "contrast"])
        self.done.append(f"look {look}")
        self._scene.window.theme.choose(look)

    def _nodes(self, _target: QWidget) -> None:
        """Nodes come, go and have more or less to do."""
        self.done.append("nodes")
        some = fleet(self._chance.randrange(6), self._chance.randrange(3))
        self._scene.runtime.cluster.known = busy(some, len(self.done))
