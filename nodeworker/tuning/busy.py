"""Busy processors, for measurements: keeping them busy on purpose, and noticing that others do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

_SECONDS = 60
"""A process that nobody ends, because its parent was killed, ends by itself after that."""
_PROGRAM = f"""
import os, sys, time
print(flush=True)
end = time.monotonic() + {_SECONDS}
while os.getppid() == int(sys.argv[1]) and time.monotonic() < end:
    for _ in range(100_000):
        pass
"""


@contextlib.contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """Keep `count` processes of normal priority busy meanwhile. Raises OSError when they cannot be started."""
    with contextlib.ExitStack() as stack:
        started = []
        for _ in range(count):
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PROGRAM, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            stack.callback(_end, process)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        yield


class Others:
    """How much of the processors other programs have used since this was made."""

    def __init__(self) -> None:
        self._begun = _used()

    def share(self) -> float:
        """Return 0 to 1 of all processors; 0 at once. Ended children count as our own."""
        now, used, own = (new - old for new, old in zip(_used(), self._begun, strict=True))
        return min(1.0, max(0.0, (used - own) / (now * (psutil.cpu_count() or 1)))) if now > 0.1 else 0.0


def _used() -> tuple[float, float, float]:
    """Time now, processor seconds that anybody used, and those of this process and its ended children."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # in user and nice already
    return time.monotonic(), sum(times) - idle - guests, sum(os.times()[:4])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
