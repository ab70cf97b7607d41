"""What tests and the bench of model distribution have in common: model files, desktops that administer, real nodes."""

from __future__ import annotations

import asyncio
import hashlib
import random
import struct
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from app.cluster.cluster import Cluster
from app.events import DeploymentInfo, NodeInfo
from nodeworker.models.model_file import ModelFile, write_manifest
from nodeworker.protocol import SERVER_OPTIONS, node_pb2_grpc
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin, Pins
from tests.fakes_nodes import FakeNode, Plan
from tests.node_process import NodeProcess, cluster

MIB = 1024 * 1024
PACED = ("--engine", "paced:50,5000")


def gguf_blocks(size: int, seed: int = 0) -> Iterator[bytes]:
    """A GGUF file of `size` bytes (a multiple of 1 MiB) with one tensor of bytes that never repeat."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("llama.context_length") + struct.pack("<II", 4, 512),
        text("llama.block_count") + struct.pack("<II", 4, 2),
        text("llama.embedding_length") + struct.pack("<II", 4, 64),
        text("llama.attention.head_count") + struct.pack("<II", 4, 4),
        text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("gpt2"),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries)) + b"".join(entries)
    tensor = text("token_embd.weight")
    start = -(-(len(head) + len(tensor) + 24) // 32) * 32
    tensor += struct.pack("<IQIQ", 1, size - start, 24, 0)  # type 24: 8-bit integers
    first = (head + tensor).ljust(start, b"\0")
    noise = random.Random(seed).randbytes(MIB)
    for number in range(size // MIB):
        block = struct.pack("<QQ", seed, number) + noise[16:]  # distinct hashes, made quickly
        yield first + block[len(first) :] if number == 0 else block


def put_model(models: Path, size: int, *, name: str = "spread-me", seed: int = 0) -> ModelFile:
    """Put a chat model of `size` bytes into a model folder, as one that was added there."""
    making = models / "making"
    making.mkdir(parents=True)
    digest = hashlib.sha256()
    with (making / f"{name}.gguf").open("wb") as file:
        for block in gguf_blocks(size, seed):
            digest.update(block)
            file.write(block)
    sha256 = digest.hexdigest()
    path = models / sha256 / f"{name}.gguf"
    model = ModelFile("chat", name, sha256, path, size, quantisation="I8", context=512, licence="Apache-2.0")
    write_manifest(making, model)
    making.rename(models / sha256)
    return model


@dataclass
class Spread:
    """A desktop and its nodes, each a real process with a home of its own."""

    home: Path
    desktop: Cluster
    nodes: list[NodeProcess]

    def home_of(self, node: NodeProcess) -> Path:
        return self.home / node.name

    def model_on(self, node: NodeProcess, sha256: str) -> Path:
        """Where the model's file is on a node, once it is there."""
        return next(iter((self.home_of(node) / "models" / sha256).glob("*.gguf")), self.home / "nowhere")

    def certificate(self, node: NodeProcess) -> str:
        return (self.home_of(node) / "node" / node.name / "identity.pem").read_text()

    def told(self) -> list[NodeInfo]:
        return [node for node in self.desktop.nodes() if node.trusted and not node.local]

    async def push(self, sha256: str, *names: str, rate: float = 0.0) -> dict[str, DeploymentInfo]:
        """Deploy to the named nodes, or all; returns the last word of each."""
        mine = names or tuple(node.name for node in self.nodes)
        targets = [node for node in self.told() if node.name in mine]
        last = {}
        async for info in self.desktop.deploy(sha256, targets, rate=rate):
            last[info.node] = info
        return last


def introduce(desktop_home: Path, node: NodeProcess, node_home: Path, rights: str = "use administer") -> None:
    """Pin desktop and node at each other, as pairing does."""
    desktop = Identity.load_or_create(desktop_home)
    Pins(node_home / "node" / node.name / "trust.toml").add(
        Pin(desktop.id, "desktop", desktop.certificate, rights=rights)
    )
    certificate = (node_home / "node" / node.name / "identity.pem").read_text()
    Pins(desktop_home / "trust.toml").add(Pin(node.id, node.name, certificate, address=node.address))


class LyingNode(FakeNode):
    """A node that says it has every piece of a model, and sends noise."""

    def __init__(self, model: ModelFile) -> None:
        super().__init__("liar", Plan(sha256=model.sha256))
        self._model = model
        self.identity = Identity.create()
        self.asked: Counter[str] = Counter()
        """Pieces asked for, by the caller's address."""

    async def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.Description:
        described = await super().Describe(request, context)
        described.rights.extend(["use", "administer"])
        return described

    async def Deploy(self, request: pb.DeployRequest, context: Any) -> pb.DeployReply:
        return pb.DeployReply(deployment=pb.Deployment(sha256=self._model.sha256, state="ready"))

    async def Pieces(self, request: pb.PiecesRequest, context: Any) -> AsyncGenerator[pb.PiecesReply, None]:
        yield pb.PiecesReply(have=b"\xff" * (self._model.bytes // MIB // 8 + 1))
        await asyncio.Event().wait()

    async def ReadPiece(self, request: pb.ReadPieceRequest, context: Any) -> AsyncGenerator[pb.ModelPiece, None]:
        self.asked[context.auth_context()["x509_pem_cert"][0].decode()] += 1
        yield pb.ModelPiece(offset=request.index * MIB, data=random.randbytes(MIB))

    @asynccontextmanager
    async def serving(self, made: Spread) -> AsyncGenerator[None, None]:
        """Serve, trusted by the desktop, and let everybody of the cluster in."""
        friends = [Identity.load_or_create(made.home / "desktop").certificate, *map(made.certificate, made.nodes)]
        server = grpc.aio.server(options=SERVER_OPTIONS)
        node_pb2_grpc.add_NodeServicer_to_server(self, server)
        own = [(self.identity.key, self.identity.certificate.encode())]
        credentials = grpc.ssl_server_credentials(own, "".join(friends).encode(), require_client_auth=True)
        address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', credentials)}"
        await server.start()
        try:
            pin = Pin(self.identity.id, self.name, self.identity.certificate, address=address)
            Pins(made.home / "desktop" / "trust.toml").add(pin)
            async for seen in made.desktop.watch():
                if any(node.name == self.name and node.state == "ready" for node in seen):
                    break
            yield
        finally:
            await server.stop(0)


@asynccontextmanager
async def spread(
    home: Path, *names: str, rights: str = "use administer", arguments: Sequence[str] = (), together: int = 2
) -> AsyncGenerator[Spread, None]:
    """A desktop in `home`/desktop that administers the named nodes; the model belongs into its `models`."""
    desktop_home = home / "desktop"
    desktop_home.mkdir(mode=0o700, exist_ok=True)
    async with AsyncExitStack() as stack:
        nodes = [NodeProcess(home / name, name, *PACED, "--no-announce", *arguments) for name in names]
        room = asyncio.Semaphore(together)

        async def start(node: NodeProcess) -> None:
            async with room:
                await node.start()

        for node in nodes:
            stack.push_async_callback(node.stop)
        await asyncio.gather(*map(start, nodes))
        for node in nodes:
            introduce(desktop_home, node, home / node.name, rights)
        desktop = await stack.enter_async_context(cluster(desktop_home, *PACED))
        made = Spread(home, desktop, nodes)
        async for seen in desktop.watch():
            if sum(node.state == "ready" and not node.local for node in seen) == len(names):
                break
        yield made
