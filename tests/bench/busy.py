"""Other work on the machine: programs that take all they can get."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def busy(programs: int) -> Iterator[None]:
    """Run so many programs that never wait, on the cores of the caller."""
    running = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"], stdin=subprocess.DEVNULL)
        for _ in range(programs)
    ]
    try:
        yield
    finally:
        for program in running:
            program.kill()
        for program in running:
            program.wait()


def share_left(cores: int, threads: int, programs: int) -> float:
    """Share of what `threads` would get on idle cores that a fair system leaves them beside other programs."""
    return min(1.0, cores / (threads + programs)) / min(1.0, cores / threads)
