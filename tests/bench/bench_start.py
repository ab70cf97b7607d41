"""How long `tangnet --version` takes against a bare Python, alone and through tangnet.py.

Run: .venv/bin/python -m pytest tests/bench/bench_start.py -m bench -s
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TANGNET = Path(sys.executable).parent / "tangnet"
RUNS = 15
pytestmark = pytest.mark.bench


def milliseconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """Median wall time of each command, taken in turns so that a busy moment meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            taken[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}  # the first one warms the disk's cache


def figure(name: str, value: float, reference: float) -> float:
    """Print one figure as `tangnet bench` would; the ratio."""
    row = {"figure": name, "value": round(value, 1), "unit": "ms", "reference": round(reference, 1)}
    print(json.dumps({**row, "ratio": round(value / reference, 2)}))
    return value / reference


def test_version_costs_little_more_than_python() -> None:
    times = milliseconds({"python": [sys.executable, "-c", "pass"], "tangnet": [str(TANGNET), "--version"]})
    assert figure("start.version", times["tangnet"], times["python"]) < 8


def test_looking_at_the_set_up_adds_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    """A copy with a stamp that holds, whose program does nothing: what is measured is tangnet.py."""
    sys.path.insert(0, str(ROOT))
    import tangnet

    for name in ("tangnet.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(os.path.realpath(sys.executable))
    (programs / "tangnet").write_text("#!/bin/sh\n")
    (programs / "tangnet").chmod(0o755)
    stamp = tangnet.facts((tmp_path / "pyproject.toml").read_bytes(), str(programs.parent))
    stamp |= {"extras": list(tangnet.EXTRAS["test"]), "gpu": False}
    (programs.parent / ".tangnet-stamp").write_text(json.dumps(stamp))
    python = sys.executable
    times = milliseconds({"python": [python, "-c", "pass"], "tangnet.py": [python, str(tmp_path / "tangnet.py")]})
    figure("start.set_up_done", times["tangnet.py"], times["python"])
    assert times["tangnet.py"] - times["python"] < 100
