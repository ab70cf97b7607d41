"""Busy processors on purpose: what the machine is like while other programs work, for measurements."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

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


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
