"""`tangnet ask --speak`: the sound of an answer in a file, where it may be made, and what is left when it cannot be."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from app.errors import NodeError
from app.settings import Settings
from tests.command_line import Program


@pytest.fixture
def tangnet(home: Path) -> Program:
    return Program(home)


def test_the_answer_is_spoken_into_a_file_sentence_by_sentence(tangnet: Program, tmp_path: Path) -> None:
    file = tmp_path / "answer.wav"
    file.write_bytes(b"what stood there before")
    lines = tangnet.json("ask", "How high is the tower?", "--speak", str(file))
    assert tangnet.cluster.said == ["It is 330 metres high."]
    assert lines[-1]["timings"]["first_sound_ms"] > 0
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() == len("It is 330 metres high.")
    assert not list(tmp_path.glob(".*"))


def test_spoken_answers_stay_on_this_machine_unless_voices_may_leave_it(tangnet: Program, tmp_path: Path) -> None:
    ask = ("ask", "How high is the tower?", "--speak", str(tmp_path / "answer.wav"))
    for elsewhere, rules, arguments, zones in (
        (False, [], (), ("local",)),
        (True, [], (), ()),
        (True, [], ("--node", "local"), ("local",)),
        (True, ["~/Medical = home, local"], (), ("local",)),
    ):
        tangnet.settings = Settings(voice_elsewhere=elsewhere, rules_folders=rules)
        tangnet.json(*ask, *arguments)
        assert tangnet.cluster.spoken_in == zones


def test_a_voice_that_fails_leaves_the_answer_and_no_half_file(tangnet: Program, tmp_path: Path) -> None:
    file = tmp_path / "answer.wav"
    file.write_bytes(b"what stood there before")
    tangnet.cluster.dumb = NodeError("No node here has a voice.", code="model_missing")
    lines = tangnet.json("ask", "How high is the tower?", "--speak", str(file), status=1)
    assert [line["event"] for line in lines][-2:] == ["answered", "error"] and lines[-1]["code"] == "model_missing"
    assert file.read_bytes() == b"what stood there before" and not list(tmp_path.glob(".*"))


def test_sound_that_cannot_be_written_is_told_before_the_question_is_asked(tangnet: Program, tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "missing" / "answer.wav"):
        (line,) = tangnet.json("ask", "How high is the tower?", "--speak", str(wrong), status=1)
        assert line["code"] == "voice_write_failed" and tangnet.cluster.requests == []
