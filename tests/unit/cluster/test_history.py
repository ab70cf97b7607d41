"""The last hour of the cluster: rates by what nodes counted, gaps where nothing was heard, first tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cluster.history import KEEP_SECONDS, NODE_STEPS, STEP_SECONDS, History, Past, by_time, percentile
from app.events import NodeInfo

PI = NodeInfo("pi", "2" * 64, "10.0.0.2:7443", "attic", True, "ready", decode_rate=12.0)
STRANGER = NodeInfo("rig", "3" * 16, "10.0.0.3:7443", "", False, "unpaired")


def test_rates_come_from_what_was_counted_and_have_gaps_where_nothing_was_heard() -> None:
    history = History()
    says = [(100, 10.0), (120, 12.0), (120, 12.0), (150, 16.0)]
    for look, (made, at) in zip((10.0, 12.0, 14.0, 16.0), says, strict=True):
        history.look((replace(PI, active=1, tokens_made=made, seen_at=at), STRANGER), look)
    history.look((replace(PI, tokens_made=150, seen_at=16.0, state="unreachable"),), 18.0)
    history.look((replace(PI, tokens_made=5, seen_at=20.0),), 20.0)  # it was started anew
    history.look((replace(PI, tokens_made=45, seen_at=22.0),), 22.0)
    past = history.past(22.0)
    assert past.rates == {PI.id: (None, 10.0, 10.0, 7.5, None, None, 20.0)}
    assert [moment.tokens_per_second for moment in past.moments] == [0, 10.0, 10.0, 7.5, 0, 0, 20.0]
    assert [(moment.reached, moment.known) for moment in past.moments] == [(1, 1)] * 4 + [(0, 1)] + [(1, 1)] * 2
    assert past.availability == pytest.approx(6 / 7)
    assert past.since(19.0).availability == 1.0 and Past().availability is None


def test_a_node_at_rest_makes_nothing_until_it_says_so() -> None:
    history = History()
    says = [(100, 10.0, 1), (120, 12.0, 0), (120, 12.0, 0), (120, 12.0, 0), (150, 18.0, 1)]
    for look, (made, at, active) in zip((10.0, 12.0, 14.0, 16.0, 18.0), says, strict=True):
        history.look((replace(PI, tokens_made=made, seen_at=at, active=active),), look)
    assert history.past(18.0).rates == {PI.id: (None, 10.0, 0.0, 0.0, 15.0)}


def test_an_older_node_counts_as_fast_as_it_says() -> None:
    history = History()
    history.look((replace(PI, active=1, queued=2),), 1.0)
    history.look((PI,), 3.0)
    past = history.past(3.0)
    assert past.rates == {PI.id: (12.0, 0.0)}
    assert past.moments[0].active == 1 and past.moments[0].queued == 2


def test_a_silent_node_says_nothing_of_now_and_one_that_went_is_forgotten() -> None:
    history = History()
    history.look((replace(PI, tokens_made=9, seen_at=1.0),), 30.0)
    assert history.past(30.0).rates == {PI.id: (None,)} and history.past(30.0).moments[0].reached == 0
    history.look((), 32.0)
    assert history.past(32.0).rates == {}


def test_no_more_than_an_hour_is_kept() -> None:
    history = History()
    steps = round(KEEP_SECONDS / STEP_SECONDS) + 10
    for step in range(steps):
        history.look((replace(PI, tokens_made=step, seen_at=step * STEP_SECONDS),), step * STEP_SECONDS)
        history.first_token(100.0, step * STEP_SECONDS)
    past = history.past(steps * STEP_SECONDS)
    assert len(past.moments) <= KEEP_SECONDS / STEP_SECONDS and len(past.firsts) <= KEEP_SECONDS / STEP_SECONDS
    assert past.rates is not None and len(past.rates[PI.id]) == NODE_STEPS


def test_percentiles_by_time() -> None:
    assert percentile([3.0], 0.99) == 3.0 and percentile([1.0, 2.0, 3.0], 0.5) == 2.0
    with pytest.raises(ValueError):
        percentile([], 0.5)
    firsts = [(61.0, 200.0), (62.0, 100.0), (63.0, 900.0), (125.0, 50.0)]
    assert by_time(firsts, 60.0) == [(90.0, 200.0, 900.0, 3), (150.0, 50.0, 50.0, 1)]
