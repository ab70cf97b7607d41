"""Starting when the user logs in: one file or registry value of the user's own, made and taken away.

Linux: the XDG autostart specification 0.5. macOS: a launch agent. Windows: the Run key of the current user.
"""

from __future__ import annotations

import contextlib
import os
import plistlib
import sys
from pathlib import Path

from app.errors import TangnetError

NAME = "tangnet"
_LABEL = "org.tangnet.desktop"
_RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


def command() -> list[str]:
    """Return what starts this program again: the script beside this interpreter, else the module."""
    script = Path(sys.executable).with_name(f"{NAME}.exe" if sys.platform == "win32" else NAME)
    return [str(script)] if script.is_file() else [sys.executable, "-m", "app"]


def keep(on: bool, *, platform: str = sys.platform, home: Path | None = None) -> None:
    """Let the program start at login, or no longer.

    Args:
        on: whether it shall.
        platform: as `sys.platform`.
        home: the user's folder; None: the one of this user.

    Raises:
        TangnetError: the system does not let it be written.
    """
    home = home or Path.home()
    try:
        if platform == "win32":
            _registry(on)
        elif platform == "darwin":
            _file(on, home / "Library" / "LaunchAgents" / f"{_LABEL}.plist", plistlib.dumps(
                {"Label": _LABEL, "ProgramArguments": command(), "RunAtLoad": True, "ProcessType": "Interactive"}
            ))  # fmt: skip
        else:
            folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
            _file(on, folder / "autostart" / f"{NAME}.desktop", _entry().encode())
    except OSError as error:
        raise TangnetError(
            f"Starting at login could not be changed: {error}.",
            code="login",
            hint="Add Tangnet to the programs that start at login in the settings of your system.",
        ) from error


def _entry() -> str:
    return (
        "[Desktop Entry]\nType=Application\nName=Tangnet\nComment=Assistant over your own documents\n"
        f"Exec={' '.join(map(quoted, command()))}\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )


def quoted(word: str) -> str:
    """Return an argument as the Exec key wants it: quoted twice, once for Exec and once for the file."""
    inside = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in word).replace("%", "%%")
    return '"' + inside.replace("\\", "\\\\") + '"'


def _file(on: bool, place: Path, content: bytes) -> None:
    if on:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_suffix(".tmp")
        temporary.write_bytes(content)
        os.replace(temporary, place)
    else:
        place.unlink(missing_ok=True)


def _registry(on: bool) -> None:
    if sys.platform == "win32":
        import subprocess
        import winreg

        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN, 0, winreg.KEY_SET_VALUE) as key:
            if on:
                winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(command()))
            else:
                with contextlib.suppress(FileNotFoundError):
                    winreg.DeleteValue(key, NAME)
