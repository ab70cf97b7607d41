"""`tangnet` alone: the window."""

from __future__ import annotations

import os
import sys

from app.errors import TangnetError

INSTEAD = 'Without a window: tangnet ask "…", tangnet --help.'


def open_window() -> int:
    """Run the window until it is closed. Raises TangnetError when there is no display, or Qt cannot be loaded."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        raise TangnetError("There is no display for a window here.", code="no_display", hint=INSTEAD)
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        raise TangnetError(
            f"The window needs PySide6, which cannot be loaded: {error}.",
            code="no_qt",
            hint=f"`python3 tangnet.py` sets it up. {INSTEAD}",
        ) from error
    from app.ui.application import run

    return run(sys.argv[:1])
