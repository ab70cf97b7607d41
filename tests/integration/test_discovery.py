"""Nodes announce themselves by mDNS on this machine, are found quickly, used, and followed when they move."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from app.cluster.discovery import MAX_OF_ONE, MAX_REMEMBERED, Discovered, Discovery, parsed
from app.errors import NodeError, TrustError
from app.events import NodeChosen
from nodeworker.protocol import SERVICE_TYPE
from tests.fakes_nodes import until
from tests.node_process import NodeProcess, cluster, pair, question, state

PACED = ("--engine", "paced:200,5000")


def by_name(nodes: object, name: str) -> list[object]:
    assert isinstance(nodes, tuple)
    return [node for node in nodes if node.name == name]


async def test_found_within_two_seconds_then_paired_by_name_and_used(tmp_path: Path, home: Path) -> None:
    node = NodeProcess(tmp_path / "attic", "attic", *PACED, "--zone", "roof")
    async with cluster(home, *PACED, discover=True) as one:
        try:
            await one.discovered(0.5)
            await node.start()
            ready = time.monotonic()
            stranger = await state(one, "attic", "unpaired", 2.0)
            found = time.monotonic() - ready
            print(f"\nfound {found:.2f} s after ready")
            assert found < 2.0
            assert not stranger.trusted
            assert node.id.startswith(stranger.id)
            assert stranger.zone == "roof"
            with pytest.raises(NodeError) as caught:
                _ = [event async for event in one.generate(question("no", node="attic"))]
            assert caught.value.code == "not_paired"

            code = await node.pairing_code()
            await state_pairing(one, "attic")
            wrong = f"{(int(code) + 1) % 10**8:08d}"
            with pytest.raises(TrustError):
                await one.pair("attic", wrong)
            info = await one.pair("attic", code)
            assert (info.name, info.id, info.trusted, info.state) == ("attic", node.id, True, "ready")
            assert len(by_name(one.nodes(), "attic")) == 1  # the stranger is gone from the list
            events = [event async for event in one.generate(question("yes", node="attic"))]
            assert isinstance(events[0], NodeChosen)
            assert events[0].id == node.id

            # It comes back elsewhere: the announcement is followed, the pinned key is asked for.
            node.kill()
            await node.gone()
            await state(one, "attic", "unreachable")
            node.address = ""
            await node.start()
            back = await state(one, "attic", "ready", 5.0)
            assert back.address.endswith(node.address.rpartition(":")[2])
            # Restarted at the same place: the same announcement again is reason enough to try at once.
            node.kill()
            await node.gone()
            await state(one, "attic", "unreachable")
            await asyncio.sleep(4.0)  # by now the watcher alone would pause for four seconds
            await node.start()
            ready = time.monotonic()
            await state(one, "attic", "ready", 5.0)
            print(f"reconnected {time.monotonic() - ready:.2f} s after ready")
            assert time.monotonic() - ready < 2.0
            gone = await one.unpair("attic")
            assert not gone.trusted
            with pytest.raises(NodeError):
                _ = [event async for event in one.generate(question("gone", node="attic"))]
        finally:
            await node.stop()


async def state_pairing(one: object, name: str) -> None:
    from app.cluster.cluster import Cluster

    assert isinstance(one, Cluster)
    async with asyncio.timeout(5):
        async for nodes in one.watch():
            if any(node.name == name and node.pairing for node in nodes):
                return


async def test_paired_elsewhere_is_noticed(tmp_path: Path, home: Path) -> None:
    """The command line pairs while the window is open: the window connects."""
    node = NodeProcess(tmp_path / "cellar", "cellar", *PACED, "--no-announce")
    async with cluster(home) as window, cluster(home) as command:
        try:
            await node.start()
            await pair(command, node)
            await state(window, "cellar", "ready", 5.0)
            await command.unpair("cellar")
            async with asyncio.timeout(5):
                async for nodes in window.watch():
                    if not by_name(nodes, "cellar"):
                        break
        finally:
            await node.stop()


async def test_listed_address_without_mdns(tmp_path: Path, home: Path) -> None:
    node = NodeProcess(tmp_path / "vpn", "vpn", *PACED, "--no-announce")
    try:
        await node.start()
        async with cluster(home, nodes_addresses=[node.address, "127.0.0.1:1", "no address"]) as one:
            listed = await state(one, node.address, "unpaired", 5.0)
            assert listed.id == node.id
            info = await pair(one, node)
            assert info.state == "ready"
    finally:
        await node.stop()


@pytest.mark.parametrize(
    ("target", "code"), [("127.0.0.1:1", "pairing_closed"), ("nobody", "node_unknown"), ("a b:1", "address")]
)
async def test_pairing_with_nothing(home: Path, target: str, code: str) -> None:
    async with cluster(home) as one:
        with pytest.raises(TrustError) as caught:
            await one.pair(target, "12345678")
        assert caught.value.code == code
        assert caught.value.hint


async def test_hostile_announcements_are_harmless(home: Path) -> None:
    """Huge, unreadable and lying texts over real mDNS; a good one among them is still found."""
    hostile = [
        {b"id": b"\xff\xfe" * 8, b"name": b"\xff" * 40},
        {b"id": b"g" * 16},
        {b"id": b"0123456789abcdef" * 12},
        {b"v": b"1"},
        {b"id": b"fedcba9876543210", b"zone": ("\x1b[2J\u202e" + "x" * 200).encode()[:240]},
        {f"k{number}".encode(): b"y" * 200 for number in range(30)},
    ]
    good = {b"id": b"00112233445566aa", b"zone": b"home", b"pairing": b"1"}
    names = [*(f"x{number}" for number in range(len(hostile))), "Küche-00112233"]
    found: dict[str, Discovered] = {}
    discovery = Discovery(lambda item: found.update({item.id_prefix: item}), lambda item: None, lambda prefix: False)
    running = asyncio.create_task(discovery.run())
    sender = AsyncZeroconf()
    try:
        infos = [
            ServiceInfo(SERVICE_TYPE, f"{name}.{SERVICE_TYPE}", port=7443, properties=texts, addresses=[b"\x7f\0\0\1"])
            for name, texts in zip(names, [*hostile, good], strict=True)
        ]
        for info in infos:
            await (await sender.async_register_service(info, cooperating_responders=True))
        # Other nodes of this network may be heard as well.
        await until(lambda: {"00112233445566aa", "fedcba9876543210"} <= set(found))
        assert {item.service.split(".")[0] for item in found.values()} & {"x0", "x1", "x2", "x3", "x5"} == set()
        assert found["00112233445566aa"].name == "Küche"
        assert found["00112233445566aa"].pairing
        spoofed = found["fedcba9876543210"].zone
        assert spoofed.isprintable()
        assert len(spoofed) <= 60
    finally:
        running.cancel()
        await asyncio.wait({running})
        await sender.async_close()


def test_at_most_five_hundred_are_remembered() -> None:
    gone: list[Discovered] = []
    discovery = Discovery(lambda item: None, gone.append, lambda prefix: prefix == "a" * 16)
    discovery.remember(Discovered("pinned", "pi", "a" * 16, ("127.0.0.1:1",), "", False))
    for number in range(2 * MAX_REMEMBERED):
        discovery.remember(Discovered(f"s{number}", "x", f"{number:016x}", ("127.0.0.1:1",), "", False))
    assert len(discovery.found) == MAX_REMEMBERED
    assert any(item.service == "pinned" for item in discovery.found)
    assert len(gone) == MAX_REMEMBERED + 1


def test_who_uses_the_name_of_a_paired_node_pushes_nobody_out() -> None:
    found: list[Discovered] = []
    discovery = Discovery(found.append, lambda item: None, lambda prefix: prefix == "a" * 16)
    discovery.remember(Discovered("stranger", "s", "b" * 16, ("127.0.0.1:1",), "", False))
    for number in range(2 * MAX_REMEMBERED):
        discovery.remember(Discovered(f"s{number}", "x", "a" * 16, ("127.0.0.1:1",), "", False))
    assert len(discovery.found) == MAX_OF_ONE + 1
    assert any(item.service == "stranger" for item in discovery.found)


def test_announcement_without_address_or_port_is_nothing() -> None:
    from zeroconf.asyncio import AsyncServiceInfo

    texts = {b"id": b"00112233445566aa"}
    assert parsed(AsyncServiceInfo(SERVICE_TYPE, f"x.{SERVICE_TYPE}", port=0, properties=texts)) is None
    assert parsed(AsyncServiceInfo(SERVICE_TYPE, f"x.{SERVICE_TYPE}", port=7443, properties=texts)) is None


async def test_names_that_no_service_may_have_and_a_flood_of_them(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Control characters, records by the thousand: few are remembered, the paired one is heard of, nothing logged."""
    found: dict[str, Discovered] = {}
    longest = [0.0]

    def come(item: Discovered) -> None:
        found[item.id_prefix] = item

    discovery = Discovery(come, lambda item: None, lambda prefix: prefix == "0" * 16)
    running = asyncio.create_task(discovery.run())

    async def tick() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest[0] = max(longest[0], time.thread_time() - began)

    ticking = asyncio.create_task(tick())
    arguments = ("-m", "tests.announcing")
    flooding = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments, "3000", "--hostile", "3", "--a-second", "2000", "--again", "0.2"),
        stdin=asyncio.subprocess.PIPE,
    )
    pinned = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments, "1", "--again", "0.3"), stdin=asyncio.subprocess.PIPE
    )
    try:
        await until(lambda: len(found) > 100 and "0" * 16 in found, 30)
        assert len(discovery.found) <= MAX_REMEMBERED
        assert found["0" * 16].name == "pi0"
        assert all((item.name + item.zone).isprintable() for item in found.values())
        assert longest[0] < 0.1  # of this loop's own work; the figure is in the bench
    finally:
        for process in (flooding, pinned):
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
        for task in (running, ticking):
            task.cancel()
        await asyncio.wait({running, ticking})
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
