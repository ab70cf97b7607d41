"""Folders that processes leave behind: those of dead ones go, everything else stays."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeworker.protocol import leftovers

NAME = re.compile("tangnet-node-[a-z0-9_]{8}")


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder in which others lie; its path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="left-") as folder:
        yield Path(folder)


def made(base: Path, end: str, *, sockets: tuple[str, ...] = ("n",)) -> Path:
    folder = base / f"tangnet-node-{end:0>8}"
    folder.mkdir(mode=0o700)
    for name in sockets:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(folder / name))
    return folder


def old(path: Path) -> None:
    os.utime(path, (1, 1), follow_symlinks=False)


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(base: Path) -> None:
    folder = made(base, "a")
    text = "import sys; from pathlib import Path; from nodeworker.protocol import leftovers\n"
    text += "assert leftovers.take(Path(sys.argv[1])) is not None; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", text, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        assert leftovers.take(folder) is None
        assert leftovers.remove_dead(base, NAME) == 0
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert leftovers.remove_dead(base, NAME) == 1
    assert not folder.exists()


def test_the_folder_goes_at_an_ordinary_end(base: Path) -> None:
    folder = made(base, "a")
    lock = leftovers.take(folder)
    assert lock is not None
    assert leftovers.remove(folder, lock)
    assert not folder.exists()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lock)


def test_without_a_lock_only_an_old_socket_that_nobody_listens_at_is_proof(base: Path) -> None:
    dead, young, empty = made(base, "a"), made(base, "b"), made(base, "c", sockets=())
    old(dead / "n")
    old(empty)
    listened = made(base, "d", sockets=())
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(listened / "n"))
        listening.listen()
        old(listened / "n")
        assert leftovers.remove_dead(base, NAME) == 1
    assert [folder.exists() for folder in (dead, young, empty, listened)] == [False, True, True, True]


def test_what_has_anything_else_in_it_or_other_names_or_rights_stays_whole(base: Path) -> None:
    filled, other, opened, mine = made(base, "a"), made(base, "A"), made(base, "b"), made(base, "c")
    for folder in (filled, other, opened, mine):
        (folder / leftovers.LOCK).touch()
    (filled / "letter.txt").write_text("dear")
    opened.chmod(0o755)
    assert leftovers.remove_dead(base, NAME, but=mine) == 0
    assert sorted(os.listdir(filled)) == ["letter.txt", "n", leftovers.LOCK]
    assert all(folder.exists() for folder in (other, opened, mine))


def test_symbolic_links_are_not_followed(base: Path) -> None:
    treasure = base / "treasure"
    treasure.mkdir(mode=0o700)
    (treasure / "gold").touch()
    (treasure / leftovers.LOCK).touch()
    (base / "tangnet-node-0000link").symlink_to(treasure)
    trap = made(base, "trap", sockets=())
    (trap / leftovers.LOCK).symlink_to(treasure / leftovers.LOCK)
    dead = made(base, "a")
    (dead / leftovers.LOCK).touch()
    (dead / "node.sock").symlink_to(treasure / "gold")
    assert leftovers.remove_dead(base, NAME) == 1
    assert sorted(os.listdir(treasure)) == ["gold", leftovers.LOCK]
    assert not dead.exists() and trap.exists()


@pytest.mark.parametrize("when", ["stat", "unlink"])
def test_a_socket_that_its_own_program_takes_away_meanwhile_is_no_obstacle(
    base: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    folder = made(base, "a", sockets=("m", "n"))
    (folder / leftovers.LOCK).touch()
    real = getattr(os, when)

    def late(name: str, **how: object) -> object:
        if name == "n":  # the child of the killed process was a little faster
            os.remove(folder / "n")
        return real(name, **how)

    monkeypatch.setattr(os, when, late)
    assert leftovers.remove_dead(base, NAME) == 1
    assert not folder.exists()


def test_who_takes_a_folder_that_is_removed_meanwhile_does_not_hold_what_is_gone(base: Path) -> None:
    folder = made(base, "a")
    assert leftovers.remove_dead(base / "missing", NAME) == 0
    first = leftovers.take(folder)
    assert first is not None and leftovers.remove(folder, first)
    with pytest.raises(FileNotFoundError):
        leftovers.take(folder)
