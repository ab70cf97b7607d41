"""How long a node is predicted to need, and what is learned from how long it took."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cluster.learning import MOST, Keeper, Learned, keep
from app.cluster.prediction import GAIN, HEAT, START_MS, Placed, Question, fits, predict
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
    return predict(node, pick_model(node), QUESTION, placed=Placed(placed)).first_ms


def test_reading_and_writing_at_the_measured_rates() -> None:
    found = predict(PI, pick_model(PI), QUESTION)
    assert QUESTION.tokens == pytest.approx(1400 / 3.5 + 10, abs=5)
    assert found.read_ms == pytest.approx(1000 * QUESTION.tokens / 40)
    assert found.token_ms == 100 and found.wait_ms == found.start_ms == found.link_ms == 0
    assert found.first_ms == found.read_ms + 100
    assert found.total_ms == pytest.approx(found.read_ms + 10_000)


def test_a_node_that_was_never_asked_is_judged_by_its_hardware() -> None:
    model = replace(PI.models[0], bytes=1_000_000_000, decode_rate=0.0, prefill_rate=0.0)
    new = replace(PI, decode_rate=0.0, prefill_rate=0.0, models=(model,))

    def writes(node: NodeInfo) -> float:
        return 1000.0 / predict(node, model, QUESTION).token_ms

    assert writes(new) == writes(replace(new, cores=4)) == pytest.approx(8)
    assert writes(replace(new, cores=12)) == pytest.approx(24)
    assert writes(replace(new, cores=128)) == writes(replace(new, cores=16)) < writes(replace(new, accelerator="GPU"))


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
    def wait(node: NodeInfo, placed: int = 0) -> float:
        return predict(node, pick_model(node), QUESTION, placed=Placed(placed)).wait_ms

    # Four together write at GAIN / (3 + GAIN) of the rate of one: 100 tokens take 22.5 s there.
    together = 1000.0 * 100 / 10 * (3 + GAIN) / GAIN
    assert wait(PI, 3) == 0, "three of four places are taken: one is free"
    assert wait(PI, 4) == pytest.approx(together / 4)
    full = replace(PI, active=4, predicted_wait_ms=700.0)
    assert wait(full) == 700 and wait(full, 2) == pytest.approx(700 + together / 2)
    silent = replace(PI, active=4, queued=1)  # an older node that does not say how long
    assert wait(silent) == pytest.approx(together / 2)


def test_company_slows_writing_and_an_engine_that_tells_of_all_together_is_not_believed_to_be_quicker() -> None:
    alone = predict(PI, pick_model(PI), QUESTION)
    beside = predict(replace(PI, active=2), pick_model(PI), QUESTION)
    assert beside.token_ms == pytest.approx(alone.token_ms * (2 + GAIN) / GAIN)
    model = replace(PI.models[0], decode_rate=10.0)
    told = replace(PI, models=(model,), active=2, decode_rate=21.8)
    assert predict(told, model, QUESTION).token_ms == pytest.approx(beside.token_ms)


def test_a_node_has_worked_on_since_it_said_how_much_there_is_to_do() -> None:
    reading = replace(PI, active=1, unread_tokens=100, seen_at=50.0)
    waits = [predict(reading, pick_model(PI), QUESTION, now=now).wait_ms for now in (49.0, 50.0, 51.0, 60.0)]
    assert waits == pytest.approx([2500, 2500, 1500, 0])
    full = replace(PI, active=4, predicted_wait_ms=700.0, seen_at=50.0)
    assert predict(full, pick_model(PI), QUESTION, now=50.5).wait_ms == pytest.approx(200)


def test_prompts_that_are_being_read_come_first_as_far_as_they_take_turns() -> None:
    reading = replace(PI, active=1, unread_tokens=100)
    assert predict(reading, pick_model(PI), QUESTION).wait_ms == pytest.approx(1000 * 100 / 40)
    longer = replace(PI, active=1, unread_tokens=5000)
    found = predict(longer, pick_model(PI), QUESTION)
    assert found.wait_ms == pytest.approx(found.read_ms), "of a longer prompt as much comes before ours as ours has"
    given = predict(PI, pick_model(PI), QUESTION, placed=Placed(1, 100))
    assert given.wait_ms == pytest.approx(1000 * 100 / 40)


def test_heat_distance_and_starting_count() -> None:
    calm = predict(PI, pick_model(PI), QUESTION)
    hot = predict(replace(PI, throttled=True), pick_model(PI), QUESTION)
    assert hot.total_ms == pytest.approx(HEAT * calm.total_ms)
    assert first(replace(PI, latency_ms=80.0)) == calm.first_ms + 80
    idle = replace(PI, engines=(EngineInfo("chat", "idle"),))
    assert first(idle) == pytest.approx(calm.first_ms + 500_000_000 / 150_000)


def test_a_start_that_has_begun_is_not_counted_from_its_beginning() -> None:
    stopped = replace(PI, models=(), state="stopped", local=True)
    starting = replace(stopped, state="loading", seen_at=50.0)
    whole = predict(stopped, None, QUESTION, now=52.0).start_ms
    assert predict(starting, None, QUESTION, now=52.0).start_ms == pytest.approx(whole - 2000)
    assert predict(starting, None, QUESTION, now=90.0).start_ms == pytest.approx(whole - START_MS)


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
    learned.answered(40)
    keep(file, learned.as_json())
    again = Learned.read(file)
    assert again.factors()["pi"] == pytest.approx(learned.factors()["pi"], rel=1e-3)
    assert again.answer_tokens == pytest.approx(learned.answer_tokens)
    assert again.error("pi") == pytest.approx(learned.error("pi"), abs=1e-3)
    for nonsense in (
        b"",
        b"[]",
        b"{",
        b'{"answer_tokens": 9}',
        *(
            b'{"answer_tokens": 40, "nodes": {"pi": %s}}' % value
            for value in (b"3", b'["x", 1, 1, 1]', b"[99, 0.1, 1, 1]")
        ),
        b"[" * 9000,
    ):
        file.write_bytes(nonsense)
        assert Learned.read(file).factors() == {}
    assert Learned.read(tmp_path / "none").factors() == {}


def test_a_node_that_was_late_gets_another_chance() -> None:
    now = [1000.0]
    learned = Learned(clock=lambda: now[0])
    learned.note("pi", predicted_ms=1000, corrected_ms=1000, actual_ms=4150)
    assert learned.factors()["pi"] == pytest.approx(4.0)
    now[0] += 900
    assert learned.factors()["pi"] == pytest.approx(2.0)
    now[0] -= 5000  # a clock that was set back
    assert learned.factors()["pi"] == pytest.approx(4.0)


def test_how_long_answers_are_is_learned() -> None:
    learned = Learned()
    for _ in range(200):
        learned.answered(30)
    learned.answered(0)
    assert learned.answer_tokens == pytest.approx(30, rel=0.05)
    assert Question.of(replace(REQUEST, max_tokens=0), typical=learned.answer_tokens).answer == 30
    assert Question.of(replace(REQUEST, max_tokens=8), typical=30).answer == 8


def test_what_was_learned_is_not_written_with_every_answer(tmp_path: Path) -> None:
    now = [0.0]
    keeper = Keeper(tmp_path / "learned.json", lambda: now[0])
    keeper.close("never learned")
    assert not keeper.path.exists()
    assert [keeper.due, keeper.due] == [True, False]
    keeper.keep("a")
    now[0] = 10.0
    assert [keeper.due, keeper.due] == [True, False]
    keeper.close("b")
    assert keeper.path.read_text() == "b"
