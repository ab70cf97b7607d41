"""Parts the text of an answer into what is for the reader, what the model thinks aloud, and calls of tools.

What comes out depends only on the text so far, never on how it was cut into pieces, so a resumed answer feeds what has
been shown, throws away what comes back and goes on. Nothing is lost: what looks like a tool call and is none is given
back as text. White space beside a marker belongs to the marker.

Calls are read in three forms, by the markers that a chat template uses:
- `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes, Qwen and their relatives;
- `[TOOL_CALLS]` and a JSON list, or a name, `[ARGS]` and a JSON object, up to the end of the answer: Mistral;
- two empty markers: an answer that is one bare JSON object with "name" and "parameters": Llama 3.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from nodeworker.engines import ToolCall

_ID_LENGTH = 9
_ARGUMENTS = "[ARGS]"
_CALL_ID = "[CALL_ID]"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a piece of an answer adds to each of its parts."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[ToolCall, ...] = ()


class Sections:
    """Follows one answer."""

    def __init__(
        self,
        reasoning: tuple[str, str] | None,
        tools: tuple[str, str] | None,
        *,
        inside_reasoning: bool = False,
        request_id: str = "",
    ) -> None:
        """`reasoning`, `tools`: what opens and what closes such a section; None: there is none.

        `inside_reasoning`: the prompt has opened the reasoning section. `request_id`: the ids of tool calls follow
        from it and from the call's number, so an answer that goes on elsewhere has the same.
        """
        self._reasoning = reasoning
        self._tools = tools
        self._request = request_id
        self._place = "reasoning" if inside_reasoning and reasoning else "text"
        self._pending = ""
        """Text that may still turn out to be a marker, or is a tool call in the making."""
        self._opened = ""
        """What stood before the tool call in the making: white space and its marker."""
        self._searched = 0
        self._trimming = self._place == "reasoning"
        self._blank = True
        """No text for the reader yet: only here a reasoning section may begin, and a bare tool call."""
        self._calls = 0
        self._out: list[str] = []
        self._thought: list[str] = []
        self._found: list[ToolCall] = []

    @property
    def calls(self) -> int:
        """Calls of tools so far."""
        return self._calls

    def feed(self, text: str) -> Parts:
        """Return what the text so far adds; what may still become something else is held back."""
        self._pending += text
        if self._reasoning is None and self._tools is None:
            self._say(len(self._pending))
        while self._step():
            pass
        return self._given()

    def finish(self) -> Parts:
        """Return what was held back; the answer has ended."""
        while self._pending or self._place == "call":
            if self._place == "call":
                self._end_call(self._pending, "")
            elif self._place == "reasoning":
                self._think(len(self._pending))
            else:
                self._say(len(self._pending))
            while self._step():
                pass
        return self._given()

    def _given(self) -> Parts:
        parts = Parts("".join(self._out), "".join(self._thought), tuple(self._found))
        self._out, self._thought, self._found = [], [], []
        return parts

    def _step(self) -> bool:
        """Go on as far as one marker; False when more text is needed."""
        if self._trimming:
            self._pending = self._pending.lstrip()
            self._trimming = not self._pending
        if not self._pending:
            return False
        if self._place == "text":
            return self._read_text()
        if self._place == "reasoning":
            return self._read_reasoning()
        return self._read_call()

    # -- text --------------------------------------------------------------------------------------------------------

    def _read_text(self) -> bool:
        if self._blank:
            begun = self._pending.lstrip()
            if self._reasoning is not None and begun.startswith(self._reasoning[0]):
                self._pending = begun[len(self._reasoning[0]) :]
                self._place, self._trimming = "reasoning", True
                return True
            if self._tools == ("", "") and begun.startswith("{"):
                self._open_call(len(self._pending) - len(begun), "")
                return True
            if not begun or (self._reasoning is not None and self._reasoning[0].startswith(begun)):
                return False
        marker = self._tools[0] if self._tools else ""
        if not marker:
            self._say(len(self._pending))
            return False
        at = self._pending.find(marker)
        if at < 0:
            self._say(len(self._pending) - _held(self._pending, marker))
            return False
        before = len(self._pending[:at].rstrip())
        self._say(before)
        self._open_call(at - before, marker)
        return True

    def _say(self, length: int) -> None:
        said, self._pending = self._pending[:length], self._pending[length:]
        if said:
            self._out.append(said)
            self._blank = self._blank and not said.strip()

    # -- reasoning ---------------------------------------------------------------------------------------------------

    def _read_reasoning(self) -> bool:
        marker = self._reasoning[1] if self._reasoning else ""
        at = self._pending.find(marker)
        if at < 0:
            self._think(len(self._pending) - _held(self._pending, marker))
            return False
        self._think(len(self._pending[:at].rstrip()))
        self._pending = self._pending.lstrip()[len(marker) :]
        self._place, self._trimming = "text", True
        return True

    def _think(self, length: int) -> None:
        self._thought.append(self._pending[:length])
        self._pending = self._pending[length:]

    # -- calls -------------------------------------------------------------------------------------------------------

    def _open_call(self, blank: int, marker: str) -> None:
        end = blank + len(marker)
        self._opened, self._pending = self._pending[:end], self._pending[end:]
        self._place, self._searched = "call", 0

    def _read_call(self) -> bool:
        closing = self._tools[1] if self._tools else ""
        if not closing:
            return False
        at = self._pending.find(closing, max(0, self._searched - len(closing)))
        if at < 0:
            self._searched = len(self._pending)
            return False
        self._end_call(self._pending[:at], self._pending[at : at + len(closing)])
        return True

    def _end_call(self, inside: str, closing: str) -> None:
        """Take what stands between the markers as calls, or give its beginning back as text."""
        self._place = "text"
        wanted = _wanted(inside, self._tools[0] if self._tools else "", bare=self._tools == ("", ""))
        if wanted:
            self._pending = self._pending[len(inside) + len(closing) :]
            self._trimming = True
            for name, arguments in wanted:
                self._found.append(ToolCall(self._id(), name, json.dumps(arguments, ensure_ascii=False)))
            return
        self._out.append(self._opened)
        if self._opened.strip():
            self._blank = False
        if self._tools == ("", ""):
            self._say(len(self._pending))  # a bare call has no marker: only the whole answer could have been one
            self._blank = False

    def _id(self) -> str:
        """Letters and digits that no other call of the conversation has."""
        digest = hashlib.sha256(f"{self._request}:{self._calls}".encode("utf-8", errors="replace")).digest()
        self._calls += 1
        return base64.b32encode(digest).decode().lower()[:_ID_LENGTH]


def _held(text: str, marker: str) -> int:
    """Length of the end of a text that may belong to a marker: white space and the marker's beginning."""
    begun = next((n for n in range(min(len(marker) - 1, len(text)), 0, -1) if text.endswith(marker[:n])), 0)
    return len(text) - len(text[: len(text) - begun].rstrip())


def _wanted(inside: str, marker: str, *, bare: bool) -> list[tuple[str, dict[str, Any]]]:
    """Names and arguments of the calls in a text; none unless all of it is calls."""
    if marker and _ARGUMENTS in inside:
        found = [_named(part) for part in inside.split(marker)]
    else:
        value = _json(inside)
        several = value if isinstance(value, list) and not bare else [value]
        found = [_call(one, bare=bare) for one in several]
    return [call for call in found if call] if all(found) else []


def _named(text: str) -> tuple[str, dict[str, Any]] | None:
    name, _, arguments = text.partition(_ARGUMENTS)
    name = name.partition(_CALL_ID)[0].strip()
    value = _json(arguments)
    return (name, value) if name and isinstance(value, dict) else None


def _call(value: Any, *, bare: bool) -> tuple[str, dict[str, Any]] | None:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        return None
    arguments = value.get("arguments", value.get("parameters", None if bare else {}))
    if isinstance(arguments, str):
        arguments = _json(arguments)
    return (value["name"], arguments) if isinstance(arguments, dict) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
