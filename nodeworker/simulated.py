"""Many simulated nodes in one process, for measuring large clusters: each has its own identity, port, TLS and engine.

They differ from `tangnet-node --engine paced:…` in what lies around the calls only: keys are made in memory, one
machine is trusted that was named on the command line, and nothing is announced.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from nodeworker.errors import BadRequest, EngineError
from nodeworker.maker import EngineChoice
from nodeworker.protocol import node_pb2_grpc
from nodeworker.protocol.identity import Identity, id_of_certificate
from nodeworker.protocol.pins import Pin
from nodeworker.running import Options, engines
from nodeworker.serving.door import Door
from nodeworker.serving.server import OPTIONS, NodeService
from nodeworker.trust import Trust

MOST_NODES = 500
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class OnePin:
    """A pin store that holds one machine and never changes."""

    pin: Pin

    def all(self) -> tuple[Pin, ...]:
        """Return the pin."""
        return (self.pin,)


def parse(words: Sequence[str]) -> list[tuple[str, EngineChoice]]:
    """Read "NAME=paced:…" words. Raises BadRequest."""
    wanted: list[tuple[str, EngineChoice]] = []
    for word in words:
        name, _, engine = word.partition("=")
        choice = EngineChoice.parse(engine)
        if not name or choice.paced is None:
            raise BadRequest(f"{word[:60]!r} is no simulated node.", "Write NAME=paced:DECODE,PREFILL.")
        wanted.append((name, choice))
    if not 0 < len(wanted) <= MOST_NODES:
        raise BadRequest(f"From 1 to {MOST_NODES} simulated nodes in one process.")
    return wanted


async def serve(trusted: Path, words: Sequence[str]) -> None:
    """Serve until standard input ends; each line read from it is answered with what this process has used.

    Prints one JSON object a line: a "ready" for each node, with address, id, name and certificate, and then "used".

    Raises:
        EngineError: a word makes no sense, or no port is free.
        TrustFailure: the certificate in `trusted` is none.
    """
    wanted = parse(words)
    certificate = await asyncio.to_thread(trusted.read_text, encoding="ascii")
    pin = Pin(id_of_certificate(certificate), "measuring", certificate)
    async with contextlib.AsyncExitStack() as stack:
        for name, choice in wanted:
            _say(await stack.enter_async_context(_node(name, choice, pin)))
        await _answer_parent()


@contextlib.asynccontextmanager
async def _node(name: str, choice: EngineChoice, pin: Pin) -> AsyncIterator[dict[str, Any]]:
    identity = Identity.create()
    trust = Trust(identity, OnePin(pin))
    door = Door(trust)
    async with engines(Options(name=name, engine=choice)) as (rooms, folder, slots):
        service = NodeService(
            id=identity.id,
            name=name,
            zone="",
            rooms=rooms,
            folder=folder,
            door=door,
            slots=slots,
            simulated=True,
        )
        server = grpc.aio.server(interceptors=(door,), options=OPTIONS)
        node_pb2_grpc.add_NodeServicer_to_server(service, server)
        try:
            port = server.add_secure_port(f"{HOST}:0", trust.credentials())
        except RuntimeError as error:
            raise EngineError(f"No port is free on {HOST}.") from error
        await server.start()
        # A node tells the rates of a model that it has loaded once; without them no desktop could choose well.
        async with contextlib.aclosing(rooms.load(("chat",))) as steps:
            async for _ in steps:
                pass
        try:
            yield {
                "event": "ready",
                "address": f"{HOST}:{port}",
                "id": identity.id,
                "name": name,
                "certificate": identity.certificate,
            }
        finally:
            await server.stop(0)


async def _answer_parent() -> None:
    """Answer each line of standard input; its end means that the parent has gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while await reader.readline():
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            _say({"event": "used", "pid": os.getpid(), "cpu_seconds": time.process_time(), "memory_kb": most})
    finally:
        pipe.close()


def _say(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)
