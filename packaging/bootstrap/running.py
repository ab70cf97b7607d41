"""Running pip, apt and the compiler: progress on stderr, everything into a log, and their words for failure in ours."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tangnet import ROOT, VENV, SetupError, say

PYTHON = Path(VENV, "bin", "python")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tangnet"
LOG = CACHE / f"setup-{hashlib.sha256(ROOT.encode()).hexdigest()[:8]}.log"

TROUBLES = (
    (r"No space left on device|Disk quota exceeded", "The disk is full", "Free some space: set-up needs 5 GB in all."),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "The package index shows a certificate that this machine does not trust",
        "Behind a company proxy, point PIP_CERT to its certificate; also check the clock.",
    ),
    (
        r"Name or service not known|name resolution|NewConnectionError|Failed to establish a new connection|"
        r"Network is unreachable|ConnectTimeout|ReadTimeout|Read timed out|Connection (?:refused|reset|aborted)|"
        r"ProxyError|Could not connect|Temporary failure",
        "No network: the package index cannot be reached",
        "Check the connection (or the proxy, HTTPS_PROXY); the same command goes on where it stopped.",
    ),
    (
        r"Killed signal terminated program|c\+\+: fatal error: Killed|internal compiler error: Killed",
        "The compiler ran out of memory",
        "Close other programs, or try again with CMAKE_BUILD_PARALLEL_LEVEL=1 before the command.",
    ),
    (
        r"No CMAKE_C(?:XX)?_COMPILER|CMAKE_C(?:XX)?_COMPILER not set|(?:gcc|g\+\+|cc|c\+\+)'? ?(?:failed: )?"
        r"(?:No such file|not found)",
        "No C++ compiler: llama.cpp cannot be built",
        "sudo apt-get install --no-install-recommends g++",
    ),
    (
        r"Read-only file system|Permission denied",
        "A folder cannot be written",
        "Check who owns this folder and ~/.cache.",
    ),
    (
        r"No matching distribution found for (?P<what>\S+)",
        "There is no build of {what} for this machine and Python",
        "Tangnet is made for 64-bit Linux on x86-64 and ARM.",
    ),
)


def explain(output: str, doing: str) -> SetupError:
    """One sentence for a failed program's output: the known trouble, or its own last lines."""
    end = output.splitlines()[-200:]
    for pattern, message, hint in TROUBLES:
        found = re.search(pattern, "\n".join(end))
        if found:
            return SetupError(message.format(**found.groupdict()) + f" ({doing}).", f"{hint}\n  The whole log: {LOG}")
    last = "\n  ".join(line for line in end[-6:] if line.strip())
    return SetupError(f"{doing[:1].upper()}{doing[1:]} failed.", f"{last}\n  The whole log: {LOG}")


class PipStatus:
    """Turns pip's lines into a short status, and adds up what is downloaded."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self.text = "asking the package index"

    def __call__(self, line: str) -> str:
        """Status after this line."""
        got = re.match(r"\s*Downloading (\S+) \(([\d.]+) (bytes|kB|MB|GB)\)", line)
        if got:
            self.megabytes += float(got[2]) * {"bytes": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}[got[3]]
            self.text = f"downloading {got[1].split('/')[-1]}, {got[2]} {got[3]} ({self.megabytes:.0f} MB so far)"
        elif line.startswith("Installing collected packages"):
            count = line.count(",") + 1
            self.text = f"unpacking {count} package{'s' * (count > 1)} ({self.megabytes:.0f} MB downloaded)"
        return self.text


class BuildStatus:
    """Turns ninja's "[n/m]" or make's "[ n%]" into a status with a guess of what is left."""

    def __init__(self) -> None:
        self.began = 0.0
        self.text = "fetching the source and the build tools"

    def __call__(self, line: str) -> str:
        """Status after this line."""
        got = re.match(r"\s*\[\s*(\d+)(?:/(\d+)|%)\]", line)
        if got:
            done, total = int(got[1]), int(got[2] or 100)
            self.began = self.began or time.monotonic()
            left = (time.monotonic() - self.began) / max(done, 1) * (total - done) / 60
            self.text = f"compiling {done} of {total}" + (f", about {left:.0f} min left" if left >= 1.5 else "")
        return self.text


def clock(seconds: float) -> str:
    """Minutes and seconds: 3:07."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """A line rewritten in place; plain lines, at most one in ten seconds, where nobody watches a terminal."""

    def __init__(self) -> None:
        self.began = self.shown = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Show the time passed and `text`."""
        now = time.monotonic()
        line = f"      {clock(now - self.began)}  {text}"
        if self.terminal:
            sys.stderr.write("\r" + line[: shutil.get_terminal_size().columns - 1] + "\x1b[K")
            sys.stderr.flush()
        elif now - self.shown >= 10:
            self.shown = now
            say(line)

    def end(self) -> None:
        """Wipe the line."""
        if self.terminal:
            sys.stderr.write("\r\x1b[K")


@contextlib.contextmanager
def step(number: int, title: str) -> Iterator[None]:
    """A numbered heading, and the time it took when that was worth a line."""
    say(f"[{number}/7] {title}")
    began = time.monotonic()
    yield
    if time.monotonic() - began >= 1:
        say(f"      done in {clock(time.monotonic() - began)}")


def surroundings(temporary: Path) -> dict[str, str]:
    """Environment for pip and the compiler: English, asks nothing, big temporary files on the project's own disk."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1", "LC_ALL": "C.UTF-8", "TMPDIR": str(temporary)}


def run(command: Sequence[str], doing: str, status: Callable[[str], str], environment: dict[str, str]) -> None:
    """Run `command`, showing its progress and keeping its output in the log. Raises SetupError when it fails.

    It gets a session of its own, so that what stops us stops its whole family: no compiler goes on alone.
    """
    progress, text, rest, output = Progress(), status(""), b"", bytearray()
    with LOG.open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            while True:
                if select.select([process.stdout], [], [], 1.0)[0]:
                    data = os.read(process.stdout.fileno(), 65536)
                    if not data:
                        break
                    log.write(data)
                    log.flush()
                    output += data
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        text = status(line.decode("utf-8", "replace"))
                progress.show(text)
            failed = process.wait() != 0
        except BaseException:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(process.pid, number)
                    process.wait(5)
            raise
        finally:
            process.stdout.close()
            progress.end()
    if failed:
        raise explain(output.decode("utf-8", "replace"), doing)


def pip(environment: dict[str, str], doing: str, *arguments: str, status: Callable[[str], str] | None = None) -> None:
    """Run pip of .venv. Raises SetupError."""
    command = [str(PYTHON), "-m", "pip", *arguments, "--disable-pip-version-check", "--progress-bar", "off"]
    run(command, doing, status or PipStatus(), environment)


@contextlib.contextmanager
def locked(folder: Path, waiting: str) -> Iterator[None]:
    """Hold the folder for this process; says `waiting` when another has it. The kernel lets go when we die."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
