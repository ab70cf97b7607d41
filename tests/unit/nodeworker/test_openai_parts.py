"""The parts of the OpenAI-style engine that need no server: what is typed, what streams, what an error means."""

from __future__ import annotations

import json
import os
import random
import socket
from pathlib import Path

import pytest

from nodeworker.engines.openai.choice import ServerChoice, addresses, in_the_house
from nodeworker.engines.openai.http import refusal
from nodeworker.engines.openai.stream import EventParser, Surrogates, Thinking, read_chunk
from nodeworker.errors import AnswerLost, BadRequest, Busy, ContextOverflow, EngineError, ModelMissing, Unsupported
from nodeworker.maker import EngineChoice

STREAM = (
    ": a comment\r\n"
    'data: {"a": "Füße 🎉"}\r\n\r\n'
    "event: message\ndata: two\ndata: lines\n\n"
    "data:no space\r\r"
    "id: 7\nretry: 10\n\n"
    "data: [DONE]\n\n"
).encode()
EVENTS = ['{"a": "Füße 🎉"}', "two\nlines", "no space", "[DONE]"]


def test_what_is_typed() -> None:
    choice = EngineChoice.parse("openai:http://127.0.0.1:8000/v1").server
    assert choice == ServerChoice("http", "127.0.0.1", 8000, "/v1")
    full = ServerChoice.parse(
        "https://rig.local/llm/v1/,model=Org/Big-70B,slots=16,key=env:RIG_KEY,trusted=no,ca=/c.pem"
    )
    assert (full.scheme, full.host, full.port, full.path) == ("https", "rig.local", 443, "/llm/v1")
    assert (full.model, full.slots, full.key, full.trustworthy, full.ca) == (
        *("Org/Big-70B", 16, "env:RIG_KEY", False, "/c.pem"),
    )  # fmt: skip
    assert ServerChoice.parse("http://[fd00::1]:8000").address == "http://[fd00::1]:8000"
    assert ServerChoice.parse("http://10.0.0.1:8000").path == "/v1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:8000",
        "ftp://127.0.0.1/v1",
        "http://127.0.0.1:99999/v1",
        "http://8.8.8.8/v1",
        "http://[2606:4700::1]/v1",
        "http://127.0.0.1/v1?key=1",
        "http://127.0.0.1/v 1",
        "http://127.0.0.1/v1,slots=0",
        "http://127.0.0.1/v1,slots=many",
        "http://127.0.0.1/v1,slots=99999",
        "http://127.0.0.1/v1,speed=9",
        "http://127.0.0.1/v1,model=a,model=b",
        "http://127.0.0.1/v1,model=",
        "http://127.0.0.1/v1,trusted=maybe",
        "http://127.0.0.1/v1,vision=maybe",
        "http://127.0.0.1/v1,ca=/c.pem",
    ],
)
def test_what_makes_no_sense(text: str) -> None:
    with pytest.raises(BadRequest):
        EngineChoice.parse(f"openai:{text}")


@pytest.mark.parametrize("text", ["http://me:sesame@127.0.0.1/v1", "http://127.0.0.1/v1,key=sesame"])
def test_a_key_on_the_command_line_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        ServerChoice.parse(text)
    assert "sesame" not in caught.value.message + caught.value.hint


