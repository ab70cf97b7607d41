"""Rate and time left, on simulated courses: told early, near the truth, and without jumps."""

from __future__ import annotations

import itertools
import random

import pytest

from app.rag.course import Course


def run(
    sizes: list[tuple[str, int, int]], rate: float, *, jitter: float = 0.0, batch: int = 200
) -> list[tuple[float, float | None]]:
    """Work through files (name, bytes, chunks) at a rate in chunks/s; returns (time, seconds left) after each batch."""
    source = random.Random(7)
    course = Course()
    for name, size, _ in sizes:
        course.waits(name, size)
    now, told, ahead = 100.0, [], 0
    course.works(now)
    todo = list(sizes)
    total = sum(chunks for _, _, chunks in sizes)
    embedded = 0
    while embedded < total:
        while todo and ahead < 3 * batch:
            name, size, chunks = todo.pop(0)
            course.leaves(name, size)
            course.read(name, size, chunks, size / 5e6)
            ahead += chunks
        part = min(batch, ahead)
        now += part / rate * (1 + jitter * (source.random() - 0.5))
        course.embedded(now, part)
        ahead -= part
        embedded += part
        told.append((now - 100, course.seconds_left(now, ahead)))
    return told


def mixed(count: int) -> list[tuple[str, int, int]]:
    """PDFs of which 100 kB give 20 chunks, and texts of which 20 kB do, in turns of ten."""
    source = random.Random(3)
    files = []
    for number in range(count):
        chunks = source.randrange(10, 31)
        kind, each = ("pdf", 5000) if number // 10 % 2 else ("txt", 1000)
        files.append((f"{number}.{kind}", chunks * each, chunks))
    return files


@pytest.mark.parametrize("jitter", [0.0, 0.6])
def test_the_time_left_is_near_the_truth_and_runs_like_a_clock(jitter: float) -> None:
    told = run(mixed(600), 100, jitter=jitter)
    end = told[-1][0]
    late = [(at, left) for at, left in told if 0.15 * end < at < 0.9 * end]
    assert late and all(left is not None for _, left in late)
    for at, left in late:
        assert left is not None and abs(left - (end - at)) < 0.25 * (end - at) + 2
    for (_, one), (_, other) in itertools.pairwise(late):
        assert one is not None and other is not None and other - one < 0.1 * end, "no jumps upwards"
    assert told[-1][1] is not None and told[-1][1] < 3


def test_it_follows_a_rate_that_changes() -> None:
    course = Course()
    course.waits("a.txt", 10**6)
    course.leaves("a.txt", 10**6)
    course.read("a.txt", 10**6, 10_000, 1.0)
    now = 0.0
    course.works(now)
    for _ in range(40):
        now += 1
        course.embedded(now, 100)
    assert course.rate(now) == pytest.approx(100, rel=0.05)
    for _ in range(40):  # three more nodes help
        now += 1
        course.embedded(now, 400)
    assert course.rate(now) == pytest.approx(400, rel=0.05)


def test_pauses_do_not_count() -> None:
    course = Course()
    course.works(0)
    for second in range(1, 11):
        course.embedded(second, 100)
    course.rests(10)
    course.works(1000)
    for second in range(1001, 1006):
        course.embedded(second, 100)
    assert course.rate(1005) == pytest.approx(100, rel=0.05)


def test_nothing_is_told_before_it_can_be_known() -> None:
    course = Course()
    course.waits("a.txt", 1000)
    assert course.seconds_left(0.0, 0) is None and course.rate(0.0) == 0
    course.works(0.0)
    course.embedded(0.2, 10)
    assert course.seconds_left(0.2, 0) is None
