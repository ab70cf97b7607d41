"""The node process on this machine: started with a pipe that ties its life to ours, logged, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.errors import NodeError

MAX_LOG_BYTES = 1_000_000
STOP_SECONDS = 2.0
POLL_SECONDS = 0.02


class Child:
    """A running `python -m nodeworker --local-socket …`. It ends when the write end of its standard input closes."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int, socket: Path, log: Path, start: int) -> None:
        self.socket = socket
        self.ended = asyncio.create_task(process.wait())
        self._process = process
        self._lifeline = lifeline
        self._log = log
        self._log_start = start

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @classmethod
    async def start(cls, home: Path, folder: Path, arguments: Sequence[str]) -> Child:
        """Start it with a fresh socket name in `folder`; it does not serve yet. Raises NodeError."""
        socket = folder / f"node-{os.urandom(4).hex()}.sock"
        log = home / "logs" / "local-node.log"
        # -P: a folder called nodeworker where the user happens to stand must not be run.
        command = [sys.executable, "-P", "-m", "nodeworker", "--local-socket", str(socket), *arguments]
        theirs, ours = os.pipe()
        try:
            log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            rotate(log)
            with log.open("ab") as output:
                start = output.tell()
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=theirs,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=output,
                    cwd=home,
                    env={**os.environ, "TANGNET_HOME": str(home)},
                    start_new_session=True,  # Ctrl-C in a terminal is for us; the child ends when we do
                )
        except OSError as error:
            os.close(ours)
            raise NodeError(f"This machine's node cannot be started: {error.strerror}.", code="local_node") from error
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(process, ours, socket, log, start)

    async def bound(self, seconds: float) -> None:
        """Wait until the socket appears. Raises NodeError when the process ends or that takes too long."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not self.socket.exists():
            if self.ended.done():
                raise self.failure()
            if asyncio.get_running_loop().time() > deadline:
                raise self.failure(f"This machine's node did not start within {seconds:.0f} s.")
            await asyncio.sleep(POLL_SECONDS)

    def failure(self, sentence: str = "") -> NodeError:
        """Return the error that says how it ended, with the last lines of its log."""
        if not sentence:
            status = self.ended.result() if self.ended.done() and not self.ended.cancelled() else None
            how = f"was killed by signal {-status}" if status is not None and status < 0 else f"ended with {status}"
            sentence = f"This machine's node {how}."
        lines = last_lines(self._log, self._log_start)
        hint = f"{self._log} says: {lines}" if lines else f"Its log is {self._log}."
        return NodeError(sentence, code="local_node", hint=hint, retryable=True)

    def trim_log(self) -> None:
        """Keep the log of a child that runs for weeks below twice MAX_LOG_BYTES."""
        with contextlib.suppress(OSError):
            if self._log.stat().st_size > MAX_LOG_BYTES:
                tail = self._log.read_bytes()[-MAX_LOG_BYTES:]
                self._log.with_suffix(".log.1").write_bytes(tail)
                os.truncate(self._log, 0)  # the child appends, so it goes on at the new end
                self._log_start = 0

    async def stop(self) -> None:
        """End it: close the pipe, ask, and after STOP_SECONDS kill. Returns when it is gone."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await asyncio.wait({self.ended}, timeout=STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.wait({self.ended})
            with contextlib.suppress(OSError):
                self.socket.unlink(missing_ok=True)


def rotate(log: Path) -> None:
    """Move a log above MAX_LOG_BYTES to `.1`, replacing the one before."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > MAX_LOG_BYTES:
            os.replace(log, log.with_suffix(".log.1"))


def last_lines(log: Path, start: int, count: int = 5) -> str:
    """Return the last lines written to `log` after byte `start`, on one line, printable."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(start, file.tell() - 4096))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()][-count:]
    return "".join(character for character in " | ".join(lines) if character.isprintable())
