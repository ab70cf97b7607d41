"""Turns a conversation into the prompt a chat model was trained on: its own Jinja template, or ChatML.

The template comes with the model file, so it is as hostile as that file may be: it runs in Jinja's immutable sandbox.
The messages may hold anything too: text in them that spells a control token is taken apart, so that a document cannot
end its own message and speak as somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nodeworker.errors import BadRequest, EngineError

ROLES = ("system", "user", "assistant")
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_BREAK = "\u200b"
"""Zero-width space: invisible, and no control token contains it."""


class ChatTemplate:
    """Renders messages with one model's template."""

    def __init__(self, template: str, *, bos: str, eos: str, control: Iterable[str]) -> None:
        """`control`: the texts of the model's control tokens. Raises EngineError for a template that is no Jinja."""
        from jinja2 import TemplateError
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        try:
            self._formatter = Jinja2ChatFormatter(template or CHATML, eos_token=eos, bos_token=bos)
        except TemplateError as error:
            raise EngineError(f"The model's chat template cannot be used: {error}.") from error
        self._template_error = TemplateError
        texts = sorted({text for text in control if len(text) > 1}, key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, texts))) if texts else None

    def render(self, messages: Sequence[tuple[str, str]]) -> str:
        """The prompt, up to where the answer begins.

        Raises:
            BadRequest: no messages, or an unknown role.
            EngineError: the template fails on them.
        """
        if not messages:
            raise BadRequest("There is nothing to answer: the conversation is empty.")
        unknown = {role for role, _ in messages} - set(ROLES)
        if unknown:
            raise BadRequest(f"A message has the role {min(unknown)!r}.", f"Known roles: {', '.join(ROLES)}.")
        clean = [(role, self.defused(content)) for role, content in messages]
        try:
            return self._apply(clean)
        except (ValueError, TypeError, KeyError, self._template_error) as first:
            # Several templates refuse a system message; its text then goes in front of the first question.
            merged = _without_system(clean)
            if merged == clean:
                raise EngineError(f"The model's chat template fails: {first}.") from first
            try:
                return self._apply(merged)
            except (ValueError, TypeError, KeyError, self._template_error) as error:
                raise EngineError(f"The model's chat template fails: {error}.") from error

    def defused(self, text: str) -> str:
        """The text with every control token in it broken by an invisible character."""
        if self._control is None:
            return text
        return self._control.sub(lambda found: found[0][0] + _BREAK + found[0][1:], text)

    def _apply(self, messages: Sequence[tuple[str, str]]) -> str:
        prompt: str = self._formatter(messages=[{"role": r, "content": c} for r, c in messages]).prompt
        return prompt


def _without_system(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    system = "\n\n".join(content for role, content in messages if role == "system")
    rest = [message for message in messages if message[0] != "system"]
    if not system:
        return list(messages)
    for at, (role, content) in enumerate(rest):
        if role == "user":
            rest[at] = (role, f"{system}\n\n{content}")
            return rest
    return [("user", system), *rest]
