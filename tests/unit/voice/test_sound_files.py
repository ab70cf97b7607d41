"""Which files of folders are sound, in which order, and how long they seem."""

from __future__ import annotations

from pathlib import Path

from app.voice.audio_file import AudioFileInfo
from app.voice.sound_files import seems_long, sound_files


def test_folders_give_their_sound_files_and_files_are_taken_as_they_are_named(tmp_path: Path) -> None:
    for name in ("b/2.wav", "b/10.MP3", "b/deep/a.ogg", "b/notes.txt", "b/.hidden.wav", "b/.trash/x.wav", "z.bin"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 32_000)
    (tmp_path / "b" / "again").symlink_to(tmp_path / "b")
    found = sound_files([tmp_path / "z.bin", tmp_path / "b", tmp_path / "b" / "2.wav"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["z.bin", "b/10.MP3", "b/2.wav", "b/deep/a.ogg"]
    hidden = tmp_path / "b" / ".trash" / "x.wav"
    assert sound_files([hidden]) == [hidden]


def test_a_length_is_what_the_file_says_or_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"x" * 32_000)
    assert seems_long(path, AudioFileInfo(9.0, "mp3", 44_100, 2)) == 9.0
    assert seems_long(path, AudioFileInfo(None, "mp3", 44_100, 2)) == 2.0
    assert seems_long(tmp_path / "gone", AudioFileInfo(None, "mp3", 44_100, 2)) > 0
