"""Tangnet among the programs of a desktop."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app import desktop_entry
from app.cli import main
from app.commands.window import whole
from app.errors import TangnetError
from app.login_item import command
from app.settings import Settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's data, and a tool of the desktop that writes down what it is called with."""
    tools = tmp_path / "bin"
    tools.mkdir()
    tool = tools / "update-desktop-database"
    tool.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/told"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def read(file: Path) -> dict[str, str]:
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    assert head == "[Desktop Entry]"
    said = dict(line.split("=", 1) for line in lines)
    assert len(said) == len(lines)  # no key twice
    return said


def test_the_entry_is_written_and_taken_away(data: Path, tmp_path: Path) -> None:
    file, icon = data / "applications" / "tangnet.desktop", data / "icons/hicolor/scalable/apps/tangnet.svg"
    other = data / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\n")
    assert desktop_entry.keep(True, platform="linux") == [file, icon]
    said = read(file)
    assert (said["Type"], said["Name"], said["Icon"], said["Terminal"]) == (
        "Application",
        "Tangnet",
        "tangnet",
        "false",
    )
    assert shlex.split(said["Exec"]) == [*command(), "open", "%U"]
    kinds = said["MimeType"].rstrip(";").split(";")
    assert {"application/pdf", "text/plain", "audio/mpeg", "x-scheme-handler/tangnet"} <= set(kinds)
    assert len(kinds) == len(set(kinds))
    assert ElementTree.fromstring(icon.read_text()).tag == "{http://www.w3.org/2000/svg}svg"
    assert (tmp_path / "told").read_text().split() == [str(file.parent)]
    desktop_entry.keep(True, platform="linux")
    assert desktop_entry.keep(False, platform="linux") == [file, icon]
    assert sorted(path.name for path in data.rglob("*.*")) == ["other.desktop"]
    assert desktop_entry.keep(False, platform="linux") == []
    assert len((tmp_path / "told").read_text().split()) == 3


def test_the_desktops_own_check_has_nothing_to_say(data: Path) -> None:
    tool = shutil.which("desktop-file-validate")
    if tool is None:
        pytest.skip("desktop-file-validate is not installed")
    desktop_entry.keep(True, platform="linux")
    done = subprocess.run(
        [tool, str(data / "applications/tangnet.desktop")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_usual_folder_and_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "not/whole")
    (file, _) = desktop_entry.keep(True, platform="linux", home=tmp_path)
    assert file == tmp_path / ".local/share/applications/tangnet.desktop" and file.is_file()
    (tmp_path / "data").write_text("a file, not a folder")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with pytest.raises(TangnetError, match="could not be changed"):
        desktop_entry.keep(True, platform="linux")
    with pytest.raises(TangnetError, match="macOS"):
        desktop_entry.keep(True, platform="darwin", home=tmp_path)


def test_the_command_writes_it_and_the_setting_follows(data: Path, home: Path) -> None:
    for word, state, on in (("--install", "written", True), ("--remove", "removed", False)):
        out = io.StringIO()
        assert main(["desktop", word, "--json"], out=out) == 0
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [(Path(line["path"]).name, line["state"]) for line in lines] == [
            ("tangnet.desktop", state), ("tangnet.svg", state),
        ]  # fmt: skip
        assert (data / "applications/tangnet.desktop").exists() is on
        assert Settings.load(home / "settings.toml").window_programs is on
    assert main(["desktop"], out=io.StringIO(), err=io.StringIO()) == 2


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tangnet://conversation/0123456789ab", "tangnet://conversation/0123456789ab"),
        ("file:///home/a%20b/c%C3%A4.pdf", "/home/a b/cä.pdf"),
        ("file://localhost/c.pdf", "/c.pdf"),
        ("/home/a%20b.pdf", "/home/a%20b.pdf"),
    ],
)
def test_what_a_desktop_opens_is_understood(word: str, meant: str) -> None:
    assert whole(word) == meant
