"""What an OpenAI-style server is asked: a request for an answer in the words that this kind of server takes. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from nodeworker.engines import ChatRequest, Message, Sampling, Tool
from nodeworker.engines.openai.server import Kind, Traits
from nodeworker.errors import BadRequest, Unsupported

_LLAMA = ("llama-server", "llama-cpp-python")
_VLLM_STRUCTURED = (0, 11)
"""Since this version the grammar is a part of `structured_outputs`."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server is spoken to; what it refused once is not tried again."""

    kind: Kind = "other"
    version: tuple[int, int] = (0, 0)
    extras: bool = True
    """Send what only some servers know, or what can be done on this side too."""
    schema: Literal["json_schema", "json_object"] = "json_schema"

    @classmethod
    def of(cls, traits: Traits) -> Dialect:
        """Return the first one to try with a server."""
        form: Literal["json_schema", "json_object"] = (
            "json_object" if traits.kind == "llama-cpp-python" else "json_schema"
        )
        return cls(traits.kind, traits.version, schema=form)

    def plainer(self, request: ChatRequest) -> Iterator[Dialect]:
        """Yield others that may be taken where this one was refused, the nearest first."""
        forms = [self]
        if request.sampling.json_schema and self.schema == "json_schema":
            forms.append(replace(self, schema="json_object"))
        yield from forms[1:]
        if self.extras:
            yield from (replace(form, extras=False) for form in forms)


def body(
    request: ChatRequest, model: str, dialect: Dialect, *, messages: list[dict[str, Any]], max_tokens: int
) -> dict[str, Any]:
    """Return the JSON of a streamed request. Raises Unsupported for a grammar where the server has none."""
    made: dict[str, Any] = {"model": model, "messages": messages, "stream": True}
    if max_tokens:
        made["max_tokens"] = max_tokens
    made |= _sampled(request.sampling, dialect)
    made |= _constrained(request.sampling, dialect)
    if request.sampling.logprobs:
        made |= {"logprobs": True, "top_logprobs": request.sampling.logprobs}
    if request.tools:
        made["tools"] = [{"type": "function", "function": _function(tool)} for tool in request.tools]
    if dialect.extras:
        made["stream_options"] = {"include_usage": True}
        if dialect.kind == "llama-server":
            made["return_progress"] = True
    return made


def written(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Return messages as the interface has them."""
    return [_message(message) for message in messages]


def _message(message: Message) -> dict[str, Any]:
    made: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        parts = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in message.images]
        made["content"] = [*parts, {"type": "text", "text": message.content}]
    if message.tool_calls:
        made["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        made["tool_call_id"] = message.tool_call_id
    return made


def _data_url(image: bytes) -> str:
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"


def _function(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": _object(tool.parameters)}


def _sampled(sampling: Sampling, dialect: Dialect) -> dict[str, Any]:
    greedy = sampling.temperature <= 0
    made: dict[str, Any] = {"temperature": sampling.temperature}
    if not greedy:
        made["top_p"] = sampling.top_p or 1.0  # what is off here must not become the server's own default
        if sampling.seed:
            made["seed"] = sampling.seed % 2**31  # some servers keep it in 32 bits with a sign
    if not dialect.extras:
        return made
    known = dialect.kind in (*_LLAMA, "vllm", "sglang")
    if not greedy and (known or sampling.top_k):
        made["top_k"] = sampling.top_k or (0 if dialect.kind in _LLAMA else -1)
    if not greedy and (known or sampling.min_p):
        made["min_p"] = sampling.min_p
    penalty = sampling.repeat_penalty or 1.0
    if known or penalty != 1.0:
        made["repeat_penalty" if dialect.kind in (*_LLAMA, "ollama") else "repetition_penalty"] = penalty
    if sampling.stop:
        made["stop"] = list(sampling.stop)
    return made


def _constrained(sampling: Sampling, dialect: Dialect) -> dict[str, Any]:
    if sampling.json_schema:
        schema = _object(sampling.json_schema)
        if dialect.schema == "json_object":
            return {"response_format": {"type": "json_object", "schema": schema}}
        named = {"name": "answer", "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if not sampling.grammar:
        return {}
    if dialect.kind in _LLAMA:
        return {"grammar": sampling.grammar}
    if dialect.kind == "vllm":
        if dialect.version >= _VLLM_STRUCTURED:
            return {"structured_outputs": {"grammar": sampling.grammar}}
        return {"guided_grammar": sampling.grammar}
    if dialect.kind == "sglang":
        return {"ebnf": sampling.grammar}
    raise Unsupported("This model server takes no grammar.", "Use a JSON schema, or another node.")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("A JSON schema must be a JSON object.")
    return found
