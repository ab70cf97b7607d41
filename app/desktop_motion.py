"""Asks the system whether things on the screen shall move less: one question for each desktop, none over a network."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SECONDS = 2.0
"""So long a desktop may take to answer."""
_GNOME = ("gsettings", "get", "org.gnome.desktop.interface", "enable-animations")
_MAC = ("defaults", "read", "com.apple.universalaccess", "reduceMotion")
_CLIENT_AREA_ANIMATION = 0x1042
"""SPI_GETCLIENTAREAANIMATION of Windows' SystemParametersInfo."""


def less_motion_wished(
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    said: Callable[[Sequence[str]], str] | None = None,
) -> bool:
    """Return whether the system is asked for less motion; False where it cannot say. Blocks for some milliseconds.

    Args:
        platform: as sys.platform names it.
        environment: where the folder of KDE's settings is named.
        said: returns what a command writes, "" where there is none; None: runs it.
    """
    said = said or _run
    if platform == "win32":
        return _windows()
    if platform == "darwin":
        return said(_MAC) == "1"
    return said(_GNOME) == "false" or _kde(environment)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _kde(environment: Mapping[str, str]) -> bool:
    folder = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME", ""), ".config")
    kept = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        kept.read_string(Path(folder, "kdeglobals").read_text(encoding="utf-8"))
        return kept.getfloat("KDE", "AnimationDurationFactor", fallback=1.0) == 0.0
    except (OSError, ValueError, configparser.Error):
        return False


def _windows() -> bool:
    import ctypes

    system = getattr(ctypes, "windll", None)
    moves = ctypes.c_int(1)
    if system is not None:
        system.user32.SystemParametersInfoW(_CLIENT_AREA_ANIMATION, 0, ctypes.byref(moves), 0)
    return not moves.value
