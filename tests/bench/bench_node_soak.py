"""Thousands of requests with random cancels, deadlines and overload: nothing leaks, nothing sticks.

`pytest -m bench tests/bench/bench_node_soak.py -s`; TANGNET_SOAK_SECONDS (600) and TANGNET_SOAK_REQUESTS (2000) say how
long and how many. The requests of the first fifth warm up: memory is compared from there on.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path

import grpc
import psutil
import pytest

from nodeworker.engines import Message, Sampling
from nodeworker.protocol import node_pb2 as pb
from tests.bench.asking import TOPICS, ask_node, message, request, story
from tests.bench.figures import show
from tests.bench.node_child import Child, running

SECONDS = float(os.environ.get("TANGNET_SOAK_SECONDS", "600"))
REQUESTS = int(os.environ.get("TANGNET_SOAK_REQUESTS", "2000"))
SLOTS = 8
PATIENCE = 240.0

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(SECONDS * 3 + 600)]


async def one(node: Child, number: int, chance: random.Random, seen: Counter[str]) -> None:
    """One request and its fate."""
    about = " ".join(chance.choice(TOPICS) for _ in range(chance.choice((2, 8, 60))))
    sampling = Sampling(temperature=chance.choice((0.0, 0.8)), top_k=40)
    wanted = request(
        f"soak-{number}",
        [Message("system", "Be short."), Message("user", f"Tell me of {about}.")],
        sampling,
        chance.choice((1, 8, 24, 48)),
    )
    fate = chance.random()
    limit = chance.uniform(0.05, 2.0) if fate < 0.2 else PATIENCE
    call = node.stub.Generate(message(wanted), timeout=limit)
    leaves = chance.randrange(1, 12) if 0.2 <= fate < 0.45 else 0
    try:
        count = 0
        async for event in call:
            count += 1
            if event.WhichOneof("kind") == "done":
                seen["done"] += 1
            elif leaves and count >= leaves:
                call.cancel()
                seen["cancelled"] += 1
                return
    except grpc.aio.AioRpcError as error:
        seen[error.code().name.lower()] += 1
        assert error.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED), error
        assert error.code() != grpc.StatusCode.DEADLINE_EXCEEDED or limit < PATIENCE, "an answer stuck"


async def load_of(node: Child) -> pb.Status:
    """What the node says of itself now."""
    async for status in node.stub.Watch(pb.WatchRequest(), timeout=30):
        return status
    raise AssertionError("no status came")


def memory(node: Child) -> int:
    """Resident bytes of the node and its engines."""
    process = psutil.Process(node.pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])


async def test_soak(short: Path) -> None:
    chance = random.Random(3)
    seen: Counter[str] = Counter()
    sizes: list[tuple[float, int]] = []
    async with running(short, {"slots": SLOTS, "context": 1024}) as node:
        await ask_node(node.stub, [story(0, Sampling(), 8)])
        begun, tasks = time.monotonic(), set[asyncio.Task[None]]()
        for number in range(REQUESTS):
            due = begun + SECONDS * number / REQUESTS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            burst = 30 if number % 400 == 399 else 1  # now and then more than slots and queue hold
            for extra in range(burst):
                task = asyncio.create_task(one(node, number * 100 + extra, chance, seen))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            if number % max(1, REQUESTS // 100) == 0:
                sizes.append((time.monotonic() - begun, memory(node)))
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE * 2)
        sizes.append((time.monotonic() - begun, memory(node)))
        for _ in range(100):  # the last places are given back within a turn, and told within a second
            status = await load_of(node)
            if not status.active and not status.queued and status.free_kv_cells == status.kv_cells:
                break
            await asyncio.sleep(0.1)
        assert (status.active, status.queued) == (0, 0), "a place was not given back"
        assert status.free_kv_cells == status.kv_cells, "cells were not given back"
        assert len((await ask_node(node.stub, [story(1, Sampling(), 8)]))[0].ids) == 8
        restarts = status.engine_restarts
    settled = [size for at, size in sizes if at > SECONDS / 5]
    show(
        f"memory at the end beside after the warm-up, {sum(seen.values())} requests in {sizes[-1][0]:.0f} s",
        settled[-1] / 1e6, "MB", settled[0] / 1e6, "ratio <= 1.05", most=round(max(settled) / 1e6),
        restarts=restarts, **seen,
    )  # fmt: skip
    assert not restarts
