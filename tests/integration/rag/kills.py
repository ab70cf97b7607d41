"""Kills a program that adds a folder, again and again while the folder changes; then compares with a quiet run."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from contextlib import aclosing
from pathlib import Path
from typing import Any

from app.rag.library import Library
from app.rag.store import Store
from tests.documents import HashEmbedder, docx_bytes, pdf_bytes, write

ROOT = Path(__file__).parents[3]
WORDS = (
    "tide",
    "harbour",
    "lamp",
    "keeper",
    "storm",
    "rope",
    "anchor",
    "gull",
    "chart",
    "compass",
    "bell",
    "fog",
    "pier",
)


def prose(source: random.Random, sentences: int) -> str:
    made = []
    for _ in range(sentences):
        made.append(" ".join(source.choices(WORDS, k=9)).capitalize() + f" {source.randrange(1000)}.")
    return " ".join(made)


def fill(folder: Path, source: random.Random, files: int) -> None:
    """Make a folder of mixed files: text, Markdown, HTML, PDF, Word, some equal, some that cannot be read."""
    for number in range(files):
        text = prose(source, source.choice((2, 15, 60)))
        name = f"{source.choice(('a', 'b', 'a/deep'))}/{number:03}"
        match number % 8:
            case 0:
                write(folder, f"{name}.pdf", pdf_bytes([[line + "."] for line in text.split(". ")[:20]]))
            case 1:
                write(folder, f"{name}.md", f"# Log {number}\n\n{text}")
            case 2:
                write(folder, f"{name}.html", f"<h1>Log {number}</h1><p>{text}</p>")
            case 3:
                write(folder, f"{name}.docx", docx_bytes())
            case 4:
                write(folder, f"{name}.pdf", pdf_bytes([["Broken."]])[:70])
            case _:
                write(folder, f"{name}.txt", text)


def change(folder: Path, source: random.Random) -> None:
    """Edit, rename, move, copy and delete some files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in source.sample(files, min(5, len(files))):
        match source.randrange(6):
            case 0 | 1 if path.suffix in (".txt", ".md", ".html"):
                paragraphs = path.read_text().split(". ")
                paragraphs[source.randrange(len(paragraphs))] = prose(source, 1)
                path.write_text(". ".join(paragraphs))
            case 2:
                path.rename(path.with_name(f"r{source.randrange(10**6)}{path.suffix}"))
            case 3:
                (folder / "c").mkdir(exist_ok=True)
                path.rename(folder / "c" / f"{source.randrange(10**6)}{path.suffix}")
            case 4:
                write(folder, f"copy{source.randrange(10**6)}{path.suffix}", path.read_bytes())
            case 5:
                path.unlink()
                write(folder, f"new{source.randrange(10**6)}.txt", prose(source, 20))


async def killed(home: Path, folder: Path, source: random.Random, longest: float) -> bool:
    """Add the folder in a process of its own and kill it at a random moment; False if it was done before."""
    arguments = ["-m", "tests.integration.rag.adding", str(home), str(folder)]
    if source.random() < 0.5:
        arguments.append("go-on")
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        await process.stdout.readline()  # "started"
        await asyncio.sleep(source.random() * longest)
        return process.returncode is None
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def finished(home: Path, folder: Path) -> dict[str, Any]:
    """Add the folder without disturbance, and return all that the library then holds, revisions left out."""
    library = Library(home, HashEmbedder())
    try:
        async with aclosing(library.add([folder])) as events:
            async for _ in events:
                pass
    finally:
        await library.close()
    store = Store(home / "library")
    try:
        table = store.table()
        assert table is not None
        records = store.records
        assert table.counts() == records.revisions(), "no chunk is lost, double or left over"
        assert records.queue.size() == 0 and not records.queue.asked() and not records.dropped()
        documents, chunks, words = {}, {}, Counter[str]()
        for path, record in records.all().items():
            documents[path] = (record.state, record.sha256, record.size, record.chunks, record.pages, record.reason)
            if record.revision:
                texts, counts, places = records.copy_of_version(record.revision)
                words.update(counts)
                hits = store.chunks_of(path)
                rows = [(hit.page, hit.section, hit.start, hit.end, hit.text, hit.vector.tobytes()) for hit in hits]
                chunks[path] = (texts, places, rows)
        assert records.counts(words)[0] == dict(words)
        assert not store.records.queue.kept_paths(), "nothing that was read is left over"
        found = {}
        for word in WORDS:
            hits = store.find(word, [], None, 10_000, "").matching
            found[word] = Counter((hit.path, hit.start, hit.text) for hit in hits)
            assert found[word]
    finally:
        store.close()
    return {"documents": documents, "chunks": chunks, "words": words, "found": found}


async def compare(tmp: Path, *, seed: int, kills: int, files: int, longest: float = 1.5) -> int:
    """Kill so often, changing files between; then compare. Returns how many kills met a program at work."""
    source = random.Random(seed)
    folder = tmp / "docs"
    fill(folder, source, files)
    met = 0
    for _ in range(kills):
        met += await killed(tmp / "home", folder, source, longest)
        change(folder, source)
    disturbed = await finished(tmp / "home", folder)
    undisturbed = await finished(tmp / "undisturbed", folder)
    for name, values in undisturbed.items():
        assert disturbed[name] == values, f"{name} differ (seed {seed})"
    return met
