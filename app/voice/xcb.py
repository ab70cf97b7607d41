"""libxcb as far as Tangnet needs it: connecting to an X server, and the few functions with their types.

libxcb and libxcb-keysyms are what Qt's own X11 plug-in loads, so nothing has to be installed. (Xlib would end the
process when a key is taken; xcffib has no wheels.)
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint8, c_uint16, c_uint32, c_void_p
from typing import Any

from app.errors import VoiceError


class Cookie(Structure):
    """What stands for an answer that is still on its way."""

    _fields_ = (("sequence", ctypes.c_uint),)


class _Screens(Structure):
    _fields_ = (("data", POINTER(c_uint32)), ("rem", c_int), ("index", c_int))


class Xcb:
    """The few functions of libxcb, with their types."""

    def __init__(self) -> None:
        """Load the libraries. Raises VoiceError where they are not installed."""
        try:
            self.library, keys = ctypes.CDLL("libxcb.so.1"), ctypes.CDLL("libxcb-keysyms.so.1")
            self.free = ctypes.CDLL(None).free
        except OSError as error:
            raise VoiceError(
                "The X11 libraries for a key on the whole desktop are not installed.",
                code="voice_no_hotkey",
                hint="Install them with: sudo apt install libxcb1 libxcb-keysyms1",
            ) from error
        xcb = self.library
        self.free.argtypes, self.free.restype = (c_void_p,), None
        grab = (c_void_p, c_uint8, c_uint32, c_uint16, c_uint8, c_uint8, c_uint8)
        self._connect = typed(xcb.xcb_connect, c_void_p, c_char_p, POINTER(c_int))
        self.disconnect = typed(xcb.xcb_disconnect, None, c_void_p)
        self.broken = typed(xcb.xcb_connection_has_error, c_int, c_void_p)
        self.setup = typed(xcb.xcb_get_setup, c_void_p, c_void_p)
        self._screens = typed(xcb.xcb_setup_roots_iterator, _Screens, c_void_p)
        self.fileno = typed(xcb.xcb_get_file_descriptor, c_int, c_void_p)
        self.poll = typed(xcb.xcb_poll_for_event, c_void_p, c_void_p)
        self.flush = typed(xcb.xcb_flush, c_int, c_void_p)
        self.grab = typed(xcb.xcb_grab_key, Cookie, *grab)
        self.grab_checked = typed(xcb.xcb_grab_key_checked, Cookie, *grab)
        self.ungrab = typed(xcb.xcb_ungrab_key, Cookie, c_void_p, c_uint8, c_uint32, c_uint16)
        self.check = typed(xcb.xcb_request_check, c_void_p, c_void_p, Cookie)
        self.symbols = typed(keys.xcb_key_symbols_alloc, c_void_p, c_void_p)
        self.symbols_free = typed(keys.xcb_key_symbols_free, None, c_void_p)
        self.keycodes = typed(keys.xcb_key_symbols_get_keycode, POINTER(c_uint8), c_void_p, c_uint32)

    def connect(self, display: str) -> tuple[int, int]:
        """Return a connection to `display` and its root window; waits for the server. Raises VoiceError."""
        connection = self._connect(display.encode(), byref(c_int()))
        if self.broken(connection):
            self.disconnect(connection)
            raise VoiceError(
                f"The X server {display} does not answer.",
                code="voice_no_hotkey",
                hint="Use the talk key in the window.",
            )
        return int(connection), int(self._screens(self.setup(connection)).data[0])


def typed(function: Any, result: Any, *arguments: Any) -> Any:
    """Return a C function that knows its types."""
    function.restype, function.argtypes = result, arguments
    return function
