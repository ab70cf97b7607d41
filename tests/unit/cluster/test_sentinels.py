"""A few nodes are watched closely; when one is lost, the others are asked whether they are still there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import grpc
import pytest

from app.cluster import sentinels
from app.cluster.registry import RemoteNode, Roster
from app.cluster.sentinels import Sentinels
from nodeworker.protocol.identity import Identity
from nodeworker.protocol.pins import Pin
from tests.fakes_nodes import FakeNode, Plan, on_tls, until


@dataclass
class Watched:
    """Three nodes, one of them watched closely, by which name."""

    fakes: dict[str, FakeNode]
    servers: dict[str, grpc.aio.Server]
    remotes: dict[str, RemoteNode]
    roster: Roster

    @property
    def close(self) -> str:
        (name,) = (name for name, remote in self.remotes.items() if remote.client and remote.client.closely)
        return name

    def state(self, name: str) -> str:
        return self.remotes[name].info.state

    @property
    def calm(self) -> tuple[str, str]:
        first, second = (name for name in self.remotes if name != self.close)
        return first, second


@pytest.fixture
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Watched, None]:
    monkeypatch.setattr(sentinels, "MOST_CLOSE", 1)
    monkeypatch.setattr(sentinels, "HEARD_SECONDS", 0.0)
    monkeypatch.setattr(sentinels, "ANSWER_SECONDS", 0.3)
    desktop, roster = Identity.create(), Roster()
    made = Watched({}, {}, {}, roster)
    remotes: dict[str, RemoteNode] = {}
    watch = Sentinels(remotes)
    async with contextlib.AsyncExitStack() as stack:
        tasks = []
        for name in ("attic", "cellar", "shed"):
            own, fake = Identity.create(), FakeNode(name, Plan())
            address, server = await stack.enter_async_context(on_tls(fake, own, desktop))
            pin = Pin(own.id, name, own.certificate, address=address)
            remote = RemoteNode(pin, desktop, roster, lambda *_: None, closely=watch.closely, lost=watch.lost)
            remotes[own.id] = made.remotes[name] = remote
            made.fakes[name], made.servers[name] = fake, server
            tasks.append(asyncio.create_task(remote.run()))
        await until(lambda: all(fake.watching for fake in made.fakes.values()))
        await until(lambda: all(remote.info.state == "ready" for remote in made.remotes.values()))
        yield made
        await watch.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_loss_of_one_finds_those_that_went_with_it(watched: Watched) -> None:
    gone, (deaf, well) = watched.close, watched.calm
    watched.fakes[deaf].heartbeat, watched.fakes[deaf].deaf = False, True
    described = watched.fakes[well].described
    await watched.servers[gone].stop(None)
    await until(lambda: watched.state(deaf) == "unreachable")
    assert watched.fakes[well].described > described and watched.state(well) == "ready"


async def test_a_node_that_comes_and_goes_does_not_have_the_others_asked_all_the_time(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, (other, _) = watched.remotes[watched.close], watched.calm
    watch = Sentinels(watched.remotes)
    described = watched.fakes[other].described
    for _ in range(5):
        watch.lost(gone)
    await until(lambda: watched.fakes[other].described > described)
    await watch.close()
    assert watched.fakes[other].described == described + 1


async def test_the_next_to_be_connected_takes_the_place_of_a_lost_one(watched: Watched) -> None:
    first, (again, _) = watched.close, watched.calm
    await watched.servers[first].stop(None)
    await until(lambda: watched.state(first) == "unreachable")
    client = watched.remotes[again].client
    assert client is not None and not client.closely
    await client.close()
    await until(lambda: (now := watched.remotes[again].client) is not None and now is not client and now.closely)
