"""A talk key for the whole desktop: what it is called, what it tells, and which way this desktop offers.

| where | way | tells the release | Escape |
|---|---|---|---|
| X11 | `hotkeys_x11`: a grab through libxcb | yes | yes |
| Wayland | `hotkeys_portal`: GlobalShortcuts over D-Bus | mostly; `ReleaseSense` finds out | in the window |
| Windows, macOS | `hotkeys_listener`: pynput | yes | yes |
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.errors import VoiceError

_MODIFIERS = {
    "ctrl": "Ctrl", "control": "Ctrl", "alt": "Alt", "option": "Alt", "shift": "Shift", "meta": "Meta", "super": "Meta",
    "win": "Meta", "cmd": "Meta",
}  # fmt: skip
_NAMED = {
    "space": "Space", "pause": "Pause", "ins": "Insert", "insert": "Insert", "home": "Home", "end": "End",
    "pgup": "PageUp", "pageup": "PageUp", "pgdown": "PageDown", "pagedown": "PageDown", "scrolllock": "ScrollLock",
    "print": "Print", "menu": "Menu",
}  # fmt: skip
_ALONE = re.compile(r"F\d+|Pause|ScrollLock|Insert|Menu|Print")
"""Keys that may be taken from all other programs without a modifier: nobody writes with them."""

NO_RELEASE = "This desktop does not tell when the key is let go: press once to talk, and again to end."


@dataclass(frozen=True, slots=True)
class Chord:
    """A key with its modifiers."""

    key: str
    """F1…F24, A…Z, 0…9, Space, Pause, Insert, Home, End, PageUp, PageDown, ScrollLock, Print or Menu."""
    modifiers: frozenset[str] = frozenset()
    """Of Ctrl, Alt, Shift, Meta."""

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Read "Ctrl+Alt+Space" as the settings write it. Raises VoiceError with code voice_bad_key."""
        *modifiers, key = (part.strip() for part in text.split("+"))
        found = _NAMED.get(key.lower().replace(" ", ""), key.upper())
        known = {_MODIFIERS.get(modifier.lower(), "") for modifier in modifiers}
        if not re.fullmatch(r"F([1-9]|1\d|2[0-4])|[A-Z0-9]", found) and found not in _NAMED.values():
            raise VoiceError(
                f"“{text}” is not a key that can be used everywhere.",
                code="voice_bad_key",
                hint="Choose a letter, a digit, F1 to F24, Space, Pause or Insert, with Ctrl, Alt, Shift or Meta.",
            )
        if "" in known or (not known - {"Shift"} and not _ALONE.fullmatch(found)):
            raise VoiceError(
                f"“{text}” would be taken away from all other programs.",
                code="voice_bad_key",
                hint="Add Ctrl, Alt or Meta, or choose F1 to F24, Pause or Insert.",
            )
        return cls(found, frozenset(known))

    def __str__(self) -> str:
        return "+".join([*(name for name in ("Ctrl", "Alt", "Shift", "Meta") if name in self.modifiers), self.key])


@dataclass(frozen=True, slots=True)
class KeyEvents:
    """Whom to tell; all are called in the asyncio thread."""

    pressed: Callable[[], None]
    released: Callable[[], None]
    escaped: Callable[[], None]
    """Escape was pressed while `watch_escape` asked for it, or while the key was held."""
    notice: Callable[[str], None]
    """A sentence for the user."""
    lost: Callable[[VoiceError], None]
    """The key works no more; the object is closed."""


class GlobalKey(Protocol):
    """One talk key for the whole desktop."""

    async def open(self) -> None:
        """Take the key. Raises VoiceError: it is taken, or this desktop offers no way."""
        ...

    def watch_escape(self, on: bool) -> None:
        """Take Escape too, as long as somebody talks without holding the key."""
        ...

    async def close(self) -> None:
        """Let go of the key; safe at any time and twice."""
        ...


def global_key(
    key: str, events: KeyEvents, *, environment: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> GlobalKey:
    """Return the talk key of this desktop, not opened yet; `key` as in the setting voice.key. Raises VoiceError."""
    chord = Chord.parse(key)
    if platform in ("win32", "darwin"):
        from app.voice.hotkeys_listener import ListenedKey

        return ListenedKey(chord, events)
    if environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland":
        from app.voice.hotkeys_portal import PortalKey

        return PortalKey(chord, events, address=environment.get("DBUS_SESSION_BUS_ADDRESS", ""))
    if environment.get("DISPLAY"):
        from app.voice.hotkeys_x11 import X11Key

        return X11Key(chord, events, display=environment["DISPLAY"])
    raise VoiceError(
        "There is no desktop here, so there is no key for the whole of it.",
        code="voice_no_hotkey",
        hint="Use the talk key in the window.",
    )


class ReleaseSense:
    """Pure: press and release out of what a desktop tells that may know no release.

    Such a desktop says "activated" only, or "deactivated" in the same moment. Once that is seen, each activation is a
    tap: press and release at once, so that the next one ends the utterance. Times in seconds, of any clock.
    """

    REPEAT = 0.75
    """Activations closer than this are the repetition of a held key (it begins after 0.2–0.66 s)."""
    AT_ONCE = 0.03
    """No finger lets go so soon (quick taps take 0.05 s and more)."""

    def __init__(self, events: KeyEvents) -> None:
        self._events = events
        self._held = False
        self._taps = False
        self._activated = float("-inf")

    @property
    def taps(self) -> bool:
        """True once it is known that no release is told."""
        return self._taps

    def activated(self, now: float) -> None:
        """The desktop says that the key was pressed."""
        again = now - self._activated < self.REPEAT
        self._activated = now
        if self._taps:
            if not again:
                self._events.pressed()
                self._events.released()
        elif not self._held:
            self._held = True
            self._events.pressed()
        elif not again:  # a second press of a key that was never let go
            self._held = False
            self._only_taps()
            self._events.released()

    def deactivated(self, now: float) -> None:
        """The desktop says that the key was let go."""
        if not self._held or self._taps:
            return
        self._held = False
        if now - self._activated < self.AT_ONCE:
            self._only_taps()
        self._events.released()

    def lost(self) -> None:
        """Nothing more will be told: a key that is held counts as let go."""
        if self._held:
            self._held = False
            self._events.released()

    def _only_taps(self) -> None:
        self._taps = True
        self._events.notice(NO_RELEASE)
