"""A conversation as Markdown. Pure functions on what the store returns."""

from __future__ import annotations

from collections.abc import Sequence

from app.messages import Conversation, StoredMessage


def markdown(conversation: Conversation, messages: Sequence[StoredMessage]) -> str:
    """Return the conversation as Markdown, with the sources under each answer."""
    lines = [f"# {conversation.title or 'Conversation'}", "", f"Begun {conversation.created_at}", ""]
    for message in messages:
        who = "Question" if message.role == "user" else "Answer"
        note = "" if message.state == "complete" else f" ({message.state})"
        lines += [f"## {who}{note}", "", message.text.strip(), ""]
        if message.error:
            lines += [f"> {message.error}", ""]
        for citation in message.citations:
            page = f", page {citation.page}" if citation.page is not None else ""
            lines.append(f"- [{citation.n}] {citation.path}{page}")
        if message.citations:
            lines.append("")
    return "\n".join(lines)
