"""Pages spread over nodes: who reads, what becomes of a page whose node fails, what stays on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from app.cluster.client import NodeClient
from app.cluster.recognising import Recognising
from app.errors import NodeError, NodeLost
from app.events import ModelInfo, NodeInfo
from app.thinking import RecognisedPage

SHA = "5" * 64


class Fake:
    """A node's connection that reads as it is told to."""

    def __init__(self, *, sha256: str = SHA, seconds: float = 0.0, errors: Sequence[NodeError] = ()) -> None:
        self.read: list[tuple[bytes, str, str, bool]] = []
        self._sha256, self._seconds, self._errors = sha256, seconds, list(errors)

    async def recognise(
        self, picture: bytes, *, language: str = "", model: str = "", background: bool = False
    ) -> RecognisedPage:
        self.read.append((picture, language, model, background))
        await asyncio.sleep(self._seconds)
        if self._errors:
            raise self._errors.pop(0)
        return RecognisedPage(len(picture), 1, (), "m", self._sha256)


def node(id: str, *, zone: str = "home", sha256: str = SHA) -> NodeInfo:
    model = ModelInfo("m", "ocr", sha256, 1, "", 0)
    return NodeInfo(id, id, "", zone, True, "ready", models=(model,), rights=frozenset({"use"}))


def cluster(own: Fake, **others: Fake) -> Recognising:
    async def local() -> NodeClient:
        return cast("NodeClient", own)

    nodes = [node(id) for id in others]
    return Recognising(local, lambda: nodes, lambda id: cast("NodeClient", others[id]))


async def read(
    reader: Recognising, count: int, *, elsewhere: bool = True, zones: tuple[str, ...] = ()
) -> list[RecognisedPage]:
    one = reader.read(b"x", language="de", zones=zones, background=True, elsewhere=elsewhere)
    first = await one
    more = [
        reader.read(b"x" * at, language="de", zones=zones, background=True, elsewhere=elsewhere)
        for at in range(2, count + 1)
    ]
    return [first, *await asyncio.gather(*more)]


async def test_idle_nodes_help_and_every_page_comes_back_once() -> None:
    own, other = Fake(seconds=0.01), Fake(seconds=0.01)
    reader = cluster(own, far=other)
    found = await read(reader, 30)
    assert [page.width for page in found] == list(range(1, 31))
    assert len(own.read) + len(other.read) == 30 and other.read and own.read[0][0] == b"x"
    assert reader.pages == {"": len(own.read), "far": len(other.read)}
    assert {(language, model, background) for _, language, model, background in other.read} == {("de", SHA, True)}


@pytest.mark.parametrize(("elsewhere", "zones"), [(False, ()), (True, ("local",)), (True, ("local", "work"))])
async def test_what_may_not_leave_this_machine_does_not(elsewhere: bool, zones: tuple[str, ...]) -> None:
    own, other = Fake(), Fake()
    await read(cluster(own, far=other), 10, elsewhere=elsewhere, zones=zones)
    assert (len(own.read), other.read) == (10, [])


async def test_a_page_that_a_node_loses_is_read_by_another() -> None:
    own = Fake(seconds=0.01)
    lost, wrong = Fake(errors=[NodeLost("gone")] * 50), Fake(sha256="6" * 64)
    found = await read(cluster(own, lost=lost, wrong=wrong), 12)
    assert [page.width for page in found] == list(range(1, 13)) and {page.sha256 for page in found} == {SHA}
    assert len(own.read) == 12


async def test_this_machine_is_asked_again_when_its_node_dies_but_a_refusal_is_final() -> None:
    own = Fake(errors=[NodeLost("died"), NodeLost("died")])
    assert len(await read(cluster(own), 1)) == 1 and len(own.read) == 3
    refusing = Fake(errors=[NodeError("No picture.", code="bad_request")])
    with pytest.raises(NodeError, match="No picture"):
        await read(cluster(refusing), 1)
    assert len(refusing.read) == 1
    dead = Fake(errors=[NodeLost("died")] * 50)
    with pytest.raises(NodeLost):
        await read(cluster(dead), 1)
