"""A node for tests: in this process over a real socket with any engine, or a real `tangnet-node` process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from nodeworker.maker import EngineChoice, EngineMaker, PacedFolder
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import CHANNEL_OPTIONS, TLS_NAME, node_pb2_grpc
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin, Pins
from nodeworker.serving.door import Door
from nodeworker.serving.rooms import EngineRooms, Maker
from nodeworker.serving.server import OPTIONS, Folder, NodeService
from nodeworker.trust import PinSource, Trust

if TYPE_CHECKING:
    from nodeworker.protocol.node_pb2_grpc import NodeAsyncStub

READY_SECONDS = 20.0


def free_pair(host: str) -> int:
    """A port that is free now, as is the one after it."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind((host, 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError):
                second.bind((host, port + 1))
                return port
    raise AssertionError(host)


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition, at most `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (a condition of any kind, not an event)
            await asyncio.sleep(0.01)


def pin_of(identity: Identity, name: str) -> Pin:
    return Pin(identity.id, name, identity.certificate)


@contextlib.asynccontextmanager
async def client(address: str, *, me: Identity | None = None, node: str = "") -> AsyncIterator[NodeAsyncStub]:
    """A stub: over the Unix socket, or over TLS as `me`, trusting the certificate `node`."""
    if address.startswith("unix:"):
        credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
        options: tuple[tuple[str, Any], ...] = CHANNEL_OPTIONS
    else:
        key = (me.key, me.certificate.encode()) if me else (None, None)
        credentials = grpc.ssl_channel_credentials(node.encode(), *key)
        # Channels of one process share connections unless told not to: each client here is a machine of its own.
        options = (
            *CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", TLS_NAME), ("grpc.use_local_subchannel_pool", 1)
        )  # fmt: skip
    async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
        yield node_pb2_grpc.NodeStub(channel)


@dataclass
class Serving:
    """A node that serves in this process."""

    address: str
    rooms: EngineRooms
    door: Door
    server: grpc.aio.Server


@contextlib.asynccontextmanager
async def serving(
    home: Path,
    *,
    engine: str = "paced:200,20000",
    maker: Maker | None = None,
    folder: Folder | None = None,
    identity: Identity | None = None,
    pins: PinSource | None = None,
    trust: Trust | None = None,
    rotate: Callable[[str, str, bytes], str] | None = None,
    limits: dict[str, int] | None = None,
) -> AsyncIterator[Serving]:
    """Serve on a Unix socket, or with `identity` and `pins` (or a `trust` of both) over TLS on loopback."""
    choice = EngineChoice.parse(engine)
    real = PacedFolder(ModelFolder(home / "models", packages=False))
    rooms = EngineRooms(folder or real, maker or EngineMaker(choice), limits=limits)
    if trust is None and identity and pins:
        trust = Trust(identity, pins)
    door = Door(trust)
    service = NodeService(
        id=identity.id if identity else "local-1",
        name="test",
        zone="attic",
        rooms=rooms,
        folder=folder or real,
        door=door,
        slots=1,
        simulated=True,
        rotate=rotate,
    )
    server = grpc.aio.server(interceptors=(door,), options=OPTIONS)
    node_pb2_grpc.add_NodeServicer_to_server(service, server)
    place = Path(tempfile.mkdtemp(prefix="tn"))
    if trust is None:
        address = f"unix:{place}/n"
        server.add_secure_port(address, grpc.local_server_credentials(grpc.LocalConnectionType.UDS))
    else:
        address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', trust.credentials())}"
    await server.start()
    try:
        yield Serving(address, rooms, door, server)
    finally:
        await server.stop(0)
        await rooms.close()
        shutil.rmtree(place)


@dataclass
class Process:
    """A real node process; `ready` is what it printed."""

    process: asyncio.subprocess.Process
    ready: dict[str, str]
    home: Path
    log: Path

    @property
    def address(self) -> str:
        return self.ready["address"]

    @property
    def folder(self) -> Path:
        """The node's own folder."""
        return self.home / "node" / self.ready["name"]

    @property
    def certificate(self) -> str:
        return (self.folder / "identity.pem").read_text()

    def trust(self, identity: Identity, name: str = "desktop") -> None:
        Pins(self.folder / "trust.toml").add(pin_of(identity, name))

    async def end(self, how: signal.Signals | None = signal.SIGTERM, seconds: float = 15.0) -> int:
        """Send a signal unless that was done, wait for the end, return the exit code."""
        if how is not None and self.process.returncode is None:
            self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), seconds)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nodeworker", *arguments]


@contextlib.asynccontextmanager
async def running(home: Path, *arguments: str, name: str = "pi") -> AsyncIterator[Process]:
    """Start `tangnet-node` on a free loopback port with a paced engine and wait until it is ready."""
    log = home / f"{name}.log"
    given = ("--name", name, "--listen", "127.0.0.1:0", "--engine", "paced:50,5000", "--json", *arguments)
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command(*given),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "TANGNET_HOME": str(home)},
        )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
        assert line, log.read_text()
        yield Process(process, json.loads(line), home, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
