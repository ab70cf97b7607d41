"""Turns a conversation into the prompt a chat model was trained on: its own Jinja template, or ChatML.

The template comes with the model file, so it is as hostile as that file may be: it runs in a sandbox that bounds time
and sizes too (sandbox.py). The messages may hold anything too: text in them that spells a control token is
taken apart, so that a document cannot end its own message and speak as somebody else. The same goes for all that tools
bring: names, descriptions, schemas, arguments, results.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from nodeworker.engines import Message, Tool
from nodeworker.errors import BadRequest, EngineError, Unsupported, first_line

ROLES = ("system", "user", "assistant", "tool")
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_BREAK = "\u200b"
"""Zero-width space: invisible, and no control token contains it."""
_REASONING = (("<think>", "</think>"), ("<seed:think>", "</seed:think>"), ("[THINK]", "[/THINK]"))
_OTHER_CALL_FORMS = ("<function=", "<arg_key>", "<|tool_call_begin|>", "DSML", "<|python_start|>")
_SHORT_ID = 9
"""Characters of a tool call's id in the one family of templates that checks it."""


class ChatTemplate:
    """Renders messages with one model's template, and knows what kinds of answers it prepares the model for."""

    def __init__(self, template: str, *, bos: str, eos: str, control: Iterable[str]) -> None:
        """`control`: the texts of the model's control tokens. Raises EngineError for a template that is no Jinja."""
        from nodeworker.engines.chat.sandbox import TemplateSandbox, TemplateTooCostly

        self._source = template or CHATML
        self._too_costly = TemplateTooCostly
        try:
            self._rendered: Callable[..., str] = TemplateSandbox().compiled(self._source)
        except Exception as error:  # it is foreign code: whatever it does wrong is its fault
            raise EngineError(f"The model's chat template cannot be used: {first_line(error)}.") from error
        self._fixed: dict[str, Any] = {"bos_token": bos, "eos_token": eos, "add_generation_prompt": True}
        self._fixed |= {"functions": None, "function_call": None, "tool_choice": None}  # some ask for the older names
        texts = sorted({text for text in control if len(text) > 1}, key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts))) if texts else None
        self.reasoning = _reasoning(self._source)
        """What encloses the model's reasoning; None: it has no such section."""
        self.tool_markers = _tool_markers(self._source)
        """What encloses a tool call, as sections.py takes it; None: the model has no tools."""
        markers = [*(self.reasoning or ()), *(self.tool_markers or ()), "[ARGS]", "[CALL_ID]"]
        self.shown_control = frozenset(texts) & frozenset(markers)
        """Control tokens that must come out as text, because the parts of an answer are told apart by them."""

    @property
    def has_tools(self) -> bool:
        """Whether the template offers tools to the model, in a form whose answers are understood."""
        return self.tool_markers is not None

    def begins_in_reasoning(self, rendered: str) -> bool:
        """Whether the answer to this prompt begins inside the reasoning section, which the template has opened."""
        return self.reasoning is not None and rendered.rstrip().endswith(self.reasoning[0])

    def render(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The prompt, up to where the answer begins.

        Raises:
            BadRequest: no messages, an unknown role, or a tool's schema or arguments are no JSON.
            Unsupported: tools, or their results, for a model that has none.
            EngineError: the template fails on them.
        """
        if not messages:
            raise BadRequest("There is nothing to answer: the conversation is empty.")
        unknown = {message.role for message in messages} - set(ROLES)
        if unknown:
            raise BadRequest(f"A message has the role {min(unknown)!r}.", f"Known roles: {', '.join(ROLES)}.")
        if not self.has_tools and (tools or any(one.role == "tool" or one.tool_calls for one in messages)):
            raise Unsupported(
                "This model has no tools, or calls them in a way that is not known here.",
                "Ask without tools, or choose another model.",
            )
        offered = [self._tool(tool) for tool in tools]
        first: Exception | None = None
        for form, empty in self._forms(messages):
            try:
                return self._rendered(messages=form, tools=offered or empty, **self._fixed)
            except Exception as error:  # foreign code again; the next form may suit it
                first = first or error
                if isinstance(error, self._too_costly):
                    break
        raise EngineError(f"The model's chat template fails: {first_line(first or ValueError())}.") from first

    def defused(self, text: str) -> str:
        """The text with every control token in it broken by an invisible character."""
        if self._control is None:
            return text
        return self._control.sub(lambda found: found[0][0] + _BREAK + found[0][1:], text)

    def _forms(self, messages: Sequence[Message]) -> Iterable[tuple[list[dict[str, Any]], list[Any] | None]]:
        """The ways to hand the conversation over, the usual one first, and what stands for no tools.

        Several templates refuse a system message: its text then goes in front of the first question. Some take the
        arguments of a tool call as text only, and some cannot do without a list of tools.
        """
        seen: list[tuple[list[dict[str, Any]], list[Any] | None]] = []
        for some in (messages, _without_system(messages)):
            ways: tuple[tuple[bool, list[Any] | None], ...] = ((False, None), (True, None), (False, []))
            for as_text, empty in ways:
                form = ([self._message(message, as_text=as_text) for message in some], empty)
                if form not in seen:
                    seen.append(form)
                    yield form

    def _message(self, message: Message, *, as_text: bool) -> dict[str, Any]:
        form: dict[str, Any] = {"role": message.role, "content": self.defused(message.content)}
        if message.tool_calls:
            form["tool_calls"] = [
                {
                    "id": self._id(call.id),
                    "type": "function",
                    "function": {
                        "name": self.defused(call.name),
                        "arguments": self._arguments(call.name, call.arguments, as_text=as_text),
                    },
                }
                for call in message.tool_calls
            ]
        if message.role == "tool":
            form["tool_call_id"] = self._id(message.tool_call_id)
        return form

    def _arguments(self, name: str, arguments: str, *, as_text: bool) -> Any:
        value = self._data(arguments or "{}", f"The arguments of the tool call {name[:60]!r}")
        return json.dumps(value, ensure_ascii=False) if as_text else value

    def _tool(self, tool: Tool) -> dict[str, Any]:
        parameters = self._data(tool.parameters or "{}", f"The parameters of the tool {tool.name[:60]!r}")
        function = {
            "name": self.defused(tool.name),
            "description": self.defused(tool.description),
            "parameters": parameters,
        }
        return {"type": "function", "function": function}

    def _data(self, text: str, what: str) -> Any:
        try:
            value = json.loads(text)
            if not isinstance(value, dict):
                raise ValueError
            return self._defused_data(value)
        except (ValueError, RecursionError):
            raise BadRequest(f"{what} are no JSON object.") from None

    def _defused_data(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.defused(value)
        if isinstance(value, list):
            return [self._defused_data(one) for one in value]
        if isinstance(value, dict):
            return {self.defused(name): self._defused_data(one) for name, one in value.items()}
        return value

    def _id(self, call: str) -> str:
        """The id as the template wants it: one family insists on nine letters and digits."""
        if "length != 9" in self._source and not (len(call) == _SHORT_ID and call.isascii() and call.isalnum()):
            return hashlib.sha256(call.encode("utf-8", errors="replace")).hexdigest()[:_SHORT_ID]
        return self.defused(call)


def _reasoning(source: str) -> tuple[str, str] | None:
    return next((pair for pair in _REASONING if pair[1] in source), None)


def _tool_markers(source: str) -> tuple[str, str] | None:
    """By what a template's tool calls are known; None for a template without tools, or with calls in another form."""
    if "tools" not in source or any(form in source for form in _OTHER_CALL_FORMS):
        return None
    if "<tool_call>" in source and "</tool_call>" in source:
        return "<tool_call>", "</tool_call>"
    if "[TOOL_CALLS]" in source:
        return "[TOOL_CALLS]", ""
    if "ipython" in source and '"parameters": ' in source:
        return "", ""
    return None


def _without_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if not system:
        return list(messages)
    for at, message in enumerate(rest):
        if message.role == "user":
            rest[at] = replace(message, content=f"{system}\n\n{message.content}")
            return rest
    return [Message("user", system), *rest]
