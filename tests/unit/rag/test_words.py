"""Content words, stems and overlap."""

from __future__ import annotations

import pytest

from app.rag.words import content_words, overlap, rarity


@pytest.mark.parametrize(
    "same",
    [
        ("run", "runs", "running"),
        ("city", "cities"),
        ("stop", "stopped", "stopping"),
        ("node", "nodes", "node's"),
        ("café", "CAFE"),
        ("rule", "ruled"),
    ],
)
def test_forms_of_a_word_have_one_stem(same: tuple[str, ...]) -> None:
    assert len({tuple(content_words(word)) for word in same}) == 1


def test_question_words_and_articles_have_no_content() -> None:
    assert content_words("What is the name of the duchy?") == content_words("name duchy")
    assert content_words("") == content_words("¿ … ! 😀") == []


def test_overlap_weighs_rare_words_more() -> None:
    question = content_words("Who ruled the duchy of Normandy")
    weights = {word: rarity(count, 100) for word, count in zip(question, (60, 2, 0), strict=True)}
    without = overlap(question, content_words("A king ruled a duchy elsewhere."), weights)
    full = overlap(question, content_words("Richard ruled the duchy of Normandy."), weights)
    assert full == pytest.approx(1.0)
    assert 0.2 < without < 0.6
    assert overlap([], ["a"], {}) == 0.0


def test_rarity_falls_with_the_count_and_stays_positive() -> None:
    values = [rarity(count, 10) for count in range(12)]
    assert values == sorted(values, reverse=True)
    assert min(values) > 0
