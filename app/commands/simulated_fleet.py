"""A cluster of simulated nodes on this machine, in a few processes, and a home that trusts them: for measuring."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.errors import NodeError

START_SECONDS = 120.0
_LINE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Used:
    """What the node processes have used since they started."""

    cpu_seconds: float
    memory_bytes: int


@dataclass(slots=True)
class Fleet:
    """Running nodes, and the home of a desktop that trusts them."""

    home: Path
    nodes: int
    _processes: list[asyncio.subprocess.Process]

    async def used(self) -> Used:
        """Ask the processes what they have used. Raises NodeError when one has gone."""
        told = await asyncio.gather(*(_ask(process) for process in self._processes))
        return Used(sum(one["cpu_seconds"] for one in told), 1024 * sum(one["memory_kb"] for one in told))


@contextlib.asynccontextmanager
async def fleet(engines: Sequence[str], *, processes: int = 2) -> AsyncIterator[Fleet]:
    """Start one node for each engine such as "paced:12,40,slots=1"; they end with this block, or with this process.

    Raises:
        NodeError: a process did not start.
    """
    from app.cluster.trust import TrustStore
    from nodeworker.protocol.pins import Pin, Pins

    with TemporaryDirectory(prefix="tangnet-fleet-") as folder:
        home = Path(folder)
        trusted = home / "desktop.pem"
        trusted.write_text(TrustStore(home).identity().certificate, encoding="ascii")
        words = [f"node-{number:03}={engine}" for number, engine in enumerate(engines)]
        async with contextlib.AsyncExitStack() as stack:
            shares = [share for place in range(processes) if (share := words[place::processes])]
            started = [await stack.enter_async_context(_process(home, trusted, share)) for share in shares]
            async with asyncio.timeout(START_SECONDS):
                nodes = [await _line(process) for process, share in zip(started, shares, strict=True) for _ in share]
            Pins(home / "trust.toml").replace_all(
                [Pin(node["id"], node["name"], node["certificate"], address=node["address"]) for node in nodes]
            )
            yield Fleet(home, len(words), started)


@contextlib.asynccontextmanager
async def _process(home: Path, trusted: Path, words: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    with (home / "nodes.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "nodeworker", "simulate", str(trusted), *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, "TANGNET_HOME": str(home)},
            start_new_session=True,
            limit=_LINE_BYTES,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _ask(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    return await _line(process)


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise NodeError("The simulated nodes have ended.", code="bench", hint="Is there enough memory?")
    return dict(json.loads(line))
