"""What this machine is: processor, memory, accelerator. How it is at the moment is told by load/sensors.py."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

NVIDIA_SECONDS = 5.0
"""How long nvidia-smi may take; a hung driver must not hang the node."""
_CPUINFO = Path("/proc/cpuinfo")
_DEVICE_MODEL = Path("/proc/device-tree/model")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What does not change while the node runs. "" and 0: none, or unknown."""

    cpu: str
    cores: int
    """Processors this process may run on."""
    memory_bytes: int
    accelerator: str
    accelerator_memory_bytes: int
    machine: str
    """As uname says: "x86_64", "aarch64"."""


@cache
def describe() -> Hardware:
    """Look at the machine once; the answer is remembered."""
    accelerator, accelerator_bytes = _nvidia()
    return Hardware(
        cpu=_processor_name(),
        cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        accelerator=accelerator,
        accelerator_memory_bytes=accelerator_bytes,
        machine=platform.machine(),
    )


def usable_cores() -> int:
    """Processors that the scheduler lets this process run on (a container may have fewer than the machine)."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def free_cores(most: int = 8) -> int:
    """Threads for an engine: the usable processors, no more than physical cores, no more than `most`.

    Two threads on one physical core share its arithmetic units, so they gain nothing in matrix work.
    """
    physical = psutil.cpu_count(logical=False) or usable_cores()
    return max(1, min(usable_cores(), physical, most))


def _processor_name() -> str:
    board = _read(_DEVICE_MODEL).rstrip("\0")
    if board:
        return board
    for line in _read(_CPUINFO).splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _nvidia() -> tuple[str, int]:
    """Name and memory in bytes of the first NVIDIA card, asked of nvidia-smi."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "", 0
    command = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=NVIDIA_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return "", 0
    return parse_nvidia(answer.stdout)


def parse_nvidia(text: str) -> tuple[str, int]:
    """("NVIDIA H100", bytes) from nvidia-smi's "NVIDIA H100, 81559"; ("", 0) when it says something else."""
    first = text.strip().splitlines()[:1]
    name, _, mebibytes = (first[0] if first else "").rpartition(",")
    return (name.strip(), int(mebibytes) * 1024 * 1024) if mebibytes.strip().isdigit() else ("", 0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
