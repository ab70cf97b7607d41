"""The simulated batch and its cache, in virtual time: rates, fairness, and cells that all come back."""

from __future__ import annotations

import itertools
import random

import pytest

from nodeworker.engines.paced.cells import BLOCK_CELLS, Cells
from nodeworker.engines.paced.turns import CHUNK, Batch, Pace, Place


def run(batch: Batch, until: float) -> None:
    batch.advance(until)


def test_alone_an_answer_has_the_whole_rate() -> None:
    batch = Batch(Pace(10, 100))
    place = batch.join(5.0, prompt=100, wanted=20)
    assert batch.due == pytest.approx(5.0 + CHUNK / 100)
    run(batch, 5.99)
    assert (place.read, place.made) == (CHUNK, 0)
    run(batch, 100)
    assert place.read_at == pytest.approx(6.0) and place.made_at == pytest.approx(8.0)
    assert place.made == 20 and batch.due is None


@pytest.mark.parametrize(("answers", "sum_of_rates"), [(1, 10), (8, 20.4), (16, 22.07), (100, 23.67)])
def test_the_sum_of_rates_grows_and_saturates(answers: int, sum_of_rates: float) -> None:
    pace = Pace(10, 1e6, gain=2.4)
    assert pace.together(answers) == pytest.approx(sum_of_rates, abs=0.05)
    batch = Batch(pace)
    places = [batch.join(0.0, prompt=0, wanted=10_000) for _ in range(answers)]
    run(batch, 100)
    made = sum(place.made for place in places)
    assert made == pytest.approx(100 * sum_of_rates, rel=0.05)


def test_with_a_gain_of_one_company_only_divides() -> None:
    pace = Pace(10, 1e6, gain=1)
    assert pace.together(1) == pace.together(9) == pytest.approx(10)


def test_prompts_share_the_prefill_and_a_long_one_stretches_others_by_no_more_than_a_chunk() -> None:
    batch = Batch(Pace(10, 100))
    talking = batch.join(0.0, prompt=0, wanted=1000)
    run(batch, 1.0)
    before = talking.made
    long, short = batch.join(1.0, prompt=640, wanted=1), batch.join(1.0, prompt=CHUNK, wanted=1)
    gaps, last = [], 1.0
    while long.reading:
        assert batch.due is not None
        last, now = batch.due, batch.due
        run(batch, now)
        gaps.append(talking.made_at)
    assert talking.made - before >= 10  # one token a chunk, all the way
    assert max(b - a for a, b in itertools.pairwise(gaps)) <= 0.3 + CHUNK / 100 + 1e-9
    assert short.read_at < long.read_at / 2  # it did not wait for the long one
    assert last > 6.4


def test_who_leaves_gets_no_more_and_the_others_get_faster() -> None:
    batch = Batch(Pace(10, 100, gain=1))
    one, two = batch.join(0.0, 0, 100), batch.join(0.0, 0, 100)
    run(batch, 4.0)
    assert one.made == pytest.approx(20, abs=1)
    batch.leave(4.0, one)
    batch.leave(4.0, one)
    run(batch, 8.0)
    assert one.made == pytest.approx(20, abs=1) and two.made == pytest.approx(60, abs=2)
    batch.leave(8.0, two)
    assert batch.places == () and two.made < 100


def test_an_idle_engine_starts_at_once_however_long_it_was_idle() -> None:
    batch = Batch(Pace(10, 100))
    first = batch.join(0.0, 0, 1)
    run(batch, 1000.0)
    batch.leave(1000.0, first)
    second = batch.join(1000.0, 0, 1)
    run(batch, 1000.2)
    assert second.made_at == pytest.approx(1000.1)


def test_jitter_is_drawn_from_the_seed() -> None:
    def times(seed: int) -> list[float]:
        batch = Batch(Pace(10, 100, jitter=0.5), random.Random(seed))
        place = batch.join(0.0, 0, 50)
        found = []
        while batch.due is not None:
            run(batch, batch.due)
            found.append(place.made_at)
        return found

    assert times(1) == times(1) != times(2)
    gaps = [b - a for a, b in itertools.pairwise(times(1))]
    assert 0.05 <= min(gaps) < 0.09 and 0.11 < max(gaps) <= 0.15


def test_a_batch_survives_anything_that_comes_and_goes() -> None:
    luck = random.Random(7)
    batch, here, now, left = Batch(Pace(50, 1000), luck), list[Place](), 0.0, list[Place]()
    for _ in range(2000):
        now += luck.expovariate(20)
        if luck.random() < 0.5 or not here:
            here.append(batch.join(now, luck.randrange(300), luck.randrange(40)))
        else:
            left.append(here.pop(luck.randrange(len(here))))
            batch.leave(now, left[-1])
    for place in here:
        batch.leave(now, place)
    batch.advance(now + 100)
    assert batch.places == () and batch.due is None
    assert all(place.read <= place.prompt and place.made <= place.wanted for place in left)


def test_a_prefix_is_shared_and_its_cells_counted_once() -> None:
    cells = Cells(1000)
    first = cells.take((1, 2, 3), 300)
    assert first is not None and first.cached == 0 and cells.free == 700
    cells.keep(first, (1, 2, 3))
    assert cells.free == 700  # the same cells, now as blocks
    second = cells.take((1, 2, 9), 300)
    assert second is not None and second.cached == 2
    assert cells.free == 700 - (300 - 2 * BLOCK_CELLS)
    cells.give_back(first)
    cells.give_back(second)
    cells.give_back(second)
    assert cells.free == 1000 - 3 * BLOCK_CELLS and set(cells.cached) == {1, 2, 3}


def test_the_end_of_the_oldest_prefix_goes_first_and_what_is_held_stays() -> None:
    cells = Cells(6 * BLOCK_CELLS)
    for prefix in ((1, 2), (3, 4)):
        lease = cells.take(prefix, 2 * BLOCK_CELLS + 1)
        assert lease is not None
        cells.keep(lease, prefix)
        cells.give_back(lease)
    held = cells.take((3, 4), 2 * BLOCK_CELLS + 1)
    assert held is not None and held.cached == 2
    big = cells.take((), 3 * BLOCK_CELLS - 1)
    assert big is not None and 1 in cells.cached and 2 not in cells.cached
    assert cells.take((), 2 * BLOCK_CELLS) is None
    assert set(cells.cached) >= {3, 4}
    cells.give_back(big)
    assert cells.take((), 2 * BLOCK_CELLS) is not None


def test_whatever_happens_all_cells_come_back() -> None:
    luck = random.Random(3)
    cells, leases = Cells(4000), []
    for _ in range(3000):
        if luck.random() < 0.6:
            hashes = tuple(range(start := luck.randrange(5) * 100, start + luck.randrange(12)))
            lease = cells.take(hashes, len(hashes) * BLOCK_CELLS + luck.randrange(1, 200))
            if lease is not None:
                leases.append((lease, hashes))
        elif leases:
            lease, hashes = leases.pop(luck.randrange(len(leases)))
            if luck.random() < 0.7:
                cells.keep(lease, hashes)
            cells.give_back(lease)
        assert 0 <= cells.free <= 4000
    for lease, _ in leases:
        cells.give_back(lease)
    assert cells.free == 4000 - len(cells.cached) * BLOCK_CELLS
    everything = cells.take((), 4000)
    assert everything is not None and cells.cached == ()
