"""Picking a token keeps what llama.cpp's own chain keeps, with the same probabilities, and draws by seed and place."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import llama_cpp
import numpy
import pytest

from nodeworker.engines import Sampling
from nodeworker.engines.llama.picking import PENALTY_TOKENS, Picker, mix, uniform
from nodeworker.errors import ModelDamaged

CANDIDATE = [("id", "<i4"), ("logit", "<f4"), ("p", "<f4")]


class Words:
    """A vocabulary of so many tokens; the last one ends an answer."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lib: Any = llama_cpp
        self.pointer: Any = None

    def piece(self, token: int) -> bytes:
        return b"w%d " % token

    def is_end(self, token: int) -> bool:
        return token == self.size - 1


def scores_like_a_model(size: int, seed: int, peak: float = 6.0) -> Any:
    """Most tokens near zero, a few far above."""
    generator = numpy.random.default_rng(seed)
    scores = generator.normal(0, 2.5, size) + (generator.random(size) < 40 / size) * generator.exponential(peak, size)
    return scores.astype(numpy.float32)


def chained(scores: Any, sampling: Sampling, accepted: list[int]) -> dict[int, float]:
    """What llama.cpp's chain keeps of these scores, and the probabilities."""
    lib, size = llama_cpp, len(scores)
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    stages = []
    if sampling.repeat_penalty:
        stages.append(lib.llama_sampler_init_penalties(size, PENALTY_TOKENS, sampling.repeat_penalty, 0.0, 0.0))
    if sampling.top_k:
        stages.append(lib.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p:
        stages.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p:
        stages.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
    stages += [lib.llama_sampler_init_temp(sampling.temperature), lib.llama_sampler_init_dist(1)]
    for stage in stages:
        lib.llama_sampler_chain_add(chain, stage)
    for token in accepted:
        lib.llama_sampler_accept(chain, token)
    data = numpy.zeros(size, CANDIDATE)
    data["id"], data["logit"] = numpy.arange(size), scores
    pointer = ctypes.cast(data.ctypes.data, ctypes.POINTER(lib.llama_token_data))
    array = lib.llama_token_data_array(pointer, size, -1, False)
    lib.llama_sampler_apply(chain, ctypes.byref(array))
    lib.llama_sampler_free(chain)
    return {int(row["id"]): float(row["p"]) for row in data[: array.size]}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("peak", [1.0, 6.0, 20.0])
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(0.7, top_p=0.95, top_k=40),
        Sampling(1.3, top_p=0.8, top_k=200, min_p=0.02),
        Sampling(0.7, top_k=1),
        Sampling(0.8, top_p=0.9),
        Sampling(0.8, top_p=0.9, min_p=0.05),
        Sampling(0.5, min_p=0.01),
        Sampling(1.0),
        Sampling(0.7, top_k=100_000),
        Sampling(0.7, top_p=0.95, top_k=40, repeat_penalty=1.3),
        Sampling(0.7, top_p=0.95, repeat_penalty=1.1),
        Sampling(0.7, top_k=5, repeat_penalty=0.8),
    ],
    ids=str,
)
def test_what_survives_and_how_probable_it_is(sampling: Sampling, peak: float, seed: int) -> None:
    scores = scores_like_a_model(6_000, seed, peak)
    picker = Picker(Words(len(scores)), sampling, seed=1)
    # The penalised are the best ones, where it matters; more than the window, the first two twice.
    accepted = [int(token) for token in numpy.argsort(-scores)[:70]] + [3, 3]
    for token in accepted:
        picker.accept(token)
    tokens, chances = picker.survivors(scores)
    wanted = chained(scores, sampling, accepted)
    assert set(tokens) == set(wanted)
    for token, chance in zip(tokens, chances, strict=True):
        assert chance == pytest.approx(wanted[token], abs=1e-5)


def test_a_flat_distribution_needs_most_of_the_vocabulary() -> None:
    scores = numpy.random.default_rng(0).normal(0, 0.01, 20_000).astype(numpy.float32)
    picker = Picker(Words(len(scores)), Sampling(1.0, top_p=0.9), seed=1)
    tokens, _ = picker.survivors(scores)
    assert abs(len(tokens) - len(chained(scores, Sampling(1.0, top_p=0.9), []))) <= 4  # the sum of 20,000 float32
    assert scores[tokens].min() > numpy.delete(scores, tokens).max()


@pytest.mark.parametrize("sampling", [Sampling(0.9), Sampling(0.9, top_k=6), Sampling(0.9, top_p=0.97)], ids=str)
def test_draws_follow_the_probabilities(sampling: Sampling) -> None:
    scores = scores_like_a_model(300, 2)
    picker = Picker(Words(len(scores)), sampling, seed=99)
    tokens, chances = picker.survivors(scores)
    draws, counts = 2_000, dict.fromkeys(tokens, 0)
    for place in range(draws):
        counts[picker.pick(scores, place)[0]] += 1
    # Chi-squared over the tokens that are expected often enough.
    often = [(counts[t], c * draws) for t, c in zip(tokens, chances, strict=True) if c * draws >= 5]
    assert sum((seen - expected) ** 2 / expected for seen, expected in often) < 2.2 * len(often) + 10


