"""What every sound OpenAI-style server must do behind the engine: the fake one, and a real one where it is named.

    TANGNET_OPENAI_SERVER=http://127.0.0.1:8080/v1 python -m pytest tests/integration/test_openai_live.py

The variable holds what stands after "openai:" in `--engine`, options included. The server must be on this machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nodeworker.engines import ChatRequest, Message, Sampling, Token, Tool, ToolCall
from nodeworker.engines.openai.choice import ServerChoice
from nodeworker.engines.openai.engine import OpenAiEngine
from nodeworker.engines.openai.server import OpenAiFolder, OpenAiServer
from nodeworker.errors import AnswerLost, ContextOverflow, EngineError, ModelMissing, Unsupported
from tests.fake_openai import FakeServer
from tests.integration.openai_serving import Reading, done_of, engine_of, folder_of, request, text_of

VARIABLE = "TANGNET_OPENAI_SERVER"
QUESTION = "Tell me a long story about a fox, a bridge and a lantern."
pytestmark = pytest.mark.timeout(600)


LIVE = os.environ.get(VARIABLE, "")


def live_choice() -> str:
    """What to test; skips the test where no server is named."""
    if not LIVE:
        pytest.skip(f"{VARIABLE} names no server: see the first lines of this file")
    return LIVE


@pytest.fixture(params=["fake", "live"] if LIVE else ["fake"])
def choice(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server: the fake one, and the one of the environment."""
    if request.param == "live":
        yield live_choice()
        return
    with FakeServer() as server:
        yield server.url


@pytest.fixture
def folder(choice: str, home: Path) -> OpenAiFolder:
    return folder_of(OpenAiServer(ServerChoice.parse(choice)), home)


@pytest.fixture
def engine(choice: str, home: Path) -> OpenAiEngine:
    return engine_of(choice, home)


@pytest.fixture
def live(home: Path) -> OpenAiEngine:
    return engine_of(live_choice(), home)


def test_its_models_are_listed(folder: OpenAiFolder) -> None:
    models = [model for model in folder.all() if model.role == "chat"]
    assert models
    assert len({model.sha256 for model in models}) == len(models)
    assert folder.find("chat").sha256 == models[0].sha256
    assert folder.find("chat", models[0].sha256).name == models[0].name
    with pytest.raises(ModelMissing):
        folder.find("chat", "no-such-model")


def test_it_streams_and_says_how_it_ended(engine: OpenAiEngine) -> None:
    events = list(engine.generate(request(QUESTION, max_tokens=12)))
    done = done_of(events)
    assert done.reason == "length"
    assert 1 <= done.completion_tokens <= 12
    assert sum(bool(event.text) for event in events if isinstance(event, Token)) >= 3
    assert done.prefill_ms > 0
    assert done.cached_tokens <= done.prompt_tokens


def test_it_takes_every_kind_of_sampling(engine: OpenAiEngine) -> None:
    how = Sampling(0.8, top_p=0.9, top_k=20, min_p=0.05, repeat_penalty=1.1, seed=2**63 + 11, max_tokens=8)
    wanted = ChatRequest("r", (Message("system", "You tell stories."), Message("user", QUESTION)), how)
    assert text_of(list(engine.generate(wanted)))


def test_a_stop_text_is_never_shown(engine: OpenAiEngine) -> None:
    whole = text_of(list(engine.generate(request(QUESTION, max_tokens=16))))
    stop = whole.split()[2][:4]
    events = list(engine.generate(request(QUESTION, max_tokens=16, stop=(stop,))))
    assert stop not in text_of(events)
    assert done_of(events).reason in ("stop", "length")


def test_a_cancelled_answer_leaves_room_for_the_next(engine: OpenAiEngine) -> None:
    for _ in range(3):
        wanted = request(QUESTION)
        reading = Reading(engine, wanted)
        assert reading.begun.wait(300)
        wanted.cancelled.set()
        assert reading.ended(10)
        assert reading.error is None
    wanted = request("word " * 600)
    reading = Reading(engine, wanted)
    wanted.cancelled.set()
    assert reading.ended(10)
    assert text_of(list(engine.generate(request(QUESTION, max_tokens=4))))


