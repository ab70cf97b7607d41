"""A node makes no answer twice, and remembers a bounded number of them."""

from __future__ import annotations

import contextlib

import pytest

from nodeworker.errors import Busy, Duplicate
from nodeworker.serving.requests import MOST_CALLERS, MOST_IDS, Requests


def made(requests: Requests, caller: str, id: str) -> None:
    with requests.once(caller, id) as asked:
        asked.begun = True


def refuses(requests: Requests, caller: str, id: str) -> bool:
    try:
        with requests.once(caller, id):
            return False
    except Duplicate:
        return True


def test_an_id_is_taken_while_its_answer_is_made_and_afterwards() -> None:
    requests = Requests()
    with requests.once("desk", "a") as asked:
        assert refuses(requests, "desk", "a")
        assert not refuses(requests, "laptop", "a"), "another caller's ids are its own"
        asked.begun = True
    with pytest.raises(Duplicate, match="has made the answer 'a'"), requests.once("desk", "a"):
        pass


def test_what_was_refused_before_it_began_may_be_asked_for_again() -> None:
    requests = Requests()
    with contextlib.suppress(Busy), requests.once("desk", "a"):
        raise Busy("The queue is full.")
    assert not refuses(requests, "desk", "a")


def test_what_failed_after_it_had_begun_is_not_made_again() -> None:
    requests = Requests()
    with contextlib.suppress(RuntimeError), requests.once("desk", "a") as asked:
        asked.begun = True
        raise RuntimeError
    assert refuses(requests, "desk", "a")


def test_a_caller_with_many_ids_loses_its_own_oldest_only() -> None:
    requests = Requests()
    made(requests, "laptop", "mine")
    with requests.once("desk", "long") as asked:
        asked.begun = True
        for number in range(3 * MOST_IDS):
            made(requests, "desk", str(number))
        assert refuses(requests, "desk", "long"), "it is still being made, however many came since"
    assert refuses(requests, "laptop", "mine")
    assert refuses(requests, "desk", str(3 * MOST_IDS - 1))
    assert not refuses(requests, "desk", "0")


def test_callers_are_bounded_and_the_busy_ones_are_kept() -> None:
    requests = Requests()
    with requests.once("busy", "a") as asked:
        asked.begun = True
        for number in range(2 * MOST_CALLERS):
            made(requests, f"caller {number}", "a")
        assert refuses(requests, "busy", "a")
        assert refuses(requests, f"caller {2 * MOST_CALLERS - 1}", "a")
        assert not refuses(requests, "caller 0", "a")
