"""A port of the node with the front before it: opens the sockets, runs `front` in a process of its own, restarts it.

The node itself listens on a Unix socket in a folder that only its user can enter; TLS ends there as it would at a port.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

from nodeworker.errors import BadRequest
from nodeworker.protocol import leftovers
from nodeworker.serving.front import NAME_PREFIX
from nodeworker.serving.limits import Limits
from nodeworker.settings import Listen

log = logging.getLogger(__name__)
BACKLOG = 4096
"""Connections that the kernel keeps until the front takes them; it allows what net.core.somaxconn says."""
START_AGAIN_SECONDS = 0.2
HANDSHAKE_OPTIONS = (
    # The front lets go of who takes longer; this is for what comes past it, from this very user.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_allowed_incoming_connections", 1024),
)
"""For a gRPC server behind a front."""
END_SECONDS = 1.0
_PREFIX = "tangnet-node-"
_FOLDER = re.compile(_PREFIX + "[a-z0-9_]{8}")


class Fronted:
    """One port. `inner` is the address for gRPC to listen on; start the server there first, then `serve`."""

    def __init__(self, listen: Listen, sockets: list[socket.socket], folder: Path, limits: Limits) -> None:
        self.listen = listen
        """With the real port."""
        self.inner = f"unix:{folder}/n"
        self._sockets = sockets
        self._limits = limits
        self._pipe: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._proven: set[str] = set()

    @property
    def pid(self) -> int | None:
        """Process id of the front; None while it is not running."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def serve(self) -> None:
        """Let callers in, from now on, until `close`. Raises OSError when the front cannot be started."""
        await self._start()
        self._task = asyncio.create_task(self._keep())

    def met(self, peer: str) -> None:
        """Tell the front that a pinned machine made a call; `peer` is gRPC's word for the connection."""
        name = peer.rpartition("/")[2].rpartition(":")[2]
        if self._pipe is None or name in self._proven or not name.startswith(NAME_PREFIX):
            return
        try:
            self._pipe.send(f"{name}\n".encode())
        except OSError:  # the next call says it again
            return
        if len(self._proven) >= 2 * self._limits.connections:
            self._proven.clear()
        self._proven.add(name)

    async def close(self) -> None:
        """End the front and with it all connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._let_go()
        process = self._process
        if process is not None:
            try:
                async with asyncio.timeout(END_SECONDS):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGKILL)
                await process.wait()
        for listening in self._sockets:
            listening.close()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            numbers = [listening.fileno() for listening in self._sockets]
            given = {
                "listening": numbers,
                "pipe": theirs.fileno(),
                "inner": self.inner.removeprefix("unix:"),
                "limits": asdict(self._limits),
            }
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "nodeworker.serving.front", json.dumps(given)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=(*numbers, theirs.fileno()),
                )
            except BaseException:
                ours.close()
                raise
        self._pipe = ours

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            code = await self._process.wait()
            log.error("the front of %s ended (%s); it is started again", self.listen.text(), code)
            self._let_go()
            await asyncio.sleep(START_AGAIN_SECONDS)
            try:
                await self._start()
            except OSError as error:
                log.error("the front of %s cannot be started: %s", self.listen.text(), error)

    def _let_go(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = None
        self._proven.clear()


@contextlib.asynccontextmanager
async def fronted(wanted: Listen, *, pairs: bool = False, limits: Limits | None = None) -> AsyncIterator[Fronted]:
    """Open a port and hold it; everything is closed at the end.

    Args:
        wanted: port 0 takes a free one.
        pairs: with port 0 the port after it must be free too, for pairing.
        limits: the usual ones unless given.

    Raises:
        BadRequest: the address cannot be listened on.
    """
    folder, lock = await asyncio.to_thread(_private_folder)
    try:
        listen, sockets = _listening(wanted, pairs=pairs)
        front = Fronted(listen, sockets, folder, limits or Limits())
        try:
            yield front
        finally:
            closing = asyncio.create_task(front.close())
            try:
                await asyncio.shield(closing)
            finally:
                await closing  # also when whoever closes is cancelled meanwhile
    finally:
        leftovers.remove(folder, lock)


def _private_folder() -> tuple[Path, int]:
    """Return a new folder and the descriptor of its lock; those of dead nodes go. Raises OSError."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    leftovers.remove_dead(base, _FOLDER)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        with contextlib.suppress(FileNotFoundError):
            lock = leftovers.take(folder)
            if lock is not None:  # else somebody else looks at this moment whether it is a dead one's
                return folder, lock


def _listening(wanted: Listen, *, pairs: bool) -> tuple[Listen, list[socket.socket]]:
    for _ in range(50):
        try:
            sockets = _opened(wanted)
        except OSError as error:
            raise BadRequest(
                f"{wanted.text()} cannot be listened on: {_why(error)}.", "Choose another with --listen HOST:PORT."
            ) from error
        listen = Listen(wanted.host, int(sockets[0].getsockname()[1]))
        if wanted.port or not pairs or (listen.port < 65_535 and _free(Listen(wanted.host, listen.port + 1))):
            return listen, sockets
        for listening in sockets:
            listening.close()
    raise BadRequest(f"No two free ports in a row on {wanted.host}.", "Choose one with --listen HOST:PORT.")


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program has the port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user may not use that port"
    return "the address is not this machine's"


def _opened(wanted: Listen) -> list[socket.socket]:
    found = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    port = wanted.port
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            listening = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if wanted.host == "::" else 1)
            listening.bind((address[0], port, *address[2:]))
            listening.listen(BACKLOG)
            port = int(listening.getsockname()[1])  # with port 0 all get the same
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    return sockets


def _free(listen: Listen) -> bool:
    try:
        sockets = _opened(listen)
    except OSError:
        return False
    for listening in sockets:
        listening.close()
    return True
