"""New keys over real TLS: the desktop's at its nodes, a node's at its desktops, with everything that can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import grpc
import pytest

from app.cluster.cluster import Cluster
from app.cluster.trust import TrustStore
from app.errors import TrustError
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.links import PairingLink, shared_fingerprint
from nodeworker.protocol.pins import Pins
from nodeworker.rotation import Rotation
from nodeworker.trust import Trust
from tests.integration.node_serving import client, pin_of, serving, until
from tests.integration.test_node_calls import code_and_hint
from tests.node_process import NodeProcess, cluster, pair, question, state

PACED = ("--engine", "paced:100,5000")


async def _ignored(identity: Identity) -> None:
    """Nobody has to be told."""


@contextlib.asynccontextmanager
async def rotating(home: Path, node: Identity, pins: Pins):  # type: ignore[no-untyped-def]
    """A node in this process that takes new keys of its callers; yields its address and its Rotation."""
    trust = Trust(node, Pins(pins.path))
    rotation = Rotation(home, node, pins, trust, _ignored)
    async with serving(home, identity=node, trust=trust, rotate=rotation.accept) as serves:
        yield serves, rotation


async def rotate(address: str, me: Identity, node: Identity, new: str, signature: bytes) -> str:
    async with client(address, me=me, node=node.certificate) as stub:
        return str((await stub.Rotate(pb.RotateRequest(certificate=new, signature=signature), timeout=5)).id)


async def known(address: str, me: Identity, node: Identity) -> bool:
    """Whether the node answers to that key."""
    async with client(address, me=me, node=node.certificate) as stub:
        try:
            await stub.Describe(pb.DescribeRequest(), timeout=5)
        except grpc.aio.AioRpcError:
            return False
    return True


async def test_the_old_key_holds_until_the_new_one_is_used(home: Path) -> None:
    node, old = Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(old, "desk"))
    new = old.successor()
    signature = old.hand_over(new.certificate)
    async with rotating(home, node, pins) as (serves, rotation):
        # The answer may be lost: asking again with the old key is harmless.
        for _ in range(2):
            assert await rotate(serves.address, old, node, new.certificate, signature) == new.id
            await rotation.look()
        assert await known(serves.address, old, node)
        assert await known(serves.address, new, node)
        await rotation.look()
        assert [pin.id for pin in pins.all()] == [new.id]
        assert not await known(serves.address, old, node)
        assert await known(serves.address, new, node)


async def test_running_calls_under_the_old_key_end_when_the_new_one_is_used(home: Path) -> None:
    node, old = Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(old, "desk"))
    new = old.successor()
    async with (
        rotating(home, node, pins) as (serves, rotation),
        client(serves.address, me=old, node=node.certificate) as stub,
    ):
        watch = aiter(stub.Watch(pb.WatchRequest(), timeout=30))
        await anext(watch)
        await rotate(serves.address, old, node, new.certificate, old.hand_over(new.certificate))
        await known(serves.address, new, node)
        await rotation.look()
        serves.door.revoke_missing()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            async with asyncio.timeout(5):
                async for _ in watch:
                    pass
        assert code_and_hint(failure.value)[0] == "not_paired"


async def test_a_key_is_handed_over_by_its_owner_only(home: Path) -> None:
    node, old, other = Identity.create(), Identity.create(), Identity.create()
    pins = Pins(home / "trust.toml")
    pins.add(pin_of(old, "desk"))
    pins.add(pin_of(other, "other"))
    new = old.successor()
    async with rotating(home, node, pins) as (serves, _):
        for me, certificate, signature in (
            (other, new.certificate, old.hand_over(new.certificate)),  # replayed by another pinned machine
            (old, new.certificate, other.hand_over(new.certificate)),
            (old, new.certificate, b""),
            (old, "nonsense", old.hand_over("nonsense")),
            (old, other.certificate, old.hand_over(other.certificate)),  # somebody else's key as one's own
            (old, other.successor().certificate, old.hand_over(other.successor().certificate)),
            (old, new.certificate + "x", old.hand_over(new.certificate)),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await rotate(serves.address, me, node, certificate, signature)
            assert code_and_hint(failure.value)[0] == "bad_request"
        stranger = Identity.create()
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await rotate(serves.address, stranger, node, new.certificate, stranger.hand_over(new.certificate))
        assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
    assert {pin.id: pin.name for pin in pins.all()} == {old.id: "desk", other.id: "other"}


async def test_the_desktop_tells_reachable_nodes_at_once_and_the_others_when_they_come(
    tmp_path: Path, home: Path
) -> None:
    here, away = NodeProcess(tmp_path / "here", "here", *PACED), NodeProcess(tmp_path / "away", "away", *PACED)
    try:
        await asyncio.gather(here.start(), away.start())
        async with cluster(home, discover=False) as one:
            await pair(one, here)
            await pair(one, away)
            await state(one, "away", "ready")
            old = TrustStore(home).identity()
            away.kill()
            await away.gone()
            await state(one, "away", "unreachable")
            change = await one.rotate()
            assert (change.told, change.waiting, change.finished) == (("here",), ("away",), False)
            assert (change.was, TrustStore(home).identity()) == (old.id, old)
            await until(lambda: known_to(tmp_path / "here") == [change.id])
            assert await answers(one, "here")
        # Another program of this home, later: it goes on where that one ended.
        await away.start()
        async with cluster(home, discover=False) as one:
            await until(lambda: known_to(tmp_path / "away") == [change.id], 30)
            await until(lambda: TrustStore(home).following() is None)
            assert TrustStore(home).identity().id == change.id
            await state(one, "away", "ready")
            await state(one, "here", "ready")
            assert await answers(one, "here")
            assert await answers(one, "away")
    finally:
        await here.stop()
        await away.stop()


async def test_a_link_pairs_with_the_key_in_it_and_no_other(tmp_path: Path, home: Path) -> None:
    node = NodeProcess(tmp_path / "pi", "pi", *PACED)
    await node.start()
    try:
        async with cluster(home, discover=False) as one:
            code = await node.pairing_code()
            wrong = PairingLink(node.address, code, Identity.create().id)
            with pytest.raises(TrustError, match="another key than the link"):
                await one.pair(wrong.text(), "")
            # Nothing was said to it: not one of the three tries is gone.
            asked = json.loads((tmp_path / "pi" / "node" / "pi" / "pairing.json").read_text())
            assert asked["tries_left"] == 3
            info = await one.pair(PairingLink(node.address, code, node.id).text(), "")
            assert (info.id, info.state) == (node.id, "ready")
            paired = await node.paired()
            own = TrustStore(home).identity().id
            assert paired["shared_fingerprint"] == shared_fingerprint(own, node.id)
    finally:
        await node.stop()


def known_to(folder: Path) -> list[str]:
    """Ids of the keys that the one node of a home trusts."""
    (path,) = folder.glob("node/*/trust.toml")
    return [pin.id for pin in Pins(path).all()]


async def answers(one: Cluster, node: str) -> bool:
    async with asyncio.timeout(20):
        events = [event async for event in one.generate(question(uuid.uuid4().hex, node=node, max_tokens=5))]
    return bool(events)


async def test_nodes_that_were_not_told_can_be_given_up(tmp_path: Path, home: Path) -> None:
    away = NodeProcess(tmp_path / "away", "away", *PACED)
    await away.start()
    async with cluster(home, discover=False) as one:
        await pair(one, away)
        await away.stop()
        await state(one, "away", "unreachable")
        network = one._network
        assert network is not None
        change = await network.rotate(drop=True, seconds=0.2)
        assert (change.waiting, change.finished) == (("away",), True)
        assert TrustStore(home).identity().id == change.id
        assert TrustStore(home).following() is None


async def test_a_desktop_follows_a_node_to_its_new_key_twice_even(tmp_path: Path, home: Path) -> None:
    """Rotated while it runs and is watched, and twice while the desktop is off."""
    node = NodeProcess(tmp_path / "pi", "pi", *PACED)
    try:
        await node.start()
        async with cluster(home, discover=False) as one:
            await pair(one, node)
            first = TrustStore(home).pins()[0].id
            assert first == node.id
            second = await rotate_node(tmp_path / "pi")
            await until(lambda: TrustStore(home).pins()[0].id == second, 20)
            await state(one, "pi", "ready")
            assert await answers(one, "pi")
            status = json.loads((tmp_path / "pi" / "node" / "pi" / "status.json").read_text())
            assert status["id"] == second
        await rotate_node(tmp_path / "pi")
        await node.stop()
        last = await rotate_node(tmp_path / "pi")
        await node.start()
        assert node.id == last
        async with cluster(home, discover=False) as one:
            await until(lambda: TrustStore(home).pins()[0].id == last, 20)
            await state(one, "pi", "ready")
            (pin,) = TrustStore(home).pins()
            assert pin.name == "pi"
    finally:
        await node.stop()


async def rotate_node(folder: Path) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "nodeworker", "rotate", "--json"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "TANGNET_HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    event = json.loads(done.stdout)
    assert event["event"] == "rotated"
    assert event["id"] != event["was"]
    return str(event["id"])


async def test_a_stranger_at_the_address_is_not_followed(tmp_path: Path, home: Path) -> None:
    """Another node where the pinned one was, even one whose key has a history of its own, is not trusted."""
    node = NodeProcess(tmp_path / "pi", "pi", *PACED)
    await node.start()
    try:
        async with cluster(home, discover=False) as one:
            await pair(one, node)
        await node.stop()
        stranger = NodeProcess(tmp_path / "stranger", "pi", *PACED)
        stranger.address = node.address
        await stranger.start()
        try:
            await rotate_node(tmp_path / "stranger")
            store = TrustStore(home)
            async with cluster(home, discover=False) as one:
                await state(one, "pi", "unreachable")
                network = one._network
                assert network is not None
                await network._rotation.step()
                assert [pin.id for pin in store.pins()] == [node.id]
        finally:
            await stranger.stop()
    finally:
        await node.stop()
