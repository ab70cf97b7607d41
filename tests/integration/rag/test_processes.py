"""Killed and concurrent processes: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

from app.events import FileIndexed
from app.rag.library import Library
from tests.documents import HashEmbedder, write
from tests.integration.rag.test_library import add, check

ROOT = Path(__file__).parents[3]
FILES = 20


def fill(folder: Path, word: str) -> None:
    for number in range(FILES):
        lines = " ".join(f"The {word} of box {number} weighs {line} grams." for line in range(30))
        write(folder, f"{number:02}.txt", f"Box {number} holds the {word}.\n\n{lines}")


async def start(home: Path, folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.rag.adding", str(home), str(folder)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )


async def complete(home: Path, folder: Path, word: str) -> None:
    """Add once more and check that every file is there, once, and found."""
    library = Library(home, HashEmbedder())
    try:
        states, done = await add(library, folder)
        assert len(states) == FILES and set(states.values()) <= {"added", "changed", "unchanged"}
        assert done.files == FILES
        documents = await library.documents()
        assert len(documents) == FILES and all(document.state == "indexed" for document in documents)
        (best,) = await library.search(f"Box 17 holds the {word}", k=1, mode="text")
        assert best.path.endswith("17.txt") and word in best.text
        whole = Counter(passage.path for passage in await library.search(word, k=1000, mode="text"))
        assert sum(whole.values()) == done.chunks
    finally:
        await library.close()
    check(home)


@pytest.mark.parametrize("seed", range(3))
async def test_killed_while_adding(home: Path, tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "docs"
    source = random.Random(seed)
    for word in ("apple", "pear"):  # the second time all files change
        fill(folder, word)
        process = await start(home, folder)
        assert process.stdout is not None
        after = source.randrange(1, FILES)
        async with asyncio.timeout(120):
            for _ in range(after):
                if not await process.stdout.readline():
                    break
            await asyncio.sleep(source.random() * 0.1)
        process.kill()
        await process.wait()
    await complete(home, folder, "pear")


async def test_two_processes_add_the_same_folder(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    fill(folder, "apple")
    one, two = await start(home, folder), await start(home, folder)
    library = Library(home, HashEmbedder())
    try:
        async with asyncio.timeout(150):
            tasks = [asyncio.create_task(process.communicate()) for process in (one, two)]
            while not all(task.done() for task in tasks):
                # A third one searches and lists meanwhile, and never meets a half-written state.
                passages = await library.search("Box 3 holds the apple", k=5)
                assert all("apple" in passage.text for passage in passages)
                await library.documents()
                await asyncio.sleep(0.05)
            outputs = [task.result()[0].decode().splitlines() for task in tasks]
    finally:
        await library.close()
    assert one.returncode == two.returncode == 0
    assert all(lines[-1] == "done" for lines in outputs)
    states = Counter(line.split()[0] for lines in outputs for line in lines[1:-1])
    assert states == {"added": FILES, "unchanged": FILES}
    await complete(home, folder, "apple")


async def test_two_adds_in_one_process_share_the_work(home: Path, tmp_path: Path) -> None:
    fill(tmp_path / "docs", "apple")
    embedder = HashEmbedder()
    library = Library(home, embedder)
    states: list[str] = []

    async def once() -> None:
        async with aclosing(library.add([tmp_path / "docs"])) as events:
            async for event in events:
                if isinstance(event, FileIndexed):
                    states.append(event.state)

    try:
        await asyncio.gather(once(), once())
    finally:
        await library.close()
    assert len(states) == 2 * FILES and set(states) <= {"added", "unchanged"}
    assert len(embedder.passages) == len(set(embedder.passages))
    check(home)
