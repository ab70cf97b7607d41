"""Text from documents as data: what is unseen is taken out, and what could pass for a chat template is broken; pure.

Used for everything that goes into a prompt and that the program did not write itself. It lowers the risk that a
document changes what a model does; it does not remove it. See docs/assistant.md.
"""

from __future__ import annotations

import re

FENCE_OPEN = "<<<"
FENCE_CLOSE = ">>>"

# Zero-width and bidirectional marks, tags (invisible ASCII), variation selectors, annotation marks, controls.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b"
    "\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# A joiner is spelling in Persian and in Indic scripts, and nothing to see elsewhere.
_JOINERS = re.compile("(?<![\u0600-\u0fff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0fff])")
_OPENING = re.compile(r"<(?=[|｜])")
_CLOSING = re.compile(r"(?<=[|｜])>")
_TAG = re.compile(
    r"<(?=/?(s|bos|eos|unk|pad|mask|think|thinking|tool_call|tool_response|tools|function_call|system|user"
    r"|assistant|human|start_of_turn|end_of_turn|start_header_id|end_header_id|eot_id|im_start|im_end|sys)\s{0,3}>)",
    re.IGNORECASE,
)
_BRACKET = re.compile(
    r"\[(?=/?(inst|system_prompt|available_tools|tool_calls|tool_results|tool_content|sys)\s{0,3}\])",
    re.IGNORECASE,
)
_SYS = re.compile(r"<<(?=/?sys\s{0,3}>>)", re.IGNORECASE)


def seen(text: str) -> str:
    """Return the text without characters that nobody sees."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))
    return _JOINERS.sub("", text)


def plain(text: str) -> str:
    """Return visible text that cannot pass for a chat template's control token: a blank breaks each of them."""
    text = seen(text)
    text = _SYS.sub("< <", text)
    text = _CLOSING.sub(" >", _OPENING.sub("< ", text))
    text = _TAG.sub("< ", text)
    return _BRACKET.sub("[ ", text).strip()


def quoted(text: str) -> str:
    """Return `plain` text that cannot leave its fence either."""
    return plain(text).replace(FENCE_OPEN, "‹‹‹").replace(FENCE_CLOSE, "›››")
