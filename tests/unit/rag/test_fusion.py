"""Fusion of full text and vectors: what is weighed how, and what must hold for any scores."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from app.rag.fusion import FEEDBACK_FROM, MOST_TEXT, TEXT_WEIGHT, fuse, standard, text_weight


def unit(*rows: list[float]) -> Any:
    made = numpy.array(rows, "f8")
    return made / numpy.linalg.norm(made, axis=1, keepdims=True)


def test_scores_are_made_comparable() -> None:
    scores = standard(numpy.array([1.0, 2.0, 3.0, 10.0]))
    assert scores.mean() == pytest.approx(0) and scores.std() == pytest.approx(1)
    assert list(standard(numpy.array([4.0, 4.0]))) == [0.0, 0.0]


def test_a_candidate_that_both_sides_like_comes_first() -> None:
    vectors = unit([1, 0.1], [0, 1], [0.9, 0.3], [0.1, 1])
    fused = fuse(numpy.array([1.0, 9.0, 8.0, 0.0]), vectors, unit([1, 0])[0], 0.5)
    assert int(fused.argmax()) == 2


@pytest.mark.parametrize("seed", range(5))
def test_all_text_is_the_order_of_full_text(seed: int) -> None:
    chance = numpy.random.default_rng(seed)
    vectors = unit(*chance.normal(size=(40, 8)).tolist())
    matches = chance.gamma(2.0, size=40)
    fused = fuse(matches, vectors, vectors[0], 1.0)
    assert list(numpy.argsort(-fused)) == list(numpy.argsort(-matches))
    # Neither scale nor origin of a side's scores matters.
    assert fuse(7 * matches + 3, vectors, vectors[0], 0.4) == pytest.approx(fuse(matches, vectors, vectors[0], 0.4))


def test_what_is_like_the_best_rises() -> None:
    """Two candidates are as far from the question; the one that resembles the best ones is put first."""
    best = [[1.0, 0.02 * n, 0.0] for n in range(FEEDBACK_FROM)]
    vectors = unit(*best, [0.6, 0.8, 0.0], [0.6, -0.8, 0.0], [0.0, 0.0, 1.0])
    fused = fuse(numpy.array([9.0] * FEEDBACK_FROM + [1.0, 1.0, 0.0]), vectors, unit([1, 0, 0])[0], 0.45)
    assert fused[FEEDBACK_FROM] > fused[FEEDBACK_FROM + 1]


def test_one_candidate_and_scores_that_say_nothing() -> None:
    assert list(fuse(numpy.array([2.0]), unit([1, 0]), unit([1, 0])[0], 0.5)) == [0.0]
    assert list(fuse(numpy.zeros(2), unit([1, 0], [1, 0]), unit([1, 0])[0], 0.5)) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("query", "tokens", "weight"),
    [
        ("Where was the Summer Theatre located?", 9, TEXT_WEIGHT),
        ("¿Dónde se encontraba el Teatro de Verano?", 17, 0.85),
        ("Когда был построен театр?", 23, MOST_TEXT),
        ("剧院是什么时候建成的？", 13, MOST_TEXT),
        ("โรงละครสร้างขึ้นเมื่อใด", 3, MOST_TEXT),
        ("Wann wurde das Theater gebaut?", 0, TEXT_WEIGHT),
        ("1998", 3, TEXT_WEIGHT),
    ],
)
def test_full_text_weighs_more_where_the_model_reads_badly(query: str, tokens: int, weight: float) -> None:
    assert text_weight(query, tokens) == pytest.approx(weight, abs=0.1)
