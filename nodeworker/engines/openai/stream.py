"""What an OpenAI-style server streams: events out of bytes, and chunks of an answer out of events."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from nodeworker.engines import Logprobs
from nodeworker.engines.openai.http import refusal
from nodeworker.errors import AnswerLost

MOST_EVENT_BYTES = 1024 * 1024
"""Of one event: a chunk with twenty alternatives has some kilobytes."""
MOST_LINES = 1000
"""Of one event; servers send one."""
MOST_COUNT = 10**9
_LINE_END = re.compile(rb"[\r\n]")
DONE = "[DONE]"
_OPEN, _CLOSE = "<think>", "</think>"


class EventParser:
    """Cuts a stream of bytes into the data of its events, wherever the pieces are split."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._data: list[str] = []
        self._size = 0
        self._after_return = False
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[str]:
        """Yield the data of each event that is complete now. Raises AnswerLost for one that is too long."""
        self._rest += piece
        while (line := self._line()) is not None:
            yield from self._take(line)
        if len(self._rest) + self._size > MOST_EVENT_BYTES:
            raise _too_long()

    def finish(self) -> Iterator[str]:
        """Yield the last event where its empty line is missing; what was cut in the middle is for the caller to see."""
        if self._rest:
            yield from self._take(bytes(self._rest))
        yield from self._take(b"")

    def _line(self) -> bytes | None:
        rest = self._rest
        if self._after_return and rest:
            self._after_return = False
            if rest[:1] == b"\n":
                del rest[:1]
        found = _LINE_END.search(rest, self._searched)
        if found is None:
            self._searched = len(rest)
            return None
        end = found.start()
        del found  # it holds the buffer, which could not be made shorter
        line = bytes(rest[:end])
        self._after_return = rest[end] == 13
        del rest[: end + 1]
        self._searched = 0
        return line

    def _take(self, line: bytes) -> Iterator[str]:
        if not self._begun:
            self._begun, line = True, line.removeprefix(codecs.BOM_UTF8)
        if not line:
            data, self._data, self._size = self._data, [], 0
            if data:
                yield "\n".join(data)
            return
        name, _, value = line.partition(b":")
        if name == b"data":  # an empty name is a comment; other fields say nothing that is needed
            self._size += len(value)
            if self._size > MOST_EVENT_BYTES or len(self._data) >= MOST_LINES:
                raise _too_long()
            self._data.append(value.removeprefix(b" ").decode("utf-8", errors="replace"))


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a tool call; `index` says of which one, -1 where the server does not."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens and times as the server tells them; 0 where it does not."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of an answer."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[CallPiece, ...] = ()
    finish: str = ""
    logprobs: tuple[Logprobs, ...] = ()
    read: tuple[int, int] | None = None
    """Prompt tokens read so far, and all of them."""
    counts: Counts | None = None


def read_chunk(data: str) -> Chunk:
    """Read the data of one event. Raises AnswerLost and other EngineErrors where it is an error or malformed."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise malformed("a piece is no JSON") from None
    if not isinstance(found, dict):
        raise malformed("a piece is no object")
    if found.get("error") or found.get("object") == "error":
        raise refusal(0, data)
    choices = found.get("choices")
    if choices is None:
        choices = []
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise malformed("its choices are no list")
    first: dict[str, Any] = next((choice for choice in choices if choice.get("index", 0) in (0, None)), {})
    delta = first.get("delta")
    if delta is None:
        delta = {}
    if not isinstance(delta, dict):
        raise malformed("a delta is no object")
    progress = found.get("prompt_progress")
    return Chunk(
        text=_text(delta, "content") + _text(delta, "refusal"),
        reasoning=_text(delta, "reasoning_content") or _text(delta, "reasoning"),
        calls=_calls(delta.get("tool_calls")),
        finish=_text(first, "finish_reason"),
        logprobs=_logprobs(first.get("logprobs")),
        read=(_count(progress, "processed"), _count(progress, "total")) if isinstance(progress, dict) else None,
        counts=read_counts(found),
    )


def read_counts(found: dict[str, Any]) -> Counts | None:
    """Return what a chunk or a whole answer says of tokens and times, None when nothing."""
    usage, timings = found.get("usage"), found.get("timings")
    if not isinstance(usage, dict) and not isinstance(timings, dict):
        return None
    usage = usage if isinstance(usage, dict) else {}
    timings = timings if isinstance(timings, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, dict) else 0
    prompt = _count(usage, "prompt_tokens") or _count(timings, "prompt_n") + _count(timings, "cache_n")
    return Counts(
        prompt=prompt,
        cached=min(cached or _count(timings, "cache_n"), prompt),
        completion=_count(usage, "completion_tokens") or _count(timings, "predicted_n"),
        prefill_ms=_milliseconds(timings, "prompt_ms"),
        decode_ms=_milliseconds(timings, "predicted_ms"),
        drafted=_count(timings, "draft_n"),
        accepted=_count(timings, "draft_n_accepted"),
    )


class Surrogates:
    """Joins characters outside the basic plane that a server sent in two halves; a lone half becomes U+FFFD."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")

    def feed(self, text: str, *, last: bool = False) -> str:
        """Return text that every encoding can take."""
        return self._decoder.decode(text.encode("utf-16-le", errors="surrogatepass"), last)