def test_where_a_key_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def choice(key: str) -> ServerChoice:
        return ServerChoice.parse(f"http://127.0.0.1/v1,key={key}")

    assert ServerChoice.parse("http://127.0.0.1/v1").read_key() == ""
    monkeypatch.setenv("RIG_KEY", "from the env")
    with pytest.raises(EngineError, match="no key has"):
        choice("env:RIG_KEY").read_key()
    monkeypatch.setenv("RIG_KEY", "secret-1")
    assert choice("env:RIG_KEY").read_key() == "secret-1"
    with pytest.raises(EngineError, match="not set"):
        choice("env:NO_SUCH_KEY").read_key()
    file = tmp_path / "key"
    file.write_text("secret-2\n")
    file.chmod(0o644)
    with pytest.raises(EngineError, match="Others can read"):
        choice(f"file:{file}").read_key()
    file.chmod(0o600)
    assert choice(f"file:{file}").read_key() == "secret-2"
    file.write_text("line\nbreak")
    with pytest.raises(EngineError, match="no key has"):
        choice(f"file:{file}").read_key()
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(EngineError, match="no plain file"):
        choice(f"file:{tmp_path / 'pipe'}").read_key()
    with pytest.raises(EngineError, match="cannot be read"):
        choice(f"file:{tmp_path / 'none'}").read_key()


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("172.31.255.255", True), ("192.168.1.9", True),
        ("169.254.7.7", True), ("fe80::1%eth0", True), ("fd12::1", True), ("::ffff:192.168.1.1", True),
        ("172.32.0.1", False), ("8.8.8.8", False), ("100.64.0.1", False), ("0.0.0.0", False), ("::", False),
        ("2001:db8::1", False), ("::ffff:8.8.8.8", False), ("224.0.0.1", False), ("nonsense", False),
    ],
)  # fmt: skip
def test_what_is_in_the_house(address: str, house: bool) -> None:
    assert in_the_house(address) is house


def test_a_name_is_judged_by_all_its_addresses() -> None:
    choice = ServerChoice.parse("http://rig.example:8000/v1")

    def resolver(*found: str) -> list[tuple[int, tuple[str, int]]]:
        return [(socket.AF_INET, (address, 8000)) for address in found]

    assert addresses(choice, lambda host, port: resolver("192.168.1.5"))[0][1] == ("192.168.1.5", 8000)
    with pytest.raises(EngineError, match="not in your house"):
        addresses(choice, lambda host, port: resolver("192.168.1.5", "93.184.216.34"))
    with pytest.raises(EngineError, match="no address"):
        addresses(choice, lambda host, port: [])


@pytest.mark.parametrize("seed", range(30))
def test_events_are_the_same_wherever_the_stream_is_split(seed: int) -> None:
    random_ = random.Random(seed)
    parser, found, at = EventParser(), list[str](), 0
    while at < len(STREAM):
        size = random_.choice([1, 1, 2, 3, 7, 50])
        found += parser.feed(STREAM[at : at + size])
        at += size
    found += parser.finish()
    assert found == EVENTS


def test_the_last_event_may_lack_its_empty_line() -> None:
    parser = EventParser()
    assert list(parser.feed("\ufeffdata: one\n\ndata: two".encode())) == ["one"]
    assert list(parser.finish()) == ["two"]


@pytest.mark.parametrize("line", [b"data: " + b"x" * 70_000, b"data: x\n" * 10_000, b": " + b"y" * 70_000])
def test_an_event_without_end_is_refused(line: bytes) -> None:
    parser = EventParser()
    with pytest.raises(AnswerLost):
        for _ in range(100):
            list(parser.feed(line))


@pytest.mark.parametrize(
    "data",
    [
        "{", "[]", "7", "null", '{"choices": 3}', '{"choices": [3]}', '{"choices": [{"delta": []}]}',
        '{"choices": [{"delta": {"content": 7}}]}', '{"choices": [{"delta": {"tool_calls": {}}}]}',
        '{"choices": [{"delta": {"tool_calls": [7]}}]}', '{"choices": [{"delta": {}, "finish_reason": []}]}',
        "[" * 100_000,
    ],
    ids=lambda data: data[:40],
)  # fmt: skip
def test_what_is_no_chunk(data: str) -> None:
    with pytest.raises(AnswerLost):
        read_chunk(data)


