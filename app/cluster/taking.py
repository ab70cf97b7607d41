"""A model taken from a paired node onto the disk of this machine: goes on where it stopped, checked by its SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.errors import ModelError, NodeError
from app.events import ModelInfo
from app.thinking import ModelProgress

if TYPE_CHECKING:
    from app.cluster.client import NodeClient


class Adding(Protocol):
    """Has this machine's node add a model; `Cluster` does."""

    def add_model(self, source: str) -> AsyncGenerator[ModelProgress, None]:
        """Add a file."""
        ...


class Connected(Protocol):
    """Knows the connections to nodes; `Network` does."""

    def client(self, id: str) -> NodeClient | None:
        """Return the one to a node."""
        ...


SPARE_BYTES = 256 * 1024 * 1024
"""Left free on the disk."""
_BLOCK = 1024 * 1024


async def take(client: NodeClient, model: ModelInfo, folder: Path) -> AsyncGenerator[ModelProgress, None]:
    """Bring the weights of a chat model from a node to `folder`/NAME.gguf; yields how far that is.

    Raises:
        NodeError: the node does not give it.
        ModelError: it is no single file, has other bytes than its SHA-256 says, or does not fit on the disk.
    """
    if model.role != "chat":
        raise ModelError(f"{model.name} is more than one file.", code="model_kind", hint="Download it instead.")
    target = file_of(model, folder)
    await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    had = target.stat().st_size if target.exists() else 0
    if shutil.disk_usage(folder).free < 2 * model.bytes - had + SPARE_BYTES:  # it is copied to its place afterwards
        raise ModelError(f"There is no room for {model.name} on the disk.", code="no_space", hint="Free some space.")
    with target.open("ab") as out:
        if had < model.bytes:
            async with aclosing(client.read_model(model.sha256, had)) as pieces:
                async for data in pieces:
                    await asyncio.to_thread(out.write, data)
                    had += len(data)
                    yield ModelProgress(had, model.bytes, "download", client.name)
    yield ModelProgress(had, model.bytes, "verify", client.name)
    if await asyncio.to_thread(_sha256, target) != model.sha256:
        os.unlink(target)
        raise ModelError(
            f"{model.name} came from {client.name} with wrong bytes; they were thrown away.", code="model_damaged",
            hint="Try another node.",
        )  # fmt: skip


async def bring(
    cluster: Adding, network: Callable[[], Awaitable[Connected]], folder: Path, model: ModelInfo, node: str
) -> AsyncGenerator[ModelProgress, None]:
    """Take a model from a node and have the node of this machine add it. Raises NodeError, ModelError."""
    client = (await network()).client(node)
    if client is None:
        raise NodeError("That node cannot be reached.", code="node_unreachable", hint="Is it switched on?")
    async with aclosing(take(client, model, folder)) as steps:
        async for step in steps:
            yield step
    file = file_of(model, folder)
    async with aclosing(cluster.add_model(str(file))) as added:
        async for step in added:
            yield step
    await asyncio.to_thread(shutil.rmtree, file.parent, ignore_errors=True)


def file_of(model: ModelInfo, folder: Path) -> Path:
    """Return where `take` puts a model."""
    name = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in model.name).lstrip(".")
    return folder / model.sha256[:16] / f"{name[-100:] or 'model'}.gguf"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
