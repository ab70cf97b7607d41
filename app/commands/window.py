"""`tangnet` alone: the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from app.errors import TangnetError

INSTEAD = 'Without a window: tangnet ask "…", tangnet --help.'


def open_window(words: Sequence[str] = ()) -> int:
    """Run the window until it is closed, or give `words`, links and files, to the one that is open.

    Raises:
        TangnetError: there is no display, Qt cannot be loaded, or the window that is open does not answer.
    """
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

    return run(sys.argv[:1], words=[whole(word) for word in words])


def whole(word: str) -> str:
    """Return a link as it is, and a file, which desktops may give as a file:// address, by its whole path."""
    if word.startswith("tangnet:"):
        return word
    if word.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        parts = urlsplit(word)
        if parts.netloc in ("", "localhost"):
            return url2pathname(parts.path)
    return os.path.abspath(word)
