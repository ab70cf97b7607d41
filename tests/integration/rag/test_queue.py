"""The durable queue as the window uses it: go on, pause, cancel, retry, order, state, what a lost node leaves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import numpy
import pytest

from app.errors import DocumentError, NodeError, NodeLost, StoreError
from app.events import FileIndexed, Progress
from app.library_state import LibraryState
from app.rag.chunk_table import Rows
from app.rag.library import Library
from app.rag.session import AHEAD_FILES
from app.rag.store import Store
from app.thinking import Embeddings, EmbedKind, Told
from tests.documents import DIMENSION, HashEmbedder, pdf_bytes, write
from tests.integration.rag.test_library import add, check

ROOT = Path(__file__).parents[3]


class GatedEmbedder(HashEmbedder):
    """Embeds passages only while `open` is set; `lost` makes it fail as a node does that has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.lost = self.missing = False
        self.calls = 0

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if kind == "passage":
            self.calls += 1
            await self.open.wait()
            if self.missing:
                raise NodeError("There is no embedding model here.", code="model_missing")
            if self.lost:
                raise NodeLost("The node of this machine is gone.")
        return await super().embed(texts, kind, zones=zones, told=told)


@asynccontextmanager
async def opened(home: Path, embedder: HashEmbedder) -> AsyncIterator[Library]:
    library = Library(home, embedder)
    try:
        yield library
    finally:
        await library.close()


async def until(library: Library, holds: Callable[[LibraryState], bool]) -> LibraryState:
    async with asyncio.timeout(60), aclosing(library.state()) as states:
        async for state in states:
            if holds(state):
                return state
    raise AssertionError


def idle(state: LibraryState) -> bool:
    return state.total == 0 and not state.working


async def states(library: Library) -> dict[str, str]:
    return {Path(document.path).name: document.state for document in await library.documents()}


async def start(library: Library, *paths: Path) -> None:
    """Drop files as the window does: the queue goes on when nobody listens any more."""
    async with aclosing(library.add(paths)) as events:
        async for _ in events:
            return


async def test_what_waits_goes_on_after_a_restart_and_nothing_is_done_twice(home: Path, tmp_path: Path) -> None:
    for number in range(6):
        write(tmp_path / "docs", f"{number}.txt", f"File {number}. " + "The tide turns at noon. " * 200)
    embedder = GatedEmbedder()
    embedder.open.clear()
    async with opened(home, embedder) as library:
        adding = asyncio.create_task(add(library, tmp_path / "docs"))
        await until(library, lambda state: state.waiting + len(state.working) == 6 and embedder.calls > 0)
        assert await library.unfinished() == (6, 6)
        assert await library.unfinished([tmp_path / "docs" / "3.txt"]) == (1, 1)
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
        assert set((await states(library)).values()) == {"waiting"}
    embedder = GatedEmbedder()
    async with opened(home, embedder) as library:
        await library.go_on()
        await until(library, idle)
        assert list((await states(library)).values()) == ["indexed"] * 6
        assert await library.unfinished() == (0, 6)
        assert len(embedder.passages) == len(set(embedder.passages))
    check(home)


async def test_closing_the_stream_leaves_the_window_s_work_going_on(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "The tide turns at noon.")
    async with opened(home, HashEmbedder()) as library:
        await library.go_on()
        await start(library, tmp_path / "docs")
        await until(library, idle)
        assert await states(library) == {"a.txt": "indexed"}


async def test_a_lost_node_is_said_in_a_sentence_and_waited_for(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "The tide turns at noon.")
    embedder = GatedEmbedder()
    embedder.lost = True
    async with opened(home, embedder) as library:
        await library.go_on()
        told: list[str] = []
        async with asyncio.timeout(60), aclosing(library.add([tmp_path / "docs"])) as events:
            async for event in events:
                if isinstance(event, Progress) and "gone" in event.what:
                    told.append(event.what)
                    state = await until(library, lambda state: bool(state.reason))
                    assert state.reason == "The node of this machine is gone." and state.waiting == 1
                    embedder.lost = False
                elif isinstance(event, FileIndexed):
                    assert event.state == "added"
        assert told
        await until(library, lambda state: state.reason == "")


async def test_pause_holds_also_after_a_restart(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "The tide turns at noon.")
    async with opened(home, HashEmbedder()) as library:
        await library.go_on()
        await library.pause()
        adding = asyncio.create_task(add(library, tmp_path / "docs"))
        state = await until(library, lambda state: state.paused and state.waiting == 1)
        assert not adding.done() and state.done == 0
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
    async with opened(home, HashEmbedder()) as library:
        await library.go_on()
        assert (await until(library, lambda state: state.paused)).paused
        assert await library.search("tide", mode="text") == []
        await library.resume()
        await until(library, idle)
        assert len(await library.search("tide", mode="text")) == 1


