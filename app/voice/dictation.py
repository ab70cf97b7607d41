"""Dictation: what types a text into the program that has the keyboard, and on which desktops that can be done."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Protocol

from app.errors import VoiceError


class Typist(Protocol):
    """Types like somebody at the keyboard. All calls in the asyncio thread."""

    async def aim(self) -> int:
        """Return the window that has the keyboard now, 0 for none. Raises VoiceError."""
        ...

    async def type(self, text: str, window: int) -> None:
        """Type one line while `window` has the keyboard and nobody else types; cancelling stops it at once.

        Raises VoiceError: what was not typed, and why; part of the text may stand there.
        """
        ...

    async def close(self) -> None:
        """Let go of what was opened; safe twice."""
        ...


def typist(
    *, environment: Mapping[str, str] = os.environ, platform: str = sys.platform, windows: str = "xcb"
) -> Typist:
    """Return what types on this desktop; nothing is opened yet.

    Args:
        environment: Where the desktop says what it is.
        platform: As sys.platform.
        windows: How our own windows are made, as Qt names it.

    Raises:
        VoiceError: voice_no_typing, with a plain reason.
    """
    if platform == "darwin":
        raise _cannot("On macOS Tangnet does not type into other programs.")
    if platform == "win32":
        raise _cannot("On Windows Tangnet does not type into other programs.")
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        raise _cannot("Wayland lets no program type into another one.")
    if not environment.get("DISPLAY") or windows != "xcb":
        raise _cannot("There is no X11 desktop here to type on.")
    from app.voice.typing_x11 import X11Typist

    return X11Typist(display=environment["DISPLAY"])


def _cannot(reason: str) -> VoiceError:
    return VoiceError(reason, code="voice_no_typing", hint="Set voice.dictation to clipboard, and paste with Ctrl+V.")
