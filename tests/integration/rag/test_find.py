"""`Library.find` on a real store: limits, phrases, near-duplicates, diversity, and a reranker that may fail."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from app.cluster.cluster import Cluster
from app.errors import NodeError, NodeLost
from app.events import Passage
from app.rag.library import Library, SearchMode
from app.rag.search import Result, Search
from app.rag.threads import StoreThread
from app.rules import Rules
from app.settings import Settings
from app.thinking import Reranked, Reranker
from nodeworker.models.model_file import write_manifest
from tests import onnx_models
from tests.documents import HashEmbedder, write


@asynccontextmanager
async def library_of(
    home: Path, folder: Path, reranker: Callable[[bool], Reranker | None] = lambda _wanted: None
) -> AsyncIterator[Library]:
    """A library with all that is in a folder."""
    library = Library(home, HashEmbedder(), reranker=reranker)
    try:
        async with aclosing(library.add([folder])) as events:
            async for _ in events:
                pass
        yield library
    finally:
        await library.close()


def names(result: Result) -> list[str]:
    return [Path(one.path).name for one in result.passages]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Documents that say when the heat pump is serviced, in a house, a boat and the taxes."""
    made = tmp_path / "docs"
    write(made, "house/heating.md", "# Heating\n\nThe heat pump is serviced once a year, in May.")
    write(made, "house/notes.txt", "The heat pump hums at night. Service was late this year.")
    write(made, "boat/log.txt", "The pump of the boat is serviced in Bergen every spring.")
    write(made, "tax/2023.txt", "The heat pump was bought in March for nine thousand.")
    write(made, "tax/letter.html", "<html><body><p>The heat pump lowers the tax by a tenth.</p></body></html>")
    old = datetime(2020, 5, 1).timestamp()
    os.utime(made / "boat/log.txt", (old, old))
    return made


async def test_names_of_the_documents(home: Path, folder: Path) -> None:
    async with library_of(home, folder) as library:
        assert sorted(await library.names(8)) == ["Bergen", "March"]
        assert len(await library.names(1)) == 1


# -- limits -----------------------------------------------------------------------------------------------------------


async def test_limits_of_a_question_are_kept_and_told(home: Path, folder: Path) -> None:
    async with library_of(home, folder) as library:
        everywhere = await library.find("heat pump")
        assert len(everywhere.passages) == 5 and everywhere.filters == ()
        taxes = await library.find("what does the heat pump cost in the tax folder?")
        assert {Path(one.path).parent.name for one in taxes.passages} == {"tax"}
        assert len(taxes.filters) == 1 and "tax" in taxes.filters[0]
        named = await library.find("when is the pump serviced according to heating.md?")
        assert names(named) == ["heating.md"] and named.filters
        within = await library.find("heat pump", within=[folder / "house"])
        assert sorted(names(within)) == ["heating.md", "notes.txt"]
        assert [one.n for one in within.passages] == [1, 2]


async def test_a_question_and_its_caller_limit_together(home: Path, folder: Path) -> None:
    async with library_of(home, folder) as library:
        both = await library.find("heat pump in the tax folder", within=[folder / "tax" / "2023.txt"])
        assert names(both) == ["2023.txt"]


async def test_limits_that_leave_nothing_are_given_up_and_told(home: Path, folder: Path) -> None:
    async with library_of(home, folder) as library:
        found = await library.find('the pump is serviced "every second autumn"')
        assert found.passages and found.filters == ()
        assert '"every second autumn"' in found.dropped and found.dropped.endswith("searched without that.")
        none = await library.find("heat pump in the tax folder", within=[folder / "boat"])
        assert names(none) == ["log.txt"] and none.dropped  # the caller's limit stays


@pytest.mark.parametrize("mode", ["hybrid", "text", "vector"])
async def test_phrases_must_occur_as_they_are(home: Path, folder: Path, mode: SearchMode) -> None:
    async with library_of(home, folder) as library:
        for typed in ('"once a year"', '"Once  a YEAR" pump'):
            found = await library.find(typed, mode=mode)
            assert names(found) == ["heating.md"] and found.dropped == ""


