"""A node for measurements: the node's own code throughout, with an engine whose settings the bench chooses.

`python -m tests.bench.node_child HOME OPTIONS` serves until standard input ends. HOME/models are its models; OPTIONS
are a JSON object for `tests.bench.engines.made`. It serves on HOME/n (a Unix socket), or, where HOME holds a
trust.toml, over TLS on loopback. It prints its address. See `running`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import psutil

from nodeworker.hosting.hosted import EngineSpec, HostedChat
from nodeworker.maker import EngineChoice, EngineMaker
from nodeworker.models.folder import ModelFolder
from nodeworker.protocol import node_pb2_grpc
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pins
from nodeworker.serving.door import Door
from nodeworker.serving.rooms import EngineRooms
from nodeworker.serving.server import OPTIONS, NodeService
from nodeworker.trust import Trust
from tests.bench.native import SPIN
from tests.integration.node_serving import client, pin_of

if TYPE_CHECKING:
    from nodeworker.models.model_file import ModelFile
    from nodeworker.protocol.node_pb2_grpc import NodeAsyncStub
    from tests.bench.engines import Options

START_SECONDS = 60.0


class ChosenMaker(EngineMaker):
    """Builds the chat engine with the bench's settings."""

    def __init__(self, options: Options) -> None:
        super().__init__(EngineChoice(), threads=int(options.get("threads", 0)))
        self._options = options

    def chat(self, model: ModelFile) -> HostedChat:
        """Build the engine that answers."""
        return HostedChat(model, EngineSpec("tests.bench.engines:made", self._options, ("llama_cpp",)))


async def serve(home: Path, options: Options) -> None:
    """Serve until standard input ends."""
    folder = ModelFolder(home / "models")
    rooms = EngineRooms(folder, ChosenMaker(options))
    pins = home / "trust.toml"
    trust = Trust(Identity.load_or_create(home), Pins(pins)) if pins.exists() else None
    door = Door(trust)
    service = NodeService(
        id="local-bench", name="bench", zone="", rooms=rooms, folder=folder, door=door, slots=1, simulated=False
    )
    server = grpc.aio.server(interceptors=(door,), options=OPTIONS)
    node_pb2_grpc.add_NodeServicer_to_server(service, server)
    if trust is None:
        address = f"unix:{home}/n"
        server.add_secure_port(address, grpc.local_server_credentials(grpc.LocalConnectionType.UDS))
    else:
        address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', trust.credentials())}"
    await server.start()
    print(address, flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    await server.stop(0)
    await rooms.close()


@dataclass(frozen=True, slots=True)
class Child:
    """A running node and a connection to it."""

    pid: int
    stub: NodeAsyncStub

    def cpu_seconds(self) -> tuple[float, float]:
        """Seconds of processor time that the node and its engine processes have used so far."""
        node = psutil.Process(self.pid)
        return sum(node.cpu_times()[:2]), sum(sum(engine.cpu_times()[:2]) for engine in node.children())


@contextlib.asynccontextmanager
async def running(home: Path, options: Options, *, tls: bool = False) -> AsyncIterator[Child]:
    """Start a node process in a folder that may hold models already, and connect to it."""
    me = Identity.create()
    if tls:
        Pins(home / "trust.toml").add(pin_of(me, "bench"))
    with (home / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.node_child", str(home), json.dumps(options)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, "GOMP_SPINCOUNT": SPIN},
        )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        assert line, (home / "log").read_text()
        certificate = (home / "identity.pem").read_text() if tls else ""
        async with client(line.decode().strip(), me=me, node=certificate) as stub:
            yield Child(process.pid, stub)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10.0)
        except TimeoutError:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
