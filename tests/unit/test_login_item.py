"""Starting when the user logs in."""

from __future__ import annotations

import plistlib
import shlex
import sys
from pathlib import Path

import pytest

from app import login_item
from app.errors import TangnetError


def test_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(login_item, "command", lambda: ["/opt/a b$c/100%/tangnet", 'x"y\\z'])
    file = tmp_path / ".config" / "autostart" / "tangnet.desktop"
    login_item.keep(True, platform="linux", home=tmp_path)
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    assert lines["Type"] == "Application" and lines["Terminal"] == "false"
    # The file takes one backslash of two away, then % is doubled, then it is quoted as a shell quotes.
    exec_key = lines["Exec"].replace("\\\\", "\\").replace("%%", "%")
    words = [word.replace("\\$", "$") for word in shlex.split(exec_key)]  # shlex leaves that one, a shell does not
    assert words == ["/opt/a b$c/100%/tangnet", 'x"y\\z']
    login_item.keep(True, platform="linux", home=tmp_path)
    login_item.keep(False, platform="linux", home=tmp_path)
    assert not file.exists()
    login_item.keep(False, platform="linux", home=tmp_path)


def test_the_folder_of_the_desktop_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    login_item.keep(True, platform="linux", home=tmp_path)
    assert (tmp_path / "elsewhere" / "autostart" / "tangnet.desktop").is_file()


def test_macos(tmp_path: Path) -> None:
    login_item.keep(True, platform="darwin", home=tmp_path)
    (file,) = (tmp_path / "Library" / "LaunchAgents").iterdir()
    assert plistlib.loads(file.read_bytes())["ProgramArguments"] == login_item.command()
    login_item.keep(False, platform="darwin", home=tmp_path)
    assert not file.exists()


def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("a file, not a folder")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(TangnetError, match="could not be changed"):
        login_item.keep(True, platform="linux", home=tmp_path)


def test_it_starts_this_program() -> None:
    first = login_item.command()[0]
    assert Path(first).parent == Path(sys.executable).parent
