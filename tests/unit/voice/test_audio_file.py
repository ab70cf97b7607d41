"""Audio files of many kinds, made here, whole and broken."""

import asyncio
import math
import os
import random
import threading
import time
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from app.errors import VoiceError
from app.voice.audio_file import audio_file_info, pcm_from_file

RATE = 16_000


def _sweep(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Return something like speech in bandwidth: a rising tone, 100…3000 Hz, that swells every quarter second."""
    time_axis = np.arange(round(seconds * rate)) / rate
    phase = 2 * math.pi * (100 * time_axis + 2900 / (2 * seconds) * time_axis**2)
    return (12000 * np.sin(phase) * (0.6 + 0.4 * np.sin(2 * math.pi * 4 * time_axis))).astype("<i2")


def _wav(path: Path, samples: np.ndarray, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())
    return path


def _encoded(path: Path, codec: str, rate: int, samples: np.ndarray) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        context = stream.codec_context
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(context.format, context.layout, rate, context.frame_size or None)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    return path


async def _read(path: Path, damage: list[str] | None = None) -> np.ndarray:
    on_damage = None if damage is None else damage.append
    return np.frombuffer(b"".join([block async for block in pcm_from_file(path, on_damage=on_damage)]), "<i2")


def _alike(heard: np.ndarray, said: np.ndarray) -> float:
    """Return the correlation after the encoder's delay (some containers do not record it) is taken out."""
    best = 0.0
    for delay in {0, len(heard) - len(said), *range(0, 400)}:
        piece = heard[delay : delay + len(said)]
        if delay >= 0 and len(piece) > len(said) - 100:
            best = max(best, float(np.corrcoef(piece, said[: len(piece)])[0, 1]))
    return best


async def test_sixteen_kilohertz_wav_comes_out_sample_by_sample(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(-32768, 32767, 33_333).astype("<i2")
    assert np.array_equal(await _read(_wav(tmp_path / "a.wav", noise)), noise)


async def test_blocks_are_a_quarter_second_and_the_last_is_the_rest(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", _sweep(0.6))
    assert [len(block) async for block in pcm_from_file(path)] == [8000, 8000, 3200]


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2])
async def test_any_rate_keeps_length_and_shape(tmp_path: Path, rate: int, channels: int) -> None:
    heard = await _read(_wav(tmp_path / "a.wav", _sweep(rate=rate), rate, channels))
    said = _sweep()
    assert abs(len(heard) - len(said)) <= 16  # 1 ms
    length = min(len(heard), len(said))
    assert np.corrcoef(heard[:length], said[:length])[0, 1] > 0.999
    assert np.abs(heard[length - 160 : length]).max() > 1000  # the tail is there


@pytest.mark.parametrize(
    ("name", "codec", "rate", "likeness"),
    [
        ("a.flac", "flac", 16000, 0.9999),
        ("a.mp3", "libmp3lame", 44100, 0.99),
        ("a.m4a", "aac", 48000, 0.94),  # its delay is no whole number of samples
        ("a.mp4", "aac", 44100, 0.94),
        ("a.opus", "libopus", 48000, 0.95),
        ("a.ogg", "libopus", 48000, 0.95),
        ("a.webm", "libopus", 48000, 0.95),
        ("a.mov", "pcm_s16le", 44100, 0.999),
        ("a.mka", "pcm_s16le", 48000, 0.999),
        ("telephone.wav", "pcm_mulaw", 8000, 0.99),
        ("a.au", "pcm_mulaw", 8000, 0.99),
        ("a.g722", "g722", 16000, 0.95),
        ("a.aiff", "pcm_s16be", 22050, 0.999),
    ],
)
async def test_formats(tmp_path: Path, name: str, codec: str, rate: int, likeness: float) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    said = _sweep()
    path = _encoded(tmp_path / name, codec, rate, said)
    damage: list[str] = []
    heard = await _read(path, damage)
    assert abs(len(heard) - len(said)) <= 0.08 * RATE  # encoders pad to whole frames
    assert _alike(heard, said) > likeness
    assert damage == []
    info = await audio_file_info(path)
    assert (info.channels, info.codec != "") == (1, True)
    assert info.seconds is None or info.seconds == pytest.approx(2.0, abs=0.08)


async def test_files_without_sound_say_so_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("This is not sound. " * 1000)
    (tmp_path / "noise.mp3").write_bytes(random.Random(1).randbytes(100_000))
    _wav(tmp_path / "zero.wav", np.zeros(0))
    os.mkfifo(tmp_path / "pipe.wav")
    expected = {
        "missing.wav": "voice_no_file",
        "folder.wav": "voice_no_file",
        "pipe.wav": "voice_no_file",
        "empty.wav": "voice_empty",
        "zero.wav": "voice_empty",
        "text.wav": "voice_not_audio",
        "nul\0.wav": "voice_unreadable",
    }
    for name, code in expected.items():
        with pytest.raises(VoiceError) as caught:
            await _read(tmp_path / name)
        assert caught.value.code == code, name
        assert caught.value.message.endswith("."), name
        with pytest.raises(VoiceError):
            await _read_info(tmp_path / name)
    with pytest.raises(VoiceError) as caught:
        await _read(tmp_path / "noise.mp3")
    assert caught.value.code in {"voice_not_audio", "voice_damaged"}


async def _read_info(path: Path) -> None:
    if path.name == "zero.wav":  # has a good header
        raise VoiceError("zero")
    await audio_file_info(path)


async def test_video_without_a_sound_track(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for piece in [av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24"), None]:
            container.mux(stream.encode(piece))
    with pytest.raises(VoiceError) as caught:
        await _read(path)
    assert caught.value.code == "voice_no_track"


async def test_playlists_never_make_it_open_other_files(tmp_path: Path) -> None:
    _wav(tmp_path / "secret.wav", _sweep())
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:2,\nsecret.wav\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile secret.wav\n")
    for name in ("list.m3u8", "list.wav"):
        with pytest.raises(VoiceError) as caught:
            await _read(tmp_path / name)
        assert caught.value.code == "voice_not_audio"


@pytest.mark.parametrize(("name", "codec"), [("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.opus", "libopus")])
async def test_damaged_in_the_middle_gives_the_rest_and_says_so(tmp_path: Path, name: str, codec: str) -> None:
    path = _encoded(tmp_path / name, codec, 48000, _sweep(20.0))
    data = bytearray(path.read_bytes())
    middle = slice(len(data) // 3, len(data) * 2 // 3)
    data[middle] = random.Random(7).randbytes(middle.stop - middle.start)
    path.write_bytes(data)
    damage: list[str] = []
    heard = await _read(path, damage)
    assert 6 * RATE < len(heard) < 20 * RATE
    assert np.abs(heard[-RATE:]).max() > 5000
    assert len(damage) == 1 and "could be read" in damage[0]


async def test_cut_off_wav_gives_what_is_there(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", _sweep(10.0))
    path.write_bytes(path.read_bytes()[:100_000])
    assert len(await _read(path)) == pytest.approx(50_000, abs=100)


@pytest.mark.parametrize("seed", range(8))
async def test_bit_rot_gives_sound_or_one_sentence(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    name, codec = dice.choice([("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.webm", "libopus")])
    path = _encoded(tmp_path / name, codec, 48000, _sweep(1.0))
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 20, 400])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data[: dice.randrange(len(data) // 2, len(data))])
    try:
        assert len(await _read(path)) < 60 * RATE
    except VoiceError as error:
        assert error.message.endswith(".")


async def test_the_thread_ends_when_reading_stops_early_or_is_cancelled(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", _sweep(60.0, rate=48000), 48000)
    sound = pcm_from_file(path)
    await anext(sound)
    await sound.aclose()  # type: ignore[attr-defined]

    async def forever() -> None:
        while True:
            async for _ in pcm_from_file(path):
                pass

    task = asyncio.ensure_future(forever())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("audio-file") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_decoding_waits_for_the_reader(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", _sweep(30.0))
    sound = pcm_from_file(path)
    first = await anext(sound)
    path.write_bytes(path.read_bytes()[:200_000])  # it has not been read ahead by much
    rest = b"".join([block async for block in sound])
    assert len(first) + len(rest) < 300_000