def test_an_answer_goes_on(engine: OpenAiEngine) -> None:
    whole = text_of(list(engine.generate(request(QUESTION, max_tokens=24))))
    for cut in (1, len(whole) // 3, len(whole) // 2 + 1, len(whole) - 1):
        shown = whole[:cut]
        try:
            rest = text_of(list(engine.generate(request(QUESTION, shown=shown, max_tokens=24))))
        except AnswerLost as error:  # a model that cannot follow the order is found out, not shown
            assert "anew" in error.message
            continue
        if len(shown) > 12:
            assert not rest.strip().startswith(shown.strip())


def test_as_many_answers_at_once_as_it_has_slots(engine: OpenAiEngine) -> None:
    readings = [Reading(engine, request(QUESTION, max_tokens=6)) for _ in range(min(engine.slots, 4))]
    for reading in readings:
        assert reading.ended(500)
        assert reading.error is None
        assert text_of(reading.events)


def test_tools_are_taken(engine: OpenAiEngine) -> None:
    tool = Tool("weather", "Tells the weather.", '{"type": "object", "properties": {"place": {"type": "string"}}}')
    wanted = ChatRequest("r", (Message("user", "Weather in Ulm?"),), Sampling(max_tokens=24), tools=(tool,))
    try:
        events = list(engine.generate(wanted))
    except EngineError as error:
        assert isinstance(error, Unsupported | AnswerLost)
        return
    assert done_of(events).reason in ("stop", "length", "tools")
    assert all(json.loads(event.arguments) is not None for event in events if isinstance(event, ToolCall))


def test_a_live_server_follows_a_schema(live: OpenAiEngine) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    wanted = request("Is snow white?", max_tokens=60, json_schema=json.dumps(schema))
    events = list(live.generate(wanted))
    if done_of(events).reason == "stop":
        assert isinstance(json.loads(text_of(events))["ok"], bool)
    list(live.generate(request("Is snow white?", max_tokens=4)))


def test_a_live_server_follows_a_grammar_or_it_is_refused(live: OpenAiEngine) -> None:
    wanted = request("Is snow white?", max_tokens=10, grammar='root ::= "yes" | "no"')
    try:
        events = list(live.generate(wanted))
    except Unsupported:
        return
    assert text_of(events) in ("yes", "no")


def test_a_live_server_tells_logprobs(live: OpenAiEngine) -> None:
    try:
        events = list(live.generate(request(QUESTION, max_tokens=6, logprobs=3)))
    except EngineError as error:
        assert isinstance(error, Unsupported | AnswerLost)
        return
    known = [known for event in events if isinstance(event, Token) for known in event.logprobs]
    assert len(known) in (0, done_of(events).completion_tokens)
    for each in known:
        assert each.chosen <= 0
        assert list(each.values) == sorted(each.values, reverse=True)
        assert len(each.ids) in (0, len(each.values))


def test_a_live_server_says_that_a_prompt_is_too_long(live: OpenAiEngine) -> None:
    if not live.context and live.slots != 1:
        pytest.skip("this server does not tell its context, and may cut the prompt")
    # One that does not tell its context may also just break off the stream.
    with pytest.raises(ContextOverflow if live.context else (ContextOverflow, AnswerLost)):
        list(live.generate(request("word " * (live.context or 50_000), max_tokens=1)))
    assert text_of(list(live.generate(request(QUESTION, max_tokens=4))))


def test_a_live_server_measures_its_rates(live: OpenAiEngine) -> None:
    list(live.generate(request("lantern " * 200 + QUESTION, max_tokens=24)))
    assert live.decode_rate > 0


def test_a_live_server_has_no_such_model(home: Path) -> None:
    with pytest.raises(ModelMissing):
        engine_of(str(replace(ServerChoice.parse(live_choice()), model="").address) + "/v1,model=no-such-model", home)
