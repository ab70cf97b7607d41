"""Zone rules and spread work with real nodes in two zones: the nodes' own counts say that nothing went astray."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy
import pytest

from app.assistant import Assistant, Question
from app.cluster.cluster import Cluster
from app.conversations import Conversations
from app.errors import NodeError
from app.events import Generated, Moved, NodeChosen, TokenReceived
from app.rag.library import Library
from app.rules import rules_of
from app.settings import Settings
from app.thinking import Embeddings
from tests.fakes import FakeLibrary, passage
from tests.integration.test_node_metrics import fetched
from tests.node_process import NodeProcess, cluster, pair, question, state
from tests.prometheus import parse

PACED = ("--engine", "paced:200,20000", "--threads", "1")
TOKENS = 30


@asynccontextmanager
async def zones(folder: Path, *names: str) -> AsyncGenerator[list[NodeProcess], None]:
    """One node in each zone, named after it."""
    more = ("--no-announce", "--metrics", "127.0.0.1:0")
    nodes = [NodeProcess(folder / name, name, *PACED, *more, "--zone", name, "--label", "tested") for name in names]
    try:
        await asyncio.gather(*(node.start() for node in nodes))
        yield nodes
    finally:
        await asyncio.gather(*(node.stop() for node in nodes))


async def calls(folder: Path, name: str, role: str) -> int:
    """How many calls of a role a node has counted, however they ended, and those that have not."""
    status = json.loads((folder / name / "node" / name / "status.json").read_text())
    _, _, page = await fetched(urlsplit(status["metrics"]).netloc)
    families = parse(page)
    counted = [families.get(f"tangnet_node_requests_{what}") for what in ("total", "active")]
    samples = [sample for family in counted if family is not None for sample in family.samples.items()]
    return int(sum(value for (_, labels), value in samples if dict(labels)["role"] == role))


async def test_answers_keep_to_their_zone_also_when_its_node_dies(tmp_path: Path, home: Path) -> None:
    settings = Settings(nodes_prefer="cluster", rules_folders=["/docs/medical = house"])
    store = Conversations(tmp_path / "conversations.sqlite3")
    async with zones(tmp_path, "house", "office") as (house, office), cluster(home, *PACED) as one:
        one.settings.nodes_prefer = "cluster"
        await asyncio.gather(pair(one, house), pair(one, office))
        shown = {node.name: node for node in one.nodes()}
        assert (shown["house"].zone, shown["house"].labels) == ("house", ("tested",))
        library = FakeLibrary([passage(path="/docs/medical/tower.pdf")])
        events = [e async for e in Assistant(one, library, store, settings).ask(Question("How high is the tower?"))]
        (chosen,) = [event for event in events if isinstance(event, NodeChosen)]
        assert chosen.name == "house" and "only to house and this machine" in chosen.reason
        ruled = [question(f"r{at}", f"Question {at}", zones=("local", "house"), max_tokens=TOKENS) for at in range(8)]
        assert {await answered(one, request) for request in ruled} <= {"house", "local"}
        with pytest.raises(NodeError) as refused:
            await answered(one, question("named", node="office", zones=("local", "house")))
        assert refused.value.code == "zone_rule"
        assert await calls(tmp_path, "office", "chat") == 0 and await calls(tmp_path, "house", "chat") > 0
        moved = await answered(one, question("cut", "Cut", zones=("local", "house"), max_tokens=TOKENS), victim=house)
        assert moved == "local"
        assert await answered(one, question("after", zones=("local", "house"), max_tokens=TOKENS)) == "local"
        assert await calls(tmp_path, "office", "chat") == 0
        assert await answered(one, question("free", max_tokens=TOKENS)) == "office"
        assert await calls(tmp_path, "office", "chat") == 1
    store.close()


async def answered(one: Cluster, request: object, victim: NodeProcess | None = None) -> str:
    """Make a whole answer; returns who ended it. `victim` is killed after a few tokens of its own."""
    seen = 0
    end = ""
    async for event in one.generate(request):  # type: ignore[arg-type]
        if isinstance(event, TokenReceived):
            seen += len(event.ids)
            if victim is not None and seen >= 5:
                assert event.node == victim.name
                victim.kill()
                victim = None
        elif isinstance(event, Moved):
            assert event.exact
        elif isinstance(event, Generated):
            end = event.node
    assert seen == TOKENS
    return end


@pytest.mark.models
async def test_documents_are_embedded_where_they_may_go_and_a_killed_node_loses_nothing(
    tmp_path: Path, home: Path
) -> None:
    texts = [f"Entry {at}: " + " ".join(f"word{at * 7 % 31 + n}" for n in range(14)) for at in range(240)]
    (home / "docs" / "medical").mkdir(parents=True)
    for at in range(60):
        (home / "docs" / "medical" / f"{at}.txt").write_text(f"{at} " + "\n\n".join(texts[at * 4 : at * 4 + 4]))
    async with zones(tmp_path, "house", "office") as (house, office), cluster(home, *PACED) as one:
        await asyncio.gather(pair(one, house), pair(one, office))
        alone = await one.embed(texts, "passage")
        assert await calls(tmp_path, "house", "embed") == await calls(tmp_path, "office", "embed") == 0
        one.settings.nodes_documents = "cluster"
        rules = rules_of((f"{home / 'docs' / 'medical'} = house",))
        library = Library(home, one, lambda: rules)
        async for _ in library.add([home / "docs"]):
            pass
        assert [document.state for document in await library.documents()] == ["indexed"] * 60
        await library.close()
        assert await calls(tmp_path, "house", "embed") > 1
        assert await calls(tmp_path, "office", "embed") == 0
        whole = await one.embed(texts, "passage")
        async with asyncio.timeout(60):
            while await calls(tmp_path, "office", "embed") < 3:  # its engine is being loaded, beside whatever else runs
                whole = await one.embed(texts, "passage")
        await state(one, "office", "ready")
        running = asyncio.create_task(one.embed(texts, "passage"))
        before = await calls(tmp_path, "office", "embed")
        while await calls(tmp_path, "office", "embed") == before:
            assert not running.done()
        office.kill()
        cut = await running
    for made in (whole, cut):
        assert made.tokens == alone.tokens and made.sha256 == alone.sha256
        assert (cosines(made, alone) >= 0.9999).all()


def cosines(one: Embeddings, other: Embeddings) -> numpy.ndarray[tuple[int], numpy.dtype[numpy.float64]]:
    a, b = (numpy.frombuffer(made.data, "<f4").reshape(-1, made.dimension).astype(float) for made in (one, other))
    sizes = numpy.linalg.norm(a, axis=1) * numpy.linalg.norm(b, axis=1)
    found: numpy.ndarray[tuple[int], numpy.dtype[numpy.float64]] = (a * b).sum(axis=1) / sizes
    return found
