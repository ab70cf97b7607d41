"""The talk key under X11: a passive grab through libxcb, read by the asyncio loop without a thread."""

from __future__ import annotations

import asyncio
from ctypes import Structure, c_uint8, c_uint16, c_uint32, c_void_p, cast

from app.errors import VoiceError
from app.voice.hotkeys import Chord, KeyEvents
from app.voice.xcb import Xcb

_KEY_PRESS, _KEY_RELEASE, _MAPPING = 2, 3, 34
_ASYNC = 1
_MASKS = {"Shift": 1, "Ctrl": 4, "Alt": 8, "Meta": 64}
_LOCKS = (0, 2, 16, 18)
"""Caps Lock and Num Lock must not matter: the key is grabbed with each combination of them."""
_ANY_MODIFIER = 0x8000
_ESCAPE = 0xFF1B
_KEYSYMS = {
    "Space": 0x20, "Pause": 0xFF13, "Insert": 0xFF63, "Home": 0xFF50, "End": 0xFF57, "PageUp": 0xFF55,
    "PageDown": 0xFF56, "ScrollLock": 0xFF14, "Print": 0xFF61, "Menu": 0xFF67,
}  # fmt: skip
REPEAT_SECONDS = 0.01
"""A repeating key sends release and press with one time stamp; how long the second may come after the first."""


class _Event(Structure):
    """The head of every event; the fields of a key event."""

    _fields_ = (("kind", c_uint8), ("detail", c_uint8), ("sequence", c_uint16), ("time", c_uint32))


def keysym(key: str) -> int:
    """Return the X keysym of a Chord's key."""
    if key in _KEYSYMS:
        return _KEYSYMS[key]
    return 0xFFBD + int(key[1:]) if len(key) > 1 else ord(key.lower())


class X11Key:
    """A GlobalKey of an X server."""

    def __init__(self, chord: Chord, events: KeyEvents, *, display: str) -> None:
        """`display`: as in DISPLAY."""
        self._chord = chord
        self._events = events
        self._display = display
        self._modifiers = sum(_MASKS[name] for name in chord.modifiers)
        self._connection: int | None = None
        self._root = 0
        self._codes: tuple[int, ...] = ()
        self._escapes: tuple[int, ...] = ()
        self._held = 0
        """The key code that is down; 0: none."""
        self._let_go: tuple[int, int] | None = None
        """Code and time stamp of a release that may be a repetition."""
        self._later: asyncio.TimerHandle | None = None
        self._watching = False
        self._regrab: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take the key; see GlobalKey."""
        self._xcb = await asyncio.to_thread(Xcb)
        await asyncio.to_thread(self._connect)
        try:
            await asyncio.to_thread(self._grab)
        except BaseException:
            await self.close()
            raise
        assert self._connection is not None
        self._fd = self._xcb.fileno(self._connection)
        asyncio.get_running_loop().add_reader(self._fd, self._read)
        self._read()  # what came meanwhile lies in libxcb's own queue, which wakes nobody

    def watch_escape(self, on: bool) -> None:
        """Take Escape, or give it back; see GlobalKey. Where another program has it, it works in the window."""
        if self._connection is None or on == self._watching:
            return
        self._watching = on
        for code in self._escapes:
            if on:
                self._xcb.grab(self._connection, 0, self._root, _ANY_MODIFIER, code, _ASYNC, _ASYNC)
            else:
                self._xcb.ungrab(self._connection, code, self._root, _ANY_MODIFIER)
        self._xcb.flush(self._connection)

    async def close(self) -> None:
        """Let go of the key; see GlobalKey."""
        regrab, self._regrab = self._regrab, None
        if regrab is not None and not regrab.done():
            await asyncio.wait((regrab,))
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if connection is not None:
            asyncio.get_running_loop().remove_reader(self._xcb.fileno(connection))
            self._xcb.disconnect(connection)

    # ------------------------------------------------------------------ in a thread: these wait for the server

    def _connect(self) -> None:
        self._connection, self._root = self._xcb.connect(self._display)

    def _grab(self) -> None:
        """Look up the key codes and take them. Raises VoiceError."""
        codes = self._look_up(keysym(self._chord.key))
        self._escapes = self._look_up(_ESCAPE)
        if not codes:
            raise VoiceError(
                f"This keyboard has no key {self._chord.key}.", code="voice_bad_key", hint="Choose another talk key."
            )
        taken = self._connection, 0, self._root
        cookies = [
            self._xcb.grab_checked(*taken, self._modifiers | lock, code, _ASYNC, _ASYNC)
            for code in codes
            for lock in _LOCKS
        ]
        refused = [error for cookie in cookies if (error := self._xcb.check(self._connection, cookie))]
        for error in refused:
            self._xcb.free(error)
        if refused:
            raise VoiceError(
                f"Another program has taken the key {self._chord}.",
                code="voice_key_taken",
                hint="Choose another talk key, or end that program.",
            )
        self._codes = codes

    def _look_up(self, symbol: int) -> tuple[int, ...]:
        symbols = self._xcb.symbols(self._connection)
        found = self._xcb.keycodes(symbols, symbol)
        codes: list[int] = []
        while found and found[len(codes)]:
            codes.append(found[len(codes)])
        self._xcb.free(cast(found, c_void_p))
        self._xcb.symbols_free(symbols)
        return tuple(codes)

    # ------------------------------------------------------------------ in the asyncio thread

    def _read(self) -> None:
        """Take what the server sent."""
        self._take_events()
        if self._let_go is not None and self._later is None:
            self._later = asyncio.get_running_loop().call_later(REPEAT_SECONDS, self._settle)

    def _settle(self) -> None:
        """Nothing came that makes the release a repetition."""
        self._take_events()
        if self._let_go is not None:
            self._up()

    def _take_events(self) -> None:
        while self._connection is not None and (pointer := self._xcb.poll(self._connection)):
            event = _Event.from_address(pointer)
            kind, code, time = event.kind & 0x7F, event.detail, event.time
            self._xcb.free(pointer)
            if kind == _KEY_PRESS:
                self._down(code, time)
            elif kind == _KEY_RELEASE and code == self._held:
                self._let_go = (code, time)
            elif kind == _MAPPING and (self._regrab is None or self._regrab.done()):
                self._regrab = asyncio.get_running_loop().create_task(self._grab_again(), name="talk key")
        if self._connection is not None and self._xcb.broken(self._connection):
            self._disconnect()
            self._up()
            self._events.lost(
                VoiceError("The talk key is lost: the X server ended.", code="voice_no_hotkey", hint="Start again.")
            )

    def _down(self, code: int, time: int) -> None:
        if self._let_go == (code, time):  # the key repeats
            self._let_go = None
            self._stop_timer()
        elif code in self._escapes:
            self._events.escaped()
        elif code in self._codes and not self._held:
            self._held = code
            self._events.pressed()
        elif code == self._held and self._let_go is not None:  # let go and pressed again within REPEAT_SECONDS
            self._up()
            self._held = code
            self._events.pressed()

    def _up(self) -> None:
        self._stop_timer()
        self._let_go = None
        if self._held:
            self._held = 0
            self._events.released()

    def _stop_timer(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    async def _grab_again(self) -> None:
        """Another keyboard layout: the key may have another code."""
        try:
            for code in self._codes:
                self._xcb.ungrab(self._connection, code, self._root, _ANY_MODIFIER)
            watching, self._watching = self._watching, False
            await asyncio.to_thread(self._grab)
            self.watch_escape(watching)
        except VoiceError as error:
            self._disconnect()
            self._events.lost(error)