# -- what is shown ----------------------------------------------------------------------------------------------------


async def test_near_duplicates_are_told_once(home: Path, tmp_path: Path) -> None:
    text = "The ferry to Bergen leaves at seven, at noon and at nine in the evening, on Sundays only at noon."
    for name, words in (("a.txt", text), ("b.txt", text.replace("seven", "Seven")), ("c.txt", f"{text}\n")):
        write(tmp_path / "docs", name, words)
    write(tmp_path / "docs", "d.txt", "The ferry to Stavanger leaves in the morning.")
    async with library_of(home, tmp_path / "docs") as library:
        found = await library.find("when does the ferry leave?")
        assert len(found.passages) == 2 and [one.n for one in found.passages] == [1, 2]
        shown = {Path(one.path).name: one for one in found.passages}
        (kept,) = set(shown) - {"d.txt"}
        assert {Path(path).name for path in shown[kept].same} == {"a.txt", "b.txt", "c.txt"} - {kept}
        assert shown["d.txt"].same == ()


async def test_one_document_does_not_take_all_places(home: Path, tmp_path: Path) -> None:
    paragraphs = [f"# Part {n}\n\nThe ferry leaves pier {n} when the {n} bells ring." for n in range(8)]
    write(tmp_path / "docs", "long.md", "\n\n".join(paragraphs))
    write(tmp_path / "docs", "short.txt", "The ferry leaves when the bells ring at pier nine.")
    write(tmp_path / "docs", "other.txt", "The ferry leaves pier ten when it is full.")
    async with library_of(home, tmp_path / "docs") as library:
        found = await library.find("when does the ferry leave the pier?", k=4)
        assert len(found.passages) == 4 and names(found).count("long.md") <= 2
        (file,) = {one.path for one in found.passages if one.path.endswith("long.md")}
        only = await library.find("when does the ferry leave the pier?", k=4, within=[Path(file)])
        assert names(only) == ["long.md"] * len(only.passages)


# -- a reranker -------------------------------------------------------------------------------------------------------


class Fake:
    """Prefers what has the word; or fails, or never answers."""

    def __init__(self, word: str = "boat", error: NodeError | None = None, late: bool = False) -> None:
        self.asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        self._word, self._error, self._late = word, error, late

    async def rerank(self, query: str, texts: Sequence[str], *, zones: tuple[str, ...] = ()) -> Reranked:
        self.asked.append((query, tuple(texts), zones))
        if self._late:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return Reranked(tuple(float(self._word in text) for text in texts), "fake", "local")


async def test_a_reranker_orders_the_best_again(home: Path, folder: Path) -> None:
    fake = Fake()
    async with library_of(home, folder, lambda _wanted: fake) as library:
        found = await library.find("the heat pump in May")
        assert names(found)[0] == "log.txt" and found.reranked == "fake" and found.not_reranked == ""
        assert [one.score for one in found.passages] == sorted((one.score for one in found.passages), reverse=True)
        plain = await library.find("the heat pump in May", rerank=False)
        assert names(plain)[0] == "heating.md" and plain.reranked == "" and len(fake.asked) == 1
        ((query, texts, zones),) = fake.asked
        assert query == "the heat pump in May" and zones == () and len(texts) == 5
        assert any(text.startswith("Heating\n") for text in texts)  # with its heading
        await library.find("the heat pump in May", mode="text")
        assert len(fake.asked) == 1  # full text alone needs no node
        await library.find("the heat pump in May", mode="text", rerank=True)
        assert len(fake.asked) == 2


