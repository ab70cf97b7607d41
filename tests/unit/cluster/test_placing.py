"""What a desktop remembers between two choices."""

from __future__ import annotations

from dataclasses import replace

from app.cluster.placing import Placing
from app.cluster.prediction import Placed
from app.thinking import ChatMessage, ChatRequest
from nodeworker.protocol.prefixes import block_hashes
from tests.fakes_nodes import node_info

REQUEST = ChatRequest((ChatMessage("user", "x" * 3500),), "r", max_tokens=100)
PI = node_info("pi", decode_rate=40.0, prefill_rate=100.0)
OTHER = node_info("other", decode_rate=39.0, prefill_rate=100.0)


def test_what_was_given_counts_until_the_node_has_spoken_again() -> None:
    now = [10.0]
    placing = Placing(clock=lambda: now[0])
    question = placing.question(REQUEST)
    pi = replace(PI, seen_at=9.5)
    assert placing.order([pi, OTHER], REQUEST)[0].node is pi
    placing.given(pi, question)
    assert placing.placed([pi, OTHER]) == {pi.id: Placed(1, question.tokens)}
    assert placing.order([pi, OTHER], REQUEST)[0].node is OTHER
    heard = replace(pi, seen_at=10.1)
    assert placing.placed([heard]) == {}
    far = replace(heard, latency_ms=300.0)
    assert far.id in placing.placed([far]), "that report left before the request can have arrived"


def test_what_the_node_remembers_is_not_counted_as_given() -> None:
    placing = Placing(clock=lambda: 1.0)
    warm = replace(PI, cached_prefixes=frozenset(block_hashes([("user", "x" * 3500)])))
    question = placing.question(REQUEST)
    placing.given(warm, question)
    assert placing.placed([warm])[warm.id].tokens < question.tokens / 10


def test_a_node_that_is_late_is_placed_later() -> None:
    placing = Placing(clock=lambda: 1.0)
    for _ in range(5):
        choice = placing.order([PI], REQUEST)[0]
        placing.learn(choice, 3 * choice.prediction.uncorrected_ms)
    assert placing.order([PI, OTHER], REQUEST)[0].node is OTHER
