"""Resampling: exact where nothing is to do, no lost tail, formats that change on the way."""

import av
import numpy as np
import pytest

from app.voice.resampler import LiveResampler, Resampler


def _frame(samples: np.ndarray, rate: int, layout: str = "mono") -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples.astype("<i2").reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate = rate
    return frame


def _tone(rate: int, seconds: float = 1.0) -> np.ndarray:
    return np.round(9000 * np.sin(2 * np.pi * 500 * np.arange(round(rate * seconds)) / rate)).astype("<i2")


def test_nothing_to_do_is_exact() -> None:
    noise = np.random.default_rng(3).integers(-32768, 32767, 5001).astype("<i2")
    resampler = Resampler()
    assert resampler.convert(_frame(noise, 16_000)) + resampler.flush() == noise.tobytes()


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
@pytest.mark.parametrize("live", [False, True])
def test_pieces_join_without_a_seam_and_the_tail_comes_at_the_end(rate: int, live: bool) -> None:
    said = _tone(rate)
    pieces = [said[start : start + 777] for start in range(0, len(said), 777)]
    resampler = Resampler()
    if live:
        stream = LiveResampler(rate)
        sound = b"".join(stream.convert(piece.tobytes()) for piece in pieces) + stream.convert(b"", last=True)
    else:
        sound = b"".join(resampler.convert(_frame(piece, rate)) for piece in pieces) + resampler.flush()
    heard = np.frombuffer(sound, "<i2")
    assert len(heard) == pytest.approx(16_000, abs=4)
    expected = _tone(16_000)
    assert np.abs(heard[200:15_800].astype(int) - expected[200:15_800]).max() < 150
    assert resampler.flush() == b""


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_live_sound_is_held_back_no_longer_than_told_and_has_no_mirror_images(rate: int) -> None:
    resampler, given, sound = LiveResampler(rate), 0, b""
    tone = np.round(20_000 * np.sin(2 * np.pi * 9000 * np.arange(rate) / rate)).astype("<i2")  # would mirror to 7 kHz
    for start in range(0, len(tone), rate * 32 // 1000):
        piece = tone[start : start + rate * 32 // 1000]
        sound += resampler.convert(piece.tobytes())
        given += len(piece)
        assert given / rate - len(sound) / 2 / 16_000 <= LiveResampler.delay
    assert np.abs(np.frombuffer(sound, "<i2")[1000:].astype(int)).max() <= 4


def test_format_may_change_on_the_way() -> None:
    resampler = Resampler()
    sound = resampler.convert(_frame(_tone(48_000), 48_000))
    sound += resampler.convert(_frame(np.repeat(_tone(8000), 2), 8000, "stereo"))
    sound += resampler.flush()
    assert len(sound) / 2 == pytest.approx(32_000, abs=8)
