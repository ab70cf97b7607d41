"""What a voice is given, and voices that are programs: their file, their sound, their limits."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from nodeworker.engines import Spoken
from nodeworker.engines.speaking.cutting import MOST_PHONEMES, parts, readable
from nodeworker.engines.speaking.program import ProgramEngine, ProgramVoice, read_programs, wav_sound
from nodeworker.engines.speaking.program_folder import ProgramFolder
from nodeworker.errors import EngineError, ModelDamaged, ModelMissing, Unsupported
from nodeworker.models.folder import ModelFolder
from nodeworker.models.model_file import ModelFile
from tests.unit.nodeworker.test_onnx_file import INSIDE, _held, onnx

WEIGHTS = onnx(_held(5, INSIDE))


def wav(sound: bytes, *, rate: int = 16_000, channels: int = 1, bits: int = 16, size: int | None = None) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    length = len(sound) if size is None else size
    return b"RIFF" + struct.pack("<I", length) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack(
        "<I", length
    ) + sound  # fmt: skip


def engine(script: str, *, rate: int = 0) -> ProgramEngine:
    voice = ProgramVoice("mine", (sys.executable, "-c", script), "de", rate)
    made = ProgramEngine(voice.model, command=json.dumps(voice.command), sample_rate=rate)
    made.load(lambda _fraction: None)
    return made


def spoken(made: ProgramEngine, *texts: str, cancelled: threading.Event | None = None) -> list[Spoken]:
    return list(made.speak(iter(texts), speed=1.0, cancelled=cancelled or threading.Event()))


def test_invisible_characters_and_commands_of_the_phonemiser_are_not_read() -> None:
    assert readable(" a\u202e\u200bb\n\tc\x00d ") == "ab c d"
    assert readable("[safe](/kˈɪl/)") == "(safe)(/kˈɪl/)"  # would be spoken as what stands in the slashes
    assert readable("\ud800\u2069") == ""


def test_parts_are_cut_where_one_breathes_and_never_too_long() -> None:
    assert list(parts("a, b. c", 100)) == ["a, b. c"]
    assert list(parts("aaaa, bbbb. cccc", 6)) == ["aaaa,", "bbbb.", "cccc"]
    assert list(parts("aaaa bbbb cccc", 9)) == ["aaaa bbbb", "cccc"]
    assert list(parts("")) == []
    long = "x" * 950 + ", " + "word " * 300
    cut = list(parts(long))
    assert all(0 < len(part) <= MOST_PHONEMES for part in cut)
    assert "".join(cut).replace(" ", "") == long.replace(" ", "")


def test_wavs_as_programs_write_them_to_a_pipe() -> None:
    assert wav_sound(wav(b"abcd"), "p") == (16_000, b"abcd")
    assert wav_sound(wav(b"abcde", size=0x7FFFF000), "p") == (16_000, b"abcd")
    for wrong in (b"", b"RIFF", wav(b"ab", channels=2), wav(b"ab", bits=8), wav(b"ab", rate=1), wav(b"ab")[:30]):
        with pytest.raises(ModelDamaged):
            wav_sound(wrong, "p")


def test_voices_toml(tmp_path: Path) -> None:
    file = tmp_path / "voices.toml"
    assert read_programs(file) == ()
    file.write_text(
        '[espeak-de]\ncommand = ["/usr/bin/espeak-ng", "--stdin"]\nlanguage = "de"\n'
        '[shell]\ncommand = "espeak-ng; rm -rf /"\nlanguage = "de"\n'
        '[relative]\ncommand = ["espeak-ng"]\nlanguage = "de"\n'
        '[typo]\ncommand = ["/bin/x"]\nlanguage = "de"\nspeed = 1\n'
        '[rate]\ncommand = ["/bin/x"]\nlanguage = "de"\nsample_rate = 7\n'
        '[tongue]\ncommand = ["/bin/x"]\nlanguage = "klingon"\n'
        '["../up"]\ncommand = ["/bin/x"]\nlanguage = "de"\n'
    )
    (only,) = read_programs(file)
    assert only == ProgramVoice("espeak-de", ("/usr/bin/espeak-ng", "--stdin"), "de")
    assert only.model.language == "de" and len(only.model.sha256) == 64
    file.write_text("[[[")
    assert read_programs(file) == ()


def test_a_program_gets_the_sentence_by_standard_input_and_nothing_else() -> None:
    script = "import os,sys; sys.stdout.buffer.write((sys.stdin.read()+str(sorted(os.environ))).encode('utf-16-le'))"
    (made,) = spoken(engine(script, rate=8_000), "Grüße; $(reboot) 'x'")
    text, _, names = made.pcm16.decode("utf-16-le").partition("\n")
    assert text == "Grüße; $(reboot) 'x'" and "TANGNET" not in names
    assert (made.sample_rate, made.sentence, made.last) == (8_000, 0, True)


def test_long_sound_comes_in_pieces_and_an_empty_sentence_ends_too() -> None:
    made = spoken(engine("import sys; sys.stdout.buffer.write(bytes(40000))", rate=8_000), "one", "\u200b", "two")
    assert [(len(one.pcm16), one.sentence, one.last) for one in made] == [
        (16_000, 0, False), (16_000, 0, False), (8_000, 0, True), (0, 1, True),
        (16_000, 2, False), (16_000, 2, False), (8_000, 2, True),
    ]  # fmt: skip


def test_a_program_that_fails_floods_or_is_not_there() -> None:
    with pytest.raises(EngineError, match="status 3"):
        spoken(engine("raise SystemExit(3)", rate=8_000), "x")
    with pytest.raises(EngineError, match="more sound"):
        spoken(engine("import sys\nwhile True: sys.stdout.buffer.write(bytes(65536))", rate=8_000), "x")
    with pytest.raises(ModelDamaged):
        spoken(engine("print('no sound')"), "x")
    gone = ProgramVoice("gone", ("/nowhere/espeak",), "de")
    with pytest.raises(Unsupported):
        ProgramEngine(gone.model, command=json.dumps(gone.command), sample_rate=0).load(lambda _fraction: None)


def test_a_cancelled_program_is_ended() -> None:
    cancelled = threading.Event()
    timer = threading.Timer(0.2, cancelled.set)
    timer.start()
    began = time.monotonic()
    assert spoken(engine("import time; time.sleep(60)", rate=8_000), "x", cancelled=cancelled) == []
    assert time.monotonic() - began < 20
    timer.join()


def test_a_program_speaks_when_named_or_when_there_is_no_other_voice(tmp_path: Path) -> None:
    program = ProgramVoice("espeak-de", (sys.executable,), "de")
    folder = ProgramFolder(ModelFolder(tmp_path, packages=False, installed=lambda _package: True), [program])
    assert folder.find("speak") == folder.find("speak", "espeak-de") == program.model
    folder.verify(program.model)
    with pytest.raises(ModelMissing):
        folder.remove("espeak-de")
    with pytest.raises(ModelMissing):
        folder.find("speak", "other")
    voice = _put(tmp_path / "Lark")
    assert folder.find("speak").name == "lark" and folder.find("speak", "espeak-de") == program.model
    assert [model.name for model in folder.all()] == ["lark", "espeak-de"]
    (voice / "voice.onnx").write_bytes(WEIGHTS + b"\0")
    assert folder.find("speak") == program.model


def _put(home: Path, **said: object) -> Path:
    home.mkdir(parents=True)
    (home / "voice.onnx").write_bytes(WEIGHTS)
    about = {"sha256": hashlib.sha256(WEIGHTS).hexdigest(), "language": "en-GB", "licence": "MIT"} | said
    (home / "voice.json").write_text(json.dumps(about))
    return home


def test_a_voice_put_here_by_hand_needs_its_hash(tmp_path: Path) -> None:
    home = _put(tmp_path / "Lark")
    _put(tmp_path / "wrong", sha256="0" * 64)
    _put(tmp_path / "none", sha256="")
    _put(tmp_path / "german", language="de")
    folder = ModelFolder(tmp_path, packages=False, installed=lambda _package: True)
    (found,) = folder.all()
    assert (found.role, found.name, found.language, found.licence) == ("speak", "lark", "en-GB", "MIT")
    assert found.main_file == home / "voice.onnx"
    folder.verify(found)
    lacking = ModelFolder(tmp_path, packages=False, installed=lambda _package: False)
    with pytest.raises(Unsupported) as refused:
        lacking.find("speak", "lark")
    assert refused.value.hint == "Install tangnet with: [speak]"


def test_heart_is_the_voice_without_a_name() -> None:
    from nodeworker.models.catalogue import CATALOGUE
    from nodeworker.models.model_file import of_entry, rank

    voices: list[ModelFile] = [of_entry(entry, Path("/v")) for entry in CATALOGUE if entry.role == "speak"]
    assert max(voices, key=rank).name == "hibari-heart" and len(voices) == 5
