"""What goes over the frames comes out as it went in, and of what does not fit nothing comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nodeworker.engines import (
    ChatEvent,
    ChatRequest,
    Done,
    Figures,
    Final,
    Heard,
    Logprobs,
    Message,
    Partial,
    Prefill,
    Sampling,
    SpeechEnded,
    SpeechStarted,
    Token,
    Tool,
    ToolCall,
    TranscriptEvent,
    Word,
)
from nodeworker.errors import AnswerLost, ContextOverflow, EngineError, ModelTooLarge
from nodeworker.hosting.frames import BadFrame
from nodeworker.hosting.packing import (
    error_row,
    event_row,
    figures_row,
    model_record,
    read_error,
    read_event,
    read_figures,
    read_model,
    read_request,
    request_record,
)
from nodeworker.models.model_file import ModelFile


def over(value: Any) -> Any:
    """As it comes out of a frame."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "event",
    [
        Prefill(3, 9),
        Token((1, 2**32 - 1), "a🙂", "why", (Logprobs(-0.5, (1, 2), (-0.5, float("-inf"))), Logprobs(0.0, (), ()))),
        ToolCall("1", "look", '{"at": 1}'),
        Done("tools", 1, 2, 3, 4.5, 5.5, 6, 7),
        SpeechStarted(0.5),
        SpeechEnded(1.5),
        Partial("ab", "a"),
        Heard(1.0, 2.0, "new"),
        Final("a b", "de", (Word("a", 0.0, 0.5), Word("b", 0.5, 1.0)), 1.0, 0.2, 0.9),
    ],
)
def test_events(event: ChatEvent | TranscriptEvent) -> None:
    assert read_event(over(event_row(event))) == event


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        [7],
        ["magic"],
        ["prefill", 1],
        ["prefill", -1, 1],
        ["prefill", True, 1],
        ["prefill", 2**32, 1],
        ["token", [1], "x", ""],
        ["token", [1.0], "x", "", []],
        ["token", "1", "x", "", []],
        ["token", [1], None, "", []],
        ["token", [1], "\ud800", "", []],
        ["token", [1], "x", "", [[0.5, [1]]]],
        ["done", "boredom", 1, 2, 3, 4.5, 5.5, 6, 7],
        ["final", "a", "de", [["a", "0", 1]], 1.0, 1.0, 1.0],
        ["started", "now"],
    ],
)
def test_what_is_no_event(row: Any) -> None:
    with pytest.raises(BadFrame):
        read_event(row)


def test_what_an_engine_may_not_say() -> None:
    with pytest.raises(TypeError):
        event_row("hello")  # type: ignore[arg-type]


def test_requests() -> None:
    call = ToolCall("1", "look", "{}")
    request = ChatRequest(
        "r",
        (Message("user", "Grüße\0"), Message("assistant", "", (call,)), Message("tool", "42", (), "1")),
        Sampling(0.5, 0.9, 40, 0.05, 1.1, 2**64 - 1, 100, ("\n\n", "END"), "", '{"type":"object"}', 3),
        (1, 2),
        "so far",
        (Tool("look", "Looks.", "{}"),),
    )
    found = read_request(over(request_record(request)))
    for name in ("request_id", "messages", "sampling", "resume", "resume_text", "tools"):
        assert getattr(found, name) == getattr(request, name)
    assert not found.cancelled.is_set()
    for wrong in ({}, {"id": 1}, request_record(request) | {"resume": [-1]}, request_record(request) | {"tools": [1]}):
        with pytest.raises(BadFrame):
            read_request(over(wrong))


def test_models() -> None:
    model = ModelFile(
        "embed", "m", "f" * 64, Path("/a/\udcffb"), 7, "Q4", 512, "MIT", False, 384, 9, "n", "w.onnx",
        (("t.json", Path("/b/t.json")),), "en-GB",
    )  # fmt: skip
    assert read_model(over(model_record(model))) == model
    for wrong in ({}, {"path": 1}, over(model_record(model)) | {"name": {}}, over(model_record(model)) | {"new": 1}):
        with pytest.raises(BadFrame):
            read_model(wrong)


def test_figures() -> None:
    figures = Figures(1, 2, 3, 4.5, 5.5, (2**64 - 1, 0))
    assert read_figures(over(figures_row(figures))) == figures
    for wrong in (None, [], [1, 2, 3, "4", 5, []], [1, 2, 3, 4, 5, [2**64]]):
        with pytest.raises(BadFrame):
            read_figures(wrong)


@pytest.mark.parametrize("kind", [EngineError, ModelTooLarge, ContextOverflow, AnswerLost])
def test_errors_keep_their_class(kind: type[EngineError]) -> None:
    found = read_error(over(error_row(kind("It failed.", "Try again."))))
    assert (type(found), found.message, found.hint) == (kind, "It failed.", "Try again.")


def test_other_errors() -> None:
    assert read_error(error_row(ValueError("no such tensor\nat 7"))).message == "no such tensor."
    assert read_error(error_row(EngineError("No file \udcff.gguf."))).message == "No file ?.gguf."
    assert type(read_error(["Surprise", "x", ""])) is EngineError
    assert len(read_error(["EngineError", "x" * 10_000, ""]).message) == 2000
    with pytest.raises(BadFrame):
        read_error(["EngineError", 7, ""])
