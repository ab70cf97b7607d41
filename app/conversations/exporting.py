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
        lines += [f"- {one}" for one in sources(message)]
        if message.citations:
            lines.append("")
    return "\n".join(lines)


def sources(message: StoredMessage) -> list[str]:
    """Return what an answer cites: "[1] PATH, page 2", and of what was said before its day and its first line."""
    said = {one.n: f"{one.label}: {one.text.partition(chr(10))[0]}" for one in message.passages if one.origin}
    pages = {one.n: f", page {one.page}" if one.page is not None else "" for one in message.citations}
    return [f"[{one.n}] {said.get(one.n) or one.path + pages[one.n]}" for one in message.citations]
