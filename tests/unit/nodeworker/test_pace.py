"""Sizes of chunks and drafts follow from measured times."""

from __future__ import annotations

import pytest

from nodeworker.engines.llama.lookup import Lookup
from nodeworker.engines.llama.pace import Pace


def test_times_lie_on_lines_between_what_was_measured() -> None:
    pace = Pace({1: 0.01, 8: 0.045})
    assert pace.of(1) == 0.01 and pace.of(8) == 0.045
    assert pace.of(4) == pytest.approx(0.025)
    assert pace.of(16) == pytest.approx(0.09)
    assert Pace().of(3) == 0


def test_a_slower_machine_slows_all_sizes_down() -> None:
    pace = Pace({1: 0.01, 8: 0.04})
    for _ in range(60):
        pace.wrote(1, 0.03)
    assert pace.of(8) == pytest.approx(0.12, rel=0.01) and pace.seconds[1] == pytest.approx(0.03, rel=0.01)


def test_a_chunk_takes_as_long_as_asked() -> None:
    assert Pace(prefill=200).chunk(0.4) == 80
    assert Pace(prefill=1).chunk(0.4) == 16
    assert Pace().chunk(0.4) == 64


def test_a_chunk_beside_others_becomes_smaller_the_longer_it_takes() -> None:
    pace = Pace({1: 0.05}, prefill=200)
    assert pace.chunk(0.15, beside=True) == 30
    pace.read_beside(30, 0.45, 1)  # 30 tokens in 0.4 s
    assert pace.chunk(0.15, beside=True) == 11 and pace.chunk(0.4) == 80
    pace.read_beside(4, 9.0, 1)  # too few to say anything
    assert pace.chunk(0.15, beside=True) == 11
    for _ in range(9):
        pace.read_beside(11, 0.105, 1)  # the next prompt is at its beginning: 200 tokens/s
    assert pace.chunk(0.15, beside=True) in (29, 30)
    for _ in range(9):
        pace.read_beside(8, 60.0, 1)
    assert pace.chunk(0.15, beside=True) == 8


def test_rates_follow_what_is_seen() -> None:
    pace = Pace()
    pace.read(100, 1.0)
    pace.wrote(1, 0.02)
    assert (pace.prefill_rate, pace.decode_rate) == (100, 50)
    pace.read(4, 1.0)  # too few to say anything
    pace.wrote(8, 0.08)
    assert (pace.prefill_rate, pace.decode_rate) == (100, 50) and pace.of(8) == pytest.approx(0.08)


def test_drafts_are_as_long_as_they_pay() -> None:
    flat = Pace({1: 0.03, 8: 0.033, 16: 0.036})  # a decode costs the same whatever it holds: guess away
    assert flat.worth(7, 0.9) == 7
    steep = Pace({1: 0.01, 8: 0.08, 16: 0.16})  # every token costs as much as it gains
    assert steep.worth(7, 0.9) == 0
    middle = Pace({1: 0.01, 8: 0.045, 16: 0.09})
    assert middle.worth(7, 0.97) >= 4 and middle.worth(7, 0.3) == 0
    assert Pace().worth(3, 0.9) == 0 and flat.worth(0, 0.9) == 0


def test_the_next_words_are_looked_up() -> None:
    text = Lookup([1, 2, 3, 4, 5, 9, 2, 3])
    assert text.draft(2) == ([4, 5], 2)
    text.extend((4,))
    assert text.draft(9) == ([5, 9, 2, 3, 4], 3)
    assert text.draft(0) == ([], 0)
    assert Lookup([1]).draft(3) == ([], 0) and Lookup([1, 2]).draft(3) == ([], 0)


def test_the_longer_match_wins_over_the_newer() -> None:
    assert Lookup([1, 2, 3, 7, 9, 2, 3, 8, 1, 2, 3]).draft(1) == ([7], 3)
    assert Lookup([2, 3, 7, 9, 2, 3, 8, 5, 2, 3]).draft(1) == ([8], 2)  # equally long: the newer
