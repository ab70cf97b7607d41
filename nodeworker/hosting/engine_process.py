"""One engine process as the node sees it: start, frames to and fro, its end and the sentence for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodeworker
from nodeworker.errors import EngineError
from nodeworker.hosting.frames import MAX_HEAD, MAX_REQUEST, BadFrame, FrameReader, pack

log = logging.getLogger(__name__)
REAP_SECONDS = 2.0
"""How long a process may live on after its socket has ended, before it is killed."""
_BUFFER_BYTES = 1024 * 1024
_VMSTAT = Path("/proc/vmstat")
_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}


class EngineProcess(asyncio.Protocol):
    """A child that runs `nodeworker.hosting.host`.

    `heard` gets its frames, `ended` once why it is gone ("was killed …").

    `heard` may raise BadFrame, and then the child is ended too. Both are called in the asyncio thread.
    """

    def __init__(self, role: str, heard: Callable[[dict[str, Any], bytes], None], ended: Callable[[str], None]) -> None:
        self._role = role
        self._heard = heard
        self._ended = ended
        self._frames = FrameReader(MAX_HEAD)
        self._child: asyncio.subprocess.Process | None = None
        self._wire: asyncio.WriteTransport | None = None
        self._lifeline = -1
        self._why = ""
        self._victims = 0
        self._reaping: asyncio.Task[None] | None = None
        self._seen_off = asyncio.Event()

    @property
    def pid(self) -> int:
        """The child's process id; 0 when there is none."""
        return self._child.pid if self._child is not None and self._child.returncode is None else 0

    def rss_bytes(self) -> int:
        """Return the child's resident memory; 0 when there is none."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss) if self.pid else 0
        except psutil.Error:
            return 0

    async def start(self) -> None:
        """Start the child. Raises EngineError when this machine cannot."""
        self._victims = _victims_of_memory()
        try:
            await self._start()
        except OSError as error:
            raise EngineError(
                f"No process for the {self._role} engine can be started: {error.strerror or error}.",
                "Is the machine out of memory, processes or open files?",
            ) from error

    async def _start(self) -> None:
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            mine, other = socket.socketpair()
            ours.callback(mine.close)
            theirs.callback(other.close)
            for end in (mine, other):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            hanging, holding = os.pipe()
            ours.callback(os.close, holding)
            theirs.callback(os.close, hanging)
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "nodeworker.hosting.host", str(other.fileno()), str(hanging)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=2,  # whatever a library prints: the node's own standard output speaks to its owner
                pass_fds=(other.fileno(), hanging),
                env=_environment(),
            )
            mine.setblocking(False)
            self._wire, _ = await asyncio.get_running_loop().create_connection(lambda: self, sock=mine)
            self._lifeline = holding
            ours.pop_all()

    def send(self, head: dict[str, Any], blob: bytes = b"") -> None:
        """Send a frame; nothing happens when the child is gone. Raises BadFrame for one that is too large."""
        frame = pack(head, blob, most=MAX_REQUEST)
        if self._wire is not None and not self._wire.is_closing():
            self._wire.write(frame)

    def kill(self, why: str = "") -> None:
        """End the child at once; `why` is told instead of the signal."""
        self._why = self._why or why
        self._cut()
        if pid := self.pid:
            with contextlib.suppress(ProcessLookupError):
                # Not the subprocess module's kill: it would fetch the exit status away from asyncio, and with it the
                # signal that ended a child which had just died.
                os.kill(pid, signal.SIGKILL)

    async def close(self, seconds: float) -> None:
        """Let the child free its engine and end; after `seconds` it is killed."""
        if self._child is None:
            return
        self._why = self._why or "was closed"
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    self.send({"do": "close"})
                    await self._child.wait()
        finally:
            self.kill()
        if self._wire is not None:
            await self._seen_off.wait()
        else:
            await self._child.wait()

    # -- asyncio.Protocol --------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Hand on the frames in what came (asyncio calls this)."""
        try:
            for head, blob in self._frames.feed(data):
                self._heard(head, blob)
        except BadFrame as error:
            log.error("the %s engine's process said nonsense: %s", self._role, error)
            self.kill("said what makes no sense")

    def connection_lost(self, exc: Exception | None) -> None:
        """See the child off (asyncio calls this)."""
        self._cut()
        self._reaping = asyncio.get_running_loop().create_task(self._reap())

    async def _reap(self) -> None:
        assert self._child is not None
        try:
            async with asyncio.timeout(REAP_SECONDS):
                status = await self._child.wait()
        except TimeoutError:
            self.kill()
            status = await self._child.wait()
        self._seen_off.set()
        self._ended(self._why or why_ended(status, memory=_victims_of_memory() > self._victims))

    def _cut(self) -> None:
        if self._wire is not None:
            self._wire.abort()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def why_ended(status: int, *, memory: bool = False) -> str:
    """Return why a process ended, to go after its name: "crashed (SIGSEGV)".

    Args:
        status: exit status, or minus the signal's number.
        memory: the system has killed processes for lack of memory meanwhile.
    """
    if status >= 0:
        return f"ended by itself (status {status})"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if -status == signal.SIGKILL and memory:
        return "was killed by the system: the machine is out of memory"
    return f"crashed ({name})" if -status in _CRASHES else f"was killed ({name})"


def _victims_of_memory() -> int:
    """Processes that Linux has killed for lack of memory since it started; 0 where that is not known."""
    try:
        lines = _VMSTAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _environment() -> dict[str, str]:
    """The node's own, and where this package lies: -P keeps the folder that the node was started in out of it."""
    here = str(Path(nodeworker.__file__).resolve().parents[1])
    before = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{before}" if before else here}
