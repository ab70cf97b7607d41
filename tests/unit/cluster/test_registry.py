"""Watchers of trusted nodes over real TLS, the roster that they fill, and the trust behind them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.cluster import registry
from app.cluster.cluster import Cluster
from app.cluster.registry import RemoteNode, Roster, delay_after
from app.cluster.trust import TrustStore, join_address, split_address
from app.errors import TrustError
from app.settings import Settings
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin
from tests.fakes_nodes import FakeNode, Plan, node_info, on_tls, until


class Pair:
    """A desktop's watcher of one fake node."""

    def __init__(self, address: str) -> None:
        self.desktop, self.node = Identity.create(), Identity.create()
        self.roster = Roster()
        self.reached: list[str] = []
        pin = Pin(self.node.id, "pi", self.node.certificate, address=address)
        self.remote = RemoteNode(pin, self.desktop, self.roster, lambda id, at: self.reached.append(at))

    def state(self) -> str:
        return self.remote.info.state

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        task = asyncio.create_task(self.remote.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_found_at_one_of_its_addresses_and_followed_to_another() -> None:
    pair = Pair("127.0.0.1:1")
    fake = FakeNode("pi", Plan())
    async with pair.running():
        await until(lambda: pair.remote.settled)
        assert pair.state() == "unreachable"
        async with on_tls(fake, pair.node, pair.desktop) as (first, _):
            pair.remote.hear(["127.0.0.1:2", first])
            await until(lambda: pair.state() == "ready")
            assert pair.remote.client is not None
            assert pair.remote.info.address == first
            assert [model.name for model in pair.remote.info.models] == ["fake"]
        await until(lambda: pair.state() == "unreachable")
        async with on_tls(fake, pair.node, pair.desktop) as (second, _):
            pair.remote.hear([second])
            await until(lambda: pair.state() == "ready")
        assert pair.reached[-1] == second


async def test_an_impostor_gets_nothing_and_the_right_one_is_still_found() -> None:
    pair = Pair("127.0.0.1:1")
    liar = FakeNode("pi", Plan())
    async with (
        pair.running(),
        on_tls(liar, Identity.create(), pair.desktop) as (lie, _),
        on_tls(FakeNode("pi", Plan()), pair.node, pair.desktop) as (truth, _),
    ):
        pair.remote.hear([lie])
        await until(lambda: pair.remote.settled)
        pair.remote.hear([f"127.0.0.1:{port}" for port in range(2, 40)])  # a flood
        pair.remote.hear([truth])
        await until(lambda: pair.state() == "ready")
        assert pair.remote.info.address == truth
        assert liar.watching == 0
        # Once connected, announcements change nothing.
        pair.remote.hear([lie])
        await asyncio.sleep(0.05)
        assert pair.state() == "ready"


async def test_roster_snapshots_at_most_four_a_second() -> None:
    roster = Roster()
    roster.put("b", node_info("b"))
    seen: list[float] = []

    async def watch() -> None:
        async for snapshot in roster.watch():
            seen.append(time.monotonic())
            names = [node.name for node in snapshot]
            if names == ["local", "b", "z"]:
                return

    task = asyncio.create_task(watch())
    for number in range(20):
        roster.put("b", node_info("b", active=number))
        await asyncio.sleep(0.01)
    roster.put("z", node_info("z", trusted=False))
    roster.put("local", node_info("local"))
    await asyncio.wait_for(task, 2)
    assert len(seen) <= 3
    assert all(later - earlier >= 0.24 for earlier, later in itertools.pairwise(seen))


async def test_what_sensors_say_is_told_together_and_a_change_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SNAPSHOT_SECONDS", 0.0)
    roster = Roster()
    for name in ("a", "b"):
        roster.put(name, node_info(name))
    snapshots = roster.watch()
    await anext(snapshots)
    began = time.monotonic()
    for number in range(5):
        for name in ("a", "b"):
            roster.put(name, node_info(name, temperature_c=50.0 + number, seen_at=float(number)))
        await asyncio.sleep(0.01)
    figures = await anext(snapshots)
    assert [node.temperature_c for node in figures] == [54.0, 54.0]
    assert time.monotonic() - began >= registry.FIGURES_SECONDS - 0.01
    coming = asyncio.ensure_future(anext(snapshots))
    roster.put("a", node_info("a", temperature_c=60.0))
    await asyncio.sleep(0)
    roster.put("b", node_info("b", active=1))
    changed = {node.name: node for node in await coming}
    assert changed["b"].active == 1 and changed["a"].temperature_c == 60.0
    await snapshots.aclose()


def test_back_off() -> None:
    assert [delay_after(n) for n in (1, 2, 3, 6, 7, 8, 10**6)] == [0.5, 1, 2, 16, 30, 30, 30]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi:7443", ("pi", 7443)),
        ("pi", ("pi", 9)),
        ("10.0.0.1", ("10.0.0.1", 9)),
        ("[::1]:80", ("::1", 80)),
        ("::1", ("::1", 9)),
        ("[fe80::1%eth0]", ("fe80::1%eth0", 9)),
    ],
)
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert split_address(text, 9) == expected
    assert split_address(join_address(*expected), 1) == expected


@pytest.mark.parametrize(
    "text", ["", ":1", "pi:0", "pi:70000", "pi:x", "a b:1", "http://pi:1", "[]:1", "pi:-1", "pi:１"]
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(TrustError):
        split_address(text, 9)


def test_trust_store(home: Path) -> None:
    store, other = TrustStore(home), TrustStore(home)
    assert store.identity().id == other.identity().id
    node = Identity.create()
    store.add(Pin(node.id, "pi", node.certificate, address="a:1"))
    assert [pin.name for pin in other.pins()] == ["pi"]
    other.moved({node.id: "b:2", "0" * 64: "c:3"})
    assert [pin.address for pin in store.pins()] == ["b:2"]
    before = (home / "trust.toml").stat()
    store.moved({node.id: "b:2", "0" * 64: "c:3"})
    assert (home / "trust.toml").stat() == before  # nothing new, nothing written
    assert store.remove(node.id) is not None
    assert other.pins() == ()
    (home / "trust.toml").write_text("nonsense [")
    with pytest.raises(TrustError):
        other.pins()


@pytest.mark.parametrize("at_the_end", [True, False])
async def test_where_nodes_were_reached_is_written_down_a_moment_later_and_at_the_end(
    home: Path, at_the_end: bool
) -> None:
    store, nodes = TrustStore(home), [Identity.create(), Identity.create()]
    for node in nodes:
        store.add(Pin(node.id, "pi", node.certificate, address="127.0.0.1:1"))
    async with (
        on_tls(FakeNode("one", Plan()), nodes[0], store.identity()) as (first, _),
        on_tls(FakeNode("two", Plan()), nodes[1], store.identity()) as (second, _),
    ):
        one = Cluster(home, Settings(nodes_addresses=[first, second]), discover=False)
        await one.start()
        try:
            await until(lambda: {node.address for node in one.nodes() if node.state == "ready"} >= {first, second})
            if not at_the_end:
                await until(lambda: {pin.address for pin in store.pins()} == {first, second})
        finally:
            await one.close()
        assert [pin.address for pin in store.pins()] == [first, second]


async def test_damaged_trust_leaves_this_machine_usable(home: Path) -> None:
    (home / "trust.toml").write_text("nonsense [")
    one = Cluster(home, Settings(), discover=False)
    await one.start()
    try:
        assert [node.name for node in await one.discovered(0.1)] == ["local"]
        with pytest.raises(TrustError):
            await one.pair("127.0.0.1:1", "12345678")
    finally:
        await one.close()
