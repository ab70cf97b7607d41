"""The account of strangers: rates, places, who goes first, and that it stays small."""

from __future__ import annotations

import random

import pytest

from nodeworker.serving.limits import Accounts, Limits, account_of

LIMITS = Limits(
    address_rate=2, address_burst=4, strangers_rate=5, strangers_burst=10, known_rate=20, known_burst=40,
    unproven_of_address=3, unproven_of_known=6, unproven=8, waiting_of_address=5, waiting=20, connections_of_address=7,
    addresses=16, known=2,
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.accounts = Accounts(LIMITS, 0.0)

    def come(self, address: str) -> bool:
        return self.accounts.came(address, self.now)

    def turn(self, *addresses: str) -> str | None:
        return self.accounts.next(addresses, self.now)

    def through(self, address: str) -> bool:
        """Come, get a turn, and go away again at once. False: not now."""
        assert self.come(address)
        if self.turn(address) != address:
            self.accounts.left(address, self.now)
            return False
        stranger = self.accounts.passed(address, self.now)
        self.accounts.settled(address, self.now, stranger=stranger)
        self.accounts.ended(address, self.now)
        return True


def test_an_address_has_a_burst_and_then_its_rate() -> None:
    clock = Clock()
    assert [clock.through("a") for _ in range(6)] == [True] * 4 + [False] * 2
    clock.now = 1.0
    assert [clock.through("a") for _ in range(4)] == [True] * 2 + [False] * 2


def test_all_strangers_together_have_one_too() -> None:
    clock = Clock()
    assert sum(clock.through(f"a{number}") for number in range(30)) == 10
    clock.now = 1.0
    assert sum(clock.through(f"b{number}") for number in range(30)) == 5


def test_where_pinned_machines_come_from_no_stranger_uses_anything_up() -> None:
    clock = Clock()
    clock.accounts.met("friend", 0.0)
    for number in range(12):
        clock.through(f"x{number}")
    assert [clock.through("friend") for _ in range(40)] == [True] * 40
    assert not clock.through("friend")


def test_who_comes_seldom_goes_before_who_comes_often_and_the_known_before_all() -> None:
    clock = Clock()
    for _ in range(3):
        clock.come("often")
    clock.come("new")
    assert clock.turn("often", "new") == "new"
    clock.accounts.met("friend", 0.0)
    for _ in range(9):
        clock.come("friend")
    assert clock.turn("often", "new", "friend") == "friend"
    clock.now = 600.0  # long ago is forgiven
    clock.come("new")
    clock.come("new")
    assert clock.turn("often", "new") == "often"


def test_places_to_wait_and_the_last_quarter_for_those_who_have_none() -> None:
    clock = Clock()
    assert [clock.come("a") for _ in range(7)] == [True] * 5 + [False] * 2
    for address in "bc":
        assert [clock.come(address) for _ in range(5)] == [True] * 5
    assert clock.come("d")
    assert not clock.come("d")  # fifteen of twenty wait
    assert all(clock.come(f"n{number}") for number in range(4))
    assert not clock.come("late")
    clock.accounts.left("a", 0.0)
    assert clock.come("late")


def test_connections_that_prove_nothing_are_few() -> None:
    clock = Clock()
    for _ in range(3):
        clock.come("a")
        assert clock.turn("a") == "a"
        assert clock.accounts.passed("a", 0.0)
    clock.come("a")
    assert clock.turn("a") is None
    clock.accounts.settled("a", 0.0, stranger=True)
    assert clock.turn("a") == "a"
    assert not clock.accounts.crowded
    for number in range(6):
        clock.come(f"b{number}")
        clock.accounts.passed(f"b{number}", 0.0)
    assert clock.accounts.crowded


def test_one_address_does_not_take_all_connections() -> None:
    clock = Clock()
    clock.accounts.met("friend", 0.0)
    for _ in range(7):
        clock.come("friend")
        assert clock.turn("friend") == "friend"
        clock.accounts.settled("friend", 0.0, stranger=clock.accounts.passed("friend", 0.0))
    clock.come("friend")
    assert clock.turn("friend") is None
    clock.accounts.ended("friend", 0.0)
    assert clock.turn("friend") == "friend"


def test_only_so_many_are_remembered_and_the_oldest_friend_becomes_a_stranger() -> None:
    clock = Clock()
    for number in range(1000):
        clock.now += 1.0
        clock.come(f"a{number}")
        clock.accounts.left(f"a{number}", clock.now)
    assert clock.accounts.remembered <= LIMITS.addresses
    for name in ("one", "two", "three"):
        clock.accounts.met(name, clock.now)
    clock.come("one")
    clock.come("three")
    assert clock.turn("one", "three") == "three"
    assert clock.turn("one") is None  # its burst of a friend is gone as well


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_sums_stay_right(seed: int) -> None:
    """Random comings and goings: no count is ever negative or forgotten, and after all have gone all is free again."""
    dice, clock = random.Random(seed), Clock()
    waiting: list[str] = []
    inside: list[tuple[str, bool, bool]] = []
    for _ in range(5000):
        clock.now += dice.random() * 0.05
        what, address = dice.random(), f"a{dice.randrange(30)}"
        if what < 0.4:
            if clock.come(address):
                waiting.append(address)
        elif what < 0.5 and waiting:
            clock.accounts.left(waiting.pop(dice.randrange(len(waiting))), clock.now)
        elif what < 0.8 and waiting:
            turn = clock.turn(*waiting)
            if turn is not None:
                waiting.remove(turn)
                inside.append((turn, clock.accounts.passed(turn, clock.now), True))
        elif inside:
            address, stranger, unproven = inside.pop(dice.randrange(len(inside)))
            if unproven:
                clock.accounts.settled(address, clock.now, stranger=stranger)
            if unproven and dice.random() < 0.5:
                clock.accounts.met(address, clock.now)
                inside.append((address, stranger, False))
            else:
                clock.accounts.ended(address, clock.now)
        assert len(waiting) <= LIMITS.waiting
    for address in waiting:
        clock.accounts.left(address, clock.now)
    for address, stranger, unproven in inside:
        if unproven:
            clock.accounts.settled(address, clock.now, stranger=stranger)
        clock.accounts.ended(address, clock.now)
    clock.now += 1000.0
    assert not clock.accounts.crowded
    assert sum(clock.come(f"n{number}") for number in range(100)) == LIMITS.waiting


@pytest.mark.parametrize(
    ("host", "account"),
    [
        ("192.168.1.5", "192.168.1.5"),
        ("::ffff:192.168.1.5", "192.168.1.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_what_an_address_counts_as(host: str, account: str) -> None:
    assert account_of(host) == account
