"""What the OpenAI-style engine makes of servers that are sound but different: dialects, going on with an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodeworker.engines import Message, Prefill, Token, ToolCall
from nodeworker.errors import BadRequest, Unsupported
from tests.fake_openai import (
    WHOLE,
    Asked,
    FakeServer,
    Out,
    Scripted,
    chunk,
    raw,
)
from tests.integration.openai_serving import answered, done_of, engine_of, request, text_of


def test_fields_that_are_refused_are_left_out_from_then_on(home: Path) -> None:
    with FakeServer(Scripted(refuses=("stream_options", "top_k"))) as server:
        engine = engine_of(server.url, home)
        wanted = request(temperature=0.5, top_k=40, stop=("numbers",))
        expected = WHOLE.split("numbers")[0]
        assert text_of(list(engine.generate(wanted))) == expected  # a stop text is honoured on this side too
        assert len(server.answers) == 2
        assert text_of(list(engine.generate(wanted))) == expected
        assert len(server.answers) == 3
        assert "top_k" not in server.answers[-1]


def test_a_request_that_is_refused_in_any_form_changes_nothing(home: Path) -> None:
    with FakeServer(Scripted(refuses=("messages",))) as server:
        engine = engine_of(server.url, home)
        with pytest.raises(Unsupported, match="messages"):
            list(engine.generate(request()))
        server.answer = Scripted()
        list(engine.generate(request()))
        assert "stream_options" in server.answers[-1]


@pytest.mark.parametrize("status", [400, 500])
def test_a_schema_has_two_forms(home: Path, status: int) -> None:
    sound = Scripted()

    def answer(asked: Asked, out: Out) -> None:
        if asked.body.get("response_format", {}).get("type") == "json_schema":
            return out.json({"error": {"message": "Input should be a valid type"}}, status)
        return sound(asked, out)

    with FakeServer(answer) as server:
        engine = engine_of(server.url, home)
        for _ in range(2):
            list(engine.generate(request(json_schema='{"type": "object"}')))
        assert [body["response_format"]["type"] for body in server.answers] == [
            *("json_schema", "json_object", "json_object"),
        ]  # fmt: skip
        assert "stream_options" in server.answers[-1]


def test_reasoning_tools_and_progress(home: Path) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"place": "Ulm"}'}}
    stream = [
        chunk({"role": "assistant", "content": None}, prompt_progress={"total": 40, "processed": 20, "cache": 0}),
        chunk({"reasoning_content": "They want "}),
        chunk({"reasoning": "the weather. \ud83c"}),
        chunk({"reasoning_content": "\udf89"}),
        chunk({"content": "I look. "}),
        chunk({"tool_calls": [call]}),
        chunk({}, "tool_calls"),
    ]
    data = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in stream)
    with FakeServer(raw(data)) as server:
        events = answered(server, home)
    assert Prefill(20, 40) in events
    assert "".join(one.reasoning for one in events if isinstance(one, Token)) == "They want the weather. 🎉"
    assert text_of(events) == "I look. "
    assert ToolCall("c1", "weather", '{"place": "Ulm"}') in events
    assert done_of(events).reason == "tools"


@pytest.mark.parametrize("way", ["fields", "prefill", "retell"])
@pytest.mark.parametrize("echo", [False, True])
def test_an_answer_goes_on_at_any_place(home: Path, way: str, echo: bool) -> None:
    with FakeServer(Scripted(way=way, echo=echo)) as server:
        engine = engine_of(server.url, home)
        for cut in range(1, len(WHOLE), 3):
            shown = WHOLE[:cut]
            assert shown + text_of(list(engine.generate(request(shown=shown)))) == WHOLE
        # The way was measured once, by a handful of small requests.
        small = [body for body in server.answers if body.get("max_tokens") == 1]
        assert 3 <= len(small) <= 6


def test_going_on_falls_back_to_words_where_it_is_refused(home: Path) -> None:
    sound = Scripted(way="prefill")

    def answer(asked: Asked, out: Out) -> None:
        if asked.body["messages"][-1]["role"] == "assistant" and asked.body.get("max_tokens") != 1:
            return out.json({"error": {"message": "Not while thinking is enabled."}}, 400)
        return sound(asked, out)

    with FakeServer(answer) as server:
        shown = WHOLE[:31]
        assert shown + text_of(answered(server, home, shown=shown)) == WHOLE


def test_shown_text_counts_against_the_limit(home: Path) -> None:
    with FakeServer(Scripted(way="prefill")) as server:
        engine = engine_of(server.url, home)
        list(engine.generate(request()))
        events = list(engine.generate(request(shown=WHOLE[:60], max_tokens=18)))
        assert done_of(events).reason == "length"
        assert 1 <= server.answers[-1]["max_tokens"] <= 12
        asked = len(server.asked)
        events = list(engine.generate(request(shown=WHOLE, max_tokens=3)))
        assert (done_of(events).reason, len(server.asked)) == ("length", asked)


def test_a_stop_text_over_the_seam(home: Path) -> None:
    with FakeServer(Scripted(way="prefill")) as server:
        engine = engine_of(server.url, home)
        at = WHOLE.index("numbers") + 3
        events = list(engine.generate(request(shown=WHOLE[:at], stop=("numbers",))))
        assert text_of(events) == ""
        assert done_of(events).reason == "stop"


def test_ids_of_another_engine_are_refused(home: Path) -> None:
    with FakeServer() as server:
        engine = engine_of(server.url, home)
        wanted = request()
        with pytest.raises(BadRequest):
            list(engine.generate(type(wanted)("r", (Message("user", "a"),), resume=(1, 2))))
