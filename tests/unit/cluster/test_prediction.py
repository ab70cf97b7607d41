"""How long a node is predicted to need, and what is learned from how long it took."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster.learning import MOST, Learned, keep
from app.cluster.prediction import HEAT, Question, fits, predict
from app.cluster.routing import pick_model
from app.events import EngineInfo, NodeInfo
from app.thinking import ChatMessage, ChatRequest
from nodeworker.protocol.prefixes import BLOCK_BYTES, block_hashes
from tests.fakes_nodes import node_info

SYSTEM = ChatMessage("system", "The harbour's archive. " * 60)
REQUEST = ChatRequest((SYSTEM, ChatMessage("user", "Which ships passed?")), "r", max_tokens=100)
QUESTION = Question.of(REQUEST)
PI = node_info("pi", decode_rate=10.0, prefill_rate=40.0, slots=4)


def first(node: NodeInfo, *, placed: int = 0) -> float:
    return predict(node, pick_model(node), QUESTION, placed=placed).first_ms


def test_reading_and_writing_at_the_measured_rates() -> None:
    found = predict(PI, pick_model(PI), QUESTION)
    assert QUESTION.tokens == pytest.approx(1400 / 3.5 + 10, abs=5)
    assert found.read_ms == pytest.approx(1000 * QUESTION.tokens / 40)
    assert found.write_ms == 10_000 and found.wait_ms == found.start_ms == found.link_ms == 0
    assert found.total_ms == found.first_ms + 10_000


def test_what_the_node_remembers_is_not_read_again() -> None:
    hashes = block_hashes([("system", SYSTEM.content)])
    assert len(hashes) == 5
    warm = replace(PI, cached_prefixes=frozenset(hashes))
    found = predict(warm, pick_model(warm), QUESTION)
    assert found.cached_tokens == round(5 * BLOCK_BYTES / 3.5)
    assert found.read_ms == pytest.approx(1000 * (QUESTION.tokens - found.cached_tokens) / 40)
    others = replace(PI, cached_prefixes=frozenset(hashes[1:]))  # without its beginning a later block is worth nothing
    assert predict(others, pick_model(others), QUESTION).cached_tokens == 0


def test_waiting_is_the_nodes_word_and_what_was_given_to_it_since() -> None:
    calm = first(PI)
    assert first(PI, placed=3) == calm, "three of four places are taken: one is free"
    assert first(PI, placed=4) == calm + 2500
    full = replace(PI, active=4, predicted_wait_ms=700.0)
    assert first(full) == calm + 700 and first(full, placed=2) == calm + 700 + 5000
    silent = replace(PI, active=4, queued=1)  # an older node that does not say how long
    assert first(silent) == calm + 5000


def test_heat_distance_and_starting_count() -> None:
    calm = predict(PI, pick_model(PI), QUESTION)
    hot = predict(replace(PI, throttled=True), pick_model(PI), QUESTION)
    assert hot.total_ms == pytest.approx(HEAT * calm.total_ms)
    assert first(replace(PI, latency_ms=80.0)) == calm.first_ms + 80
    idle = replace(PI, engines=(EngineInfo("chat", "idle"),))
    assert first(idle) == pytest.approx(calm.first_ms + 500_000_000 / 150_000)


def test_a_prompt_fits_or_not() -> None:
    model = pick_model(PI)
    assert model is not None and fits(model, QUESTION) and fits(None, QUESTION)
    assert fits(replace(model, context=0), QUESTION)
    assert not fits(replace(model, context=200), QUESTION)


def test_a_node_that_is_always_late_is_believed_less() -> None:
    learned = Learned()
    assert learned.factors() == {} and learned.error("pi") is None
    for _ in range(20):
        factor = learned.factors().get("pi", 1.0)
        learned.note("pi", predicted_ms=1000, corrected_ms=1000 * factor, actual_ms=3000)
    assert learned.factors()["pi"] == pytest.approx(3050 / 1050, rel=0.01)
    error = learned.error("pi")
    assert error is not None and error < 0.05, "with the correction it is right"


def test_one_bad_answer_is_no_verdict_and_noise_is_none() -> None:
    learned = Learned()
    for _ in range(10):
        learned.note("pi", predicted_ms=1000, corrected_ms=1000, actual_ms=1000)
    learned.note("pi", predicted_ms=1000, corrected_ms=1000, actual_ms=900_000)
    assert 1.0 < learned.factors()["pi"] < MOST / 2
    learned.note("quick", predicted_ms=1, corrected_ms=1, actual_ms=12)
    assert learned.factors()["quick"] < 1.3
    learned.note("odd", predicted_ms=-5, corrected_ms=-5, actual_ms=0)
    assert 0.5 < learned.factors()["odd"] < 2


def test_only_so_many_nodes_are_remembered() -> None:
    learned = Learned()
    for number in range(600):
        learned.note(f"n{number}", predicted_ms=100, corrected_ms=100, actual_ms=100)
    assert len(learned.factors()) == 512 and "n599" in learned.factors() and "n0" not in learned.factors()


def test_what_was_learned_is_kept_and_a_file_of_nonsense_is_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "home" / "learned.json"
    learned = Learned()
    learned.note("pi", predicted_ms=1000, corrected_ms=1000, actual_ms=3000)
    keep(file, learned.as_json())
    again = Learned.read(file)
    assert again.factors()["pi"] == pytest.approx(learned.factors()["pi"], rel=1e-3)
    assert again.error("pi") == pytest.approx(learned.error("pi"), abs=1e-3)
    for nonsense in (b"", b"[]", b"{", b'{"pi": 3}', b'{"pi": ["x", 1, 1]}', b'{"pi": [99, 0.1, 1]}', b"[" * 9000):
        file.write_bytes(nonsense)
        assert Learned.read(file).factors() == {}
    assert Learned.read(tmp_path / "none").factors() == {}
