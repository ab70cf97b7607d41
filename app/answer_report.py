"""How an answer came about, as Markdown: steps of its time, nodes, passages with their scores, the prompt. Pure.

English, as a report that is handed to somebody is.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.events import Passage
from app.messages import StoredMessage
from app.tracing import AnswerTrace

STEPS = {
    "hear": "hearing",
    "search": "search",
    "rerank": "ordering by a reranker",
    "recall": "memory",
    "prepare": "preparing",
    "choose": "choosing a node",
    "wait": "waiting",
    "read": "reading",
    "write": "writing",
    "move": "moving",
    "check": "checking",
}


def report(question: str, message: StoredMessage, trace: AnswerTrace | None) -> str:
    """Return all that is known of an answer; `trace`: None where none was kept."""
    lines = ["# Why this answer", "", f"**Question:** {question}", "", f"**Answer** ({message.state}):", "",
             message.text.strip(), "", f"- Node: {message.node or 'none'}"]  # fmt: skip
    if message.reason:
        lines.append(f"- Why that node: {message.reason}")
    lines += [
        f"- Moved from {move.from_} to {move.to}: {move.reason} ({move.gap_ms:.0f} ms, "
        f"{'word for word' if move.exact else 'with another model'})"
        for move in message.moves
    ]
    if message.model:
        lines.append(f"- Model: {message.model}")
    usage = message.usage
    lines += [
        f"- Tokens: {usage.prompt_tokens} read ({usage.cached_tokens} known before), {usage.completion_tokens} written",
        f"- Made: {message.created_at}",
    ]
    if trace is not None and trace.steps:
        lines += ["", "## Where the time went", "", f"{duration(trace.total_ms)} in all.", ""]
        lines += [f"- {STEPS.get(step.name, step.name)}: {duration(step.ms)}" for step in trace.steps]
    if message.passages:
        lines += ["", "## Passages", ""]
        cited = {citation.n for citation in message.citations}
        lines += [
            f"- [{one.n}] {one.path}{'' if one.page is None else f', page {one.page}'}: {scores(one)}"
            f"{', cited' if one.n in cited else ''}"
            for one in message.passages
        ]
    if trace is not None and trace.settings:
        lines += ["", "## Settings", "", *(f"- {name}: {value}" for name, value in trace.settings.items())]
    if trace is not None and trace.prompt:
        lines += ["", "## Prompt as sent", "", *fenced(trace.prompt)]
    return "\n".join(lines) + "\n"


def scores(passage: Passage) -> str:
    """Return the scores of a passage in words."""
    parts = [
        f"meaning {passage.similarity:.2f}",
        f"words {passage.overlap:.2f}",
        f"together {passage.score:.2f}",
    ]
    if passage.reranked is not None:
        parts.append(f"reranker {passage.reranked:.2f}")
    return ", ".join(parts)


def duration(milliseconds: float) -> str:
    """Return "840 ms" or "1.2 s"."""
    return f"{milliseconds:.0f} ms" if milliseconds < 950 else f"{milliseconds / 1000:.1f} s"


def fenced(prompt: Sequence[tuple[str, str]]) -> list[str]:
    """Return each message of a prompt in a fence that it cannot leave."""
    lines = []
    for role, text in prompt:
        fence = "```"
        while fence in text:
            fence += "`"
        lines += [f"{role}:", fence, text, fence, ""]
    return lines
