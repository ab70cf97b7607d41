"""Reciprocal rank fusion."""

from __future__ import annotations

import pytest

from app.rag.fusion import fuse


def test_agreement_wins() -> None:
    assert [key for key, _ in fuse([["a", "b", "c"], ["b", "d", "a"]])] == ["b", "a", "d", "c"]


def test_score_is_the_sum_of_inverse_places() -> None:
    scores = dict(fuse([["a", "b"], ["b"]], constant=10, weights=(2, 1)))
    assert scores == pytest.approx({"a": 2 / 11, "b": 2 / 12 + 1 / 11})


def test_one_empty_ranking_keeps_the_order_of_the_other() -> None:
    assert [key for key, _ in fuse([[], ["x", "y", "z"]])] == ["x", "y", "z"]
    assert fuse([]) == []


def test_repeated_keys_count_once_at_their_best_place() -> None:
    assert fuse([["a", "a", "b"]], constant=1) == [("a", 1 / 2), ("b", 1 / 4)]


def test_equal_scores_keep_the_first_ranking_first() -> None:
    assert [key for key, _ in fuse([["a"], ["b"]])] == ["a", "b"]


@pytest.mark.parametrize(("constant", "weights"), [(0.0, ()), (60.0, (1.0,))])
def test_wrong_arguments(constant: float, weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        fuse([["a"], ["b"]], constant=constant, weights=weights)
