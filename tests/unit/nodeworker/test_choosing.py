"""Choosing settings: what is quickest, what is refused, what a spent budget and Ctrl-C leave behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nodeworker.models.tuned import Tuning
from nodeworker.tuning.choosing import Choice, Chooser, Speed, Strain, draft_gain, thread_counts


class Machine:
    """A measurer with a clock of its own: every measurement takes `seconds` of it."""

    def __init__(
        self,
        speed: Callable[[Tuning], Speed],
        *,
        strain: Callable[[Tuning], Strain] = lambda _: Strain(10.0, 0.1),
        costs: dict[int, float] | None = None,
        seconds: float = 1.0,
    ) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.strained: list[int] = []
        self.interrupt_after = 10_000
        self._speed = speed
        self._strain = strain
        self._costs = costs if costs is not None else {1: 0.1, 4: 0.12}
        self._seconds = seconds

    def speed(self, settings: Tuning, tokens: int) -> Speed:
        self._spend()
        self.asked.append(settings.label)
        return self._speed(settings)

    def strain(self, settings: Tuning) -> Strain:
        self._spend()
        self.strained.append(settings.threads)
        return self._strain(settings)

    def costs(self, settings: Tuning) -> dict[int, float]:
        self._spend()
        return self._costs

    def _spend(self) -> None:
        self.now += self._seconds
        self.interrupt_after -= 1
        if self.interrupt_after < 0:
            raise KeyboardInterrupt


def chosen(
    machine: Machine, *, threads: tuple[int, ...] = (4, 1, 2), seconds: float = 1000, prefer_speed: bool = False
) -> Choice:
    chooser = Chooser(machine, threads=threads, seconds=seconds, clock=lambda: machine.now, prefer_speed=prefer_speed)
    return chooser.run()


def by_threads(*rates: float) -> Callable[[Tuning], Speed]:
    """Speed at 1, 2, 3… threads."""
    return lambda settings: Speed(10 * rates[settings.threads - 1], rates[settings.threads - 1])


def test_the_quickest_number_of_threads_is_taken() -> None:
    choice = chosen(Machine(by_threads(10, 19, 0, 12)))
    assert choice.settings == Tuning(threads=2)
    assert choice.proven and not choice.untried and not choice.refused


def test_the_default_stays_unless_another_is_clearly_quicker() -> None:
    assert chosen(Machine(by_threads(10, 20.2, 0, 20))).settings.threads == 4
    assert chosen(Machine(by_threads(10, 21, 0, 20))).settings.threads == 2


@pytest.mark.parametrize(
    ("strain", "why"),
    [(Strain(10, 2.5), "stalls for 2.5 s"), (Strain(1, 0.1), "falls to 10%")],
)
def test_a_number_that_hangs_on_busy_cores_is_refused_after_a_second_look(strain: Strain, why: str) -> None:
    machine = Machine(
        by_threads(10, 19, 0, 40),
        strain=lambda settings: strain if settings.threads == 4 else Strain(10, 0.1),
    )
    choice = chosen(machine)
    assert choice.settings.threads == 2
    assert [label for label in choice.refused if why in choice.refused[label]] == [Tuning(threads=4).label]
    assert machine.strained == [1, 4, 1, 4, 1, 2]


def test_a_stall_that_does_not_come_back_is_bad_luck() -> None:
    pauses = iter([5.0, 0.1])
    machine = Machine(
        by_threads(10, 19, 0, 40),
        strain=lambda settings: Strain(10, next(pauses) if settings.threads == 4 else 0.1),
    )
    choice = chosen(machine)
    assert choice.settings.threads == 4 and not choice.refused


def test_a_large_model_may_take_seconds_for_a_token() -> None:
    def strain(settings: Tuning) -> Strain:
        return Strain(0.3, 3.0 if settings.threads == 1 else 6.0)

    assert chosen(Machine(by_threads(0.5, 1, 0, 2), strain=strain)).settings.threads == 4


def test_one_thread_is_the_last_resort() -> None:
    def strain(settings: Tuning) -> Strain:
        return Strain(10, 0.1 if settings.threads == 1 else 9.0)

    assert chosen(Machine(by_threads(10, 19, 0, 40), strain=strain)).settings.threads == 1


def test_candidates_without_hope_are_measured_once() -> None:
    machine = Machine(by_threads(1, 19, 0, 20))
    chosen(machine)
    assert machine.asked.count(Tuning(threads=1).label) == 1
    assert machine.asked.count(Tuning(threads=2).label) == 3


def narrow_or_wide(settings: Tuning) -> Speed:
    if settings.exact:
        return Speed(100, 10)
    return Speed({"auto": 150, "off": 300, "on": 200}[settings.flash], 10)


def test_exactness_stays_and_its_price_is_known() -> None:
    choice = chosen(Machine(narrow_or_wide))
    assert choice.settings.exact
    assert choice.narrow == choice.settings.label
    assert choice.wide == Tuning(threads=4, exact=False, flash="off").label


def test_who_prefers_speed_gets_the_quickest_cache() -> None:
    choice = chosen(Machine(narrow_or_wide), prefer_speed=True)
    assert not choice.settings.exact and choice.settings.flash == "off"


def test_speed_is_not_bought_with_a_hang() -> None:
    def strain(settings: Tuning) -> Strain:
        return Strain(10, 0.1 if settings.exact or settings.threads == 1 else 9.0)

    assert chosen(Machine(narrow_or_wide, strain=strain), prefer_speed=True).settings.exact


def test_batch_sizes_matter_only_where_reading_is_quick() -> None:
    slow = Machine(by_threads(10, 10, 10, 10))
    chosen(slow)
    assert not [label for label in slow.asked if "at once" in label]

    def quick(settings: Tuning) -> Speed:
        return Speed(9000 if settings.batch == 2048 else 5000, 100)

    assert chosen(Machine(quick)).settings.batch == 2048


@pytest.mark.parametrize(("costs", "drafts"), [({1: 0.1, 4: 0.11}, True), ({1: 0.1, 4: 0.4}, False), ({}, False)])
def test_drafts_are_made_where_they_pay(costs: dict[int, float], drafts: bool) -> None:
    assert chosen(Machine(by_threads(9, 9, 9, 9), costs=costs)).settings.drafts is drafts


def test_the_gain_of_drafts_is_that_of_the_best_length() -> None:
    assert draft_gain({1: 1.0, 2: 1.0, 4: 2.0}, hits=1.0) == 2.0
    assert draft_gain({1: 1.0, 2: 1.5}, hits=0.5) == 1.0
    assert draft_gain({1: 1.0, 64: 1.0}, hits=1.0) == 1.0  # longer than any draft
    assert draft_gain({}) == 0.0


def test_a_spent_budget_leaves_what_was_proven() -> None:
    machine = Machine(by_threads(10, 19, 0, 12), seconds=1.0)
    choice = chosen(machine, seconds=12)  # enough for threads and drafts
    assert choice.proven and choice.settings.threads == 2
    assert choice.untried == ["cache"]
    assert machine.now <= 12


def test_nothing_unproven_is_chosen() -> None:
    machine = Machine(by_threads(10, 19, 0, 12), seconds=1.0)
    choice = chosen(machine, seconds=8)  # too short for the busy cores
    assert not choice.proven and choice.settings.threads == 4
    assert "threads" in choice.untried


def test_an_interruption_leaves_what_was_proven() -> None:
    machine = Machine(by_threads(10, 19, 0, 12))
    machine.interrupt_after = 14
    chooser = Chooser(machine, threads=(4, 1, 2), seconds=1000, clock=lambda: machine.now)
    with pytest.raises(KeyboardInterrupt):
        chooser.run()
    assert chooser.choice.proven and chooser.choice.settings.threads == 2


def test_progress_says_what_is_tried_and_the_time_left() -> None:
    told: list[tuple[str, float]] = []
    machine = Machine(by_threads(10, 19, 0, 12))
    Chooser(
        machine,
        threads=(4, 1),
        seconds=50,
        clock=lambda: machine.now,
        tell=lambda what, left: told.append((what, left)),
    ).run()
    assert told[:2] == [("a first look", 50), ("threads: 4 threads, exact cache", 49)]
    assert [left for _, left in told] == sorted((left for _, left in told), reverse=True)


@pytest.mark.parametrize(
    ("default", "usable", "counts"),
    [(1, 1, [1]), (2, 2, [2, 1]), (4, 4, [4, 1, 2, 3]), (8, 16, [8, 1, 2, 3, 4, 6, 12, 15, 16])],
)
def test_thread_counts_reach_from_one_to_every_processor(default: int, usable: int, counts: list[int]) -> None:
    assert thread_counts(default, usable) == counts
