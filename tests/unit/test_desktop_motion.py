"""Each desktop is asked in its own way whether less shall move; one that cannot say wishes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.desktop_motion import less_motion_wished


def says(program: str, words: str) -> Callable[[Sequence[str]], str]:
    """Return what runs a command where there is only that program."""
    return lambda command: words if command[0] == program else ""


@pytest.mark.parametrize(("words", "less"), [("false", True), ("true", False), ("", False)])
def test_gnome(words: str, less: bool, tmp_path: Path) -> None:
    assert less_motion_wished("linux", {"XDG_CONFIG_HOME": str(tmp_path)}, says("gsettings", words)) is less


@pytest.mark.parametrize(("words", "less"), [("1", True), ("0", False), ("", False)])
def test_macos(words: str, less: bool) -> None:
    assert less_motion_wished("darwin", {}, says("defaults", words)) is less


@pytest.mark.parametrize(
    ("kept", "less"),
    [
        ("[KDE]\nAnimationDurationFactor=0\n", True),
        ("[KDE]\nAnimationDurationFactor=0.5\n", False),
        ("[KDE]\nAnimationDurationFactor=much\n", False),
        ("[General]\nName=Breeze\n", False),
        ("no settings at all", False),
    ],
)
def test_kde(kept: str, less: bool, tmp_path: Path) -> None:
    (tmp_path / "kdeglobals").write_text(kept, encoding="utf-8")
    assert less_motion_wished("linux", {"XDG_CONFIG_HOME": str(tmp_path)}, says("none", "")) is less
    (tmp_path / ".config").mkdir()
    (tmp_path / "kdeglobals").rename(tmp_path / ".config" / "kdeglobals")
    assert less_motion_wished("linux", {"HOME": str(tmp_path)}, says("none", "")) is less


def test_a_desktop_without_any_of_them(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert less_motion_wished("linux", environment, says("none", "")) is False
