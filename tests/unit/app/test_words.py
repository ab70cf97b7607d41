"""Content words, stems and overlap."""

from __future__ import annotations

import pytest

from app.words import content, overlap, rarity


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
    assert len({tuple(content(word)) for word in same}) == 1


def test_question_words_and_articles_have_no_content() -> None:
    assert content("What is the name of the duchy?") == content("name duchy")
    assert content("") == content("¿ … ! 😀") == []


def test_a_number_is_one_word() -> None:
    assert content("2,850 kilometres at 2.5 bar") == ["2,850", *content("kilometre"), "2.5", "bar"]


def test_overlap_weighs_rare_words_more() -> None:
    question = content("Who ruled the duchy of Normandy")
    weights = {word: rarity(count, 100) for word, count in zip(question, (60, 2, 0), strict=True)}
    without = overlap(question, content("A king ruled a duchy elsewhere."), weights)
    full = overlap(question, content("Richard ruled the duchy of Normandy."), weights)
    assert full == pytest.approx(1.0)
    assert 0.2 < without < 0.6
    assert overlap([], ["a"], {}) == 0.0


def test_rarity_falls_with_the_count_and_stays_positive() -> None:
    values = [rarity(count, 10) for count in range(12)]
    assert values == sorted(values, reverse=True)
    assert min(values) > 0
