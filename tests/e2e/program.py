"""Starts the installed programs as a user would, in a home of their own, and reads what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
Event = dict[str, Any]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a program whose every file goes below `home`."""
    return {**os.environ, "TANGNET_HOME": str(home)}


def tangnet(home: Path, *arguments: str, seconds: float = 170) -> list[Event]:
    """Run `tangnet ARGUMENTS --json` to its end; every line must be JSON and the exit status 0."""
    done = subprocess.run(
        [str(BIN / "tangnet"), *arguments, "--json"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Running:
    """A program that is still running, and the JSON lines that it has printed so far."""

    process: subprocess.Popen[str]
    lines: list[Event] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: bool = False

    def read(self) -> None:
        """Collect lines until the program closes its output (own thread)."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, event: str, count: int = 1, seconds: float = 120) -> Event:
        """Return the `count`th line whose event is `event`; fails when the program ends or time runs out first."""

        def seen() -> list[Event]:
            return [line for line in self.lines if line.get("event") == event]

        with self.changed:
            self.changed.wait_for(lambda: len(seen()) >= count or self.ended, seconds)
            found = seen()
        assert len(found) >= count, f"no {event!r} ({count}) among {self.lines[-5:]}"
        return found[count - 1]

    def wait_for_end(self, seconds: float = 120) -> list[Event]:
        """Return all lines once the program has ended with status 0."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended, seconds), f"still running after {self.lines[-3:]}"
        assert self.process.wait(10) == 0
        return self.lines


@contextmanager
def running(home: Path, program: str, *arguments: str) -> Iterator[Running]:
    """Start `program ARGUMENTS --json`; it is ended with the block."""
    log = (home / f"{program}.stderr").open("w")
    with log:
        process = subprocess.Popen(
            [str(BIN / program), *arguments, "--json"],
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        started = Running(process)
        reader = threading.Thread(target=started.read, daemon=True)
        reader.start()
        try:
            yield started
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
            reader.join(5)
            assert process.stdout is not None
            process.stdout.close()
