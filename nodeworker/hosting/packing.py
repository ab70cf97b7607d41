"""Models, requests, events and errors as plain JSON values and back, for the frames between node and engine process.

What is unpacked is checked field by field: a value of the wrong kind is a BadFrame, never an object that breaks later.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from nodeworker import errors
from nodeworker.engines import (
    AttendEvent,
    Attention,
    ChatEvent,
    ChatRequest,
    Corners,
    Done,
    Figures,
    Final,
    Heard,
    Logprobs,
    Message,
    Partial,
    Prefill,
    Recognised,
    RecognisedLine,
    Sampling,
    SpeechEnded,
    SpeechStarted,
    Token,
    Tool,
    ToolCall,
    TranscriptEvent,
    WakeHeard,
    Word,
)
from nodeworker.errors import EngineError
from nodeworker.hosting.frames import BadFrame
from nodeworker.models.model_file import ModelFile

_MOST_SENTENCE = 2000
_UINT32 = 2**32
_UINT64 = 2**64
_PLAIN = (str, int, float, bool)
_CLASSES: dict[str, type[EngineError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EngineError)
}
"""By name, for some share a code and yet mean different things for the engine."""

Check = Callable[[Any], Any]


def text(value: Any) -> str:
    """Return a string that UTF-8 can hold, or raise BadFrame."""
    if type(value) is not str:
        raise BadFrame(f"a text is {type(value).__name__}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadFrame("a text is no Unicode") from error
    return value


def count(value: Any) -> int:
    """Return a number that fits into 32 bits without a sign, or raise BadFrame."""
    if type(value) is not int or not 0 <= value < _UINT32:
        raise BadFrame("a count is out of bounds")
    return value


def large(value: Any) -> int:
    """Return a number that fits into 64 bits without a sign, or raise BadFrame."""
    if type(value) is not int or not 0 <= value < _UINT64:
        raise BadFrame("a number is out of bounds")
    return value


def number(value: Any) -> float:
    """Return a float (infinity and NaN included), or raise BadFrame."""
    if type(value) not in (int, float):
        raise BadFrame(f"a number is {type(value).__name__}")
    return float(value)


def many(check: Check) -> Check:
    """Return a check for a list of what `check` takes; gives a tuple."""

    def checked(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise BadFrame(f"a list is {type(value).__name__}")
        return tuple(map(check, value))

    return checked


def row(kind: Callable[..., Any], *checks: Check) -> Check:
    """Return a check for a list with one value for each of `checks`; gives `kind` of them."""

    def checked(value: Any) -> Any:
        if type(value) is not list or len(value) != len(checks):
            raise BadFrame("a row has another length")
        return kind(*(check(item) for check, item in zip(checks, value, strict=True)))

    return checked


def _reason(value: Any) -> str:
    if value not in ("stop", "length", "context", "tools"):
        raise BadFrame("an answer ended for no known reason")
    return str(value)


_counts = many(count)
_logprobs = row(Logprobs, number, _counts, many(number))
_word = row(Word, text, number, number)
_EVENTS: dict[str, tuple[type[Any], Check]] = {
    "token": (Token, row(Token, _counts, text, text, many(_logprobs))),
    "prefill": (Prefill, row(Prefill, count, count)),
    "call": (ToolCall, row(ToolCall, text, text, text)),
    "done": (Done, row(Done, _reason, count, count, count, number, number, count, count)),
    "started": (SpeechStarted, row(SpeechStarted, number)),
    "ended": (SpeechEnded, row(SpeechEnded, number)),
    "partial": (Partial, row(Partial, text, text)),
    "heard": (Heard, row(Heard, number, number, text)),
    "attention": (Attention, row(Attention, number, number, number)),
    "wake": (WakeHeard, row(WakeHeard, number, number)),
    "final": (Final, row(Final, text, text, many(_word), number, number, number)),
}
_NAMES = {kind: (name, tuple(field.name for field in fields(kind))) for name, (kind, _) in _EVENTS.items()}


def event_row(event: ChatEvent | TranscriptEvent | AttendEvent) -> list[Any]:
    """Return an event as a list: its name, then its fields. Raises TypeError for what is no event."""
    if type(event) is Token:  # hundreds a second
        known = [[one.chosen, one.ids, one.values] for one in event.logprobs]
        return ["token", event.ids, event.text, event.reasoning, known]
    if type(event) not in _NAMES:
        raise TypeError(f"{type(event).__name__} is no event")
    name, names = _NAMES[type(event)]
    values: list[Any] = [getattr(event, field) for field in names]
    if isinstance(event, Final):
        values[2] = [[word.text, word.start, word.end] for word in event.words]
    return [name, *values]


def read_event(value: Any) -> ChatEvent | TranscriptEvent | AttendEvent:
    """Return the event of such a list. Raises BadFrame."""
    if type(value) is not list or not value or type(value[0]) is not str or value[0] not in _EVENTS:
        raise BadFrame("an event has no known name")
    return cast("ChatEvent | TranscriptEvent | AttendEvent", _EVENTS[value[0]][1](value[1:]))


def recognised_row(found: Recognised) -> list[Any]:
    """Return what stands in a picture as a list."""
    lines = [
        [_clean(line.text), [side for corner in line.corners for side in corner], line.confidence]
        for line in found.lines
    ]
    return [found.width, found.height, lines, found.seconds, found.program]


def _corners(value: Any) -> Corners:
    sides = many(number)(value)
    if len(sides) != 8 or not all(map(math.isfinite, sides)):
        raise BadFrame("a line has no four corners")
    return tuple((sides[at], sides[at + 1]) for at in range(0, 8, 2))


read_recognised: Callable[[Any], Recognised] = row(
    Recognised, count, count, many(row(RecognisedLine, text, _corners, number)), number, text
)
"""What stands in a picture, of such a list; raises BadFrame."""


def figures_row(figures: Figures) -> list[Any]:
    """Return figures as a list."""
    return [getattr(figures, field.name) for field in fields(Figures)]


read_figures: Callable[[Any], Figures] = row(Figures, count, count, count, number, number, many(large))
"""Figures of such a list; raises BadFrame."""


def error_row(error: BaseException) -> list[str]:
    """Return an error as class, sentence, hint; one from outside our tree as a failed engine."""
    if isinstance(error, EngineError):
        return [type(error).__name__, _clean(error.message), _clean(error.hint)]
    return [EngineError.__name__, f"{_clean(errors.first_line(cast('Exception', error)))}.", ""]


def _clean(sentence: str) -> str:
    """Without what stands for the odd bytes of a file name: nobody could be told of it."""
    return sentence.encode(errors="replace").decode()


def read_error(value: Any) -> EngineError:
    """Return the error of such a list; an EngineError where its class is not known here. Raises BadFrame."""
    name, message, hint = cast("tuple[str, str, str]", row(lambda *parts: parts, text, text, text)(value))
    return _CLASSES.get(name, EngineError)(message[:_MOST_SENTENCE], hint[:_MOST_SENTENCE])


def request_record(request: ChatRequest) -> dict[str, Any]:
    """Return a request for an answer as JSON values."""
    return {
        "id": request.request_id,
        "messages": [
            [message.role, message.content, message.tool_call_id, [_call(call) for call in message.tool_calls]]
            for message in request.messages
        ],
        "sampling": {field.name: getattr(request.sampling, field.name) for field in fields(Sampling)},
        "resume": request.resume,
        "resume_text": request.resume_text,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "background": request.background,
    }


def read_request(record: dict[str, Any]) -> ChatRequest:
    """Return the request of such a record. Raises BadFrame."""
    try:
        sampling = dict(record["sampling"])
        sampling["stop"] = tuple(sampling["stop"])
        return ChatRequest(
            request_id=text(record["id"]),
            messages=tuple(_message(*message) for message in record["messages"]),
            sampling=Sampling(**sampling),
            resume=_counts(record["resume"]),
            resume_text=text(record["resume_text"]),
            tools=tuple(Tool(*tool) for tool in record["tools"]),
            background=record["background"] is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadFrame(f"a request makes no sense: {error!r}") from error


def _call(call: ToolCall) -> list[str]:
    return [call.id, call.name, call.arguments]


def _message(role: str, content: str, answers: str, calls: Sequence[Sequence[str]]) -> Message:
    return Message(text(role), text(content), tuple(ToolCall(*call) for call in calls), text(answers))


def model_record(model: ModelFile) -> dict[str, Any]:
    """Return a model as JSON values."""
    record = {field.name: getattr(model, field.name) for field in fields(ModelFile)}
    record["path"] = str(model.path)
    record["elsewhere"] = [[name, str(path)] for name, path in model.elsewhere]
    return record


def read_model(record: dict[str, Any]) -> ModelFile:
    """Return the model of such a record. Raises BadFrame."""
    try:
        values = dict(record)
        values["path"] = Path(values["path"])
        values["elsewhere"] = tuple((text(name), Path(path)) for name, path in values["elsewhere"])
        if not all(isinstance(value, (*_PLAIN, Path, tuple)) for value in values.values()):
            raise BadFrame("a model has a field of the wrong kind")
        return ModelFile(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise BadFrame(f"a model makes no sense: {error!r}") from error
