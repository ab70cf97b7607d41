"""Tangnet among the user's programs: an entry with its icon, offered for files and for tangnet:// links.

Linux: the Desktop Entry specification, the icon theme and the MIME applications specifications of
freedesktop.org, in the user's own data folder. Windows: the user's own registry, for links alone. macOS takes only
whole program bundles.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from app.errors import TangnetError
from app.links import SCHEME
from app.login_item import NAME, command, quoted

UPDATE_SECONDS = 20.0
MIME = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/rtf",
    "application/epub+zip",
    "application/vnd.ms-outlook",
    "application/x-ipynb+json",
    "message/rfc822",
    "text/plain", "text/markdown", "text/x-rst", "text/html", "text/csv",
    "image/png", "image/jpeg", "image/tiff",
    "audio/x-wav", "audio/wav", "audio/mpeg", "audio/mp4", "audio/flac", "audio/ogg", "audio/x-opus+ogg", "audio/aac",
    "video/mp4", "video/quicktime", "video/x-matroska", "video/webm",
)  # fmt: skip
"""What the library reads, as desktops name it; Tangnet is offered for it and made the usual program for none of it."""
ICON = """<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 120 120">
  <rect width="120" height="120" rx="26.4" fill="#0f766e"/>
  <g transform="translate(12 12) scale(4)" fill="none" stroke="#ffffff" stroke-width="1.8">
    <circle cx="8.5" cy="9" r="4.6"/><circle cx="15.5" cy="9" r="4.6"/><circle cx="12" cy="15.2" r="4.6"/>
  </g>
</svg>
"""
"""As `app.ui.icons.app_icon` paints it."""
_CLASSES = rf"Software\Classes\{SCHEME}"


def keep(on: bool, *, platform: str = sys.platform, home: Path | None = None) -> list[Path]:
    """Write the entry, or take it away; returns the files that were written or removed.

    Args:
        on: whether it shall be there.
        platform: as `sys.platform`.
        home: the user's folder; None: the one of this user.

    Raises:
        TangnetError: the system does not let it be written, or has no place for it.
    """
    try:
        if platform == "win32":
            _registry(on)
            return []
        if platform == "darwin":
            raise TangnetError(
                "On macOS only a program bundle can stand among the programs.",
                code="desktop",
                hint="Start it with the command tangnet.",
            )
        return _files(on, _data(home))
    except OSError as error:
        raise TangnetError(f"The entry among the programs could not be changed: {error}.", code="desktop") from error


def _data(home: Path | None) -> Path:
    """Return the folder of the user's data; what is no whole path does not count, as the specification says."""
    named = os.environ.get("XDG_DATA_HOME", "")
    return Path(named) if os.path.isabs(named) else (home or Path.home()) / ".local" / "share"


def _files(on: bool, data: Path) -> list[Path]:
    icons = data / "icons" / "hicolor"
    changed = []
    for place, content in (
        (data / "applications" / f"{NAME}.desktop", entry()),
        (icons / "scalable" / "apps" / f"{NAME}.svg", ICON),
    ):
        if on:
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_suffix(".tmp")
            temporary.write_text(content, encoding="utf-8")
            os.replace(temporary, place)
        elif place.exists():
            place.unlink()
        else:
            continue
        changed.append(place)
    if changed and icons.is_dir():
        with contextlib.suppress(OSError):
            os.utime(icons)  # desktops look there again when its time is another one
    if changed:
        _tell(data / "applications")
    return changed


def _tell(applications: Path) -> None:
    """Let the desktop know which program takes which files, where its tool for that is installed."""
    tool = shutil.which("update-desktop-database")
    if tool is not None and applications.is_dir():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([tool, str(applications)], timeout=UPDATE_SECONDS, capture_output=True, check=False)


def entry() -> str:
    """Return the desktop entry."""
    return "\n".join(
        [
            "[Desktop Entry]",
            "Version=1.0",
            "Type=Application",
            "Name=Tangnet",
            "GenericName=Assistant",
            "GenericName[de]=Assistent",
            "Comment=Assistant over your own documents",
            "Comment[de]=Assistent über die eigenen Dokumente",
            f"Exec={' '.join(map(quoted, command()))} open %U",
            f"Icon={NAME}",
            "Terminal=false",
            "StartupNotify=true",
            f"StartupWMClass={NAME}",
            "Categories=Office;",
            "Keywords=documents;questions;dictation;recording;assistant;",
            "Keywords[de]=Dokumente;Fragen;Diktat;Aufnahme;Assistent;",
            f"MimeType={';'.join(MIME)};x-scheme-handler/{SCHEME};",
            "InitialPreference=1",
            "",
        ]
    )


def _registry(on: bool) -> None:
    if sys.platform == "win32":
        import winreg

        user = winreg.HKEY_CURRENT_USER
        if on:
            with winreg.CreateKey(user, _CLASSES) as key:
                winreg.SetValueEx(key, "", 0, winreg.REG_SZ, "URL:Tangnet")
                winreg.SetValueEx(key, "URL Protocol", 0, winreg.REG_SZ, "")
            with winreg.CreateKey(user, rf"{_CLASSES}\shell\open\command") as key:
                opens = f'{subprocess.list2cmdline([*command(), "open"])} "%1"'
                winreg.SetValueEx(key, "", 0, winreg.REG_SZ, opens)
        else:
            for place in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
                with contextlib.suppress(FileNotFoundError):
                    winreg.DeleteKey(user, _CLASSES + place)
