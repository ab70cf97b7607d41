"""What a node with the starter models takes when it rests, and what a Raspberry Pi 5 would need for more.

`pytest -m bench tests/bench/bench_node_memory.py -s`
"""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from nodeworker.engines import Sampling
from nodeworker.models.gguf import read_gguf
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.bench import native
from tests.bench.asking import ask_node, story
from tests.bench.figures import show
from tests.integration.node_serving import client, running

pytestmark = [pytest.mark.bench, pytest.mark.models, pytest.mark.timeout(600)]

EXACT = (34 / 32 + 2) / 4
"""A cache with keys in Q8_0 beside a 16-bit one."""
PI_BYTES = 8 * 1024**3
SYSTEM_BYTES = 700 * 1024**2
"""What a Raspberry Pi OS without desktop and the firmware's share take, generously."""


async def test_at_rest(home: Path) -> None:
    """A `tangnet-node` as anybody starts it."""
    model = native.starter()
    info = read_gguf(model.path)
    me = Identity.create()
    async with running(home, "--engine", "llama", "--no-announce") as node:
        node.trust(me)
        async with client(node.address, me=me, node=node.certificate) as stub:
            await ask_node(stub, [story(0, Sampling(), 8)])
            await stub.Embed(pb.EmbedRequest(texts=["warm up"]), timeout=60)
            status = await anext(aiter(stub.Watch(pb.WatchRequest(), timeout=30)))
            process = psutil.Process(node.process.pid)
            parts = {"node": process.memory_info().rss}
            made_of = {"node": makeup(process)}
            for engine in process.children():
                kind = "chat" if any("llama" in one.path for one in engine.memory_maps()) else "embed"
                parts[kind], made_of[kind] = engine.memory_info().rss, makeup(engine)
    cache = int(info.kv_bytes_per_token * EXACT * status.kv_cells)
    show("node with starter chat model and MiniLM at rest", sum(parts.values()) / 1e6, "MB",
         of={name: f"{size / 1e6:.0f} MB" for name, size in parts.items()})  # fmt: skip
    for name, size in parts.items():
        show(
            f"… {name}",
            size / 1e6,
            "MB",
            made_of={kind: f"{part / 1e6:.0f} MB" for kind, part in made_of[name].items()},
        )
    explained = model.path.stat().st_size + cache
    show("chat engine: beyond weights and cache", (parts["chat"] - explained) / 1e6, "MB",
         weights=f"{model.path.stat().st_size / 1e6:.0f} MB", slots=status.slots,
         cache=f"{cache / 1e6:.0f} MB for {status.kv_cells} tokens")  # fmt: skip


def makeup(process: psutil.Process) -> dict[str, int]:
    """Resident bytes by what they hold; pages of files are shared with whoever else maps them."""
    parts = {"own": 0, "code": 0, "model file": 0, "other files": 0}
    for mapped in process.memory_maps():
        name = Path(mapped.path).name
        if not mapped.path.startswith("/"):
            parts["own"] += mapped.rss
        elif name.endswith((".gguf", ".onnx")):
            parts["model file"] += mapped.rss
        else:
            parts["code" if ".so" in name or "python" in name else "other files"] += mapped.rss
    return parts


def test_a_pi_with_a_model_of_three_billion_parameters() -> None:
    """Llama 3.2 3B in Q4_K_M: 28 layers, 8 key/value heads of 128, a file of 2.02 GB (its model card)."""
    weights, layers, heads, width = 2_020_000_000, 28, 8, 128
    each = int(2 * layers * heads * width * 2 * EXACT)
    cache = each * 8 * 4096
    work = 256 * 1024**2
    needed = weights + cache + work
    show("3B in Q4 with 8 slots of 4096 tokens", needed / 1e6, "MB", (PI_BYTES - SYSTEM_BYTES) / 1e6, "ratio <= 1",
         weights=f"{weights / 1e6:.0f} MB", cache=f"{cache / 1e6:.0f} MB ({each} bytes a token)")  # fmt: skip
    assert needed < PI_BYTES - SYSTEM_BYTES
