"""What only the operating system knows, asked through ctypes: time spent asleep, and which microphone is the default.

Linux is asked through its sound server (sound_server.py), which moves streams by itself when the default changes. The
calls for macOS and Windows follow Apple's and Microsoft's documentation; the tests do not run them.
"""

from __future__ import annotations

import ctypes
import sys
import time


def asleep_seconds() -> float:
    """Return how long this computer has slept since some moment, as far as the clocks tell; look at differences."""
    if sys.platform == "win32":
        awake = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(awake))  # 100 ns, stands still in sleep
        return time.monotonic() - awake.value / 1e7
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def default_input() -> str:
    """Return something that changes when the system's default microphone does; "" where that is not known.

    macOS: the number of the audio device. Windows: the number that the wave mapper prefers, and how many there are.
    """
    if sys.platform == "darwin":
        return _default_of_macos()
    if sys.platform == "win32":
        return _default_of_windows()
    return ""


def _default_of_macos() -> str:
    class Address(ctypes.Structure):
        _fields_ = (("selector", ctypes.c_uint32), ("scope", ctypes.c_uint32), ("element", ctypes.c_uint32))

    def four(code: bytes) -> int:
        return int.from_bytes(code, "big")

    audio = ctypes.CDLL("/System/Library/Frameworks/CoreAudio.framework/CoreAudio")
    address = Address(four(b"dIn "), four(b"glob"), 0)  # kAudioHardwarePropertyDefaultInputDevice
    device, size = ctypes.c_uint32(), ctypes.c_uint32(4)
    failed = audio.AudioObjectGetPropertyData(
        ctypes.c_uint32(1), ctypes.byref(address), ctypes.c_uint32(0), None, ctypes.byref(size), ctypes.byref(device)
    )
    return "" if failed else str(device.value)


def _default_of_windows() -> str:
    if sys.platform == "win32":
        preferred, flags = ctypes.c_uint32(), ctypes.c_uint32()
        mapper, get_preferred = ctypes.c_void_p(-1), 0x2000 + 21  # WAVE_MAPPER, DRVM_MAPPER_PREFERRED_GET
        failed = ctypes.windll.winmm.waveInMessage(mapper, get_preferred, ctypes.byref(preferred), ctypes.byref(flags))
        return "" if failed else f"{preferred.value} of {ctypes.windll.winmm.waveInGetNumDevs()}"
    return ""
