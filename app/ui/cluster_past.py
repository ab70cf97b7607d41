"""Fetches the last hour of the cluster while somebody looks at it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.cluster.history import STEP_SECONDS, Past
from app.ui.bridge import Bridge
from app.ui.seam_upkeep import UpkeepSeam

LOOKS = 2
"""Of the cluster between two drawings: of a quarter of an hour, 4 s are less than two dots of a chart."""


class PastSource(QObject):
    """Between `start` and `stop`, `came` brings what is known, now and after every other look of the cluster."""

    came = Signal(object)
    failed = Signal(object)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._upkeep: UpkeepSeam | None = None
        self._timer = QTimer(self, interval=round(LOOKS * STEP_SECONDS * 1000))
        self._timer.timeout.connect(self._ask)
        self._asking = False
        self.past = Past()
        """As it came last."""

    def attach(self, upkeep: UpkeepSeam) -> None:
        """Take the cluster's keeper of the past."""
        self._upkeep = upkeep
        if self._timer.isActive():
            self._ask()

    def start(self) -> None:
        """Somebody looks."""
        if not self._timer.isActive():
            self._timer.start()
            self._ask()

    def stop(self) -> None:
        """Nobody looks any more."""
        self._timer.stop()

    def _ask(self) -> None:
        if self._upkeep is None or self._asking:
            return
        self._asking = True
        self._bridge.run(self._upkeep.history, self._take, self._fail, name="last hour of the nodes")

    def _take(self, past: Past) -> None:
        self._asking = False
        self.past = past
        self.came.emit(past)

    def _fail(self, error: BaseException) -> None:
        self._asking = False
        self._timer.stop()
        self.failed.emit(error)