class Thinking:
    """Parts off the reasoning at the very beginning of an answer, where a server leaves it in the text."""

    def __init__(self, *, resumed: bool = False) -> None:
        """An answer that goes on has its beginning behind it."""
        self._place: Literal["start", "inside", "after", "text"] = "text" if resumed else "start"
        self._held = ""

    def feed(self, text: str) -> tuple[str, str]:
        """Return what is known to be (text, reasoning) now."""
        self._held += text
        reasoning = ""
        if self._place == "start":
            begun = self._held.lstrip()
            if _OPEN.startswith(begun):
                return "", ""
            self._place = "inside" if begun.startswith(_OPEN) else "text"
            if self._place == "inside":
                self._held = begun[len(_OPEN) :]
        if self._place == "inside":
            reasoning, closed, rest = self._held.partition(_CLOSE)
            if closed:
                self._place, self._held = "after", rest
            else:
                keep = next((n for n in range(len(_CLOSE) - 1, 0, -1) if reasoning.endswith(_CLOSE[:n])), 0)
                reasoning, self._held = reasoning[: len(reasoning) - keep], reasoning[len(reasoning) - keep :]
        if self._place == "after":
            self._held = self._held.lstrip()
            self._place = "text" if self._held else "after"
        if self._place != "text":
            return "", reasoning
        text, self._held = self._held, ""
        return text, reasoning

    def finish(self) -> tuple[str, str]:
        """Return what was still held back."""
        held, self._held = self._held, ""
        return ("", held) if self._place == "inside" else (held, "")


def malformed(what: str) -> AnswerLost:
    """Return the error for a stream that is none."""
    return AnswerLost(f"The model server's answer is malformed: {what}.", "See its own log.")


def _too_long() -> AnswerLost:
    return malformed(f"a piece has more than {MOST_EVENT_BYTES // 1024} KB")


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed(f"{key} is no text")
    return value


def _count(found: dict[str, Any], key: str) -> int:
    value = found.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT else 0


def _milliseconds(found: dict[str, Any], key: str) -> float:
    value = found.get(key)
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    return float(value) if good else 0.0  # type: ignore[arg-type]


def _calls(found: Any) -> tuple[CallPiece, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise malformed("tool calls are no list")
    pieces = []
    for call in found:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict | None):
            raise malformed("a tool call is no object")
        function = function or {}
        index, arguments = call.get("index"), function.get("arguments")
        if isinstance(arguments, dict):  # some servers send the object itself
            arguments = json.dumps(arguments)
        pieces.append(
            CallPiece(
                index if isinstance(index, int) and 0 <= index <= MOST_COUNT else -1,
                _text(call, "id"),
                _text(function, "name"),
                _text({"arguments": arguments}, "arguments"),
            )
        )
    return tuple(pieces)


def _logprobs(found: Any) -> tuple[Logprobs, ...]:
    content = found.get("content") if isinstance(found, dict) else None
    if not isinstance(content, list):
        return ()
    return tuple(_logprob(entry) for entry in content if isinstance(entry, dict))


def _logprob(entry: dict[str, Any]) -> Logprobs:
    top = entry.get("top_logprobs")
    best = [other for other in top if isinstance(other, dict)] if isinstance(top, list) else []
    ids = [other.get("id") for other in best]
    known = all(isinstance(id, int) and 0 <= id < 2**32 for id in ids)
    return Logprobs(_log(entry), tuple(ids) if known else (), tuple(map(_log, best)))  # type: ignore[arg-type]


def _log(entry: dict[str, Any]) -> float:
    value = entry.get("logprob")
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(float(value), -1e9) if good else -1e9  # type: ignore[arg-type]
