"""One answer of an OpenAI-style server, put together from its chunks: text, tool calls, counts and the end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nodeworker.engines import ChatEvent, Done, Prefill, Token, ToolCall
from nodeworker.engines.chat.text import TextStream
from nodeworker.engines.openai.resume import Continued, Seam
from nodeworker.engines.openai.stream import CallPiece, Chunk, Counts, Surrogates, Thinking, malformed
from nodeworker.errors import AnswerLost

MOST_CALLS = 64
MOST_ARGUMENTS = 256 * 1024
MOST_NAME = 256
_RUNAWAY = 4
"""A server that sends this many times more pieces than it may make tokens does not know max_tokens."""
_FAILED = ("error", "abort", "cancelled")


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Answer:
    """Takes chunks, yields events. `seam` leaves out what was shown before; `stops` are honoured on this side too."""

    def __init__(self, *, seam: Seam, stops: tuple[str, ...], shown: str, limit: int) -> None:
        """Begin; `limit` tokens at most, 0 = as many as the context holds."""
        self._seam = seam
        self._stream = TextStream(stops, shown)
        self._text, self._thought = Surrogates(), Surrogates()
        self._thinking = Thinking(resumed=isinstance(seam, Continued))
        self._limit = limit
        self._calls: dict[int, _Call] = {}
        self._last_call = -1
        self._counts = Counts()
        self._finish = ""
        self._began = time.monotonic()
        self._first = 0.0
        self.pieces = 0
        """Chunks with something of the answer in them: about one token each."""
        self.characters = 0
        """Of text and reasoning, as the server sent them."""

    @property
    def begun(self) -> bool:
        """Something of the answer has come."""
        return bool(self._first)

    @property
    def ended(self) -> bool:
        """The server has said why it ended, or nothing more is wanted."""
        return bool(self._finish) or self._stream.stopped

    @property
    def enough(self) -> bool:
        """Nothing more of what the server sends is wanted, not even its counts."""
        return self._stream.stopped or (0 < self._limit * _RUNAWAY < self.pieces)

    def take(self, chunk: Chunk) -> Iterator[ChatEvent]:
        """Yield what a chunk brings. Raises AnswerLost."""
        if chunk.counts is not None:
            self._counts = chunk.counts
        if chunk.read is not None and not self.begun and 0 <= chunk.read[0] <= chunk.read[1]:
            yield Prefill(*chunk.read)
        if chunk.text or chunk.reasoning or chunk.calls:
            self._first = self._first or time.monotonic()
            self.pieces += 1
            self.characters += len(chunk.text) + len(chunk.reasoning)
            for piece in chunk.calls:
                self._add(piece)
            text, thought = self._thinking.feed(self._text.feed(chunk.text))
            shown = self._stream.feed(self._seam.feed(text).encode())
            yield Token((), shown, thought + self._thought.feed(chunk.reasoning), chunk.logprobs)
        if chunk.finish:
            if chunk.finish in _FAILED:
                raise AnswerLost("The model server gave the answer up.", "See its own log.")
            self._finish = chunk.finish

    def finish(self) -> Iterator[ChatEvent]:
        """Yield what was held back, the tool calls, and Done. Raises AnswerLost when the end has not come."""
        if not self.ended and not self.enough:
            raise AnswerLost("The model server's answer broke off.", "See its own log.")
        late, thought = self._thinking.feed(self._text.feed("", last=True))
        rest, unclosed = self._thinking.finish()
        text = self._stream.feed((self._seam.feed(late + rest) + self._seam.finish()).encode())
        text += self._stream.finish()
        thought += unclosed + self._thought.feed("", last=True)
        if text or thought:
            yield Token((), text, thought)
        whole = self._finish != "length"  # a call that was cut off is none
        calls = [self._call(index, call) for index, call in enumerate(self._calls.values())] if whole else []
        yield from calls
        counts, now = self.counts, time.monotonic()
        first = self._first or now
        yield Done(
            self._reason(bool(calls)),
            prompt_tokens=counts.prompt,
            cached_tokens=counts.cached,
            completion_tokens=counts.completion,
            prefill_ms=counts.prefill_ms or (first - self._began) * 1000,
            decode_ms=counts.decode_ms or (now - first) * 1000,
            drafted_tokens=counts.drafted,
            accepted_tokens=min(counts.accepted, counts.drafted),
        )

    @property
    def told(self) -> bool:
        """The server itself has counted the tokens."""
        return self._counts.completion > 0

    @property
    def counts(self) -> Counts:
        """What the server counted; where it did not, pieces stand for tokens."""
        known = self._counts
        return Counts(known.prompt, known.cached, self.pieces) if not known.completion and self.pieces else known

    def _reason(self, called: bool) -> Literal["stop", "length", "context", "tools"]:
        if self._stream.stopped:
            return "stop"
        if called or self._finish in ("tool_calls", "function_call"):
            return "tools"
        if self._finish == "length" or not self._finish:
            # Cut by the server though there was room left: its context is full.
            return "length" if self._limit and self.counts.completion >= self._limit else "context"
        return "stop"

    def _add(self, piece: CallPiece) -> None:
        index = piece.index
        known = self._calls.get(index)
        if index < 0:
            # No number: an id, or a name where one stands already, begins the next call.
            last = self._calls.get(self._last_call)
            fresh = last is None or (piece.id and piece.id != last.id) or (piece.name and last.name)
            index = self._last_call + 1 if fresh else self._last_call
        elif known is not None and piece.id and known.id and piece.id != known.id:
            index = max(self._calls) + 1  # some servers number all calls 0
        self._last_call = index
        call = self._calls.setdefault(index, _Call())
        call.id = call.id or piece.id
        call.name += piece.name if piece.name != call.name else ""
        call.arguments += piece.arguments
        named = len(call.name) + len(call.id)
        if len(self._calls) > MOST_CALLS or len(call.arguments) > MOST_ARGUMENTS or named > MOST_NAME:
            raise malformed("its tool calls are too large")

    def _call(self, index: int, call: _Call) -> ToolCall:
        try:
            found = json.loads(call.arguments or "{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not call.name:
            raise malformed("a tool call is no JSON object")
        # Written anew: lone halves of characters that came as escapes could not be sent on.
        id, name = (_clean(text) for text in (call.id or f"call_{index}", call.name))
        return ToolCall(id, name, json.dumps(found))


def _clean(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode()
