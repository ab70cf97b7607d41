"""What tests and the bench of model distribution have in common: model files, desktops that administer, real nodes."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cluster.cluster import Cluster
from app.events import DeploymentInfo, NodeInfo
from nodeworker.models.model_file import ModelFile, write_manifest
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin, Pins
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

    def told(self) -> list[NodeInfo]:
        return [node for node in self.desktop.nodes() if node.trusted and not node.local]

    async def push(self, sha256: str, *names: str, rate: float = 0.0) -> dict[str, DeploymentInfo]:
        """Deploy to the named nodes, or all; returns the last word of each."""
        targets = [node for node in self.told() if not names or node.name in names]
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


@asynccontextmanager
async def spread(home: Path, *names: str, rights: str = "use administer") -> AsyncGenerator[Spread, None]:
    """A desktop in `home`/desktop that administers the named nodes; the model belongs into its `models`."""
    desktop_home = home / "desktop"
    desktop_home.mkdir(mode=0o700, exist_ok=True)
    async with AsyncExitStack() as stack:
        nodes = []
        for name in names:
            node = NodeProcess(home / name, name, *PACED, "--no-announce")
            await node.start()
            stack.push_async_callback(node.stop)
            introduce(desktop_home, node, home / name, rights)
            nodes.append(node)
        desktop = await stack.enter_async_context(cluster(desktop_home, *PACED))
        made = Spread(home, desktop, nodes)
        async for seen in desktop.watch():
            if sum(node.state == "ready" and not node.local for node in seen) == len(names):
                break
        yield made
