"""Models brought to nodes in pieces: real processes, real TLS, kill -9, liars, missing rights, full disks, rules."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from app.cluster import keeping
from app.cluster.keeping import Keep
from app.events import DeploymentInfo
from nodeworker.models.swarm import FROM_ONE
from nodeworker.protocol import node_pb2 as pb
from nodeworker.protocol.identity import Identity
from tests.distribution_nodes import MIB, PACED, LyingNode, Spread, introduce, put_model, spread
from tests.integration.node_serving import client
from tests.integration.test_node_calls import refused
from tests.node_process import NodeProcess

SECONDS = 60.0


async def reported(made: Spread, node: str, right: Callable[[DeploymentInfo], bool]) -> DeploymentInfo:
    """Wait until a node reports a deployment that is as it should be."""
    async with asyncio.timeout(SECONDS):
        async for infos in made.desktop.deployments():
            for info in infos:
                if info.node == node and right(info):
                    return info
    raise AssertionError


def states(last: dict[str, DeploymentInfo]) -> dict[str, str]:
    return {name: info.state for name, info in last.items() if name != "local"}


async def test_a_model_reaches_every_node_and_leaves_this_machine_about_once(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 12 * MIB)
    async with spread(tmp_path, "one", "two", "three") as made:
        last = await made.push(model.sha256)
        assert states(last) == {"one": "ready", "two": "ready", "three": "ready"}, last
        original = model.path.read_bytes()
        for node in made.nodes:
            assert made.model_on(node, model.sha256).read_bytes() == original
            assert not list((made.home_of(node) / "models" / "partial").glob("*.pieces"))
        assert last["local"].served <= 2 * model.bytes
        again = await made.push(model.sha256)
        assert states(again) == states(last) and again["local"].served == 0
        removed = await made.desktop.undeploy(model.sha256, made.told()[:1])
        assert [info.state for info in removed] == ["removed"]
        gone = next(node for node in made.nodes if node.name == removed[0].node)
        assert not made.model_on(gone, model.sha256).exists()
        assert not list((made.home_of(gone) / "node" / gone.name / "deployments").glob("*.pb"))


async def test_a_lying_peer_is_dropped_at_its_first_piece_and_named(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 16 * MIB)
    liar = LyingNode(model)
    async with spread(tmp_path, "one", "two") as made, liar.serving(made):
        last = await made.push(model.sha256, rate=8.0)  # slowly enough that everybody is asked
        assert states(last) == {"one": "ready", "two": "ready"}, last
        assert [last[name].dropped for name in ("one", "two")] == [("liar",)] * 2
        # Another may have been under way when the first came; after that it was never asked again.
        assert len(liar.asked) == 2 and max(liar.asked.values()) <= FROM_ONE
        assert made.model_on(made.nodes[0], model.sha256).read_bytes() == model.path.read_bytes()


async def test_a_killed_node_goes_on_where_it_was_without_the_desktop(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 12 * MIB)
    async with spread(tmp_path, "one", "two") as made:
        assert states(await made.push(model.sha256, "one")) == {"one": "ready"}
        two = made.nodes[1]
        pushing = asyncio.create_task(made.push(model.sha256, "two", rate=3.0))
        await reported(made, "two", lambda info: info.done >= 5 * MIB)
        two.kill()
        await two.gone()
        pushing.cancel()  # the desktop offers nothing any more
        with contextlib.suppress(asyncio.CancelledError):
            await pushing
        await two.start()
        info = await reported(made, "two", lambda info: info.state == "ready")
        assert 0 < info.fetched < model.bytes  # what had come before was not fetched again
        assert made.model_on(two, model.sha256).read_bytes() == model.path.read_bytes()


async def test_a_cap_is_kept_and_a_full_disk_is_said_and_got_over(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 4 * MIB)
    async with spread(tmp_path, "one") as made:
        one = made.nodes[0]
        resource.prlimit(one.pid, resource.RLIMIT_FSIZE, (2 * MIB, resource.RLIM_INFINITY))
        pushing = asyncio.create_task(made.push(model.sha256))
        full = await reported(made, "one", lambda info: info.state == "waiting" and bool(info.message))
        assert "cannot be written" in full.message
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pushing
        resource.prlimit(one.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        began = time.monotonic()
        assert states(await made.push(model.sha256, rate=2.0)) == {"one": "ready"}
        assert time.monotonic() - began >= 3 * MIB / 2e6  # the first piece comes at once, each other in its time


async def test_without_the_right_nothing_happens_and_the_way_to_it_is_told(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 2 * MIB)
    async with spread(tmp_path, "one", rights="use") as made:
        last = await made.push(model.sha256)
        assert last["one"].state == "failed"
        assert "tangnet-node grant" in last["one"].message
        assert not list((made.home_of(made.nodes[0]) / "models").glob("*"))


async def test_the_desktop_offers_pieces_only_and_only_while_it_deploys(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 8 * MIB)
    async with spread(tmp_path, "one") as made:
        one = made.nodes[0]
        node = Identity.load_or_create(made.home_of(one) / "node" / one.name)
        desktop = Identity.load_or_create(tmp_path / "desktop")
        local = await made.desktop._local.client()
        offer = local.stub.Offer(pb.OfferRequest(model=model.name, port=0), timeout=30)
        async for reply in offer:
            if reply.manifest:
                break
        address = f"127.0.0.1:{reply.port}"
        async with client(address, me=node, node=desktop.certificate) as stub:
            request = pb.ReadPieceRequest(sha256=model.sha256, index=7)
            data = b"".join([piece.data async for piece in stub.ReadPiece(request, timeout=5)])
            assert data == model.path.read_bytes()[7 * MIB :]
            beyond = stub.ReadPiece(pb.ReadPieceRequest(sha256=model.sha256, index=8), timeout=5)
            assert (await refused(beyond))[1] == "bad_request"
            other = stub.ReadPiece(pb.ReadPieceRequest(sha256="0" * 64, index=0), timeout=5)
            assert (await refused(other))[1] == "model_missing"
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stub.Describe(pb.DescribeRequest(), timeout=5)
            assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED
        async with client(address, me=Identity.create(), node=desktop.certificate) as stub:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stub.Pieces(pb.PiecesRequest(sha256=model.sha256), timeout=5).read()
            assert failure.value.code() == grpc.StatusCode.UNAVAILABLE  # TLS refuses
        offer.cancel()
        async with asyncio.timeout(SECONDS):
            await _closed(reply.port)


async def test_a_rule_is_made_true_for_a_node_that_comes_later(tmp_path: Path) -> None:
    model = put_model(tmp_path / "desktop" / "models", 3 * MIB)
    async with spread(tmp_path, "one") as made:
        keeping.put(tmp_path / "desktop", Keep(model.name, model.sha256, "label = attic"))
        late = NodeProcess(tmp_path / "late", "late", *PACED, "--no-announce", "--label", "attic")
        await late.start()
        try:
            introduce(tmp_path / "desktop", late, tmp_path / "late")
            await reported(made, "late", lambda info: info.state == "ready")
            assert made.model_on(late, model.sha256).read_bytes() == model.path.read_bytes()
            assert not made.model_on(made.nodes[0], model.sha256).exists()  # the rule does not speak of it
        finally:
            await late.stop()


async def _closed(port: int) -> None:
    """Wait until nobody listens there."""
    with contextlib.suppress(OSError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.05)
