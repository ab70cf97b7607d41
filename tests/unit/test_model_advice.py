"""What fits where, how quickly it would answer, and which model is advised."""

from __future__ import annotations

from dataclasses import replace

from app.events import ModelInfo, NodeInfo
from app.model_advice import Speed, advice, fit, memory_needed, speed

SMALL = ModelInfo("small", "chat", "a" * 64, 500_000_000, "Q4_0", 8192, parameters=500, trustworthy=True)
LARGE = ModelInfo("large", "chat", "b" * 64, 5_000_000_000, "Q4_0", 8192, parameters=8000, trustworthy=True)
WEAK = replace(SMALL, name="weak", sha256="c" * 64, parameters=9000, trustworthy=False)
PI = NodeInfo("pi", "1", "pi:1", "", True, "ready", memory_total_bytes=4 * 10**9)
RIG = NodeInfo("rig", "2", "rig:1", "", True, "ready", memory_total_bytes=64 * 10**9)


def test_memory_is_near_what_was_seen() -> None:
    for size, seen in ((98_362_432, 222_000_000), (491_400_064, 658_000_000), (1_117_320_768, 1_870_000_000)):
        assert 0.95 <= memory_needed(replace(SMALL, bytes=size)) / seen <= 1.4


def test_fit() -> None:
    assert fit(SMALL, PI) == "fits" and fit(LARGE, PI) == "no" and fit(LARGE, RIG) == "fits"
    assert fit(SMALL, replace(PI, memory_total_bytes=2 * 10**9)) == "tight"
    assert fit(SMALL, replace(PI, memory_total_bytes=0)) == "unknown"


def test_speed_is_measured_or_follows_from_the_size() -> None:
    quick = replace(RIG, models=(replace(SMALL, decode_rate=100.0),))
    assert speed(SMALL, quick) == Speed(100.0, measured=True)
    assert speed(LARGE, quick) == Speed(10.0, measured=False)
    assert speed(LARGE, RIG) is None


def test_the_best_that_fits_is_quick_enough_and_can_be_trusted_is_advised() -> None:
    slow = replace(RIG, name="slow", id="3", models=(replace(SMALL, decode_rate=20.0),))
    found = {one.node.name: one for one in advice([PI, RIG, slow], [replace(SMALL, nodes=("pi",)), LARGE, WEAK])}
    assert {name: (one.model.name, one.there) for name, one in found.items()} == {
        "pi": ("small", True), "rig": ("large", False), "slow": ("small", False),
    }  # fmt: skip
    assert not advice([replace(PI, trusted=False)], [SMALL])
