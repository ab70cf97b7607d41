"""Finding files: what is skipped, what is refused, what is never followed."""

from __future__ import annotations

import os
from pathlib import Path

from app.rag.scanning import scan
from tests.documents import write


def names(paths: list[str], root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in paths]


def test_folders_are_walked_in_order_without_hidden_and_tool_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden.txt", ".git/x.txt", "node_modules/y.txt", "sub/.z/w.txt"):
        write(tmp_path, name, "x")
    found = scan([str(tmp_path)])
    assert names([file.path for file in found.files], tmp_path) == ["a.txt", "b.txt", "sub/c.txt"]
    assert found.complete == [str(tmp_path)]


def test_a_hidden_file_that_was_chosen_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path, ".notes.txt", "x")
    assert [file.path for file in scan([str(path)]).files] == [str(path)]


def test_links_pipes_and_bad_names_are_refused(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    secret = write(tmp_path, "secret.txt", "x")
    (chosen / "link.txt").symlink_to(secret)
    (chosen / "loop").symlink_to(chosen)
    (chosen / "dangling").symlink_to(chosen / "nothing")
    os.mkfifo(chosen / "pipe.txt")
    with open(os.fsencode(chosen) + b"/bad\xff.txt", "wb"):
        pass
    write(chosen, "new\nline.txt", "x")
    found = scan([str(chosen)])
    assert names([file.path for file in found.files], chosen) == ["new\nline.txt"]
    reasons = {os.path.basename(os.fsencode(path)): reason for path, reason in found.refused}
    assert set(reasons) == {b"link.txt", b"loop", b"dangling", b"pipe.txt", b"bad\xff.txt"}
    assert "link" in reasons[b"link.txt"] and "UTF-8" in reasons[b"bad\xff.txt"] and "regular" in reasons[b"pipe.txt"]


def test_the_same_file_twice_and_missing_paths(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "x")
    found = scan([str(path), str(tmp_path), str(tmp_path / "no"), "nul\0"])
    assert [file.path for file in found.files] == [str(path)]
    assert found.absent == [str(tmp_path / "no")]
    assert [path for path, _ in found.refused] == ["nul\0"]
