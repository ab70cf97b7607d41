"""Python's cycle collection, kept on the Qt thread.

CPython collects cycles on whatever thread happens to allocate. Views, their signals and lambdas form cycles; when the
asyncio thread freed such a tree while the Qt thread walked the list of all widgets, Qt crashed. So the collector of
the interpreter is off while the window lives, and a timer of the Qt thread does its work.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 1_000


class Collector(QObject):
    """Collects cycles between two events of the Qt thread, oldest generation as rarely as the interpreter would."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._frozen = False
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that is due, if any is."""
        for generation, (count, most) in reversed([*enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))]):
            if count > most:
                gc.collect(generation)
                if generation == 2 and not self._frozen:
                    # By now all libraries are in: their 200,000 objects need not be looked at again, which keeps
                    # later collections within a frame.
                    self._frozen = True
                    gc.freeze()
                return

    def stop(self) -> None:
        """Collect all that is left and hand the work back to the interpreter."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()