async def test_cancelled_files_stay_out_until_they_are_wanted(home: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / "docs", f"{name}.txt", f"Harbour {name}. " * 50)
    embedder = GatedEmbedder()
    embedder.open.clear()
    async with opened(home, embedder) as library:
        await library.go_on()
        adding = asyncio.create_task(add(library, tmp_path / "docs"))
        await until(library, lambda state: embedder.calls > 0 and state.total == 3)
        await library.cancel([tmp_path / "docs" / "b.txt"])
        embedder.open.set()
        told, _ = await adding
        assert told == {"a.txt": "added", "b.txt": "skipped", "c.txt": "added"}
        assert await states(library) == {"a.txt": "indexed", "b.txt": "cancelled", "c.txt": "indexed"}
        assert {Path(p.path).name for p in await library.search("harbour")} == {"a.txt", "c.txt"}
        await library.watch(tmp_path / "docs")  # a look of the watch does not bring it back ...
        embedder.open.clear()
        await library.retry([tmp_path / "docs"])  # ... but the user does
        embedder.open.set()
        await until(library, idle)
        assert (await states(library))["b.txt"] == "indexed"
    check(home)


async def test_cancel_without_paths_empties_the_queue(home: Path, tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / "docs", f"{number}.txt", f"Harbour {number}. " * 50)
    embedder = GatedEmbedder()
    embedder.open.clear()
    async with opened(home, embedder) as library:
        await library.go_on()
        adding = asyncio.create_task(add(library, tmp_path / "docs"))
        await until(library, lambda state: embedder.calls > 0)
        await library.cancel()
        async with asyncio.timeout(60):
            told, done = await adding
        assert set(told.values()) == {"skipped"} and done.chunks == 0
        embedder.open.set()
        await until(library, idle)
        assert set((await states(library)).values()) == {"cancelled"}
        assert await library.search("harbour", mode="text") == []


