"""What the machine says of itself."""

from __future__ import annotations

import pytest

from nodeworker import hardware


def test_this_machine_has_a_processor_and_memory() -> None:
    found = hardware.describe()
    assert found.cpu and found.machine and found.cores >= 1 and found.memory_bytes > 1 << 28
    assert 1 <= hardware.free_cores() <= min(8, found.cores)
    assert hardware.free_cores(most=1) == 1


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
