"""What people do with a node beside asking it: see what it does and for whom, let it rest, name it, say where it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster.cluster import Cluster
from app.cluster.trust import TrustStore
from app.errors import NodeError, TrustError, UsageError
from app.events import Generated, NodeInfo, TokenReceived
from app.thinking import ChatRequest
from nodeworker.joining import ControllerAway, Joiner, JoinRefused
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.links import JoinToken
from nodeworker.protocol.pins import Pin, Pins
from tests.integration.node_serving import client, pin_of, serving
from tests.integration.test_node_calls import refused
from tests.integration.test_node_trust import ListedPins
from tests.node_process import cluster, question, state


@asynccontextmanager
async def desk_and_node(home: Path, rights: str) -> AsyncGenerator[tuple[Cluster, str, Identity, Identity]]:
    """A node that knows this desktop with `rights` and a friend with `use`; yields the node's address and keys, too."""
    node, friend = Identity.create(), Identity.create()
    store = TrustStore(home / "desk")
    store.read()
    me = store.identity()
    pins = ListedPins(replace(pin_of(me, "desk"), rights=rights), pin_of(friend, "friend"))
    async with serving(home, engine="paced:40,20000", identity=node, pins=pins) as served:
        store.add(Pin(node.id, "pi", node.certificate, address=served.address))
        async with cluster(home / "desk", "--engine", "paced:10,100") as desk:
            await state(desk, "pi", "ready")
            yield desk, served.address, node, friend


async def whole(desk: Cluster, request: ChatRequest) -> list[object]:
    return [event async for event in desk.generate(request)]


def of(desk: Cluster, node: Identity) -> NodeInfo:
    return next(info for info in desk.nodes() if info.id == node.id)


async def test_what_a_node_does_and_for_whom(home: Path) -> None:
    async with (
        desk_and_node(home, "use administer") as (desk, address, node, friend),
        client(address, me=friend, node=node.certificate) as stub,
    ):
        theirs = pb.GenerateRequest(request_id="f", messages=[pb.Message(role="user", content="a secret")])
        call = stub.Generate(theirs, timeout=60)
        watched = stub.Watch(pb.WatchRequest(), timeout=60)
        mine = asyncio.create_task(whole(desk, question("q", max_tokens=400, node="pi")))
        async with asyncio.timeout(30):
            async for _ in desk.watch():
                work = of(desk, node).work
                if len(work) == 2 and work[0].tokens > 5:
                    break
            assert [(one.role, one.own, one.who) for one in sorted(work, key=lambda one: one.own)] == [
                ("chat", False, "friend"),
                ("chat", True, "desk"),
            ]
            assert work[0].seconds > 0
            assert "secret" not in repr(work)
            async for status in watched:
                if len(status.work) == 2:
                    break
            # Who may not administer is not told whose the other work is.
            assert sorted((one.own, one.who) for one in status.work) == [(False, ""), (True, "")]
        call.cancel()
        mine.cancel()


async def test_a_node_rests_and_is_woken(home: Path) -> None:
    async with desk_and_node(home, "use administer") as (desk, address, node, friend):
        events = aiter(desk.generate(question("q", max_tokens=30, node="pi")))
        async for event in events:
            if isinstance(event, TokenReceived):
                break
        resting = await desk.upkeep.rest(node.id, True)
        assert resting.resting and resting.state == "draining"
        kinds: list[object] = [event async for event in events]
        assert isinstance(kinds[-1], Generated) and kinds[-1].node == "pi"  # what runs goes on
        async with client(address, me=friend, node=node.certificate) as stub:
            asked = pb.GenerateRequest(request_id="r", messages=[pb.Message(role="user", content="hello")])
            assert (await refused(stub.Generate(asked, timeout=30)))[1] == "draining"
        awake = await desk.upkeep.rest(node.id, False)
        assert not awake.resting and awake.state == "ready"
        past = await desk.upkeep.history()
        assert len(past.firsts) == 1 and past.moments


async def test_who_may_only_use_a_node_cannot_let_it_rest(home: Path) -> None:
    async with desk_and_node(home, "use") as (desk, _address, node, _friend):
        with pytest.raises(NodeError) as refused:
            await desk.upkeep.rest(node.id, True)
        assert refused.value.code == "not_allowed" and of(desk, node).state == "ready"
        with pytest.raises(NodeError):
            await desk.upkeep.rest("f" * 64, True)


async def test_a_new_machine_joins_with_the_token_of_its_card(home: Path) -> None:
    async with cluster(home / "desk", "--engine", "paced:10,100") as desk:
        desk.upkeep.port = 0
        assert not await desk.upkeep.let_in()  # no token: nothing listens
        token = JoinToken.parse(await desk.upkeep.take_in())
        near = replace(token, addresses=(f"127.0.0.1:{desk.upkeep.port}",))
        pin = await Joiner(home / "pi", Pins(home / "pi" / "trust.toml"), "kitchen", "home", 7443).join(near)
        assert pin.rights == "use"
        await state(desk, "kitchen", "unreachable")  # it is known now, and no node runs there in this test
        other = Joiner(home / "other", Pins(home / "other" / "trust.toml"), "other", "", 7443)
        with pytest.raises((JoinRefused, ControllerAway)):
            await other.join(near)  # it was for one machine
        with pytest.raises(TrustError):
            await desk.upkeep.take_in(hours=-1)


async def test_a_name_and_a_place_given_here(home: Path) -> None:
    async with desk_and_node(home, "use") as (desk, _address, node, _friend):
        assert of(desk, node).zone == "attic"
        named = await desk.upkeep.relabel(node.id, "  kitchen   pi ", "home")
        assert (named.name, named.zone) == ("kitchen pi", "home")
        assert TrustStore(home / "desk").pins()[0].zone == "home"
        await state(desk, "kitchen pi", "ready")  # also in what it says next
        assert of(desk, node).zone == "home"
        back = await desk.upkeep.relabel(node.id, "pi", "")
        assert (back.name, back.zone) == ("pi", "attic")  # as the node itself says
        for name, zone in (("", ""), ("local", ""), ("pi", "a=b"), ("x" * 41, "")):
            with pytest.raises(UsageError):
                await desk.upkeep.relabel(node.id, name, zone)
        with pytest.raises(TrustError):
            await desk.upkeep.relabel("f" * 64, "other", "")