def test_a_draw_depends_on_seed_and_place_only() -> None:
    scores = scores_like_a_model(2_000, 3)
    sampling = Sampling(1.2, top_k=50)
    whole = Picker(Words(len(scores)), sampling, seed=5)
    tokens = [whole.pick(scores, place)[0] for place in range(20)]
    rest = Picker(Words(len(scores)), sampling, seed=5)
    for token in tokens[:12]:
        rest.accept(token)
    assert [rest.pick(scores, place)[0] for place in range(12, 20)] == tokens[12:]
    other = Picker(Words(len(scores)), sampling, seed=6)
    assert [other.pick(scores, place)[0] for place in range(20)] != tokens


def test_a_resumed_answer_has_the_same_penalties() -> None:
    rows = [scores_like_a_model(2_000, 40 + at) for at in range(8)]
    sampling = Sampling(0.9, top_p=0.95, repeat_penalty=1.5)
    whole = Picker(Words(2_000), sampling, seed=5)
    tokens = [whole.pick(rows[place % 8], place)[0] for place in range(100)]
    for cut in (1, 63, 64, 65, 90):
        rest = Picker(Words(2_000), sampling, seed=5)
        for token in tokens[:cut]:
            rest.accept(token)
        assert [rest.pick(rows[place % 8], place)[0] for place in range(cut, 100)] == tokens[cut:]


def test_greedy_is_the_best_score() -> None:
    scores = scores_like_a_model(5_000, 4)
    picker = Picker(Words(len(scores)), Sampling(), seed=0)
    assert picker.pick(scores, 0) == (int(scores.argmax()), None)
    scores[[7, 9]] = scores.max() + 1
    assert picker.pick(scores, 1)[0] == 7


def test_greedy_with_a_penalty_avoids_what_was_said() -> None:
    scores = numpy.full(5_000, -1.0, numpy.float32)
    scores[[10, 20]] = (2.0, 1.5)
    picker = Picker(Words(len(scores)), Sampling(repeat_penalty=2.0), seed=0)
    assert [picker.pick(scores, place)[0] for place in range(4)] == [10, 20, 10, 10]


def test_scores_are_never_written_to() -> None:
    scores = scores_like_a_model(5_000, 5)
    scores.flags.writeable = False
    for sampling in (Sampling(0.7, top_p=0.9, repeat_penalty=1.2), Sampling(1.1), Sampling(repeat_penalty=1.1)):
        picker = Picker(Words(len(scores)), sampling, seed=0)
        for place in range(3):
            picker.pick(scores, place)


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(0.7, top_k=40), Sampling(0.7, top_p=0.9), Sampling(0.7)])
@pytest.mark.parametrize("size", [50, 4_096, 4_999])
def test_scores_that_are_no_numbers_are_a_damaged_model(size: int, sampling: Sampling) -> None:
    for at in (0, size - 1):
        scores = scores_like_a_model(size, 6)
        scores[at] = math.nan
        with pytest.raises(ModelDamaged):
            Picker(Words(size), sampling, seed=0).pick(scores, 0)
    with pytest.raises(ModelDamaged):
        Picker(Words(size), sampling, seed=0).pick(numpy.full(size, -numpy.inf, numpy.float32), 0)


@pytest.mark.parametrize(
    "sampling", [Sampling(1e-30), Sampling(1e30), Sampling(0.7, repeat_penalty=1e-30), Sampling(repeat_penalty=1e38)]
)
def test_extreme_settings_still_pick_a_token(sampling: Sampling) -> None:
    scores = scores_like_a_model(1_000, 7)
    picker = Picker(Words(1_000), sampling, seed=0)
    assert all(0 <= picker.pick(scores, place)[0] < 1_000 for place in range(5))


def test_logprobs_are_those_of_the_raw_scores() -> None:
    scores = scores_like_a_model(5_000, 8)
    exact = scores.astype(numpy.float64) - numpy.log(numpy.exp(scores.astype(numpy.float64)).sum())
    for sampling in (Sampling(logprobs=5), Sampling(0.7, top_k=40, repeat_penalty=1.5, logprobs=5)):
        picker = Picker(Words(5_000), sampling, seed=3)
        for place in range(3):
            token, logprobs = picker.pick(scores, place)
            assert logprobs is not None
            assert logprobs.chosen == pytest.approx(exact[token], abs=1e-4)
            assert list(logprobs.ids) == list(numpy.argsort(-exact, kind="stable")[:5])
            assert list(logprobs.values) == pytest.approx(list(exact[list(logprobs.ids)]), abs=1e-4)


def test_mixed_numbers_are_spread_evenly() -> None:
    assert len({mix(1, place) for place in range(1_000)} | {mix(2, place) for place in range(1_000)}) == 2_000
    numbers = [uniform(seed, place) for seed in range(20) for place in range(100)]
    assert all(0 <= number < 1 for number in numbers)
    for tenth in range(10):
        assert 140 < sum(tenth <= number * 10 < tenth + 1 for number in numbers) < 260
