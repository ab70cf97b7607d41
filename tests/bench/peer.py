"""Starts the peer, xllamacpp's server, and asks it as its users do: over HTTP, streaming, all at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from nodeworker.engines import ChatRequest
from tests.bench.asking import PATIENCE, Heard

PYTHON = os.environ.get("TANGNET_BENCH_PEER", "")
"""The Python of an environment that has xllamacpp; without it the peer is left out."""
START_SECONDS = 60.0
_SERVER = Path(__file__).with_name("peer_server.py")


@contextlib.asynccontextmanager
async def serving(model: Path, *, slots: int, length: int, threads: int) -> AsyncIterator[int]:
    """Start the server with its own defaults for everything else; gives its port."""
    process = await asyncio.create_subprocess_exec(
        *(PYTHON, str(_SERVER), str(model), str(slots), str(length), str(threads)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            while not (line := (await process.stdout.readline()).decode()).startswith("http://"):
                assert line, "the peer did not start"
        swallowing = asyncio.create_task(process.stdout.read())
        yield int(line.rpartition(":")[2])
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10.0)
        except TimeoutError:
            process.kill()
            await process.wait()
    await swallowing


async def ask_peer(port: int, requests: Sequence[ChatRequest]) -> list[Heard]:
    """Ask everything at once and wait for all answers. Ends that the model wants are passed over."""
    async with asyncio.timeout(PATIENCE):
        return list(await asyncio.gather(*(_heard(port, one) for one in requests)))


async def _heard(port: int, one: ChatRequest) -> Heard:
    wanted = one.sampling
    body = json.dumps(
        {
            "messages": [{"role": message.role, "content": message.content} for message in one.messages],
            "stream": True,
            "max_tokens": wanted.max_tokens,
            "temperature": wanted.temperature,
            "top_k": wanted.top_k or 1,
            "top_p": wanted.top_p or 1.0,
            "samplers": ["top_k", "top_p", "temperature"],
            "ignore_eos": True,
        }
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    answer = Heard()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        status = await reader.readline()
        assert b" 200 " in status, status
        # Looking for the field costs this side less than reading the JSON, and nothing else of it is needed.
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"delta":{"content":"' in line:
                answer.token(time.perf_counter(), (0,), "")
    finally:
        writer.close()
        await writer.wait_closed()
    return answer
