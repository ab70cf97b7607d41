"""Chunking: properties that must hold for any document, on random ones with fixed seeds."""

from __future__ import annotations

import itertools
import random

import pytest

from app.rag.chunking import MAX_TOKENS, Chunk, chunks_of
from app.rag.document import Document, Kind, Piece, assemble, extents
from app.rag.tokens import estimate_tokens

_WORDS = ["a", "the", "node", "tomatoes", "water", "internationalisation", "naïve", "Ελλάδα", "2026", "3.14", "x" * 700]
_KINDS: list[Kind] = ["text", "text", "heading", "list", "table", "code", "caption"]
_WORDS += ["水をやる", "한국어", "😀", "e.g.", "don't", "----", "\u00a0", "|", "Fluggesellschaft" * 3, "0" * 90]


def random_document(seed: int) -> Document:
    source = random.Random(seed)
    paged = source.random() < 0.5
    pieces = []
    page = 1
    section: tuple[str, ...] = ()
    for _ in range(source.randrange(0, 25)):
        if source.random() < 0.3:
            depth = source.randrange(0, 4)
            section = (*section[:depth], " ".join(source.choices(_WORDS[:8], k=source.randrange(1, 30))))
        if source.random() < 0.2:
            page += source.randrange(1, 3)
        words = []
        for _ in range(source.randrange(0, 400)):
            words.append(source.choice(_WORDS) + source.choice(["", "", "", ".", "?", ",", "。"]))
            words.append(source.choice([" ", " ", " ", "  ", "\n", "\t", "\n\n", ""]))
        text = "".join(words)
        kind = source.choice(_KINDS)
        header = text.strip().split("\n")[0] if kind == "table" and source.random() < 0.5 else ""
        pieces.append(Piece(text, page if paged else None, section, kind, header))
    return assemble(pieces, page if paged else None)


def uncovered(document: Document, chunks: list[Chunk]) -> str:
    covered = bytearray(len(document.text))
    for chunk in chunks:
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    return "".join(c for c, seen in zip(document.text, covered, strict=True) if not seen and not c.isspace())


@pytest.mark.parametrize("seed", range(40))
def test_any_document(seed: int) -> None:
    document = random_document(seed)
    chunks = chunks_of(document)
    assert uncovered(document, chunks) == ""
    pages = {block.page: block for block in document.blocks}
    places = {extent.page: extent for extent in extents(document)}
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text == chunk.text.strip()
        assert chunk.text
        # Sentences are counted one by one, and English is told from the whole document or block.
        assert min(estimate_tokens(chunk.body, english) for english in (True, False)) <= MAX_TOKENS + 10
        assert chunk.parent[0] <= chunk.start and chunk.end <= chunk.parent[1]
        assert chunk.page in pages
        extent = places[chunk.page]
        assert extent.start <= chunk.start and chunk.end <= extent.start + len(extent.text)
    for before, after in itertools.pairwise(chunks):
        assert before.end <= after.start
    assert chunks == chunks_of(document)


def test_a_short_document_is_one_chunk() -> None:
    document = assemble([Piece("Hello."), Piece("World.")])
    assert [chunk.text for chunk in chunks_of(document)] == ["Hello.\n\nWorld."]
    assert chunks_of(assemble([])) == []


def test_a_chunk_never_spans_pages() -> None:
    document = assemble([Piece("One.", 1), Piece("Two.", 2), Piece("Three.", 2)], 2)
    assert [(chunk.page, chunk.text) for chunk in chunks_of(document)] == [(1, "One."), (2, "Two.\n\nThree.")]


def test_headings_start_chunks_and_are_embedded_but_not_shown() -> None:
    long = "Tomatoes need water every day of the summer. " * 12
    document = assemble([Piece(long, None, ("Manual", "Watering")), Piece(long, None, ("Manual", "Frost"))])
    one, two = chunks_of(document)
    assert (one.section, two.section) == (("Manual", "Watering"), ("Manual", "Frost"))
    assert one.body.startswith("Manual › Watering\nTomatoes")
    assert one.text.startswith("Tomatoes")
    assert one.digest != two.digest


def test_a_heading_that_the_text_begins_with_is_not_repeated() -> None:
    document = assemble([Piece("# Frost", None, ("Manual", "Frost")), Piece("Heat.", None, ("Manual", "Frost"))])
    (chunk,) = chunks_of(document)
    assert chunk.body == "Manual\n# Frost\n\nHeat."


def test_short_sections_share_a_chunk_under_their_common_heading() -> None:
    document = assemble([Piece("Cats.", None, ("Pets", "Cats")), Piece("Dogs.", None, ("Pets", "Dogs"))])
    (chunk,) = chunks_of(document)
    assert chunk.section == ("Pets",)


def test_a_cut_paragraph_is_cut_between_sentences() -> None:
    document = assemble([Piece(" ".join(f"Sentence number {n} speaks of water." for n in range(100)))])
    chunks = chunks_of(document)
    assert len(chunks) > 2
    assert all(chunk.text.startswith("Sentence") and chunk.text.endswith("water.") for chunk in chunks)


