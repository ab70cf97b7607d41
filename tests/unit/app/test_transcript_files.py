"""`tangnet transcribe --format` and `--output`: what is written where, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import Program
from tests.unit.app.test_cli import wav


@pytest.fixture
def tangnet(home: Path) -> Program:
    return Program(home)


def test_a_transcript_is_written_in_the_form_that_is_asked_for(tangnet: Program, tmp_path: Path) -> None:
    one, file = wav(tmp_path / "talk.wav", 2), tmp_path / "talk.srt"
    said = "1\n00:00:00,000 --> 00:00:02,000\n64000 bytes\n"
    assert tangnet("transcribe", str(one), "--format", "srt") == 0 and tangnet.out == said
    assert tangnet("transcribe", str(one), "--format", "srt", "--output", str(file)) == 0
    assert file.read_text() == said and tangnet.out == "" and str(file) in tangnet.err
    assert tangnet("transcribe", str(one), "--format", "vtt", "--output", str(file)) == 2
    assert "is there already" in tangnet.err and "--overwrite" in tangnet.err and file.read_text() == said
    (line,) = tangnet.json("transcribe", str(one), "--format", "vtt", "--output", str(file), "--overwrite")
    assert file.read_text().startswith("WEBVTT\n") and line["output"] == str(file) and line["text"] == "64000 bytes"
    assert list(tmp_path.glob(".*.part")) == []


def test_transcripts_of_a_folder_go_to_a_folder(tangnet: Program, tmp_path: Path) -> None:
    for name in ("a.wav", "b/a.wav", "c.wav"):
        wav(tmp_path / "talks" / name, 1)
    talks, made = str(tmp_path / "talks"), tmp_path / "made"
    assert tangnet("transcribe", talks, "--format", "txt") == 2 and "--output" in tangnet.err
    assert tangnet("transcribe", talks, "--output", str(made)) == 2 and "--format" in tangnet.err
    assert tangnet.json("transcribe", talks, "--format", "txt", status=2)[0]["code"] == "usage"
    assert tangnet("transcribe", talks, "--format", "txt", "--output", str(made)) == 2 and not made.exists()
    (tmp_path / "talks" / "b" / "a.wav").rename(tmp_path / "talks" / "b" / "d.wav")
    assert tangnet("transcribe", talks, "--format", "txt", "--output", str(made)) == 0
    assert sorted(file.name for file in made.iterdir()) == ["a.txt", "c.txt", "d.txt"]
    assert (made / "d.txt").read_text() == "[0:00]\n32000 bytes\n"
    one = str(tmp_path / "talks" / "a.wav")
    assert tangnet("transcribe", one, "--format", "txt", "--output", one, "--overwrite") == 2
