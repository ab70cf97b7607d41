"""What an OpenAI-style server is asked, and the tool calls that it streams."""

from __future__ import annotations

import json

import pytest

from nodeworker.engines import ChatRequest, Done, Message, Sampling, Token, Tool, ToolCall
from nodeworker.engines.openai.answer import Answer
from nodeworker.engines.openai.request import Dialect, body, written
from nodeworker.engines.openai.resume import NoSeam
from nodeworker.engines.openai.server import Traits
from nodeworker.engines.openai.stream import read_chunk
from nodeworker.errors import AnswerLost, BadRequest, Unsupported

REQUEST = ChatRequest("1", (Message("user", "Hi."),), Sampling(0.7, seed=2**40 + 5, stop=("END",), max_tokens=9))


def asked(dialect: Dialect, request: ChatRequest = REQUEST) -> dict[str, object]:
    return body(request, "m", dialect, messages=written(request.messages), max_tokens=request.sampling.max_tokens)


def test_sampling_in_the_words_of_each_server() -> None:
    llama, vllm, other = asked(Dialect("llama-server")), asked(Dialect("vllm")), asked(Dialect("other"))
    assert (llama["top_k"], llama["min_p"], llama["repeat_penalty"], llama["return_progress"]) == (0, 0.0, 1.0, True)
    assert (vllm["top_k"], vllm["min_p"], vllm["repetition_penalty"]) == (-1, 0.0, 1.0)
    assert "repeat_penalty" not in vllm
    assert not {"top_k", "min_p", "repeat_penalty", "repetition_penalty", "return_progress"} & other.keys()
    assert (other["seed"], other["top_p"], other["stop"], other["max_tokens"]) == (5, 1.0, ["END"], 9)
    plain = asked(Dialect("vllm", extras=False))
    assert plain.keys() == {"model", "messages", "stream", "max_tokens", "temperature", "top_p", "seed"}
    greedy = asked(Dialect("vllm"), ChatRequest("1", (Message("user", "Hi."),)))
    assert greedy.keys() == {"model", "messages", "stream", "temperature", "repetition_penalty", "stream_options"}


def constrained(dialect: Dialect, **how: str) -> dict[str, object]:
    return asked(dialect, ChatRequest("1", REQUEST.messages, Sampling(**how)))  # type: ignore[arg-type]


def test_grammar_and_schema_in_the_words_of_each_server() -> None:
    grammar = 'root ::= "a"'
    assert constrained(Dialect("llama-server"), grammar=grammar)["grammar"] == grammar
    assert constrained(Dialect("vllm", (0, 9)), grammar=grammar)["guided_grammar"] == grammar
    assert constrained(Dialect("vllm", (0, 12)), grammar=grammar)["structured_outputs"] == {"grammar": grammar}
    assert constrained(Dialect("sglang"), grammar=grammar)["ebnf"] == grammar
    with pytest.raises(Unsupported):
        constrained(Dialect("ollama"), grammar=grammar)
    schema = '{"type": "object"}'
    named = constrained(Dialect.of(Traits("vllm")), json_schema=schema)["response_format"]
    assert named == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
    }
    plain = constrained(Dialect.of(Traits("llama-cpp-python")), json_schema=schema)["response_format"]
    assert plain == {"type": "json_object", "schema": {"type": "object"}}
    with pytest.raises(BadRequest):
        constrained(Dialect(), json_schema="[]")


def test_tools_and_their_answers_are_handed_on() -> None:
    request = ChatRequest(
        "1",
        (
            Message("user", "Weather?"),
            Message("assistant", "", (ToolCall("c1", "weather", '{"place": "Ulm"}'),)),
            Message("tool", "sunny", tool_call_id="c1"),
        ),
        Sampling(logprobs=3),
        tools=(Tool("weather", "tells it", '{"type": "object"}'),),
    )
    made = asked(Dialect(), request)
    assert made["tools"] == [
        {
            "type": "function",
            "function": {"name": "weather", "description": "tells it", "parameters": {"type": "object"}},
        }
    ]
    assert (made["logprobs"], made["top_logprobs"]) == (True, 3)
    calls = [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"place": "Ulm"}'}}]
    assert made["messages"] == [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
    ]


def made_of(deltas: list[dict[str, object]], finish: str = "tool_calls") -> list[object]:
    answer = Answer(seam=NoSeam(), stops=(), shown="", limit=0)
    events: list[object] = []
    for number, delta in enumerate(deltas):
        last = finish if number == len(deltas) - 1 else None
        events += answer.take(read_chunk(json.dumps({"choices": [{"delta": delta, "finish_reason": last}]})))
    return [*events, *answer.finish()]


def call(arguments: object, name: str | None = None, **more: object) -> dict[str, object]:
    return {"tool_calls": [{"function": {"name": name, "arguments": arguments}, **more}]}


@pytest.mark.parametrize(
    "deltas",
    [
        [
            call("", "a", index=0, id="x"),
            call('{"n": ', index=0),
            call("1}", index=0),
            call("{}", "b", index=1, id="y"),
        ],
        [call('{"n": 1}', "a", index=0, id="x"), call("{}", "b", index=0, id="y")],
        [call({"n": 1}, "a", id="x"), call({}, "b", id="y")],
        [call('{"n":', "a", id="x"), call(" 1}"), call("", "b", id="y")],
    ],
)
def test_tool_calls_are_put_together(deltas: list[dict[str, object]]) -> None:
    events = made_of(deltas)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert calls == [ToolCall("x", "a", '{"n": 1}'), ToolCall("y", "b", "{}")]
    done = events[-1]
    assert isinstance(done, Done)
    assert done.reason == "tools"
    # While a call is being written there are signs of life, or the desktop would take the node for lost.
    assert sum(isinstance(event, Token) for event in events) == len(deltas)


def test_a_tool_call_that_is_cut_off_is_none() -> None:
    events = made_of([call('{"n": ', "a", id="x")], "length")
    assert not [event for event in events if isinstance(event, ToolCall)]


@pytest.mark.parametrize("arguments", ["{", "[]", "7", "[" * 100_000])
def test_a_tool_call_that_is_none_is_an_error(arguments: str) -> None:
    with pytest.raises(AnswerLost):
        made_of([call(arguments, "a", id="x")])


def test_tool_calls_are_bounded() -> None:
    with pytest.raises(AnswerLost):
        made_of([call("x" * 100_000, "a", id="x")] * 3)
    with pytest.raises(AnswerLost):
        made_of([call("{}", "a", index=number) for number in range(100)])