@pytest.mark.parametrize(
    ("end", "sentence"),
    [("。", "猫が木の下で魚を食べる"), ("！", "我們明天去山上看雪"), ("؟", " ما هو الطقس في المدينة")],
)
def test_sentences_end_in_every_script(end: str, sentence: str) -> None:
    text = (sentence + end) * 60 if end != "؟" else (sentence + end + " ") * 60
    chunks = chunks_of(assemble([Piece(text)]))
    assert len(chunks) > 1
    assert all(chunk.text.endswith(end) and chunk.text.startswith(sentence.strip()) for chunk in chunks)


def test_a_row_is_never_cut_and_later_rows_keep_their_header() -> None:
    rows = [
        "City | Country | Inhabitants in thousands",
        *(f"Town {n} | Land {n % 7} | {n * 37 % 997}" for n in range(200)),
    ]
    chunks = chunks_of(assemble([Piece("\n".join(rows), 1, ("Towns",), "table", rows[0])], 1))
    assert len(chunks) > 3
    assert [row for chunk in chunks for row in chunk.text.split("\n")] == rows
    assert chunks[0].header == "" and chunks[0].text.startswith(rows[0])
    for chunk in chunks[1:]:
        assert chunk.header == rows[0]
        assert chunk.body.startswith(f"Towns\n{rows[0]}\nTown") and rows[0] not in chunk.text


def test_a_line_of_code_is_never_cut_unless_no_model_could_read_it() -> None:
    lines = [f"    value_{n} = compute(value_{n - 1}, scale={n}.5)  # step. Then the next." for n in range(1, 120)]
    lines[60] = "data = [" + ", ".join(map(str, range(1000, 3000))) + "]"
    chunks = chunks_of(assemble([Piece("\n".join(lines).strip(), kind="code")]))
    cut = {line.strip() for chunk in chunks for line in chunk.text.split("\n")}
    assert {line.strip() for line in lines if line is not lines[60]} <= cut
    assert lines[60] not in cut


def test_a_heading_stays_with_what_it_is_about() -> None:
    pieces = []
    for n in range(40):
        pieces.append(Piece(f"Part {n}", kind="heading"))
        pieces.append(Piece(" ".join(f"The harbour of part {n} has {m} ships in winter." for m in range(n % 9 + 1))))
    document = assemble(pieces)
    headings = [block.end for block in document.blocks if block.kind == "heading"]
    assert not {chunk.end for chunk in chunks_of(document)} & set(headings)


def test_the_parent_is_the_section_around_it() -> None:
    long = "Tomatoes need water every day of the summer. " * 60
    sections = [("Manual",), ("Manual", "Watering"), ("Manual", "Frost")]
    document = assemble([Piece(long, page, section) for page, section in enumerate(sections, 1) for _ in range(2)], 3)
    for chunk in chunks_of(document):
        inside = [block for block in document.blocks if block.section == chunk.section]
        assert chunk.parent == (inside[0].start, inside[-1].end)


def long_paragraphs(seed: int) -> list[str]:
    source = random.Random(seed)
    names = [
        f"{first}{second}" for first in ("oak", "elm", "fir", "yew") for second in ("land", "wood", "side", "field")
    ]
    return [
        " ".join(
            " ".join(source.choices(names, k=source.randrange(4, 25))).capitalize() + "."
            for _ in range(source.randrange(1, 9))
        )
        for _ in range(600)
    ]


@pytest.mark.parametrize("joined", ["paragraphs", "sentences", "rows"])
def test_an_edit_changes_few_chunks(joined: str) -> None:
    paragraphs = long_paragraphs(7)

    def digests(texts: list[str]) -> list[str]:
        if joined == "paragraphs":
            return [chunk.digest for chunk in chunks_of(assemble([Piece(text) for text in texts]))]
        if joined == "sentences":
            return [chunk.digest for chunk in chunks_of(assemble([Piece(" ".join(texts))]))]
        rows = "\n".join(f"{text.split()[0]} {n * 7919 % 10007:05}" for text in texts for n in range(len(text) % 9))
        return [chunk.digest for chunk in chunks_of(assemble([Piece(rows, kind="table")]))]

    before = digests(paragraphs)
    assert len(before) > 60
    inserted = digests(["A paragraph that is new stands before all others.", *paragraphs])
    assert len(set(before) & set(inserted)) >= 0.95 * len(set(before))
    if joined != "rows":  # each paragraph is several rows there
        changed = [digests([*paragraphs[:n], "Something else.", *paragraphs[n + 1 :]]) for n in range(20, 600, 60)]
        assert sorted(len(set(after) - set(before)) for after in changed)[len(changed) // 2] <= (
            3 if joined == "paragraphs" else 6
        )


def test_one_enormous_line() -> None:
    document = assemble([Piece("x" * 200_000)])
    chunks = chunks_of(document)
    assert uncovered(document, chunks) == ""
    assert all(estimate_tokens(chunk.body, False) <= MAX_TOKENS for chunk in chunks)


def test_assemble_keeps_ranges() -> None:
    document = assemble([Piece(" a\r\nb "), Piece(" \n"), Piece("c\0\ud800d", 3)])
    assert [document.text[block.start : block.end] for block in document.blocks] == ["a\nb", "cd"]
    assert [(extent.page, extent.start, extent.text) for extent in extents(document)] == [
        (None, 0, "a\nb"),
        (3, 5, "cd"),
    ]
