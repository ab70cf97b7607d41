"""The talk key under Windows and macOS: pynput's listener, which tells every key; all but the talk key are let go by.

macOS asks the user to allow "Input Monitoring" for the program; until then nothing is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from app.errors import VoiceError
from app.voice.hotkeys import Chord, KeyEvents

_MODIFIERS = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift", "cmd": "Meta"}
_NAMED = {
    "space": "Space", "pause": "Pause", "insert": "Insert", "home": "Home", "end": "End", "page_up": "PageUp",
    "page_down": "PageDown", "scroll_lock": "ScrollLock", "print_screen": "Print", "menu": "Menu",
}  # fmt: skip

MakeListener = Callable[[Callable[[Any], None], Callable[[Any], None]], Any]
"""Gets what to call on press and on release, in any thread; the result has `start` and `stop`."""


def pynput_listener(pressed: Callable[[Any], None], released: Callable[[Any], None]) -> Any:
    """Return pynput's listener. Raises VoiceError."""
    try:
        from pynput import keyboard
    except ImportError as error:
        raise VoiceError(
            "The Python package pynput is not installed.",
            code="voice_not_installed",
            hint='Install it with: pip install "tangnet[desktop]"',
        ) from error
    return keyboard.Listener(on_press=pressed, on_release=released)


def name_of(key: Any) -> str:
    """Return pynput's key as a Chord names it ("Ctrl" for both Ctrl keys); "" for what cannot be part of one."""
    name = getattr(key, "name", None)
    if name is None:
        code = getattr(key, "vk", None)  # with Ctrl held the character is a control character; the code stays
        if isinstance(code, int) and (ord("0") <= code <= ord("9") or ord("A") <= code <= ord("Z")):
            return chr(code)
        return (getattr(key, "char", None) or "").upper()
    name = str(name)
    if name[:1] == "f" and name[1:].isdigit():
        return name.upper()
    return "Escape" if name == "esc" else _NAMED.get(name, _MODIFIERS.get(name.split("_")[0], ""))


class ListenedKey:
    """A GlobalKey over a listener of all keys. It takes no key away: the talk key reaches other programs too."""

    def __init__(self, chord: Chord, events: KeyEvents, listener: MakeListener = pynput_listener) -> None:
        self._chord = chord
        self._events = events
        self._make = listener
        self._listener: Any = None
        self._down: set[str] = set()
        self._held = False
        self._watching = False

    async def open(self) -> None:
        """Begin to listen; see GlobalKey."""
        loop = asyncio.get_running_loop()

        def hand_over(what: Callable[[str], None]) -> Callable[[Any], None]:
            def told(key: Any) -> None:
                if name := name_of(key):
                    with contextlib.suppress(RuntimeError):  # the loop is closed
                        loop.call_soon_threadsafe(what, name)

            return told

        self._listener = await asyncio.to_thread(self._make, hand_over(self._pressed), hand_over(self._released))
        self._listener.start()

    def watch_escape(self, on: bool) -> None:
        """Tell Escape too, or not; see GlobalKey."""
        self._watching = on

    async def close(self) -> None:
        """Listen no more; see GlobalKey."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await asyncio.to_thread(listener.stop)

    def _pressed(self, name: str) -> None:
        if self._listener is None:
            return
        if name == "Escape" and (self._watching or self._held):
            self._events.escaped()
        self._down.add(name)
        wanted = self._chord.modifiers
        if name == self._chord.key and not self._held and self._down & set(_MODIFIERS.values()) == wanted:
            self._held = True
            self._events.pressed()

    def _released(self, name: str) -> None:
        self._down.discard(name)
        if self._listener is not None and self._held and name == self._chord.key:
            self._held = False
            self._events.released()