async def test_the_setting_is_asked_with_what_the_search_wants(home: Path, folder: Path) -> None:
    fake, asked = Fake(), list[bool]()

    def chosen(wanted: bool) -> Reranker | None:
        asked.append(wanted)
        return fake if wanted else None

    async with library_of(home, folder, chosen) as library:
        assert (await library.find("heat pump")).reranked == ""
        assert (await library.find("heat pump", rerank=True)).reranked == "fake"
    assert asked == [False, True]


@pytest.mark.parametrize("error", [NodeLost("The node went away."), NodeError("No node has a reranker.")])
async def test_a_search_goes_on_without_a_reranker(home: Path, folder: Path, error: NodeError) -> None:
    fake = Fake(error=error)
    async with library_of(home, folder, lambda _wanted: fake) as library:
        found = await library.find("heat pump")
        assert len(found.passages) == 5 and found.reranked == "" and found.not_reranked.startswith(error.message)
        assert found.passages == (await library.find("heat pump", rerank=False)).passages


async def test_a_reranker_that_takes_too_long_is_not_waited_for(home: Path, folder: Path) -> None:
    fake = Fake(late=True)
    async with library_of(home, folder) as library:
        plain = await library.find("heat pump")
    thread = StoreThread(home / "library", "test")
    try:
        search = Search(thread, HashEmbedder(), reranker=lambda _wanted: fake, seconds=0.01)
        async with asyncio.timeout(20):
            found = await search.find("heat pump", k=8, mode="hybrid", within=())
    finally:
        await thread.close()
    assert found.passages == plain.passages and "more than 0.01 s" in found.not_reranked


async def test_rules_for_folders_go_with_the_passages(home: Path, folder: Path) -> None:
    fake = Fake()
    async with library_of(home, folder):
        pass
    thread = StoreThread(home / "library", "test")
    rules = Rules.parse([f"{folder}/tax = office"])
    try:
        search = Search(thread, HashEmbedder(), lambda: rules, lambda _wanted: fake)
        await search.find("heat pump", k=8, mode="hybrid", within=())
        await search.find("heat pump", k=8, mode="hybrid", within=[str(folder / "house")])
    finally:
        await thread.close()
    assert [zones for _, _, zones in fake.asked] == [("local", "office"), ()]


async def test_a_real_node_reranks(home: Path, folder: Path) -> None:
    """A cross-encoder of random numbers in this machine's node: its order is its scores', whatever they mean."""
    pytest.importorskip("onnxruntime")
    (home / "made").mkdir(parents=True)
    made = onnx_models.reranker(home / "made")
    place = home / "models" / made.sha256
    place.parent.mkdir(exist_ok=True)
    made.path.rename(place)
    write_manifest(place, made)
    cluster = Cluster(home, Settings(), discover=False)
    await cluster.start()
    try:
        await cluster.rerank("warm up", ["a cat", "a dog"])  # loads the engine, which a search would not wait for
        async with library_of(home, folder, lambda _wanted: cluster) as library:
            found = await library.find("heat pump serviced once a year")
            assert found.reranked == made.name and found.not_reranked == ""
            texts = [_read(one) for one in found.passages]
            scores = (await cluster.rerank("heat pump serviced once a year", texts)).scores
            assert len(set(scores)) > 1 and list(scores) == sorted(scores, reverse=True)
    finally:
        await cluster.close()


def _read(one: Passage) -> str:
    return f"{one.section}\n{one.header}\n{one.text}".strip()


async def test_what_has_no_known_language_is_found_among_others(home: Path, tmp_path: Path) -> None:
    """Too little text to tell its language stands in the index by English rules, whatever the others speak."""
    spanish = "Las obras del puerto de la ciudad empezaron en mayo y las casas se terminaron antes del verano. "
    for number in range(3):
        write(tmp_path / "docs", f"{number}.txt", spanish * 3)
    write(tmp_path / "docs", "short.txt", "Teatros 1932")
    async with library_of(home, tmp_path / "docs") as library:
        found = await library.find("¿cuándo fueron los teatros?", mode="text")
        assert names(found)[:1] == ["short.txt"]
