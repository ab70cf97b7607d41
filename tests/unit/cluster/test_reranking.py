"""Scoring passages on nodes: who is asked, what becomes of a node that fails, what stays on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from app.cluster.client import NodeClient
from app.cluster.reranking import REST_SECONDS, Reranking
from app.errors import NodeBusy, NodeError, NodeLost
from app.events import ModelInfo, NodeInfo
from app.thinking import Reranked

TEXTS = ("a", "bb")


class Fake:
    """A node's connection that scores by length, or fails as it is told to."""

    def __init__(self, name: str, *errors: NodeError) -> None:
        self.asked: list[str] = []
        self._name, self._errors = name, list(errors)

    async def rerank(self, query: str, texts: Sequence[str], *, model: str = "") -> Reranked:
        self.asked.append(model)
        if self._errors:
            raise self._errors.pop(0)
        return Reranked(tuple(float(len(text)) for text in texts), "m", self._name)


def node(id: str, *, model: str = "r", role: str = "rerank", zone: str = "home", latency: float = 1.0) -> NodeInfo:
    models = (ModelInfo("e", "embed", "e", 1, "", 0), ModelInfo("m", role, model, 1, "", 0))
    return NodeInfo(id, id, "", zone, True, "ready", id == "local", models=models, latency_ms=latency)


class Bench:
    """Nodes, their connections and a clock."""

    def __init__(self, *nodes: NodeInfo, **errors: NodeError) -> None:
        self.time = 0.0
        self.fakes = {one.id: Fake(one.id, *([errors[one.id]] if one.id in errors else [])) for one in nodes}
        self.fakes.setdefault("local", Fake("local"))

        async def local() -> NodeClient:
            return cast("NodeClient", self.fakes["local"])

        self.reranking = Reranking(
            local, lambda: nodes, lambda id: cast("NodeClient", self.fakes[id]), lambda: self.time
        )

    async def ask(self, *, elsewhere: bool = True, zones: tuple[str, ...] = ()) -> str:
        made = await self.reranking.rerank("q", TEXTS, zones=zones, elsewhere=elsewhere)
        assert made.scores == (1.0, 2.0)
        return made.node


async def test_this_machine_comes_first_and_then_the_nearest() -> None:
    assert await Bench(node("near"), node("local")).ask() == "local"
    bench = Bench(node("far", latency=9.0), node("near", model="other"), node("local", role="chat"))
    assert await bench.ask() == "near"
    assert bench.fakes["near"].asked == ["other"]  # a model by its sha256, not the node's choice


@pytest.mark.parametrize(
    ("elsewhere", "zones"),
    [(False, ()), (True, ("local",)), (True, ("local", "work"))],
    ids=["setting", "wall", "zone"],
)
async def test_passages_that_may_not_leave_this_machine_do_not(elsewhere: bool, zones: tuple[str, ...]) -> None:
    bench = Bench(node("near"), node("local", role="chat"))
    with pytest.raises(NodeError, match="No node has a reranker"):
        await bench.ask(elsewhere=elsewhere, zones=zones)
    assert not bench.fakes["near"].asked
    assert await bench.ask(zones=("local", "home")) == "near"


@pytest.mark.parametrize("error", [NodeLost("gone"), NodeBusy("full"), NodeError("no", code="bad_request")])
async def test_another_node_takes_over_and_the_one_that_failed_rests(error: NodeError) -> None:
    bench = Bench(node("local"), node("near"), local=error)
    assert await bench.ask() == "near"
    assert await bench.ask() == "near" and len(bench.fakes["local"].asked) == 1
    bench.time = REST_SECONDS
    assert await bench.ask() == "local"


async def test_the_last_failure_is_told_when_nobody_can() -> None:
    bench = Bench(node("local"), node("near"), local=NodeLost("gone"), near=NodeBusy("full"))
    with pytest.raises(NodeBusy, match="full"):
        await bench.ask()
    with pytest.raises(NodeError, match="No node has a reranker"):
        await bench.ask()  # both rest
