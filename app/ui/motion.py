"""Whether things may move by themselves: as the settings say, or the system. What would move asks `still`."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app.ui.bridge import Bridge

_NAME = "tangnet-still"
"""Property of the application: nothing moves by itself."""
STEPS = 3
"""So many levels of a microphone are shown where less shall move."""


class Motion(QObject):
    """Follows the setting `window.motion`, and the system where that is asked."""

    changed = Signal()

    def __init__(self, application: QApplication, bridge: Bridge, wished: Callable[[], bool] | None = None) -> None:
        """`wished` asks the system and may take its time; None: as app.desktop_motion does."""
        super().__init__(application)
        self._application, self._bridge, self._wished = application, bridge, wished or _ask_system
        self._choice = ""
        self._effects = application.isEffectEnabled(Qt.UIEffect.UI_General)
        application.applicationStateChanged.connect(self._front)

    def choose(self, choice: str) -> None:
        """Take "system" or "less"."""
        if choice != self._choice:
            self._choice = choice
            if choice == "less":
                self._apply(True)
            else:
                self._ask()

    def _front(self, state: Qt.ApplicationState) -> None:
        """Somebody came back, perhaps from the settings of the system."""
        if state == Qt.ApplicationState.ApplicationActive and self._choice == "system":
            self._ask()

    def _ask(self) -> None:
        async def ask() -> bool:
            import asyncio  # by its own thread, after the window shows

            return await asyncio.to_thread(self._wished)

        self._bridge.run(ask, self._heard, lambda _error: None, name="less motion")

    def _heard(self, wished: bool) -> None:
        if self._choice == "system":
            self._apply(wished)

    def _apply(self, still_now: bool) -> None:
        if still_now == still():
            return
        self._application.setProperty(_NAME, still_now)
        if still_now:
            self._application.setCursorFlashTime(0)  # it blinks again at the next key, see app.ui.caret
        self._application.setEffectEnabled(Qt.UIEffect.UI_General, self._effects and not still_now)
        for widget in self._application.topLevelWidgets():
            widget.update()
        self.changed.emit()


def still() -> bool:
    """Return whether nothing shall move by itself."""
    application = QApplication.instance()
    return application is not None and bool(application.property(_NAME))


def stepped(level: float) -> float:
    """Return how loud it is, 0…1: in a few steps where less shall move, and only silence as nothing."""
    return -(-level * STEPS // 1) / STEPS if still() else level


def _ask_system() -> bool:
    from app.desktop_motion import less_motion_wished  # in a thread: the window does not wait for what it imports

    return less_motion_wished()
