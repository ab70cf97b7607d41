"""What a node with the starter models takes when it rests, and what a Raspberry Pi 5 would need for more.

`pytest -m bench tests/bench/bench_node_memory.py -s`
"""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from nodeworker.engines import Sampling
from nodeworker.engines.gguf import read_gguf
from nodeworker.protocol import node_pb2 as pb
from tests.bench import native
from tests.bench.asking import ask_node, story
from tests.bench.figures import show
from tests.bench.node_child import running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(600)]

EIGHT_BITS = 34 / 64
"""A Q8_0 cache beside a 16-bit one."""
PI_BYTES = 8 * 1024**3
SYSTEM_BYTES = 700 * 1024**2
"""What a Raspberry Pi OS without desktop and the firmware's share take, generously."""


async def test_at_rest(short: Path) -> None:
    model = native.starter()
    info = read_gguf(model.path)
    async with running(short, {}) as node:
        await ask_node(node.stub, [story(0, Sampling(), 8)])
        await node.stub.Embed(pb.EmbedRequest(texts=["warm up"]), timeout=60)
        status = await anext(aiter(node.stub.Watch(pb.WatchRequest(), timeout=30)))
        process = psutil.Process(node.pid)
        parts = {"node": process.memory_info().rss}
        for engine in process.children():
            kind = "chat" if any("llama" in one.path for one in engine.memory_maps()) else "embed"
            parts[kind] = engine.memory_info().rss
    cache = int(info.kv_bytes_per_token * EIGHT_BITS * status.kv_cells)
    show("node with starter chat model and MiniLM at rest", sum(parts.values()) / 1e6, "MB",
         of={name: f"{size / 1e6:.0f} MB" for name, size in parts.items()})  # fmt: skip
    explained = model.path.stat().st_size + cache
    show("chat engine: beyond weights and cache", (parts["chat"] - explained) / 1e6, "MB",
         weights=f"{model.path.stat().st_size / 1e6:.0f} MB", slots=status.slots,
         cache=f"{cache / 1e6:.0f} MB for {status.kv_cells} tokens")  # fmt: skip


def test_a_pi_with_a_model_of_three_billion_parameters() -> None:
    """Llama 3.2 3B in Q4_K_M: 28 layers, 8 key/value heads of 128, a file of 2.02 GB (its model card)."""
    weights, layers, heads, width = 2_020_000_000, 28, 8, 128
    each = int(2 * layers * heads * width * 2 * EIGHT_BITS)
    cache = each * 8 * 4096
    work = 256 * 1024**2
    needed = weights + cache + work
    show("3B in Q4 with 8 slots of 4096 tokens", needed / 1e6, "MB", (PI_BYTES - SYSTEM_BYTES) / 1e6, "ratio <= 1",
         weights=f"{weights / 1e6:.0f} MB", cache=f"{cache / 1e6:.0f} MB ({each} bytes a token)")  # fmt: skip
    assert needed < PI_BYTES - SYSTEM_BYTES
