"""`tangnet conversations`: list, show, search, export, delete, restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest

from app.commands.context import Context
from app.conversations import Conversation, Conversations, StoredMessage
from app.conversations.exporting import sources


async def run(context: Context) -> int:
    """Do what the action says; return the exit status."""
    async with context.runtime() as runtime:
        store, arguments = runtime.conversations, context.arguments
        action: str = arguments.action
        if action == "list":
            _list(context, store.list())
        elif action == "search":
            found = store.search(" ".join(arguments.text))
            _list(context, [one.conversation for one in found], [one.snippet for one in found])
        elif action == "show":
            for message in store.messages(arguments.id):
                _show(context, message)
        elif action == "export":
            _export(context, store)
        else:
            gone = action == "delete"
            one = store.delete(arguments.id) if gone else store.restore(arguments.id)
            state = "deleted" if gone else "restored"
            if context.output.json:
                context.output.line({**asdict(one), "state": state})
            else:
                again = f" `tangnet conversations restore {one.id}` brings it back for a week." if gone else ""
                context.output.text(f"“{one.title}” is {state}.{again}")
    return 0


def _list(context: Context, found: list[Conversation], snippets: Sequence[str] = ()) -> None:
    for one, snippet in zip_longest(found, snippets, fillvalue=""):
        assert isinstance(one, Conversation) and isinstance(snippet, str)
        if context.output.json:
            context.output.line({**asdict(one), "snippet": snippet} if snippets else one)
            continue
        context.output.text(f"{one.id}  {one.updated_at[:16].replace('T', ' ')}  {one.title}")
        if snippet:
            context.output.text(f"    {snippet}")
    if not found and not context.output.json:
        context.output.note("There are none.")


def _show(context: Context, message: StoredMessage) -> None:
    if context.output.json:
        context.output.line(message)
        return
    who = "You" if message.role == "user" else message.node or "Tangnet"
    state = "" if message.state == "complete" else f" ({message.state})"
    context.output.text(f"{who}{state}:\n{message.text.strip()}")
    for source in sources(message):
        context.output.text(f"  {source}")
    context.output.text(f"({message.error})\n" if message.error else "")


def _export(context: Context, store: Conversations) -> None:
    if context.output.json:
        context.output.line(store.export(context.arguments.id))
    else:
        context.output.text(store.export_markdown(context.arguments.id))
