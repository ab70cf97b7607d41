"""The keyboard of an X server: who has it, what its keys mean, and pressing them (XTEST). Every call waits for it.

XTEST and XKB are spoken without their libraries (libxcb-xtest is seldom installed): three requests of fixed length.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Mapping, Sequence
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_void_p
from functools import cache
from typing import Any

from app.errors import VoiceError
from app.voice.xcb import Cookie, Xcb, typed

Rows = Mapping[int, tuple[int, ...]]
"""The X keysyms of each key code: of the first layout without and with Shift, then of the second one."""
NO_SYMBOL = 0
_POINTER_ROOT = 1
_PRESS, _RELEASE = 2, 3
_CORE_KEYBOARD = 0x100
_GROUP_BIT = 13
_MIN_KEY_AT = 34
"""Where the smallest key code stands in the server's greeting; the greatest one follows."""


class _Extension(Structure):
    _fields_ = (("name", c_char_p), ("number", c_int))


class _Part(Structure):
    _fields_ = (("base", c_void_p), ("length", c_size_t))


class _Request(Structure):
    _fields_ = (("count", c_size_t), ("extension", POINTER(_Extension)), ("opcode", c_uint8), ("silent", c_uint8))


class Keyboard:
    """One connection to a server."""

    def __init__(self, display: str) -> None:
        """Connect. Raises VoiceError: no such server, or it offers no XTEST."""
        self._xcb = xcb = Xcb()
        library = xcb.library
        self._send = typed(library.xcb_send_request, c_uint32, c_void_p, c_int, c_void_p, POINTER(_Request))
        self._reply = typed(library.xcb_wait_for_reply, c_void_p, c_void_p, c_uint32, POINTER(c_void_p))
        self._extension = typed(library.xcb_get_extension_data, c_void_p, c_void_p, POINTER(_Extension))
        self._get_focus = typed(library.xcb_get_input_focus, Cookie, c_void_p)
        self._get_pointer = typed(library.xcb_query_pointer, Cookie, c_void_p, c_uint32)
        self._get_keymap = typed(library.xcb_query_keymap, Cookie, c_void_p)
        self._get_modifiers = typed(library.xcb_get_modifier_mapping, Cookie, c_void_p)
        self._get_rows = typed(library.xcb_get_keyboard_mapping, Cookie, c_void_p, c_uint8, c_uint8)
        self._set_rows = typed(
            library.xcb_change_keyboard_mapping, Cookie, c_void_p, c_uint8, c_uint8, c_uint8, POINTER(c_uint32)
        )
        self._connection, self._root = xcb.connect(display)
        self._xtest, self._xkb = _Extension(b"XTEST", 0), _Extension(b"XKEYBOARD", 0)
        greeting = ctypes.string_at(xcb.setup(self._connection), _MIN_KEY_AT + 2)
        self._first, self._last = greeting[_MIN_KEY_AT], greeting[_MIN_KEY_AT + 1]
        if not self._offers(self._xtest):
            self.close()
            raise VoiceError("This X server lets no program type (it has no XTEST).", code="voice_no_typing")
        self._locks = self._offers(self._xkb)
        if self._locks:
            self._answer(self._ask(self._xkb, 0, struct.pack("=4xHH", 1, 0)))

    def close(self) -> None:
        """Let go of the server."""
        self._xcb.disconnect(self._connection)

    def focus(self) -> int:
        """Return the window that gets the keys, 0 for none. Raises OSError."""
        (window,) = struct.unpack_from("=8xI", self._answer(self._get_focus(self._connection).sequence))
        if window == _POINTER_ROOT:
            (window,) = struct.unpack_from("=12xI", self._pointer())
        return 0 if window == self._root else int(window)

    def held(self, modifiers: int) -> bool:
        """Whether a key is held down, or one of `modifiers` (a mask) is in force. Raises OSError."""
        keys = self._answer(self._get_keymap(self._connection).sequence)[8:40]
        (mask,) = struct.unpack_from("=24xH", self._pointer())
        return any(keys) or bool(mask & modifiers)

    def state(self, caps: int) -> tuple[int, bool]:
        """Return the layout that is on, from 0, and whether the mask `caps` is in force. Raises OSError."""
        (mask,) = struct.unpack_from("=24xH", self._pointer())
        return mask >> _GROUP_BIT & 3, bool(mask & caps)

    def rows(self) -> Rows:
        """Return what the keys mean. Raises OSError."""
        count = self._last - self._first + 1
        answer = self._answer(self._get_rows(self._connection, self._first, count).sequence)
        width = answer[1]
        symbols = struct.unpack_from(f"={count * width}I", answer, 32)
        return {self._first + at: symbols[at * width : (at + 1) * width] for at in range(count)}

    def modifiers(self) -> list[set[int]]:
        """Return the keys of the eight modifiers, Shift first. Raises OSError."""
        answer = self._answer(self._get_modifiers(self._connection).sequence)
        width = answer[1]
        return [set(answer[32 + at * width : 32 + (at + 1) * width]) - {0} for at in range(8)]

    def give(self, symbols: Mapping[int, int]) -> None:
        """Give keys a symbol each, in all places, so that neither Shift nor the layout matters. Raises OSError."""
        for code, value in symbols.items():
            self._set_rows(self._connection, 1, code, 4, (c_uint32 * 4)(*[value] * 4))
        self._sync()

    def lock(self, group: int, *, caps: bool) -> None:
        """Switch to a layout, and Caps Lock on or off; nothing where the server cannot. Raises OSError."""
        if self._locks:
            body = struct.pack("=4xHBBBBBxxBH", _CORE_KEYBOARD, 2, 2 if caps else 0, 1, group, 0, 0, 0)
            self._ask(self._xkb, 5, body, silent=True)
            self._sync()

    def press(self, keys: Sequence[tuple[bool, int]]) -> None:
        """Press and let go of keys (down, code) in order; returns when the server has done so. Raises OSError."""
        for down, code in keys:
            body = struct.pack("=4xBBxxII8xHH7xB", _PRESS if down else _RELEASE, code, 0, self._root, 0, 0, 0)
            self._ask(self._xtest, 2, body, silent=True)
        self._sync()

    def _offers(self, extension: _Extension) -> bool:
        data = self._extension(self._connection, byref(extension))
        return bool(data) and ctypes.string_at(data, 9)[8] != 0

    def _ask(self, extension: _Extension, opcode: int, body: bytes, *, silent: bool = False) -> int:
        """Send a request of an extension; libxcb needs room for two parts in front of it."""
        held = ctypes.create_string_buffer(body, len(body))
        parts = (_Part * 3)()
        parts[2] = _Part(ctypes.cast(held, c_void_p), len(body))
        request = _Request(1, ctypes.pointer(extension), opcode, silent)
        return int(self._send(self._connection, 0, ctypes.addressof(parts) + 2 * ctypes.sizeof(_Part), byref(request)))

    def _pointer(self) -> bytes:
        return self._answer(self._get_pointer(self._connection, self._root).sequence)

    def _sync(self) -> None:
        self._answer(self._get_focus(self._connection).sequence)

    def _answer(self, sequence: int) -> bytes:
        """Return the answer to a request. Raises OSError when there is none."""
        error = c_void_p()
        pointer = self._reply(self._connection, sequence, byref(error))
        if error.value:
            self._xcb.free(error)
        if not pointer:
            raise ConnectionError("the X server gave no answer")
        (length,) = struct.unpack_from("=4xI", ctypes.string_at(pointer, 8))
        answer = ctypes.string_at(pointer, 32 + 4 * length)
        self._xcb.free(pointer)
        # What the server tells of its own accord is not for us, but would be kept for ever.
        while event := self._xcb.poll(self._connection):
            self._xcb.free(event)
        return answer


def symbol(character: str) -> int:
    """Return the X keysym of a character."""
    code = ord(character)
    return code if 0x20 <= code < 0x7F or 0xA0 <= code < 0x100 else 0x01000000 | code


def characters(symbols: Sequence[int]) -> tuple[str, ...]:
    """Return the characters of X keysyms; "" where one is none, or is of the number block (terminals want no signs)."""
    return tuple("" if 0xFF00 <= one < 0x10000 else _character(one) for one in symbols)


@cache
def _character(value: int) -> str:
    code = _to_unicode()(value)
    return chr(code) if code >= 0x20 and not 0x7F <= code < 0xA0 else ""


@cache
def _to_unicode() -> Any:
    """Return what turns a keysym into a code point: libxkbcommon knows the old names, as of Cyrillic letters."""
    try:
        return typed(ctypes.CDLL("libxkbcommon.so.0").xkb_keysym_to_utf32, c_uint32, c_uint32)
    except OSError:
        return _plain


def _plain(value: int) -> int:
    if value >> 24 == 1:
        return value & 0xFFFFFF
    return value if 0x20 <= value < 0x100 else 0
