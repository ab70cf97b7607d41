"""Chunking: properties that must hold for any document, on random ones with fixed seeds."""

from __future__ import annotations

import itertools
import random

import pytest

from app.rag.chunking import MAX_TOKENS, OVERLAP_TOKENS, Chunk, chunks_of, estimate_tokens
from app.rag.document import Document, Piece, assemble, extents

_WORDS = ["a", "the", "node", "tomatoes", "water", "internationalisation", "naïve", "Ελλάδα", "2026", "3.14", "x" * 700]
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
        pieces.append(Piece("".join(words), page if paged else None, section))
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
        assert estimate_tokens(chunk.body) <= MAX_TOKENS
        assert chunk.page in pages
        extent = places[chunk.page]
        assert extent.start <= chunk.start and chunk.end <= extent.start + len(extent.text)
    for before, after in itertools.pairwise(chunks):
        assert before.start < after.start and before.end < after.end
        if after.start < before.end:
            assert estimate_tokens(document.text[after.start : before.end]) <= OVERLAP_TOKENS + 5
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


def test_a_cut_paragraph_overlaps_a_little() -> None:
    document = assemble([Piece(" ".join(f"Sentence number {n} speaks of water." for n in range(100)))])
    chunks = chunks_of(document)
    assert len(chunks) > 2
    for before, after in itertools.pairwise(chunks):
        assert after.start < before.end


def test_one_enormous_line() -> None:
    document = assemble([Piece("x" * 200_000)])
    chunks = chunks_of(document)
    assert uncovered(document, chunks) == ""
    assert all(estimate_tokens(chunk.body) <= MAX_TOKENS for chunk in chunks)


def test_assemble_keeps_ranges() -> None:
    document = assemble([Piece(" a\r\nb "), Piece(" \n"), Piece("c\0\ud800d", 3)])
    assert [document.text[block.start : block.end] for block in document.blocks] == ["a\nb", "cd"]
    assert [(extent.page, extent.start, extent.text) for extent in extents(document)] == [
        (None, 0, "a\nb"),
        (3, 5, "cd"),
    ]
