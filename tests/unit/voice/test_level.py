"""Level and meter, with numbers."""

import math
from array import array

import pytest

from app.voice.level import LevelMeter, loudness, meter_position


def _tone(amplitude: float, samples: int = 1600) -> bytes:
    return array("h", (round(amplitude * 32767 * math.sin(i * 0.1963495)) for i in range(samples))).tobytes()


def test_loudness_is_rms_in_decibels() -> None:
    assert loudness(_tone(1.0)) == pytest.approx(-3.01, abs=0.05)
    assert loudness(_tone(0.1)) == pytest.approx(-23.01, abs=0.05)
    assert loudness(array("h", [-32768] * 512).tobytes()) == pytest.approx(0.0)


@pytest.mark.parametrize("block", [b"", b"\x01", bytes(1024)])
def test_silence_and_nothing_are_minus_infinity(block: bytes) -> None:
    assert loudness(block) == -math.inf


@pytest.mark.parametrize(("decibels", "position"), [(-math.inf, 0.0), (-60.0, 0.0), (-30.0, 0.5), (0.0, 1.0), (3, 1.0)])
def test_meter_position(decibels: float, position: float) -> None:
    assert meter_position(decibels) == pytest.approx(position)


def test_meter_rises_at_once_and_falls_slowly_to_zero() -> None:
    meter = LevelMeter(fall_seconds=0.3)
    assert meter.update(0.8, 0.032) == 0.8
    assert meter.update(0.0, 0.3) == pytest.approx(0.8 / math.e)
    assert meter.update(0.5, 0.032) == 0.5
    for _ in range(100):
        meter.update(0.0, 0.1)
    assert meter.level == 0.0
