"""The predicted wait against what then happens in the simulated batch, and the counts that it is made of."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Callable

import pytest

from nodeworker.engines import Done
from nodeworker.engines.paced.turns import Batch, Pace, Place
from nodeworker.errors import ContextOverflow
from nodeworker.load.tally import Tally
from nodeworker.load.waiting import FIRST_GUESS, Answer, Lengths, Rates, predicted_wait

PACE = Pace(decode_rate=12, prefill_rate=240)
Draw = Callable[[random.Random], float]


def waits(slots: int, tokens: Draw, prompt: Draw, seed: int, arrivals: int = 120) -> list[tuple[float, float]]:
    """Run a queue of up to 16 before the batch, a little overloaded; return (predicted, real) waits in seconds."""
    luck = random.Random(seed)
    batch, lengths, running = Batch(PACE), Lengths(), dict[Place, None]()
    queue: list[tuple[float, float, int, int]] = []
    rates = Rates(PACE.prefill_rate, PACE.together(slots))
    mean = statistics.mean(prompt(luck) / rates.prefill + tokens(luck) / rates.decode for _ in range(200))
    found: list[tuple[float, float]] = []
    now, due, came = 0.0, 0.0, 0
    while came < arrivals or queue or running:
        ends = [when for when in (due if came < arrivals else None, batch.due) if when is not None]
        now = min(ends)
        batch.advance(now)
        for place in [place for place in running if place.made == place.wanted and not place.reading]:
            lengths.add(place.prompt, place.wanted)
            batch.leave(now, place)
            del running[place]
        if came < arrivals and now >= due:
            came += 1
            due = now + luck.expovariate(1.1 / mean)
            active = [Answer(place.prompt - place.read, place.made) for place in running]
            predicted = predicted_wait(active, [Answer(lengths.prompt)] * len(queue), slots, rates, lengths)
            if len(queue) < 16:
                queue.append((now, predicted, int(prompt(luck)), max(1, int(tokens(luck)))))
        while queue and len(running) < slots:
            asked, predicted, size, wanted = queue.pop(0)
            running[batch.join(now, size, wanted)] = None
            found.append((predicted, now - asked))
    return found[20:]


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize(
    ("tokens", "prompt"),
    [
        (lambda luck: 60, lambda luck: 30),
        (lambda luck: luck.randint(10, 110), lambda luck: luck.randint(50, 700)),
        (lambda luck: min(300, 1 + luck.expovariate(1 / 50)), lambda luck: 200),
    ],
    ids=["alike", "mixed", "exponential"],
)
def test_the_prediction_is_typically_within_a_third_of_the_truth(slots: int, tokens: Draw, prompt: Draw) -> None:
    found = [pair for seed in range(2) for pair in waits(slots, tokens, prompt, seed)]
    waited = [(predicted, real) for predicted, real in found if real > 0.5]
    assert len(waited) > 120
    errors = [abs(predicted - real) / real for predicted, real in waited]
    assert statistics.median(errors) < 0.3
    assert statistics.mean(p for p, _ in found) == pytest.approx(statistics.mean(r for _, r in found), rel=0.3)


def test_a_free_slot_means_no_wait_and_no_rate_means_unknown() -> None:
    lengths = Lengths()
    assert predicted_wait([Answer(0)], [], 2, Rates(100, 10), lengths) == 0.0
    assert predicted_wait([Answer(0)], [], 1, Rates(0, 0), lengths) == 0.0
    assert predicted_wait([Answer(0)], [], 1, Rates(0, 10), lengths) == pytest.approx(FIRST_GUESS / 10)


def test_limits_and_what_is_made_already_count() -> None:
    lengths = Lengths()
    for _ in range(10):
        lengths.add(100, 200)
    rates = Rates(100, 10)
    assert predicted_wait([Answer(0, made=190)], [], 1, rates, lengths) == pytest.approx(1.0)
    assert predicted_wait([Answer(0, made=0, limit=50)], [], 1, rates, lengths) == pytest.approx(5.0)
    assert predicted_wait([Answer(0, made=50, limit=50)], [], 1, rates, lengths) == pytest.approx(0.0)
    assert predicted_wait([Answer(100, made=0)], [], 1, rates, lengths) == pytest.approx(21.0)
    assert predicted_wait([Answer(0, made=190)], [Answer(100)], 1, rates, lengths) == pytest.approx(22.0)
    beyond = predicted_wait([Answer(0, made=1000)], [], 1, rates, lengths)  # longer than any before it
    assert 0 < beyond < 100


def test_old_answers_are_forgotten() -> None:
    lengths = Lengths()
    lengths.add(0, 100_000)
    for _ in range(64):
        lengths.add(0, 10)
    assert max(lengths.left(Answer(0), [0.0, 0.5, 0.999])) == 10


def test_calls_are_counted_by_how_they_end() -> None:
    clock = [0.0]
    tally = Tally(lambda: clock[0])
    with pytest.raises(ContextOverflow), tally.call("chat"):
        raise ContextOverflow("long")
    with pytest.raises(asyncio.CancelledError), tally.call("chat", seconds_left=5):
        raise asyncio.CancelledError
    with pytest.raises(asyncio.CancelledError), tally.call("chat", seconds_left=5):
        clock[0] = 5.0
        raise asyncio.CancelledError
    with pytest.raises(ValueError, match="bug"), tally.call("embed"):
        raise ValueError("bug")
    with tally.call("embed"):
        assert len(tally.open) == 1
    assert not tally.open
    assert tally.calls == {
        ("chat", "context_overflow"): 1,
        ("chat", "cancelled"): 1,
        ("chat", "deadline"): 1,
        ("embed", "internal"): 1,
        ("embed", "ok"): 1,
    }


def test_the_wait_follows_the_calls_that_are_open() -> None:
    clock = [0.0]
    tally = Tally(lambda: clock[0])
    rates = Rates(100, 10)
    for _ in range(3):
        with tally.call("chat") as call:
            call.begins(0)
            call.done(Done("stop", 110, 10, 100, 1000.0, 10_000.0))
    assert tally.pace == pytest.approx(10)
    with tally.call("chat", limit=40) as one:
        assert tally.chat_wait(1, rates) == pytest.approx(5.0)  # it waits: 1 s for a prompt as usual, 4 s for 40 tokens
        one.begins(0)
        one.reads(50, 100)
        assert tally.chat_wait(1, rates) == pytest.approx(4.5)
        one.reads(100, 100)
        one.says(30)
        assert tally.chat_wait(1, rates) == pytest.approx(1.0)
        assert tally.chat_wait(2, rates) == 0.0
    assert tally.chat_wait(1, rates) == 0.0


def test_calls_of_other_roles_wait_as_long_as_recent_ones_took() -> None:
    clock = [0.0]
    tally = Tally(lambda: clock[0])
    assert tally.other_wait("embed", 3) == 0.0
    for seconds in (1.0, 3.0):
        with tally.call("embed"):
            clock[0] += seconds
    assert tally.other_wait("embed", 3) == pytest.approx(6.0)
