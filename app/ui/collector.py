"""Python's cycle collection, kept on the Qt thread.

CPython collects cycles on whatever thread happens to allocate. Views, their signals and lambdas form cycles; when the
asyncio thread freed such a tree while the Qt thread walked the list of all widgets, Qt crashed. So the collector of
the interpreter is off while the window lives, and a timer of the Qt thread does its work.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS, _BUSY_MS = 1_000, 100
"""Between two looks: usually, and while much is made."""
_MANY = 10
"""Times its threshold that the youngest generation may hold between two looks; more is much."""
_AT_ONCE = 40_000
"""Objects of the youngest generation after which the one above it is collected, some 15 ms of work."""
_PENDING = 100_000
"""Of the one above, after which the oldest is, some 35 ms. CPython itself waits for a quarter of all objects."""


class Collector(QObject):
    """Collects cycles between two events of the Qt thread, in portions that a frame or three have room for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._frozen = False
        self._young = self._pending = 0
        """Objects that were made since the middle and the oldest generation were collected last."""
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that is due, if any is."""
        counts, most = gc.get_count(), gc.get_threshold()
        interval = _BUSY_MS if counts[0] > most[0] * _MANY else _INTERVAL_MS
        if interval != self._timer.interval():
            self._timer.setInterval(interval)
        if counts[0] <= most[0] and counts[1] <= most[1]:
            return
        self._young += max(counts[0], 0)
        if counts[1] <= most[1] and self._young < _AT_ONCE:
            gc.collect(0)
            return
        self._pending += self._young
        self._young = 0
        if not self._frozen:
            # By now all libraries are in: their 200,000 objects need not be looked at, which would take five frames.
            # What of them is garbage already, a few hundred objects, stays until the end.
            self._frozen = True
            gc.freeze()
        if counts[2] > most[2] or self._pending > _PENDING:
            self._pending = 0
            gc.collect(2)
        else:
            gc.collect(1)

    def stop(self) -> None:
        """Collect all that is left and hand the work back to the interpreter."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()
