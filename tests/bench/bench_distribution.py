"""One model to many nodes: bytes from the first source, killed and lying peers, against one plain copy after another.

Run: .venv/bin/python -m pytest tests/bench/bench_distribution.py -m bench -s

Every node is a real `tangnet-node` process on loopback with mutual TLS. TANGNET_BENCH_NODES (20) and
TANGNET_BENCH_MEGABYTES (1024) change the large run.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from nodeworker.models.swarm import FROM_ONE
from nodeworker.protocol import CHANNEL_OPTIONS, TLS_NAME
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.node_pb2_grpc import NodeStub
from tests.bench.figures import show
from tests.distribution_nodes import MIB, LyingNode, Spread, put_model, spread

NODES = int(os.environ.get("TANGNET_BENCH_NODES", "20"))
MEGABYTES = int(os.environ.get("TANGNET_BENCH_MEGABYTES", "1024"))
SMALL_MEGABYTES = 96
SMALL_RATE = 8.0
"""MB/s: with a cap the machine has time to spare, and what a killed source costs can be seen."""
SMALL_NODES = 5
_TICKS = os.sysconf("SC_CLK_TCK")

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that is gone at once afterwards: pytest keeps its own."""
    with tempfile.TemporaryDirectory(prefix="tangnet-bench-") as folder:
        yield Path(folder)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds of processor that these processes took so far."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


class Watch:
    """Wall and processor time of a block, of these processes together."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = list(pids)
        self.wall = self.cpu = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        began, before = time.monotonic(), cpu_seconds(self._pids)
        yield
        self.wall, self.cpu = time.monotonic() - began, cpu_seconds(self._pids) - before


async def plain_copy(made: Spread, sha256: str, target: Path) -> int:
    """Read the model from the first node as one stream; returns its bytes."""
    me, node = Identity.load_or_create(made.home / "desktop"), made.nodes[0]
    certificate = (made.home_of(node) / "node" / node.name / "identity.pem").read_bytes()
    credentials = grpc.ssl_channel_credentials(certificate, me.key, me.certificate.encode())
    options = (*CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", TLS_NAME))
    done = 0
    async with grpc.aio.secure_channel(node.address, credentials, options=options) as channel:
        with target.open("wb") as file:
            async for piece in NodeStub(channel).ReadModel(pb.ReadModelRequest(sha256=sha256), timeout=600):
                done += file.write(piece.data)
            file.flush()
            os.fsync(file.fileno())
    return done


async def test_one_model_to_many_nodes(place: Path) -> None:
    size = MEGABYTES * MIB
    model = put_model(place / "desktop" / "models", size)
    async with spread(place, *(f"pi-{n}" for n in range(1, NODES + 1)), together=4) as made:
        local = made.desktop.local_pid
        if local is None:
            async for _ in made.desktop.warm([]):
                pass
            local = made.desktop.local_pid
        assert local is not None
        watch = Watch([os.getpid(), local, *(node.pid for node in made.nodes)])
        with watch():
            last = await made.push(model.sha256)
        nodes = [info for name, info in last.items() if name != "local"]
        assert [info.state for info in nodes] == ["ready"] * NODES, nodes
        served = last["local"].served
        show("bytes from the first source", served / size, "sizes", goal="value <= 3", nodes=NODES, megabytes=MEGABYTES)
        fetched = sum(info.fetched for info in nodes) / size / NODES
        show("bytes that each node fetched", fetched, "sizes")
        rate = NODES * size / watch.wall / 1e6
        show("all nodes together", rate, "MB/s", seconds=round(watch.wall, 1), cpu_seconds=round(watch.cpu, 1))
        plain = Watch([os.getpid(), made.nodes[0].pid])
        with plain():
            assert await plain_copy(made, model.sha256, place / "copy") == size
        show("time beside plain copies one after another", watch.wall, "s", NODES * plain.wall)
        show("processor beside plain copies", watch.cpu, "s", NODES * plain.cpu)


async def test_a_killed_source_costs_next_to_nothing(place: Path) -> None:
    """The same capped deployment three times: undisturbed, with a node killed, with a node frozen."""
    size = SMALL_MEGABYTES * MIB
    names = [f"pi-{n}" for n in range(1, SMALL_NODES + 1)]
    took = {}
    for number, what in enumerate((None, signal.SIGKILL, signal.SIGSTOP)):
        home = place / str(number)
        model = put_model(home / "desktop" / "models", size, seed=number)
        async with spread(home, *names, together=2) as made:
            began = time.monotonic()
            whole: dict[str, float] = {}
            """When every piece was there; verifying the whole is the disk's own time."""
            hit = False
            async for info in made.desktop.deploy(model.sha256, made.told(), rate=SMALL_RATE):
                if what is not None and not hit and info.node == "pi-2" and info.done > size // 3:
                    hit = True
                    os.kill(made.nodes[0].pid, what)
                if info.total and info.done == info.total and info.node not in ("local", "pi-1"):
                    whole.setdefault(info.node, time.monotonic() - began)
                if info.state in ("verifying", "ready") and info.node not in ("local", "pi-1"):
                    whole.setdefault(info.node, time.monotonic() - began)
                if len(whole) == SMALL_NODES - 1:
                    break
            took[what] = max(whole.values())
            if what == signal.SIGSTOP:
                os.kill(made.nodes[0].pid, signal.SIGKILL)
    show("undisturbed, at 8 MB/s a node", took[None], "s", size / SMALL_RATE / 1e6)
    for what, name in ((signal.SIGKILL, "killed"), (signal.SIGSTOP, "frozen")):
        show(f"a source is {name} after a third: later by", took[what] - took[None], "s", goal="value <= 1")


async def test_a_lying_peer_is_dropped_at_its_first_piece(place: Path) -> None:
    model = put_model(place / "desktop" / "models", SMALL_MEGABYTES * MIB)
    liar = LyingNode(model)
    async with spread(place, *(f"pi-{n}" for n in range(1, SMALL_NODES + 1)), together=2) as made, liar.serving(made):
        last = await made.push(model.sha256)
        nodes = [info for name, info in last.items() if name != "local"]
        assert [info.state for info in nodes] == ["ready"] * SMALL_NODES
        dropped = sum(info.dropped == ("liar",) for info in nodes)
        show("nodes that dropped the lying peer and named it", dropped, f"of {SMALL_NODES}")
        asked = max(liar.asked.values())
        show("pieces that a node asked it for, those under way with the first", asked, "", goal=f"value <= {FROM_ONE}")
