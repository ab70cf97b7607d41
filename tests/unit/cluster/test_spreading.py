"""Spreading texts over nodes: everything once and in order, whoever is slow, lost, wrong or forbidden."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.cluster import spreading
from app.cluster.spreading import SAMPLES, Helper, Spreading, may_help
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import ModelInfo, NodeInfo
from app.thinking import Embeddings

SHA, OTHER = "5a" * 32, "6b" * 32


def vector(text: str) -> bytes:
    return struct.pack("<2f", 1.0 + len(text), 1.0 + sum(text.encode()) % 1000)


@dataclass
class Node:
    """A node without a wire; `per_text` seconds each."""

    id: str
    per_text: float = 0.001
    sha256: str = SHA
    wrong: bool = False
    lost_after: int | None = None
    """Calls after which it is lost for good."""
    stuck: bool = False
    zone: str = ""
    calls: list[Sequence[str]] = field(default_factory=list)
    running: int = 0
    most: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.calls.append(texts)
        self.called.set()
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.lost_after is not None and len(self.calls) > self.lost_after:
                raise NodeLost(f"{self.id} was killed.")
            if self.stuck and texts != SAMPLES:
                await asyncio.Event().wait()
            await asyncio.sleep(self.per_text * len(texts))
        finally:
            self.running -= 1
        rows = [vector(text[::-1] + "!" if self.wrong else text) for text in texts]
        return Embeddings("m", self.sha256, 2, b"".join(rows), 256, tuple(len(text) for text in texts))

    @property
    def texts(self) -> list[str]:
        return [text for call in self.calls if call != SAMPLES for text in call]


def spread(own: Node, *others: Node) -> Spreading:
    def helpers(sha256: str, zones: tuple[str, ...]) -> list[Helper]:
        assert sha256 in (SHA, OTHER)
        return [Helper(node.id, node.id, node.embed) for node in others if not zones or node.zone in zones]

    return Spreading(own.embed, helpers)


def texts_of(count: int) -> list[str]:
    chance = random.Random(3)
    return [f"{at} " + "x" * chance.randrange(900) for at in range(count)]


async def made(node: Node, calls: int) -> None:
    """Wait until a node has been called that often."""
    while len(node.calls) < calls:
        node.called.clear()
        await node.called.wait()


def check(made: Embeddings, texts: Sequence[str]) -> None:
    assert made.data == b"".join(map(vector, texts))
    assert made.tokens == tuple(len(text) for text in texts)


async def test_alone_this_machine_does_all_in_pieces_that_fit() -> None:
    own, texts, told = Node(""), texts_of(300), list[int]()
    check(await spread(own).embed(texts, (), told.append), texts)
    assert sorted(own.texts) == sorted(texts) and max(map(len, own.calls)) <= spreading.MOST_TEXTS
    assert told == sorted(told) and told[-1] == 300 and own.most <= spreading.LANES
    assert (await spread(own).embed([])).dimension == 2


async def test_all_help_each_as_much_as_it_can() -> None:
    own, quick, slow = Node("", 0.004), Node("quick", 0.001), Node("slow", 0.02)
    one, texts = spread(own, quick, slow), texts_of(1200)
    check(await one.embed(texts), texts)
    assert len(quick.texts) > len(own.texts) > len(slow.texts) > 0
    assert quick.calls[0] == slow.calls[0] == SAMPLES and max(node.most for node in (quick, slow)) == 2
    assert sum(one.texts.values()) == 1200


async def test_what_a_node_loses_another_does() -> None:
    own, dying = Node("", 0.002), Node("dying", 0.002, lost_after=3)
    texts = texts_of(600)
    check(await spread(own, dying).embed(texts), texts)
    assert len(dying.texts) > 0 and len(own.texts) < 600


async def test_what_a_node_sits_on_another_does_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "OVERDUE_SECONDS", 0.1)
    monkeypatch.setattr(spreading, "PIECE_SECONDS", 0.01)
    monkeypatch.setattr(spreading, "LOOK_SECONDS", 0.02)
    own, stuck = Node("", 0.002), Node("stuck", stuck=True)
    texts = texts_of(300)
    check(await spread(own, stuck).embed(texts), texts)
    assert stuck.texts and stuck.running == 0 and sorted(own.texts) == sorted(texts)


@pytest.mark.parametrize("bad", [Node("bad", wrong=True), Node("bad", sha256=OTHER)], ids=["wrong", "another-model"])
async def test_a_node_that_makes_other_vectors_makes_none_that_count(bad: Node) -> None:
    own, texts = Node("", 0.001), texts_of(300)
    check(await spread(own, bad).embed(texts), texts)
    assert bad.calls and set(bad.calls) == {SAMPLES}


async def test_zones_are_asked_for_each_time() -> None:
    own, house, office = Node("", 0.002), Node("house", zone="house"), Node("office", zone="office")
    one, texts = spread(own, house, office), texts_of(300)
    check(await one.embed(texts, ("local", "house")), texts)
    check(await one.embed(texts, ("local",)), texts)
    assert house.texts and not office.calls
    done = len(house.texts)
    check(await one.embed(texts, ("local", "office")), texts)
    assert len(house.texts) == done and office.texts


async def test_this_machines_failure_is_the_callers_to_know() -> None:
    with pytest.raises(NodeLost):
        await spread(Node("", lost_after=2), Node("other", 0.001)).embed(texts_of(600))


async def test_a_model_that_changes_in_the_middle_is_told() -> None:
    own = Node("", 0.002)
    one = spread(own)
    running = asyncio.create_task(one.embed(texts_of(600)))
    await made(own, 3)
    own.sha256 = OTHER
    with pytest.raises(NodeError) as failed:
        await running
    assert failed.value.code == "model_changed" and failed.value.retryable
    check(await one.embed(texts_of(30)), texts_of(30))


async def test_cancelling_ends_every_call() -> None:
    own, other = Node("", 0.01), Node("other", 0.01)
    running = asyncio.create_task(spread(own, other).embed(texts_of(2000)))
    await made(other, 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert own.running == other.running == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_several_callers_share_the_lanes() -> None:
    own, other, texts = Node("", 0.001), Node("other", 0.001), texts_of(200)
    one = spread(own, other)
    for made in await asyncio.gather(*(one.embed(texts) for _ in range(4))):
        check(made, texts)
    assert own.most <= 3 and other.most == 2  # this machine makes the samples besides


@pytest.mark.parametrize("seed", range(5))
async def test_nothing_is_lost_or_doubled_whatever_happens(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "REST_SECONDS", 0.01)
    monkeypatch.setattr(spreading, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(spreading, "OVERDUE_SECONDS", 0.05)
    chance = random.Random(seed)

    class Moody(Node):
        async def embed(self, texts: Sequence[str]) -> Embeddings:
            made = await super().embed(texts)
            mood = chance.random()
            if mood < 0.2:
                raise NodeLost("gone")
            if mood < 0.3:
                raise NodeBusy("full")
            if mood < 0.4:
                await asyncio.sleep(0.2)
            return made

    texts = texts_of(chance.randrange(1, 700))
    nodes = [Moody(f"n{at}", chance.choice((0.0005, 0.003))) for at in range(4)]
    async with asyncio.timeout(30):
        check(await spread(Node("", 0.001), *nodes).embed(texts), texts)
    assert not any(node.running for node in nodes)


def test_only_idle_trusted_nodes_in_the_zone_with_the_model_may_help() -> None:
    model = ModelInfo("e", "embed", SHA, 1, "", 256)
    good = NodeInfo("pi", "id", "a:1", "house", trusted=True, state="ready", models=(model,))
    assert may_help(good, SHA, ()) and may_help(good, SHA, ("local", "house"))
    assert not may_help(good, OTHER, ()) and not may_help(good, SHA, ("local", "office"))
    changes: list[dict[str, Any]] = [
        {"trusted": False},
        {"local": True},
        {"state": "draining"},
        {"state": "unreachable"},
        {"active": 1},
        {"queued": 1},
        {"throttled": True},
        {"under_voltage": True},
        {"models": ()},
        {"models": (replace(model, role="chat"),)},
    ]
    for change in changes:
        assert not may_help(replace(good, **change), SHA, ()), change
