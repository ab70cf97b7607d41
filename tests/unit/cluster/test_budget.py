"""What keeps a desktop from hammering a cluster that is failing: pure, with a clock of the test's own."""

from __future__ import annotations

import pytest

from app.cluster.budget import MOST, PER_SECOND, RetryBudget
from app.cluster.outliers import Outliers
from app.cluster.registry import Patience


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_storm_of_retries_is_slowed_down_to_the_rate() -> None:
    clock = Clock()
    budget = RetryBudget(clock)
    assert sum(budget.spend() for _ in range(1000)) == MOST
    assert [budget.owe() for _ in range(3)] == pytest.approx([1 / PER_SECOND, 2 / PER_SECOND, 3 / PER_SECOND])
    clock.now += 10
    assert sum(budget.spend() for _ in range(1000)) == 10 * PER_SECOND - 3


def test_ten_requests_allow_one_retry_beside_those_of_time() -> None:
    budget = RetryBudget(Clock())
    while budget.spend():
        pass
    for _ in range(10):
        assert not budget.spend()
        budget.asked()
    assert budget.left == pytest.approx(1.0)
    budget.asked()
    assert budget.spend() and not budget.spend()


def test_it_saves_up_no_more_than_one_burst() -> None:
    clock = Clock()
    budget = RetryBudget(clock)
    clock.now += 1e6
    assert budget.left == MOST


def test_who_fails_most_of_the_time_is_set_aside_for_longer_and_longer() -> None:
    clock = Clock()
    outliers = Outliers(clock)
    for _ in range(4):
        outliers.note("bad", failed=True)
    assert not outliers.aside(["bad", "good"])  # four tell nothing yet
    outliers.note("bad", failed=True)
    for seconds in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        assert outliers.aside(["bad", "good"]) == {"bad"}
        clock.now += seconds - 0.01
        assert outliers.aside(["bad", "good"]) == {"bad"}
        clock.now += 0.02
        assert not outliers.aside(["bad", "good"])
        outliers.note("bad", failed=True)  # tried again, and no better
    clock.now += 31
    for _ in range(10):
        outliers.note("bad", failed=False)
    for _ in range(11):
        outliers.note("bad", failed=True)
    clock.now += 0.51
    assert not outliers.aside(["bad", "good"])  # its past is forgotten


def test_now_and_then_a_failure_is_nothing() -> None:
    outliers = Outliers(Clock())
    for turn in range(100):
        outliers.note("so-so", failed=turn % 3 == 0)
    assert not outliers.aside(["so-so"])


@pytest.mark.parametrize(("nodes", "most"), [(1, 1), (5, 1), (19, 1), (20, 2), (110, 11)])
def test_at_most_a_tenth_is_set_aside(nodes: int, most: int) -> None:
    outliers = Outliers(Clock())
    ids = [f"n{number}" for number in range(nodes)]
    for id in ids:
        for _ in range(5):
            outliers.note(id, failed=True)
    assert len(outliers.aside(ids)) == most


def test_a_node_that_is_gone_is_looked_for_every_two_seconds() -> None:
    patience = Patience()
    assert patience.broke(600, planned=False) == 0.5
    assert [patience.unreached() for _ in range(50)][:4] == [0.5, 1.0, 2.0, 2.0]
    assert patience.unreached() == 2.0
    assert patience.hurried


def test_a_node_that_flaps_is_left_alone_for_longer() -> None:
    patience = Patience()
    assert [patience.broke(1, planned=False) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert not patience.hurried
    assert patience.unreached() == 30
    assert patience.broke(61, planned=False) == 0.5


def test_a_node_that_says_that_it_goes_does_not_flap() -> None:
    patience = Patience()
    assert [patience.broke(1, planned=True) for _ in range(8)] == [0.5] * 8
    assert patience.hurried


def test_one_that_refuses_is_not_asked_all_the_time() -> None:
    patience = Patience()
    assert [patience.refused() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert patience.hurried  # but when it is heard of: it may be open for pairing