def test_a_chunk_with_everything() -> None:
    found = read_chunk(
        json.dumps(
            {
                "choices": [
                    {
                        "delta": {"content": "a", "reasoning": "b", "tool_calls": None},
                        "finish_reason": "stop",
                        "logprobs": {
                            "content": [
                                {
                                    "logprob": -0.5,
                                    "top_logprobs": [{"id": 7, "logprob": -0.5}, {"id": 8, "logprob": -2}],
                                },
                                {"logprob": float("-inf"), "top_logprobs": [{"token": "x", "logprob": "no"}]},
                            ]
                        },
                    }
                ],
                "usage": {
                    "prompt_tokens": 20,
                    "completion_tokens": True,
                    "prompt_tokens_details": {"cached_tokens": 12},
                },
                "timings": {"predicted_n": 5, "prompt_ms": 3.5, "predicted_ms": float("nan"), "draft_n": 4},
            }
        )
    )
    assert (found.text, found.reasoning, found.finish) == ("a", "b", "stop")
    assert [(known.chosen, known.ids, known.values) for known in found.logprobs] == [
        (-0.5, (7, 8), (-0.5, -2.0)),
        (-1e9, (), (-1e9,)),
    ]
    assert found.counts is not None
    assert (found.counts.prompt, found.counts.cached, found.counts.completion) == (20, 12, 5)
    assert (found.counts.prefill_ms, found.counts.decode_ms, found.counts.drafted) == (3.5, 0.0, 4)


def test_halves_of_characters_are_joined_or_replaced() -> None:
    halves = Surrogates()
    assert halves.feed("a\ud83c") + halves.feed("\udf89b") == "a🎉b"
    assert halves.feed("\udf89") == "\ufffd"
    assert halves.feed("\ud83c") + halves.feed("", last=True) == "\ufffd"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("said", "text", "reasoning"),
    [
        ("plain text", "plain text", ""),
        (
            "  \n<think>\nhm < /think </thin\n</think>\n\nSo <think> it is.",
            "So <think> it is.",
            "\nhm < /think </thin\n",
        ),
        ("<think>never closed </thi", "", "never closed </thi"),
        ("<thin air", "<thin air", ""),
        ("a <think>b</think>", "a <think>b</think>", ""),
        ("<thi", "<thi", ""),
        (" ", " ", ""),
    ],
)
def test_reasoning_left_in_the_text_is_parted_off(said: str, text: str, reasoning: str, seed: int) -> None:
    sizes, thinking, at = random.Random(seed), Thinking(), 0
    found = [""] * 2
    while at < len(said):
        size = sizes.randint(1, 5)
        found = [a + b for a, b in zip(found, thinking.feed(said[at : at + size]), strict=True)]
        at += size
    assert [a + b for a, b in zip(found, thinking.finish(), strict=True)] == [text, reasoning]
    assert Thinking(resumed=True).feed(said) == (said, "")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, {"error": {"message": "too long", "code": "context_length_exceeded"}}, ContextOverflow),
        (400, {"error": {"message": "x", "type": "exceed_context_size_error"}}, ContextOverflow),
        (400, {"object": "error", "message": "maximum context length is 10"}, ContextOverflow),
        (0, {"error": "prompt is too long"}, ContextOverflow),
        (401, {}, EngineError),
        (404, {"error": "model not found"}, ModelMissing),
        (429, {}, Busy),
        (503, {"error": {"message": "Loading model"}}, Busy),
        (503, {}, AnswerLost),
        (500, "no json", AnswerLost),
        (422, {"detail": [{"loc": ["body"]}]}, Unsupported),
        (0, {"error": {"message": "boom"}}, AnswerLost),
    ],
)
def test_what_an_error_means(status: int, said: object, kind: type[EngineError]) -> None:
    assert type(refusal(status, said if isinstance(said, str) else json.dumps(said))) is kind


def test_what_a_server_says_is_cut_and_cleaned() -> None:
    error = refusal(500, "line\x1b[31m\nbreak " + "x" * 5000)
    assert error.message.isprintable()
    assert len(error.message) < 400
    assert "in 7 s" in refusal(429, "", "7").hint
    assert "in a moment" in refusal(429, "", "Fri, 01 Jan").hint
