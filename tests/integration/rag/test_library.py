"""The library end to end: real LanceDB and SQLite, real files, an embedder without a model."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

from app.errors import DocumentError, NodeLost, StoreError
from app.events import FileIndexed, IndexDone, Progress
from app.rag.library import Library
from app.rag.store import Store
from tests.documents import HashEmbedder, docx_bytes, pdf_bytes, write


async def add(library: Library, *paths: Path) -> tuple[dict[str, str], IndexDone]:
    """Add and return the state of each file by name, and the last event."""
    states: dict[str, str] = {}
    last: object = None
    async with aclosing(library.add(paths)) as events:
        async for event in events:
            last = event
            if isinstance(event, FileIndexed):
                assert event.path not in states, "one event for each file"
                states[os.path.basename(event.path)] = event.state
    assert isinstance(last, IndexDone)
    return states, last


def folder_of_documents(folder: Path) -> Path:
    write(folder, "green.pdf", pdf_bytes([["Tomatoes need water."], ["The heater starts at four degrees."]]))
    write(folder, "manual.docx", docx_bytes())
    write(folder, "notes.md", "# Garden\n\nBasil likes sun.\n\n# House\n\nThe roof leaks in autumn.")
    write(folder, "sub/plain.txt", "The boat is painted blue.")
    write(folder, "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\0")
    return folder


def check(home: Path) -> None:
    """SQLite and LanceDB agree: every document has its chunks once, and there are no others."""
    store = Store(home / "library")
    try:
        table = store.table()
        assert table is not None
        assert table.counts() == store.records.revisions()
        words: Counter[str] = Counter()
        for record in store.records.all().values():
            if record.revision:
                words.update(store.records.copy_of_version(record.revision)[1])
        assert store.records.counts(words)[0] == dict(words)
    finally:
        store.close()


async def test_add_search_and_look_around(home: Path, tmp_path: Path) -> None:
    folder = folder_of_documents(tmp_path / "docs")
    library = Library(home, HashEmbedder())
    try:
        states, done = await add(library, folder)
        assert states == {
            **{"green.pdf": "added", "manual.docx": "added", "notes.md": "added"},
            **{"plain.txt": "added", "picture.png": "skipped"},
        }
        assert done.files == 4 and done.embedded == done.chunks > 4
        (best, *_) = await library.search("when does the heater start?")
        assert best.n == 1 and best.path == str(folder / "green.pdf") and best.page == 2
        assert best.text == "The heater starts at four degrees."
        assert best.similarity > 0.3 and best.overlap == 1.0
        around = await library.surroundings(best.path, best.page, best.start, best.end)
        assert (around.before, around.passage, around.after) == ("", best.text, "")
        assert (around.pages, around.exists, around.changed) == (2, True, False)
        (roof,) = await library.search("roof", k=1, mode="text")
        around = await library.surroundings(roof.path, roof.page, roof.start, roof.end)
        whole = around.before + around.passage + around.after
        assert around.passage == roof.text and whole == (await library.read(folder / "notes.md")).text
        listed = await library.documents()
        assert [(os.path.basename(d.path), d.state) for d in listed] == [
            *(("green.pdf", "indexed"), ("manual.docx", "indexed"), ("notes.md", "indexed"), ("plain.txt", "indexed")),
        ]
        (folder / "green.pdf").unlink()
        around = await library.surroundings(best.path, 2, best.start, best.end)
        assert not around.exists and around.changed and around.passage == best.text
        assert (await library.documents())[0].state == "missing"
        with pytest.raises(DocumentError):
            await library.surroundings("/nowhere.txt", None, 0, 1)
    finally:
        await library.close()
    check(home)


async def test_only_what_changed_is_embedded(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    paragraphs = [f"Paragraph {n}. " + f"Fact {n} is about water and light. " * 30 for n in range(6)]
    write(folder, "a.txt", "\n\n".join(paragraphs))
    write(folder, "b.txt", "Another file.")
    embedder = HashEmbedder()
    library = Library(home, embedder)
    try:
        _, first = await add(library, folder)
        states, again = await add(library, folder)
        assert set(states.values()) == {"unchanged"} and again.embedded == 0 and again.chunks == first.chunks
        os.utime(folder / "a.txt")
        states, again = await add(library, folder)
        assert set(states.values()) == {"unchanged"} and again.embedded == 0
        paragraphs[-1] = "A new end."
        write(folder, "a.txt", "\n\n".join(paragraphs))
        states, changed = await add(library, folder)
        assert states == {"a.txt": "changed", "b.txt": "unchanged"}
        assert 0 < changed.embedded <= 2 < first.chunks
        shutil.copy(folder / "a.txt", folder / "copy.txt")
        (folder / "b.txt").rename(folder / "c.txt")
        states, moved = await add(library, folder)
        assert states == {"a.txt": "unchanged", "copy.txt": "added", "c.txt": "added", "b.txt": "removed"}
        assert moved.embedded == 0
        assert [passage.path for passage in await library.search("another file", k=1)] == [str(folder / "c.txt")]
        # The copy has the same text: it is told once.
        texts = [passage.text for passage in await library.search("water and light", k=20)]
        assert len(texts) == len(set(texts))
    finally:
        await library.close()
    check(home)


async def test_within_files_and_folders_with_odd_names(home: Path, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s 100% "odd"_\\ ü; DROP'
    write(odd, "o'brien.txt", "The tide turns at noon.")
    write(odd, "other.txt", "The tide turns at six.")
    write(tmp_path / "plain", "x.txt", "The tide turns at nine.")
    write(tmp_path / "plain2", "x.txt", "The tide turns at ten.")
    library = Library(home, HashEmbedder())
    try:
        await add(library, tmp_path)

        async def found(*within: Path) -> set[str]:
            passages = await library.search("tide turns", within=within)
            return {passage.path.removeprefix(f"{tmp_path}/") for passage in passages}

        assert len(await found()) == 4
        assert await found(odd) == {f"{odd.name}/o'brien.txt", f"{odd.name}/other.txt"}
        assert await found(odd / "o'brien.txt") == {f"{odd.name}/o'brien.txt"}
        assert await found(tmp_path / "plain") == {"plain/x.txt"}
        assert await found(tmp_path / "none") == set()
        assert len(await found(tmp_path / "plain", odd / "other.txt")) == 2
    finally:
        await library.close()


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
async def test_any_query_is_safe(home: Path, tmp_path: Path, mode: str) -> None:
    write(tmp_path / "docs", "a.txt", "Tomatoes need water.")
    library = Library(home, HashEmbedder())
    try:
        assert await library.search("before anything was added") == []
        await add(library, tmp_path / "docs")
        queries = [
            '"',
            "'",
            "a OR b AND (",
            "text:[1 TO 5}",
            "😀🎉",
            "",
            " \n\t",
            "\\",
            "*",
            "~" * 50,
            "水",
            "\0",
            "the",
            "-- ;",
        ]
        for query in [*queries, "word " * 5000, "x" * 20000, "tomatoes^5 +water -need"]:
            passages = await library.search(query, mode=mode)  # type: ignore[arg-type]
            assert len(passages) <= 1
        assert len(await library.search('"tomatoes" AND (water', mode=mode)) == 1  # type: ignore[arg-type]
        assert await library.search("tomatoes", k=0) == []
    finally:
        await library.close()


async def test_failures_are_told_and_tried_again(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    broken = write(folder, "a.pdf", pdf_bytes([["Hello tide."]])[:70])
    write(folder, "scan.pdf", pdf_bytes([[]]))
    library = Library(home, HashEmbedder())
    try:
        states, _ = await add(library, folder, tmp_path / "missing")
        assert states == {"a.pdf": "failed", "scan.pdf": "failed", "missing": "failed"}
        assert {os.path.basename(d.path): d.state for d in await library.documents()} == {
            "a.pdf": "failed",
            "scan.pdf": "failed",
        }
        broken.write_bytes(pdf_bytes([["Hello tide."]]))
        states, _ = await add(library, folder)
        assert states["a.pdf"] == "added"
        # While it is being written again, the last good version stays.
        broken.write_bytes(b"%PDF-1.4 half")
        states, _ = await add(library, folder)
        assert states["a.pdf"] == "failed"
        assert len(await library.search("tide")) == 1
    finally:
        await library.close()
    check(home)


async def test_remove_by_file_and_folder(home: Path, tmp_path: Path) -> None:
    folder = folder_of_documents(tmp_path / "docs")
    library = Library(home, HashEmbedder())
    try:
        await add(library, folder)
        gone = await library.remove([folder / "sub"])
        assert [os.path.basename(info.path) for info in gone] == ["plain.txt"]
        assert await library.remove([tmp_path / "unknown"]) == []
        assert all("plain" not in passage.path for passage in await library.search("boat painted blue"))
        await library.remove([folder])
        assert await library.documents() == [] and await library.search("water") == []
        states, done = await add(library, folder)
        assert states["plain.txt"] == "added" and done.embedded > 0
    finally:
        await library.close()
    check(home)


async def test_a_lost_node_keeps_what_was_done(home: Path, tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / "docs", f"{number:02}.txt", " ".join(f"Line {line} of file {number}." for line in range(300)))
    library = Library(home, HashEmbedder(fail_after=200))
    try:
        with pytest.raises(NodeLost):
            await add(library, tmp_path / "docs")
        states = Counter(document.state for document in await library.documents())
        kept = states["indexed"]
        assert 0 < kept < 30 and states["waiting"] == 30 - kept
    finally:
        await library.close()
    library = Library(home, HashEmbedder())
    try:
        again, _ = await add(library, tmp_path / "docs")
        assert Counter(again.values()) == {"unchanged": kept, "added": 30 - kept}
    finally:
        await library.close()
    check(home)


async def test_closing_the_iterator_anywhere_is_safe(home: Path, tmp_path: Path) -> None:
    for number in range(12):
        write(tmp_path / "docs", f"{number:02}.txt", f"File {number} speaks of water. " * 60)
    library = Library(home, HashEmbedder())
    try:
        for steps in (1, 2, 3, 5, 8):
            async with aclosing(library.add([tmp_path / "docs"])) as events:
                for _ in range(steps):
                    await anext(events)
        task = asyncio.create_task(add(library, tmp_path / "docs"))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        states, _ = await add(library, tmp_path / "docs")
        assert len(states) == 12 and set(states.values()) <= {"added", "unchanged"}
    finally:
        await library.close()
    check(home)


async def test_another_embedding_model(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "Tomatoes need water.")
    write(tmp_path / "docs", "b.txt", "The boat is blue.")
    library = Library(home, HashEmbedder("one"))
    try:
        await add(library, tmp_path / "docs")
    finally:
        await library.close()
    embedder = HashEmbedder("two")
    library = Library(home, embedder)
    try:
        assert len(await library.search("water", mode="text")) == 1
        (only,) = await library.search("water")  # by words alone
        assert only.similarity == 0.0 and only.text == "Tomatoes need water."
        states, done = await add(library, tmp_path / "docs" / "a.txt")
        assert states == {"a.txt": "unchanged"} and done.embedded == 2
        (best, _) = await library.search("tomatoes water")
        assert best.similarity > 0.3
    finally:
        await library.close()
    # The other way: the change is met while adding.
    library = Library(home, HashEmbedder("three"))
    try:
        write(tmp_path / "docs", "c.txt", "Ships need harbours.")
        states, done = await add(library, tmp_path / "docs")
        assert states["c.txt"] == "added" and done.embedded >= 3
        assert len(await library.search("harbours")) == 3
    finally:
        await library.close()
    check(home)


async def test_watch_sees_new_changed_and_removed_files(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    first = write(folder, "a.txt", "One.")
    library = Library(home, HashEmbedder())
    seen: list[tuple[str, str]] = []
    try:
        async with asyncio.timeout(60), aclosing(library.add([folder], watch=True)) as events:
            async for event in events:
                if isinstance(event, FileIndexed):
                    seen.append((os.path.basename(event.path), event.state))
                if isinstance(event, IndexDone):
                    if len(seen) == 1:
                        first.write_text("One, changed.")
                        write(folder, "b.txt", "Two.")
                    elif len(seen) == 3:
                        first.unlink()
                    else:
                        break
    finally:
        await library.close()
    assert seen == [("a.txt", "added"), ("a.txt", "changed"), ("b.txt", "added"), ("a.txt", "removed")]


async def test_closing_the_library_ends_a_running_add(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "One.")
    library = Library(home, HashEmbedder())
    async with asyncio.timeout(60):
        async for event in library.add([tmp_path / "docs"], watch=True):
            if isinstance(event, IndexDone):
                await library.close()
        await library.close()
    check(home)


async def test_progress_has_a_fraction(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "Sentence about water. " * 20_000)
    library = Library(home, HashEmbedder())
    fractions = []
    try:
        async with aclosing(library.add([tmp_path / "docs"])) as events:
            async for event in events:
                if isinstance(event, Progress) and event.fraction is not None:
                    fractions.append(event.fraction)
    finally:
        await library.close()
    assert len(fractions) >= 1 and fractions == sorted(fractions) and all(0 <= value <= 1 for value in fractions)


async def test_lost_chunks_are_noticed_and_brought_back(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "docs", "a.txt", "Tomatoes need water.")
    library = Library(home, HashEmbedder())
    try:
        await add(library, tmp_path / "docs")
    finally:
        await library.close()
    shutil.rmtree(home / "library" / "chunks")
    library = Library(home, HashEmbedder())
    try:
        states, done = await add(library, tmp_path / "docs")
        assert states == {"a.txt": "unchanged"} and done.embedded == 0  # from SQLite
        assert len(await library.search("water")) == 1
    finally:
        await library.close()


async def test_a_damaged_database_is_a_clear_error(home: Path, tmp_path: Path) -> None:
    write(home, "library/documents.db", b"this is not a database" * 100)
    library = Library(home, HashEmbedder())
    try:
        with pytest.raises(StoreError) as error:
            await library.documents()
        assert "Move" in error.value.hint
    finally:
        await library.close()


async def test_a_garbled_name_is_told_and_keeps_no_other_file_out(home: Path, tmp_path: Path) -> None:
    good = write(tmp_path, "good.txt", b"Water boils at 100 degrees.")
    bad = tmp_path / "bad\udcff.txt"
    library = Library(home, HashEmbedder())
    try:
        for paths in ([bad], [bad, good]):
            events = [event async for event in library.add(paths)]
            told = [event for event in events if isinstance(event, FileIndexed) and event.state == "skipped"]
            assert [(one.path, one.reason) for one in told] == [
                (str(tmp_path / "bad?.txt"), "Its name is not valid UTF-8.")
            ]
            assert isinstance(events[-1], IndexDone)
        assert [one.path for one in await library.documents()] == [str(good)]
    finally:
        await library.close()


async def test_documents_are_not_to_be_moved_away_where_only_the_disk_is_in_the_way(home: Path) -> None:
    (home / "library" / "documents.db").mkdir(parents=True)  # SQLite cannot open it, as on a full disk
    library = Library(home, HashEmbedder())
    try:
        with pytest.raises(StoreError) as error:
            await library.documents()
        assert error.value.hint == "Check the free space and the permissions of that folder."
    finally:
        await library.close()