async def test_watched_folders_are_kept_and_changes_noticed(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    first = write(folder, "a.txt", "One tide.")
    async with opened(home, HashEmbedder()) as library:
        with pytest.raises(DocumentError):
            await library.watch(first)
        await library.go_on()
        await library.watch(folder)
        await found(library, "One tide", "a.txt")
        write(folder, "sub/b.txt", "Two harbours.")
        await found(library, "harbours", "b.txt")
        (folder / "sub").rename(folder / "moved")
        await found(library, "harbours", "b.txt", "moved")
        first.unlink()
        await gone(library, "a.txt")
        (listed,) = await library.folders()
        assert (listed.path, listed.state, listed.documents) == (str(folder), "watched", 1)
    write(folder, "c.txt", "Three lamps.")
    async with opened(home, HashEmbedder()) as library:
        await library.go_on()  # what changed while nobody watched
        await found(library, "lamps", "c.txt")
        await library.remove([folder / "c.txt"])
        write(folder, "d.txt", "Four bells.")
        await found(library, "bells", "d.txt")
        assert "c.txt" not in await states(library), "what was removed does not come back by itself"
        folder.rename(tmp_path / "away")
        assert [one.state for one in await library.folders()] == ["missing"]
        await until(library, idle)
        assert set((await states(library)).values()) == {"missing"}
        await library.unwatch(folder)
        assert await library.folders() == []


async def again_and_again() -> AsyncIterator[None]:
    while True:
        yield
        await asyncio.sleep(0.05)


async def found(library: Library, words: str, name: str, within: str = "") -> None:
    async with asyncio.timeout(60):
        async for _ in again_and_again():
            paths = [passage.path for passage in await library.search(words, mode="text")]
            if any(path.endswith(name) and within in path for path in paths):
                return


async def gone(library: Library, name: str) -> None:
    async with asyncio.timeout(60):
        async for _ in again_and_again():
            if name not in await states(library):
                return


async def test_places_of_a_passage(home: Path, tmp_path: Path) -> None:
    write(tmp_path, "a.pdf", pdf_bytes([["The first line.", "The second line."], ["Another page."]]))
    async with opened(home, HashEmbedder()) as library:
        await add(library, tmp_path / "a.pdf")
        chunks = await library.chunks_of(tmp_path / "a.pdf")
        assert [chunk.page for chunk in chunks] == [1, 2] and [chunk.n for chunk in chunks] == [1, 2]
        around = await library.surroundings(str(tmp_path / "a.pdf"), 1, 0, 15)
        assert len(around.boxes) == 1 and 55 < around.boxes[0].left < 65 < around.boxes[0].right
        assert 20 < around.boxes[0].top < around.boxes[0].bottom < 45
        both = await library.surroundings(str(tmp_path / "a.pdf"), 1, 0, 30)
        assert len(both.boxes) == 2 and both.boxes[1].top > both.boxes[0].top
        whole = await library.text_around(str(tmp_path / "a.pdf"), 0, 15, 1000)
        assert whole.startswith("The first line.") and whole.endswith("Another page.")
        assert await library.text_around(str(tmp_path / "a.pdf"), 0, 15, 15) == "The first line."


async def test_more_files_than_are_read_ahead(home: Path, tmp_path: Path) -> None:
    for number in range(AHEAD_FILES + 40):
        write(tmp_path / "docs", f"{number}.txt", f"Note {number}.")
    async with opened(home, HashEmbedder()) as library:
        async with asyncio.timeout(100):
            told, done = await add(library, tmp_path / "docs")
        assert done.files == len(told) == done.embedded == AHEAD_FILES + 40


class PickyEmbedder(HashEmbedder):
    """Refuses every batch with a certain word in it, as a node does that a text makes fail."""

    def __init__(self, *, retryable: bool) -> None:
        super().__init__()
        self.refused = 0
        self._retryable = retryable

    async def embed(
        self, texts: Sequence[str], kind: EmbedKind, *, zones: tuple[str, ...] = (), told: Told | None = None
    ) -> Embeddings:
        if any("basilisk" in text for text in texts):
            self.refused += 1
            raise NodeError("The node cannot read this text.", code="refused", retryable=self._retryable)
        return await super().embed(texts, kind, zones=zones, told=told)


@pytest.mark.parametrize("retryable", [False, True])
async def test_a_text_that_is_always_refused_is_set_aside(home: Path, tmp_path: Path, retryable: bool) -> None:
    for number in range(5):
        write(tmp_path / "docs", f"{number}.txt", f"File {number}. The tide turns at noon.")
    bad = write(tmp_path / "docs", "bad.txt", "Here sleeps a basilisk.")
    embedder = PickyEmbedder(retryable=retryable)
    async with opened(home, embedder) as library:
        found, done = await add(library, tmp_path / "docs")
        assert found == {f"{number}.txt": "added" for number in range(5)} | {"bad.txt": "failed"}
        assert done.files == 5 and embedder.refused <= 4
        (failed,) = [document for document in await library.documents() if document.state == "failed"]
        assert failed.path == str(bad) and "The node cannot read this text." in failed.reason
        write(bad.parent, bad.name, "Here sleeps a cat.")
        assert (await add(library, tmp_path / "docs"))[0]["bad.txt"] == "added"
        write(bad.parent, bad.name, "Here sleeps a basilisk again.")
        assert (await add(library, tmp_path / "docs"))[0]["bad.txt"] == "failed"
        (hit, *_) = await library.search("sleeps a cat", mode="text")
        assert hit.path == str(bad), "the last version that could be embedded stays in use"
    check(home)


async def test_no_file_is_set_aside_when_no_node_embeds_anything(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "The tide turns at noon.")
    embedder = GatedEmbedder()
    embedder.missing = True
    async with opened(home, embedder) as library:
        await library.go_on()
        await start(library, tmp_path / "docs")
        await until(library, lambda state: "no embedding model" in state.reason)
        assert await states(library) == {"a.txt": "waiting"}
        embedder.missing = False
        await until(library, idle)
        assert await states(library) == {"a.txt": "indexed"}


async def test_a_full_disk_is_said_and_waited_for(home: Path, tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path / "docs", f"{number}.txt", " ".join(f"word{number}x{at}" for at in range(400)))
    arguments = ["-m", "tests.integration.rag.filling", str(home), str(tmp_path / "docs"), "300"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    async with asyncio.timeout(100):
        said, _ = await process.communicate()
    assert process.returncode == 0 and b"cannot be written" in said and b"Is the disk full?" in said
    check(home)
    async with opened(home, HashEmbedder()) as library:
        assert set((await states(library)).values()) == {"indexed"} and len(await library.documents()) == 40


async def test_an_index_that_cannot_be_written_is_a_sentence(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "The tide turns at noon.")
    async with opened(home, HashEmbedder()) as library:
        await add(library, tmp_path / "docs")
    store = Store(home / "library")
    try:
        table = store.table()
        assert table is not None
        (data,) = (home / "library" / "chunks").glob("*.lance/data")
        data.rename(data.with_name("aside"))
        data.write_text("in the way")
        with pytest.raises(StoreError, match="cannot be written") as raised:
            table.add([Rows(99, "/b.txt", ["The harbour is empty."], numpy.ones((1, DIMENSION), "<f4"), "en")])
        assert raised.value.code == "store_write"
    finally:
        store.close()
