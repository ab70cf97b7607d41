"""What a window is started with that records and is killed; for test_killed_recording. Arguments: record, or look."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.ui.application_parts import say, scripted

if TYPE_CHECKING:
    from app.ui.seam import Ear, RuntimeSeam
    from app.ui.window import MainWindow

BLOCK = b"\x10\x20" * 512


def open_ear(
    device: str,
    on_hint: Callable[[str], None],
    on_phase: Callable[[str], None],
    on_state: Callable[[str, str], None],
) -> Ear:
    """Return a microphone that hears a tone, at the speed of life, as long as somebody wants it."""
    from tests.ui.fake_sound import FakeEar

    class Humming(FakeEar):
        def want(self, who: str) -> None:
            super().want(who)
            if who == "recording":
                asyncio.get_running_loop().call_soon(self._hum)

        def _hum(self) -> None:
            self.sound.feed(BLOCK)
            if "recording" in self.wanted:
                asyncio.get_running_loop().call_later(0.032, self._hum)

    return Humming(on_hint, on_phase, on_state)


def begin(window: MainWindow) -> None:
    """Record as soon as that can be done, and say how much there is."""
    from PySide6.QtCore import QTimer

    def look() -> None:
        if window.runtime is None:
            QTimer.singleShot(20, look)
            return
        if not window.recording.active:
            window.recording.begin()
        live = window.recording._live
        say("RECORDED", live.seconds if live is not None else 0.0)
        QTimer.singleShot(100, look)

    look()


def tell(window: MainWindow) -> None:
    """Say what has gone to the library, and close."""
    from PySide6.QtCore import QTimer

    def look() -> None:
        runtime: RuntimeSeam | None = window.runtime
        paths = getattr(runtime.library, "paths", []) if runtime is not None else []
        if not paths:
            QTimer.singleShot(20, look)
            return
        say("ADDED", *paths)
        say("SAID", window.pane.trouble.sentence.text())
        window.close()

    look()


if __name__ == "__main__":
    from app.ui.application import run

    after = begin if sys.argv[1] == "record" else tell

    def painted(window: MainWindow) -> None:
        """Go on when the window has been built."""
        from PySide6.QtCore import QTimer

        QTimer.singleShot(0, window, lambda: after(window))

    sys.exit(run(["tangnet"], open_runtime=scripted, open_ear=open_ear, on_painted=painted))
