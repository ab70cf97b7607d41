"""What looking over the files of trust finds: each fault once, with what to do, and nothing in sound ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nodeworker.protocol.identity import Identity, begin_rotation
from nodeworker.protocol.inspection import inspect
from nodeworker.protocol.pins import Pin, Pins


def folder_with(tmp_path: Path, *names: str) -> Path:
    """A sound folder: identity, and a pin for each name."""
    Identity.load_or_create(tmp_path)
    for name in names:
        identity = Identity.create()
        Pins(tmp_path / "trust.toml").add(Pin(identity.id, name, identity.certificate))
    return tmp_path


def edit(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "trust.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def test_an_empty_and_a_sound_folder_have_no_problems(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o700)
    assert inspect(empty) == []
    assert list(empty.iterdir()) == []
    sound = folder_with(tmp_path / "sound", "desk", "other")
    old = Identity.create()
    pins = Pins(sound / "trust.toml")
    pins.add(Pin(old.id, "moving", old.certificate))
    pins.hand_over(old.id, old.successor().certificate)
    begin_rotation(sound)
    assert inspect(sound) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "identity.key").chmod(0o644), "read by other users"),
        (lambda folder: (folder / "identity.pem").write_text("x"), "damaged"),
        (lambda folder: (folder / "identity.key").unlink(), "missing"),
        (lambda folder: folder.chmod(0o777), "Others may write into"),
        (lambda folder: (folder / "trust.toml").chmod(0o666), "decide who is trusted"),
        (lambda folder: (folder / "trust.toml").write_text("x = "), "cannot be read"),
        (lambda folder: (folder / "trust.toml").write_text("trusted = 1"), "list of tables"),
        (lambda folder: (folder / "trust.toml").write_text("[[trusted]]\nid = 1"), "table of texts"),
        (lambda folder: (folder / "trust.toml").write_text("[[trusted]]\nid = 'x'\nname = 'x'"), "no certificate"),
        (edit('name = "other"', 'name = "Desk"'), "2 machines are called 'desk'"),
        (edit('rights = "use"', 'rights = "use rule"'), "'rule' is no right"),
        (edit("-----BEGIN CERTIFICATE-----\nM", "-----BEGIN CERTIFICATE-----\nA"), "damaged"),
        (edit('id = "', 'id = "0'), "not that of its id"),
        (lambda folder: os.utime(_next_key(folder), (0, 0)), "over a week ago"),
    ],
)
def test_each_fault_is_found_once_with_a_hint(tmp_path: Path, spoil: Callable[[Path], object], told: str) -> None:
    folder = folder_with(tmp_path, "desk", "other")
    spoil(folder)
    (problem,) = inspect(folder)
    assert told in problem.message
    assert problem.hint
    folder.chmod(0o700)


def _next_key(folder: Path) -> Path:
    begin_rotation(folder)
    return folder / "next" / "identity.key"


def test_one_key_twice_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "desk")
    path = folder / "trust.toml"
    (pin,) = Pins(path).all()
    once = path.read_text()
    Pins(path).update(pin.id, lambda pin: replace(pin, name="again"))
    path.write_text(once + path.read_text()[path.read_text().index("[[") :])
    (problem,) = inspect(folder)
    assert pin.id[:16] in problem.message
