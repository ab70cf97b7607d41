"""A TCP proxy between desktop and node that does to a connection what bad networks do."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

BLOCK = 16 * 1024


@dataclass
class Faults:
    """What happens to bytes that pass now; changes count at once, for running connections too."""

    delay: float = 0.0
    """Seconds that every block is late."""
    jitter: float = 0.0
    """Up to so many seconds more, drawn for each block."""
    rate: float = 0.0
    """Bytes a second in each direction; 0 = no limit."""
    corrupt: float = 0.0
    """Share of blocks in which one bit is turned round."""
    silent: bool = False
    """Half-open: everything is taken and nothing passed on, in either direction, as where a cable was pulled."""
    refuse: bool = False
    """New connections are closed at once."""


class Proxy:
    """One listening port for one node; `faults` may be changed while it runs."""

    def __init__(self, node: str, seed: int) -> None:
        self.address = ""
        self.faults = Faults()
        self.connections = 0
        self._host, _, port = node.rpartition(":")
        self._port = int(port)
        self._random = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            if self.faults.refuse:
                return
            with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled at the end of the test
                theirs, out = await asyncio.open_connection(self._host, self._port)
                self._writers.add(out)
                try:
                    await asyncio.gather(self._pump(reader, out), self._pump(theirs, writer))
                finally:
                    out.transport.abort()
                    self._writers.discard(out)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def close(self) -> None:
        """End everything."""
        self.cut()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(BLOCK):
            faults = self.faults
            if faults.silent:
                continue
            wait = faults.delay + faults.jitter * self._random.random()
            wait += len(block) / faults.rate if faults.rate else 0.0
            if wait:
                await asyncio.sleep(wait)
            if self._random.random() < faults.corrupt:
                at, bit = self._random.randrange(len(block)), 1 << self._random.randrange(8)
                block = block[:at] + bytes([block[at] ^ bit]) + block[at + 1 :]
            writer.write(block)
            await writer.drain()
        if not self.faults.silent:
            raise ConnectionError("one side has closed")  # ends the other direction, too


@asynccontextmanager
async def proxied(node: str, seed: int) -> AsyncGenerator[Proxy, None]:
    """Put a proxy before the node at an address."""
    proxy = Proxy(node, seed)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
