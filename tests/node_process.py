"""Real `python -m nodeworker` processes for tests: start, pair, kill, start again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.cluster.cluster import Cluster
from app.events import NodeInfo
from app.settings import Settings
from app.thinking import ChatMessage, ChatRequest

START_SECONDS = 60.0


class NodeProcess:
    """One node of the network with a home of its own; keeps identity and port over restarts."""

    def __init__(self, home: Path, name: str, *arguments: str) -> None:
        self.name = name
        self.address = ""
        self.id = ""
        self.prefix: tuple[str, ...] = ()
        """Before the command line, as `ip netns exec NAME`."""
        self._arguments = arguments
        self._home = home
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        listen = self.address or "127.0.0.1:0"
        log = (self._home / "node.log").open("ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                *(*self.prefix, sys.executable, "-m", "nodeworker", "--json"),
                *("--name", self.name, "--listen", listen),
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, "TANGNET_HOME": str(self._home)},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self._process.stdout.readline()
        assert line, (self._home / "node.log").read_text()
        ready = json.loads(line)
        assert ready["event"] == "ready"
        self.address, self.id = ready["address"], ready["id"]

    async def pairing_code(self) -> str:
        """Open pairing with the node's own command; returns the code. The command is left to end by itself."""
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "nodeworker", "pair", "--json", "--name", self.name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "TANGNET_HOME": str(self._home)},
        )
        self._command = command
        assert command.stdout is not None
        assert command.stderr is not None
        async with asyncio.timeout(START_SECONDS):
            line = await command.stdout.readline()
            assert line, (await command.stderr.read()).decode()
        return str(json.loads(line)["code"])

    async def paired(self) -> dict[str, Any]:
        """Wait for the pairing command's result."""
        async with asyncio.timeout(START_SECONDS):
            out, _ = await self._command.communicate()
        return dict(json.loads(out.splitlines()[-1]))

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        os.kill(self.pid, signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until the process has ended."""
        assert self._process is not None
        await self._process.communicate()

    async def stop(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self.gone()


@asynccontextmanager
async def cluster(home: Path, *local: str, discover: bool = False, **settings: Any) -> AsyncGenerator[Cluster, None]:
    """A started cluster; `local` are arguments for this machine's node."""
    one = Cluster(home, Settings(**settings), discover=discover, local_arguments=local)
    await one.start()
    try:
        yield one
    finally:
        await one.close()


async def pair(one: Cluster, node: NodeProcess) -> NodeInfo:
    """Pair as two people would: a code from the node's machine, typed here."""
    code = await node.pairing_code()
    info = await one.pair(node.address, code)
    assert re.fullmatch("[0-9a-f]{64}", info.id)
    assert (await node.paired())["event"] == "paired"
    return info


async def state(one: Cluster, name: str, wanted: str, seconds: float = 30.0) -> NodeInfo:
    """Wait until the node is in that state."""
    async with asyncio.timeout(seconds):
        async for nodes in one.watch():
            for node in nodes:
                if node.name == name and node.state == wanted:
                    return node
    raise AssertionError


def question(id: str, text: str = "Tell me everything.", **changes: Any) -> ChatRequest:
    """A request."""
    fields: dict[str, Any] = {"max_tokens": 40} | changes
    return ChatRequest((ChatMessage("user", text),), id, **fields)
