"""Background answers with the real engine: they pause, give their stream back, and stay exact."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from nodeworker.engines import ChatRequest
from nodeworker.engines.llama.engine import LlamaEngine
from nodeworker.models.folder import ModelFile, ModelFolder
from tests.integration.test_llama_batching import SHIPS, answered, begin, request

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return ModelFolder(tmp_path_factory.mktemp("models")).find("chat", "smollm2-135m")


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> Iterator[LlamaEngine]:
    made = LlamaEngine(model, context=2048, slots=2)
    made.load(lambda _fraction: None)
    yield made
    made.close()


def behind(text: str, tokens: int, id: str) -> ChatRequest:
    return replace(request(text, tokens, id), background=True)


def test_not_a_token_is_computed_beside_an_answer_that_somebody_waits_for(engine: LlamaEngine) -> None:
    alone = answered(engine, request("Write a story about a mill.", 120, "b"))
    background = begin(engine, behind("Write a story about a mill.", 120, "b"))
    assert background.first.wait(30)
    asked = begin(engine, request("Write a story about a boat.", 40, "a"))
    assert asked.done
    first, last = asked.times[1], asked.times[-1]
    assert [at for at in background.times if first < at < last] == []
    assert background.done and background.ids == alone


def test_streams_are_given_back_and_the_answers_stay_exact(engine: LlamaEngine) -> None:
    texts = [f"{SHIPS} Write about ship {at}." for at in range(2)]
    alone = [answered(engine, request(text, 60, f"b{at}")) for at, text in enumerate(texts)]
    background = [begin(engine, behind(text, 60, f"b{at}")) for at, text in enumerate(texts)]
    assert all(listener.first.wait(60) for listener in background)
    asked = [begin(engine, request(f"Name {at} colours.", 12, f"a{at}")) for at in range(2)]
    assert all(listener.done for listener in asked)  # both streams were taken
    assert all(listener.done for listener in background)
    assert [listener.ids for listener in background] == alone
    assert engine.figures().free_kv_cells == engine.figures().kv_cells


def test_it_rests_while_it_is_told_to_and_lets_go_when_cancelled(engine: LlamaEngine) -> None:
    wanted = behind("Write a very long story.", 1500, "long")
    listener = begin(engine, wanted)
    assert listener.first.wait(30)
    engine.pause(True)
    try:
        assert answered(engine, request("Hello.", 3, "a"))  # one turn at least has passed since then
        made = len(listener.ids)
        time.sleep(0.3)
        assert len(listener.ids) == made
        wanted.cancelled.set()
        assert listener.ended.wait(10)
    finally:
        engine.pause(False)
