"""Following what was deployed where: nodes that keep no models are not asked again and again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import grpc
import pytest

from app.cluster import deployment
from app.cluster.client import NodeClient
from app.cluster.deployment import Deployer
from app.events import NodeInfo
from nodeworker.protocol import node_pb2 as pb
from tests.fakes_nodes import FakeNode, Plan, node_info, on_socket, until


class Refusing(FakeNode):
    """A node that keeps no models, such as a simulated one."""

    asked = 0

    async def Deployments(
        self, request: pb.DeploymentsRequest, context: Any
    ) -> AsyncGenerator[pb.DeploymentsReply, None]:
        self.asked += 1
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no")
        yield pb.DeploymentsReply()


@pytest.mark.parametrize(("pause", "again"), [(60.0, False), (0.0, True)])
async def test_a_node_that_refuses_is_left_alone_for_a_while(
    home: Path, monkeypatch: pytest.MonkeyPatch, pause: float, again: bool
) -> None:
    monkeypatch.setattr(deployment, "NODES_SECONDS", 0.02)
    monkeypatch.setattr(deployment, "REFUSED_SECONDS", pause)
    looks = 0

    def nodes() -> tuple[NodeInfo, ...]:
        nonlocal looks
        looks += 1
        return (node_info("pi"),)

    async def local() -> NodeClient:
        raise AssertionError("nothing is offered")

    fake = Refusing("pi", Plan())
    with tempfile.TemporaryDirectory(prefix="tn") as folder:  # pytest's own are too deep for a socket's path
        async with on_socket(fake, Path(folder) / "s") as client:
            connected = client
            snapshots = Deployer(home, local=local, client=lambda _: connected, nodes=nodes).deployments()
            assert await anext(snapshots) == ()
            nothing_new = asyncio.ensure_future(anext(snapshots))
            await until(lambda: fake.asked > (2 if again else 0))
            looks = 0
            await until(lambda: looks > 20)
            assert (fake.asked == 1) is not again
            async with on_socket(fake, Path(folder) / "new") as other:
                connected, asked = other, fake.asked
                await until(lambda: fake.asked > asked)  # connected anew, perhaps by another version
            nothing_new.cancel()
            await asyncio.wait({nothing_new})
