"""Small programs that are asked for a figure now and then: with a time limit, and off the caller's thread."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
Run = Callable[[Sequence[str], float], str]
"""Runs a command for at most so many seconds; returns its standard output, "" when that failed in any way."""
Start = Callable[[Callable[[], None]], None]
"""Starts work elsewhere and returns at once."""
MOST_OUTPUT = 64 * 1024
STALE_TURNS = 4
"""An answer counts for that many intervals: a program that hangs must not keep an old figure alive."""
NO_ANSWER_TURNS = 6
"""After no answer the next question waits for that many intervals: most machines do not have the program."""
_MOST_SHARE = 0.05


def run_program(command: Sequence[str], seconds: float) -> str:
    """Run a command (see Run). One that is not installed costs no process."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout[:MOST_OUTPUT].decode(errors="replace")


def in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread that does not keep the process alive."""
    threading.Thread(target=work, name="asking", daemon=True).start()


class Asked(Generic[T]):
    """The last answer to a question that may take long. `ask` returns None when there is no answer."""

    def __init__(
        self,
        ask: Callable[[], T | None],
        every: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        start: Start = in_thread,
    ) -> None:
        """Ask every so many seconds; more seldom when an answer takes more than a twentieth of that, or none comes."""
        self._ask = ask
        self._every = every
        self._clock = clock
        self._start = start
        self._lock = threading.Lock()
        self._asking = False
        self._due = clock()
        self._answer: T | None = None
        self._answered = 0.0

    def latest(self) -> T | None:
        """Return the newest answer, None when there is none that still counts; asks again when it is time."""
        with self._lock:
            now = self._clock()
            ask = not self._asking and now >= self._due
            self._asking = self._asking or ask
        if ask:
            self._start(self._work)
        with self._lock:
            fresh = self._clock() - self._answered <= STALE_TURNS * self._every
            return self._answer if fresh else None

    def _work(self) -> None:
        began = self._clock()
        answer: T | None = None
        try:
            answer = self._ask()
        finally:
            with self._lock:
                now = self._clock()
                pause = self._every if answer is not None else NO_ANSWER_TURNS * self._every
                self._due = now + max(pause, (now - began) / _MOST_SHARE)
                self._asking = False
                if answer is not None:
                    self._answer, self._answered = answer, now
