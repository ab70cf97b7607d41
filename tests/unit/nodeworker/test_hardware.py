"""What the machine says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodeworker import hardware


def test_this_machine_has_a_processor_and_memory() -> None:
    found = hardware.describe()
    assert found.cpu and found.machine and found.cores >= 1 and found.memory_bytes > 1 << 28
    assert 1 <= hardware.free_cores() <= min(8, found.cores)
    assert hardware.free_cores(most=1) == 1
    now = hardware.load()
    assert 0 < now.memory_used_bytes < now.memory_total_bytes == found.memory_bytes
    assert 0 <= now.cpu_percent <= 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVIDIA H100 80GB HBM3, 81559\n", ("NVIDIA H100 80GB HBM3", 81559 * 1024 * 1024)),
        ("A, 10\nB, 20\n", ("A", 10 * 1024 * 1024)),
        ("", ("", 0)),
        ("NVIDIA-SMI has failed", ("", 0)),
        ("Card, [N/A]", ("", 0)),
    ],
)
def test_nvidia_answers(text: str, expected: tuple[str, int]) -> None:
    assert hardware.parse_nvidia(text) == expected


def test_the_hottest_processor_zone_counts(tmp_path: Path) -> None:
    for number, (kind, value) in enumerate(
        (("cpu-thermal", "51234"), ("gpu", "99000"), ("soc", "48000"), ("cpu", "?"))
    ):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{value}\n")
    assert hardware.temperature(tmp_path) == pytest.approx(51.234)
    assert hardware.temperature(tmp_path / "none") == 0.0
