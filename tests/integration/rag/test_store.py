"""The store with a real SQLite and a real LanceDB: languages, phrases, filters, damage, earlier tables, work beside."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import lancedb.index
import numpy
import pyarrow
import pytest

from app.errors import StoreError
from app.rag.chunk_table import connect
from app.rag.chunking import Chunk
from app.rag.document import Extent
from app.rag.finding import Found
from app.rag.passages import key_of
from app.rag.records import Record
from app.rag.store import Store
from app.rag.tending import tend
from app.rag.threads import StoreThread
from app.rag.versions import Version
from app.rules import Rules
from app.words import content
from tests.documents import HashEmbedder

MODEL = "a" * 64
DIMENSION = 8


def vector(seed: int) -> Any:
    row = numpy.random.default_rng(seed).standard_normal(DIMENSION).astype("<f4")
    return row / numpy.linalg.norm(row)


def version(path: str, *texts: str, modified: int = 1_700_000_000) -> Version:
    chunks, position = [], 0
    for text in texts:
        chunks.append(Chunk(text, None, ("Part",), position, position + len(text)))
        position += len(text) + 2
    whole = "\n\n".join(texts)
    rows = numpy.stack([vector(len(text)) for text in texts])
    record = Record(path, "indexed", "0" * 64, len(whole), modified * 10**9)
    return Version(record, [Extent(None, 0, whole)], {}, chunks, rows)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "library")
    store.set_model(MODEL, "made", DIMENSION)
    assert store.try_lock()
    yield store
    store.close()


def found(result: Found) -> list[str]:
    return [Path(hit.path).name for hit in result.matching]


def words(store: Store, text: str, **more: Any) -> list[str]:
    return found(store.find(text, (), None, 10, more.pop("where", ""), **more))


SPANISH = "Las canciones del pueblo son parte de la educación de los niños y de las familias que viven en la montaña."
GERMAN = "Die Häuser in der Straße wurden vor hundert Jahren gebaut, und die Bäume sind inzwischen sehr groß geworden."
ENGLISH = "The engineers were running several experiments on batteries, and nobody knew what the results would be like."
CHINESE = "北京是中华人民共和国的首都，位于华北平原的北部，是全国的政治和文化中心，人口超过两千万。"
THAI = "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทยและเป็นศูนย์กลางการปกครองการศึกษาและการคมนาคมขนส่ง"


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("canción", "es"),
        ("cancion infantil", "es"),
        ("educacion", "es"),
        ("Haus", "de"),
        ("strasse", "de"),
        ("Baum Bäume", "de"),
        ("experiment", "en"),
        ("battery", "en"),
        ("首都", "zh"),
        ("政治中心", "zh"),
        ("เมืองหลวง", "th"),
    ],
)
def test_words_are_found_in_their_language(store: Store, question: str, name: str) -> None:
    texts = {"es": SPANISH, "de": GERMAN, "en": ENGLISH, "zh": CHINESE, "th": THAI}
    store.commit([version(f"/docs/{key}", text) for key, text in texts.items()])
    assert set(store.languages()) == set(texts)
    assert words(store, question)[:1] == [name]


def test_a_phrase_must_occur(store: Store) -> None:
    store.commit(
        [
            version("/docs/right", "To be, or not to be, that is the question."),
            version("/docs/wrong", "The question is whether to be or to seem; not that it matters to be."),
        ]
    )
    everything = store.find("question", (), vector(3), 10, "")
    assert {hit.path for hit in everything.nearest} == {"/docs/right", "/docs/wrong"}
    strict = store.find("question", (), vector(3), 10, "", phrases=("or NOT to bé",))
    assert found(strict) == ["right"] and [hit.path for hit in strict.nearest] == ["/docs/right"]
    assert found(store.find("question", (), None, 10, "", phrases=("is not here",))) == []


def test_a_half_typed_word(store: Store) -> None:
    a, b = version("/docs/a", "Photosynthesis needs light."), version("/docs/b", "Nothing of the kind.")
    store.commit([replace(a, words=dict.fromkeys(content("Photosynthesis needs light."), 1)), b])
    assert words(store, "photosyn") == []
    assert words(store, "photosyn", half="photosyn") == ["a"]
    assert words(store, "photosynthesi", half="photosynthesi") == ["a"]


def test_filters_by_kind_date_and_place(store: Store) -> None:
    store.commit(
        [
            version("/docs/tax/a.pdf", "rent", modified=100),
            version("/docs/tax/b.xlsx", "rent", modified=200),
            version("/docs/other/c.pdf", "rent", modified=300),
        ]
    )
    assert set(words(store, "rent")) == {"a.pdf", "b.xlsx", "c.pdf"}
    assert set(words(store, "rent", where="(kind IN ('pdf'))")) == {"a.pdf", "c.pdf"}
    assert words(store, "rent", where="(modified >= 150 AND modified < 250)") == ["b.xlsx"]
    assert words(store, "rent", where="(starts_with(path, '/docs/other/'))") == ["c.pdf"]


def test_the_nearest_are_in_the_order_of_their_cosine(store: Store) -> None:
    store.commit([version("/docs/a", *("x" * length for length in range(1, 60)))])
    hits = store.find("", (), vector(7), 10, "").nearest
    cosines = [float(hit.vector @ vector(7)) for hit in hits]
    assert len(hits) == 10 and hits[0].text == "x" * 7 and cosines == sorted(cosines, reverse=True)


async def bring_back(folder: Path) -> int:
    """Do what the first look at the library does; returns how many chunks were embedded."""
    from app.rag.reembedding import restore

    thread = StoreThread(folder, "test")
    try:
        assert await thread.call(Store.try_lock)
        await thread.call(Store.repair)
        return sum([count async for _, count in restore(thread, HashEmbedder(), Rules())])
    finally:
        await thread.close()


def spoil(folder: Path, how: str) -> None:
    files = sorted(file for file in (folder / "chunks").rglob("*") if file.is_file())
    assert len(files) > 3
    for file in files:
        if how == "missing" and file.suffix == ".lance":
            file.unlink()
        elif how == "truncated":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        elif how == "garbled":
            file.write_bytes(bytes(255 - byte for byte in file.read_bytes()))


@pytest.mark.parametrize("how", ["missing", "truncated", "garbled"])
async def test_a_damaged_index_is_put_aside_and_made_anew(tmp_path: Path, how: str) -> None:
    store = Store(tmp_path / "library")
    store.set_model(MODEL, "made", DIMENSION)
    assert store.try_lock()
    store.commit([version("/docs/a", "Basil likes sun."), version("/docs/b", "The boat is blue.")])
    store.close()
    spoil(tmp_path / "library", how)
    store = Store(tmp_path / "library")
    with pytest.raises(StoreError) as error:
        store.find("basil", (), vector(1), 10, "")
    assert error.value.code == "store_damaged" and "made anew" in error.value.hint
    store.close()
    assert await bring_back(tmp_path / "library") == 0
    store = Store(tmp_path / "library")
    try:
        result = store.find("basil", (), vector(1), 10, "")
        assert found(result) == ["a"] and len(result.nearest) == 2
        assert list((tmp_path / "library" / "quarantine").iterdir())
        assert [record.state for record in store.records.all().values()] == ["indexed", "indexed"]
    finally:
        store.close()


async def test_a_table_of_an_earlier_program_is_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    store = Store(folder)
    store.set_model(MODEL, "made", DIMENSION)
    store.close()
    with sqlite3.connect(folder / "documents.db") as db:
        db.execute(
            "INSERT INTO documents"
            " (path, state, sha256, size, mtime_ns, revision, chunks, added_at, reason, retry, rules)"
            " VALUES ('/docs/a', 'indexed', '', 9, 9, 4, 2, '', '', 0, 101)"
        )
    db.close()
    rows = [
        {
            **{"revision": 4, "chunk_id": number, "path": "/docs/a", "sha256": "", "digest": str(number), "page": 3},
            **{"section": "Garden › Herbs", "start": 20 * number, "end": 20 * number + len(text)},
            **{"text": text, "body": f"Garden\n{text}", "vector": vector(number).tolist()},
        }
        for number, text in enumerate(["Basil likes sun.", "Mint likes water."])
    ]
    schema = pyarrow.table({name: [row[name] for row in rows] for name in rows[0] if name != "vector"})
    vectors = pyarrow.array([row["vector"] for row in rows], pyarrow.list_(pyarrow.float32(), DIMENSION))
    lancedb.connect(folder / "chunks").create_table(f"chunks_{MODEL[:16]}", schema.append_column("vector", vectors))
    assert await bring_back(folder) == 0
    store = Store(folder)
    try:
        (hit,) = store.find("mint", (), None, 10, "").matching
        assert (hit.section, hit.page, hit.start, hit.text) == ("Garden › Herbs", 3, 20, "Mint likes water.")
        (near, *_) = store.find("", (), vector(0), 10, "").nearest
        assert near.text == "Basil likes sun." and float(near.vector @ vector(0)) == pytest.approx(1.0)
    finally:
        store.close()


def test_a_search_never_waits_for_a_writer(store: Store, tmp_path: Path) -> None:
    store.commit([version("/docs/a", "Basil likes sun.")])
    writing, enough = threading.Event(), threading.Event()

    def write() -> None:
        with sqlite3.connect(tmp_path / "library" / "documents.db") as db:
            db.execute("BEGIN IMMEDIATE")  # as a writer that takes its time
            db.execute("INSERT OR REPLACE INTO facts VALUES ('busy', 'yes')")
            writing.set()
            enough.wait(60)
        db.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(60)
    reader = Store(tmp_path / "library")
    try:
        result = reader.find("basil", (), vector(1), 10, "")
        assert found(result) == ["a"] and len(result.nearest) == 1 and writer.is_alive()
    finally:
        enough.set()
        writer.join()
        reader.close()


def test_searches_beside_a_writer_see_whole_versions(store: Store, tmp_path: Path) -> None:
    store.commit([version("/docs/a", "stone", "stone two")])
    results: list[Sequence[str]] = []
    enough = threading.Event()

    def search() -> None:
        reader = Store(tmp_path / "library")
        while not enough.is_set():
            results.append(sorted(hit.text for hit in reader.find("stone", (), None, 10, "").matching))
        reader.close()

    thread = threading.Thread(target=search)
    thread.start()
    versions = [("stone", "stone two"), ("stone three",)]
    for number in range(12):
        store.commit([version("/docs/a", *versions[number % 2])])
    enough.set()
    thread.join()
    allowed = [sorted(texts) for texts in versions]
    assert results and all(seen in ([], *allowed) for seen in results)


def test_indexes_are_built_by_a_process_of_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    dimension = 64  # of eight numbers, one bit each says too little
    store.set_model("d" * 64, "made", dimension)
    rows = numpy.random.default_rng(5).standard_normal((20_500, dimension)).astype("<f4")
    chunks = [Chunk(f"w{number}", None, (), number, number + 1) for number in range(len(rows))]
    store.commit([Version(Record("/docs/a", "indexed"), [], {}, chunks, rows)])
    table = store.table()
    assert table is not None and table.wants_index() and table.unindexed() == len(rows)
    assert store.tend() and not store.tend()  # one at a time
    assert store.tending.wait(120)
    assert not table.wants_index() and table.unindexed() == 0
    (near, *_) = store.find("", (), rows[77], 10, "").nearest
    assert near.text == "w77" and words(store, "w20001") == ["a"]
    exact = table.exact(rows[78], 10)
    assert exact[0] == key_of(near.revision, 78)
    assert not store.tend()  # nothing is due
    number = 9_000
    where = f"key = {key_of(near.revision, number)}"  # in a partition that is not near the question
    assert [hit.text for hit in store.find("", (), -rows[number], 10, where).nearest] == [f"w{number}"]


def test_the_vector_index_finds_as_much_after_many_small_additions(store: Store) -> None:
    dimension = 64
    store.set_model("d" * 64, "made", dimension)
    random = numpy.random.default_rng(5)
    centres = random.standard_normal((40, dimension))
    rows = (centres[random.integers(0, 40, 8_000)] + 0.5 * random.standard_normal((8_000, dimension))).astype("<f4")
    table = store.table()
    assert table is not None
    first = 0
    for number, last in enumerate((6_000, *range(6_250, 8_001, 250))):
        chunks = [Chunk(f"w{place}", None, (), place, place + 1) for place in range(first, last)]
        store.commit([Version(Record(f"/docs/{number}", "indexed"), [], {}, chunks, rows[first:last])])
        if number:  # found before they are in any index
            (near, *_) = store.find("", (), rows[last - 1], 10, "").nearest
            assert near.text == f"w{last - 1}"
        done = tend(connect(store.place).open_table(table.name))
        assert done == ["words", "files", "vectors"]
        first = last
    lance = connect(store.place).open_table(table.name)
    (name,) = [index.name for index in lance.list_indices() if index.columns == ["vector"]]
    statistics = lance.index_stats(name)
    assert (statistics.num_unindexed_rows, statistics.num_indices) == (0, 1)
    found = []
    for row in rows[::400]:
        keys = [key_of(*hit.key) for hit in store.find("", (), row, 50, "").nearest[:10]]
        found.append(len(set(keys).intersection(table.exact(row, 10))))
    assert sum(found) >= 0.98 * 10 * len(found)


def test_an_index_of_another_kind_is_built_anew(store: Store) -> None:
    rows = numpy.random.default_rng(5).standard_normal((20_500, DIMENSION)).astype("<f4")
    chunks = [Chunk(f"w{number}", None, (), number, number + 1) for number in range(len(rows))]
    store.commit([Version(Record("/docs/a", "indexed"), [], {}, chunks, rows)])
    table = store.table()
    assert table is not None
    lance = connect(store.place).open_table(table.name)
    lance.create_index("vector", config=lancedb.index.IvfSq(distance_type="cosine", num_partitions=16))
    assert table.wants_index() and "vectors" in tend(lance)
    assert not table.wants_index()


def test_the_process_ends_with_the_program(store: Store) -> None:
    store.commit([version("/docs/a", *(f"word{number}" for number in range(2100)))])
    assert store.tend()
    process = store.tending.process
    assert process is not None and process.stdin is not None
    process.stdin.close()  # as when the program is killed
    assert store.tending.wait(60)
    assert words(store, "word7") == ["a"]
