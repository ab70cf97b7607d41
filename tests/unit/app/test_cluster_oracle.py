"""The oracle that a measured cluster is compared with."""

from __future__ import annotations

import pytest

from app.commands.cluster_oracle import Served, Speed, Work, served_best


def test_one_client_and_one_node_take_turns() -> None:
    served = served_best([Speed(10, 100)], 1, lambda number: Work(100, 20), 7.0)
    assert served == [Served(0, 1.1, 3, 20), Served(3, 4.1, 6, 20), Served(6, 7.1, 9, 20)]


def test_a_second_client_waits_for_the_first() -> None:
    first, second = served_best([Speed(10, 100)], 2, lambda number: Work(100, 20), 0.5)
    assert (first.first, second.asked, second.first) == (1.1, 0, 4.1)


def test_an_answer_goes_where_it_ends_first_not_where_it_begins_first() -> None:
    nodes = [Speed(1, 100), Speed(10, 100)]  # the quick one is taken until its queue costs more than the slow one
    ended = [one.ended for one in served_best(nodes, 4, lambda number: Work(0, 5), 0.1)]
    assert ended == [0.5, 1.0, 1.5, 2.0]


def test_all_nodes_of_a_crowded_cluster_are_kept_busy() -> None:
    nodes = [Speed(10, 1000)] * 4
    served = served_best(nodes, 40, lambda number: Work(0, 10), 100.0)
    tokens = sum(one.tokens for one in served if one.ended <= 100)
    assert tokens == pytest.approx(4 * 10 * 100, rel=0.02)
