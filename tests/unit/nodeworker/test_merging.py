"""Merging callers into batches: order, turns, urgency, failures, cancelling and closing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from nodeworker.engines.embedding.merging import Merging
from nodeworker.errors import BadRequest, EngineError

SECONDS = 10.0


class Network:
    """Doubles each number of a piece; keeps the batches that it got; stops at a gate."""

    def __init__(self, *, open: bool = True) -> None:
        self.batches: list[list[tuple[int, ...]]] = []
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        if open:
            self.gate.set()

    def run(self, pieces: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        self.batches.append(list(pieces))
        self.entered.release()
        assert self.gate.wait(SECONDS)
        if any(piece[:1] == (13,) for piece in pieces):
            raise ValueError("thirteen")
        return [tuple(2 * number for number in piece) for piece in pieces]


class Caller(threading.Thread):
    """One call, in a thread of its own."""

    def __init__(
        self,
        merging: Merging[tuple[int, ...], tuple[int, ...]],
        pieces: list[tuple[int, ...]],
        *,
        urgent: bool = False,
        background: bool = False,
        cancelled: threading.Event | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.found: list[tuple[int, ...]] = []
        self.error: EngineError | None = None
        self._merging, self._pieces, self._cancelled = merging, pieces, cancelled
        self._urgent, self._background = urgent, background
        self.start()

    def run(self) -> None:
        try:
            self.found = self._merging.results(
                self._pieces, urgent=self._urgent, background=self._background, cancelled=self._cancelled
            )
        except EngineError as error:
            self.error = error

    def end(self) -> list[tuple[int, ...]]:
        self.join(SECONDS)
        assert not self.is_alive()
        return self.found


@contextmanager
def merging(
    network: Network, *, most_tokens: int = 100, most_pieces: int = 64, workers: int = 1, least_tokens: int = 0
) -> Iterator[Merging[tuple[int, ...], tuple[int, ...]]]:
    made = Merging(
        "test",
        network.run,
        most_tokens=most_tokens,
        most_pieces=most_pieces,
        workers=workers,
        least_tokens=least_tokens,
    )
    try:
        yield made
    finally:
        network.gate.set()
        made.close()


def _waiting(made: Merging[tuple[int, ...], tuple[int, ...]], pieces: int) -> None:
    """Until that many pieces wait; a caller has no other sign that it has been heard."""
    deadline = threading.Event()
    for _ in range(1000):
        if made.waiting == pieces:
            return
        deadline.wait(0.01)
    raise AssertionError(f"{made.waiting} pieces wait, not {pieces}")


def _piece(number: int, length: int) -> tuple[int, ...]:
    return (number,) * length


def test_results_come_in_the_callers_order() -> None:
    network = Network()
    pieces = [_piece(number, 1 + number * 7 % 23) for number in range(14, 60)]
    with merging(network, most_tokens=40, workers=2, least_tokens=10) as made:
        assert made.results(pieces) == [tuple(2 * n for n in piece) for piece in pieces]
        assert made.results([]) == []
        computed = sum(len(batch) * max(map(len, batch)) for batch in network.batches)
        assert made.padding == pytest.approx(1 - sum(map(len, pieces)) / computed)
        assert 0 < made.padding < 0.5
    for batch in network.batches:
        assert len(batch) == 1 or len(batch) * max(map(len, batch)) <= 40


def test_callers_share_batches_of_like_length() -> None:
    network = Network(open=False)
    with merging(network, most_tokens=12) as made:
        first = Caller(made, [_piece(1, 3)])
        assert network.entered.acquire(timeout=SECONDS)
        others = [Caller(made, [_piece(2, 2), _piece(3, 9)]), Caller(made, [_piece(4, 10), _piece(5, 2)])]
        _waiting(made, 4)
        network.gate.set()
        assert first.end() == [_piece(2, 3)]
        assert others[0].end() == [_piece(4, 2), _piece(6, 9)]
        assert others[1].end() == [_piece(8, 10), _piece(10, 2)]
        assert made.padding == 0.0
    shared = next(batch for batch in network.batches if _piece(2, 2) in batch)
    assert sorted(shared) == [_piece(2, 2), _piece(5, 2)]


def test_queries_go_first_and_alone() -> None:
    network = Network(open=False)
    with merging(network, most_tokens=10) as made:
        callers = [Caller(made, [_piece(1, 10), _piece(2, 10), _piece(3, 10)])]
        assert network.entered.acquire(timeout=SECONDS)
        callers.append(Caller(made, [_piece(4, 2)], urgent=True))
        _waiting(made, 3)
        network.gate.set()
        assert [len(caller.end()) for caller in callers] == [3, 1]
    assert network.batches[1] == [_piece(4, 2)]


def test_a_small_call_does_not_wait_for_a_large_one() -> None:
    network = Network(open=False)
    with merging(network, most_pieces=1) as made:
        large = Caller(made, [_piece(number, 2) for number in range(20, 60)])
        assert network.entered.acquire(timeout=SECONDS)
        small = Caller(made, [_piece(1, 2)])
        _waiting(made, 40)
        network.gate.set()
        small.end()
        large.end()
    assert [_piece(1, 2)] in network.batches[:4]


def test_what_fails_by_itself_fails_alone() -> None:
    network = Network(open=False)
    with merging(network) as made:
        first = Caller(made, [_piece(1, 3)])
        assert network.entered.acquire(timeout=SECONDS)
        good, bad = Caller(made, [_piece(2, 2)]), Caller(made, [_piece(3, 2), _piece(13, 2)])
        _waiting(made, 3)
        network.gate.set()
        assert (first.end(), good.end()) == ([_piece(2, 3)], [_piece(4, 2)])
        bad.end()
        assert isinstance(bad.error, BadRequest) and "thirteen" in bad.error.message  # its text, not the engine
        assert made.results([_piece(5, 1)]) == [_piece(10, 1)]


def test_where_everything_fails_it_is_the_engine() -> None:
    with merging(Network()) as made:
        for pieces in ([_piece(13, 1)], [_piece(13, 1), _piece(13, 2)]):
            with pytest.raises(EngineError, match="thirteen") as failed:
                made.results(pieces)
            assert type(failed.value) is EngineError


def test_a_wrong_number_of_results_is_an_error() -> None:
    made = Merging[tuple[int, ...], int]("test", lambda pieces: [1, 2], most_tokens=9, most_pieces=9)
    with pytest.raises(EngineError, match="wrong number"):
        made.results([(1,), (2,), (3,)])
    made.close()


def test_a_cancelled_call_ends_between_two_batches() -> None:
    network = Network(open=False)
    cancelled = threading.Event()
    with merging(network, most_pieces=1) as made:
        caller = Caller(made, [_piece(number, 1) for number in range(20, 90)], cancelled=cancelled)
        assert network.entered.acquire(timeout=SECONDS)
        cancelled.set()
        network.gate.set()
        caller.end()
        assert isinstance(caller.error, BadRequest) and "cancelled" in caller.error.message
    assert len(network.batches) <= 2


def test_closing_waits_for_what_runs_and_fails_what_waits() -> None:
    network = Network(open=False)
    with merging(network, most_pieces=1) as made:
        caller = Caller(made, [_piece(20, 1), _piece(21, 1)])
        assert network.entered.acquire(timeout=SECONDS)
        closing = threading.Thread(target=made.close)
        closing.start()
        caller.end()
        assert caller.error is not None and "not loaded" in caller.error.message
        assert closing.is_alive()
        network.gate.set()
        closing.join(SECONDS)
        assert not closing.is_alive()
        with pytest.raises(EngineError, match="not loaded"):
            made.results([_piece(1, 1)])
    assert len(network.batches) == 1


def test_several_workers_divide_what_waits() -> None:
    network = Network(open=False)
    with merging(network, most_tokens=100, workers=2, least_tokens=4) as made:
        caller = Caller(made, [_piece(number, 4) for number in range(20, 30)])
        for _ in range(2):
            assert network.entered.acquire(timeout=SECONDS)
        assert len(network.batches[0]) == 5 and 1 <= len(network.batches[1]) <= 3
        network.gate.set()
        assert len(caller.end()) == 10


def test_background_work_gets_what_all_others_leave() -> None:
    network = Network(open=False)
    with merging(network, most_tokens=100) as made:
        first = Caller(made, [_piece(1, 2)])
        assert network.entered.acquire(timeout=SECONDS)
        background = Caller(made, [_piece(2, 2)], background=True)
        _waiting(made, 1)
        usual, urgent = Caller(made, [_piece(3, 2)]), Caller(made, [_piece(4, 2)], urgent=True)
        _waiting(made, 3)
        network.gate.set()
        for caller in (first, background, usual, urgent):
            assert caller.end()
    assert [batch[0][0] for batch in network.batches] == [1, 4, 3, 2]


def test_background_work_is_not_begun_beside_others() -> None:
    network = Network(open=False)
    with merging(network, workers=2) as made:
        usual = Caller(made, [_piece(1, 2)])
        assert network.entered.acquire(timeout=SECONDS)
        background = Caller(made, [_piece(2, 2)], background=True)
        _waiting(made, 1)
        assert not network.entered.acquire(timeout=0.3)  # the other thread is free, and rests
        network.gate.set()
        assert usual.end() and background.end()


def test_batches_of_background_work_are_over_soon() -> None:
    network = Network()
    with merging(network, most_tokens=10_000) as made:
        made.results([_piece(at, 8) for at in range(20, 84)], background=True)
        assert len(network.batches[0]) == 16  # 128 tokens, before a rate is known
        made.results([_piece(at, 8) for at in range(20, 84)])
        assert len(network.batches[-1]) == 64


def test_background_work_rests_while_it_is_told_to_and_may_be_cancelled() -> None:
    network = Network()
    with merging(network) as made:
        made.pause(True)
        given_up = threading.Event()
        background, other = (
            Caller(made, [_piece(1, 2)], background=True, cancelled=given_up),
            Caller(made, [_piece(2, 2)], background=True),
        )
        _waiting(made, 2)
        assert made.results([_piece(3, 2)]) == [_piece(6, 2)]
        given_up.set()
        background.join(SECONDS)
        assert isinstance(background.error, BadRequest) and made.waiting == 1
        made.pause(False)
        assert other.end() == [_piece(4, 2)]
    assert [batch[0][0] for batch in network.batches] == [3, 2]
